#include "labs/recalibration/edge_probe.h"

#include "base/error.h"
#include "base/random.h"
#include "stats/quadrature.h"
#include "study/parameters.h"

#include <algorithm>
#include <cmath>

namespace reprise::recal {

namespace {

constexpr std::int64_t most_labels = 20000;  // a probe answers within 8 ms
constexpr std::size_t most_edges = 200;
constexpr std::size_t truth_points = 201;
constexpr double largest_integer = 9007199254740991.0;

std::int64_t integer_within(const Json& arguments, const char* key, double low, double high) {
  const Json& value = arguments.at(key);
  const double number = value.is_number() ? value.as_number() : std::nan("");
  if (!(number >= low && number <= high) || number != std::floor(number)) {
    const std::string allowed = "an integer " + Range{low, high, false, false}.text();
    throw InputError(Problem{key, value.dump(), allowed,
                             std::string(key) + ": found " + value.dump() + "; allowed: " + allowed});
  }
  return static_cast<std::int64_t>(number);
}

// Rows and positive rows of each bin (t_{b−1}, t_b].
struct Counts {
  std::vector<std::int64_t> rows, positives;
};

Counts count_sample(const ScoreModel& model, const EdgeQuestion& question, const std::vector<double>& edges) {
  Counts counts{std::vector<std::int64_t>(edges.size() + 1), std::vector<std::int64_t>(edges.size() + 1)};
  Random random(question.seed, "sample",
                {static_cast<std::uint64_t>(question.n), static_cast<std::uint64_t>(question.repeat)});
  for (std::int64_t i = 0; i < question.n; ++i) {
    const Draw draw = model.draw(random);
    const auto bin =
        static_cast<std::size_t>(std::lower_bound(edges.begin(), edges.end(), draw.score) - edges.begin());
    ++counts.rows[bin];
    counts.positives[bin] += draw.label;
  }
  return counts;
}

// Label means; a bin without rows lies on the line between its neighbours with rows (over the bin index).
std::vector<double> bin_values(const Counts& counts) {
  const std::size_t bins = counts.rows.size();
  std::vector<std::size_t> filled;
  std::vector<double> values(bins);
  for (std::size_t b = 0; b < bins; ++b) {
    if (counts.rows[b] == 0) continue;
    values[b] = static_cast<double>(counts.positives[b]) / static_cast<double>(counts.rows[b]);
    filled.push_back(b);
  }
  for (std::size_t b = 0; b < bins; ++b) {
    if (counts.rows[b] != 0) continue;
    const auto above = std::upper_bound(filled.begin(), filled.end(), b);
    if (above == filled.begin()) {
      values[b] = values[filled.front()];
    } else if (above == filled.end()) {
      values[b] = values[filled.back()];
    } else {
      const std::size_t left = *(above - 1), right = *above;
      const double share = static_cast<double>(b - left) / static_cast<double>(right - left);
      values[b] = values[left] + share * (values[right] - values[left]);
    }
  }
  return values;
}

}  // namespace

EdgeQuestion EdgeQuestion::from_json(const Json& arguments) {
  EdgeQuestion question;
  question.seed = static_cast<std::uint64_t>(integer_within(arguments, "seed", 0, largest_integer));
  question.n = integer_within(arguments, "n", 1, static_cast<double>(most_labels));
  question.repeat = integer_within(arguments, "repeat", 0, 999);
  double previous = 0;
  for (const Json& entry : arguments.at("ranks").as_array()) {
    const double rank = entry.is_number() ? entry.as_number() : std::nan("");
    if (!(rank > previous && rank < 1)) {
      throw InputError(
          Problem{"ranks", entry.dump(), "numbers in (0, 1), strictly increasing",
                  "ranks: found " + entry.dump() + "; allowed: numbers in (0, 1), strictly increasing"});
    }
    question.ranks.push_back(rank);
    previous = rank;
  }
  if (question.ranks.size() > most_edges) {
    throw InputError(
        Problem{"ranks", std::to_string(question.ranks.size()), "at most 200 entries",
                "ranks: found " + std::to_string(question.ranks.size()) + " entries; allowed: at most 200"});
  }
  return question;
}

Json probe_edges(const ScoreModel& model, const EdgeQuestion& question) {
  std::vector<double> edges;  // in the model's coordinate
  for (const double rank : question.ranks) edges.push_back(model.quantile(rank));
  const Counts counts = count_sample(model, question, edges);
  const std::vector<double> values = bin_values(counts);
  const stats::QuadratureRule rule = stats::gauss_legendre(8);

  Json bins = Json::array();
  double calibration = 0, sharpness = 0;
  for (std::size_t b = 0; b < values.size(); ++b) {
    const double low = b == 0 ? model.lowest() : edges[b - 1];
    const double high = b == edges.size() ? model.highest() : edges[b];
    const Mass mass = model.mass(low, high);
    const double truth = mass.positive / mass.all;
    const double bin_calibration = mass.all * (values[b] - truth) * (values[b] - truth);
    const double bin_sharpness = model.integrate(rule, low, high, [&](double t) {
      const double distance = model.truth(t) - truth;
      return model.density(t) * distance * distance;
    });
    calibration += bin_calibration;
    sharpness += bin_sharpness;
    bins.push_back(Json::object({{"low", b == 0 ? 0.0 : question.ranks[b - 1]},
                                 {"high", b == edges.size() ? 1.0 : question.ranks[b]},
                                 {"count", counts.rows[b]},
                                 {"value", values[b]},
                                 {"truth", truth},
                                 {"calibration", bin_calibration},
                                 {"sharpness", bin_sharpness}}));
  }

  std::vector<double> x, y;
  for (std::size_t i = 0; i < truth_points; ++i) {
    const double rank = (static_cast<double>(i) + 0.5) / static_cast<double>(truth_points);
    x.push_back(rank);
    y.push_back(model.truth(model.quantile(rank)));
  }
  return Json::object({{"bins", std::move(bins)},
                       {"calibration", calibration},
                       {"sharpness", sharpness},
                       {"risk", calibration + sharpness},
                       {"truth", Json::object({{"x", Json(x)}, {"y", Json(y)}})}});
}

}  // namespace reprise::recal
