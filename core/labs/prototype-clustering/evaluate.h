// Study evaluate: its settings, and what it says about itself.
#pragma once

#include "study/description.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::protoclust {

struct EvaluateConfig {
  std::string loss = "kmeans";
  double alpha = 0.01;
  std::vector<double> gaps = {0, 0.01, 0.05, 0.1};
  std::int64_t k_max = 5;
  std::vector<double> powers = {1, 2, 3};
  std::vector<double> shares = {0.2, 0.05, 0.01};
  std::string label_column;
  std::string weight_column;
  bool standardise = true;
};

Parameters<EvaluateConfig> evaluate_parameters();
Description evaluate_description();

}  // namespace reprise::protoclust
