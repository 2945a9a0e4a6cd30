// All labs and studies of a build. The list is generated from the folders under labs/; nothing registers
// itself.
#pragma once

#include "study/study.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

class Registry {
 public:
  struct Lab {
    std::string slug;
    Json about;  // lab.json: title, question, paper, tags, …
  };

  void add_lab(std::string slug, std::string_view lab_json);
  void add(std::unique_ptr<Study> study);

  const std::vector<Lab>& labs() const { return labs_; }
  const std::vector<std::unique_ptr<Study>>& studies() const { return studies_; }
  /// InputError that lists the nearest names when there is no such study.
  const Study& find(std::string_view id) const;
  const Lab& lab(std::string_view slug) const;

  /// The contract's `list --json`: [{study, lab, title, question, presets, inputs}].
  Json list() const;
  Json describe(const Study& study) const {
    return study.description().to_json(lab(study.description().lab()).about);
  }

 private:
  std::vector<Lab> labs_;
  std::vector<std::unique_ptr<Study>> studies_;
};

/// Every lab of this build (generated in the build folder).
Registry make_registry();

}  // namespace reprise
