// Config and description of the study error-budget.
#pragma once

#include "labs/discrete-diffusion-convergence/common_config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::diffusion {

struct ErrorBudgetConfig : NoiseConfig, TargetConfig {
  ErrorBudgetConfig() { sigma_max = 12; }

  std::vector<double> sigma_max_list = {2, 3, 4, 6, 8, 10, 12};
  std::vector<std::int64_t> levels_list = {16, 32, 64, 128};
  std::vector<double> score_error_list = {0.01, 0.03, 0.1, 0.3};
  std::int64_t score_levels = 64;
};

Parameters<ErrorBudgetConfig> error_budget_parameters();
Description error_budget_description();

}  // namespace reprise::diffusion
