// Study boundary-core: its settings, its stages, and what it says about itself.
#pragma once

#include "labs/prototype-clustering/study_points.h"
#include "study/description.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace reprise::protoclust {

struct BoundaryConfig {
  std::string dataset = "gmm";
  std::int64_t n = 600;
  std::int64_t k = 3;
  std::int64_t d_pca = 0;
  double sep = 3;
  double max_gap = 0.05;
  std::string solutions = "perturb";
  std::int64_t perturbations = 60;
  std::int64_t lloyd_iterations = 0;
  std::int64_t restarts = 10;
  std::string label_column;
  bool standardise = true;

  PointsRequest points() const {
    return {dataset, n, 2, k, d_pca, sep, label_column, standardise, {"labels", "prototypes"}};
  }
};

inline constexpr std::string_view reference_stage = "reference";
inline constexpr std::string_view solutions_stage = "solutions";  // some tasks, solutions dealt out in turn
inline constexpr std::string_view tally_stage = "tally";
inline constexpr std::int64_t most_solution_tasks = 8;

Parameters<BoundaryConfig> boundary_parameters();
Description boundary_description();

}  // namespace reprise::protoclust
