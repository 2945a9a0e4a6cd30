// Study gap-vs-error: its settings, and what it says about itself.
#pragma once

#include "labs/prototype-clustering/study_points.h"
#include "study/description.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::protoclust {

struct GapConfig {
  std::string dataset = "gmm";
  std::int64_t k = 3;
  std::int64_t d = 2;
  std::int64_t n = 300;
  double sep = 8;
  std::int64_t candidates = 150;
  std::int64_t restarts = 10;
  double max_gap = 0.05;
  double alpha = 0.01;
  std::vector<double> eps_list = {0, 0.01, 0.02, 0.05, 0.1, 0.2};
  std::vector<double> sep_sweep = {4, 6, 8, 10};
  std::int64_t corruptions = 200;
  std::string label_column;
  bool standardise = true;

  PointsRequest points() const { return {dataset, n, d, k, 0, sep, label_column, standardise, {"labels"}}; }
};

Parameters<GapConfig> gap_parameters();
Description gap_description();

}  // namespace reprise::protoclust
