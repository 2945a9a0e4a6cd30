#include "study/registry.h"

#include "base/error.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace reprise {

namespace {

// Levenshtein distance, to suggest the nearest study.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

void Registry::add_lab(std::string slug, std::string_view lab_json) {
  labs_.push_back({std::move(slug), Json::parse(lab_json)});
}

void Registry::add(std::unique_ptr<Study> study) {
  lab(study->description().lab());  // a study belongs to a known lab
  studies_.push_back(std::move(study));
}

const Study& Registry::find(std::string_view id) const {
  std::vector<std::string> names;
  for (const auto& study : studies_) {
    if (study->description().study == id) return *study;
    names.push_back(study->description().study);
  }
  const std::string wanted(id.substr(0, 100));
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(a, wanted) < edit_distance(b, wanted);
  });
  std::string allowed;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 5); ++i) {
    allowed += (i == 0 ? "" : ", ") + names[i];
  }
  throw InputError(Problem{"study", wanted, allowed, "unknown study '" + wanted + "'; nearest: " + allowed});
}

const Registry::Lab& Registry::lab(std::string_view slug) const {
  for (const Lab& lab : labs_) {
    if (lab.slug == slug) return lab;
  }
  throw std::logic_error("no lab " + std::string(slug));
}

Json Registry::list() const {
  Json list = Json::array();
  for (const auto& study : studies_) {
    const Json described = describe(*study);
    list.push_back(Json::object({{"study", described.at("study")},
                                 {"lab", described.at("lab")},
                                 {"title", described.at("title")},
                                 {"question", described.at("question")},
                                 {"presets", Json(preset_names)},
                                 {"inputs", described.at("inputs")}}));
  }
  return list;
}

}  // namespace reprise
