// Study solvers: its settings, its stages, and what it says about itself.
#pragma once

#include "labs/prototype-clustering/study_points.h"
#include "study/description.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::protoclust {

/// Every method in the order of the default.
const std::vector<std::string>& solver_names();

struct SolversConfig {
  std::string dataset = "gmm";
  std::int64_t k = 10;
  std::int64_t n = 1000;
  std::int64_t d = 2;
  std::int64_t d_pca = 0;
  double sep = 8;
  std::vector<std::string> methods = solver_names();
  std::int64_t restarts = 10;
  std::int64_t max_iterations = 300;
  std::int64_t medoid_limit = 200;
  std::string label_column;
  bool standardise = true;

  bool has(std::string_view method) const;
  bool has_kmeans() const;   ///< any that ends in means
  bool has_medoids() const;  ///< fasterpam or pam
  PointsRequest points() const;
};

inline constexpr std::string_view points_stage = "points";
inline constexpr std::string_view runs_stage = "runs";        // a task a restart
inline constexpr std::string_view medoids_stage = "medoids";  // a task a restart
inline constexpr std::string_view best_stage = "best";
inline constexpr std::string_view line_stage = "line";

Parameters<SolversConfig> solvers_parameters();
Description solvers_description();

}  // namespace reprise::protoclust
