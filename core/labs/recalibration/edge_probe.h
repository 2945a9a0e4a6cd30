// What the opening figure asks while the visitor drags bin edges: the exact risks of a histogram map with
// just these edges, fitted on one sample.
#pragma once

#include "base/json.h"
#include "labs/recalibration/score_models.h"

#include <cstdint>
#include <vector>

namespace reprise::recal {

struct EdgeQuestion {
  std::uint64_t seed = 0;
  std::int64_t n = 1000;      // labels of the sample, at most 20000
  std::int64_t repeat = 0;    // which sample of that size: the one of the study's task (n, repeat)
  std::vector<double> ranks;  // inner edges as ranks F(u), strictly increasing in (0, 1); at most 200

  /// {"seed", "n", "repeat", "ranks"}; InputError with what is wrong.
  static EdgeQuestion from_json(const Json& arguments);
};

/// {"bins": [{"low", "high", "count", "value", "truth", "calibration", "sharpness"}], "calibration",
/// "sharpness",
///  "risk", "truth": {"x": […], "y": […]}}: edges and x are ranks, value is the label mean of the bin's rows
///  (of
/// the nearest bins with rows where it has none), truth the exact share of class 1 in it, risks are squared
/// probabilities and exact for this map.
Json probe_edges(const ScoreModel& model, const EdgeQuestion& question);

}  // namespace reprise::recal
