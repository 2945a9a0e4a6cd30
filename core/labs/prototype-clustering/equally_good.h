// Study equally-good: its settings, its stages, and what it says about itself.
#pragma once

#include "labs/prototype-clustering/study_points.h"
#include "study/description.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::protoclust {

struct EquallyGoodConfig {
  std::string dataset = "gmm";
  std::int64_t k = 3;
  std::int64_t n = 300;
  std::int64_t d = 2;
  double sep = 8;
  std::vector<double> eps_list = {0, 0.01, 0.05, 0.1, 0.2, 0.5};
  double max_gap = 0.05;
  std::int64_t searches = 12;
  std::int64_t pushes = 12;
  std::int64_t restarts = 10;
  std::string label_column;
  bool standardise = true;

  PointsRequest points() const { return {dataset, n, d, k, 0, sep, label_column, standardise, {"labels"}}; }
};

inline constexpr std::string_view benchmark_stage_name = "benchmark";
inline constexpr std::string_view certify_stage_name = "certify";
inline constexpr std::string_view search_stage_name = "search";  // some tasks, searches dealt out in turn
inline constexpr std::string_view gather_stage_name = "gather";
inline constexpr std::int64_t most_search_tasks = 8;

/// eps_list and max_gap in order, without repeats: every gap that is certified and searched.
std::vector<double> gaps_of(const EquallyGoodConfig& config);
std::size_t reference_of(const EquallyGoodConfig& config);  ///< index of max_gap among them

Parameters<EquallyGoodConfig> equally_good_parameters();
Description equally_good_description();

}  // namespace reprise::protoclust
