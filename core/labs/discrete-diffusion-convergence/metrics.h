// Config and description of the study metrics.
#pragma once

#include "labs/discrete-diffusion-convergence/common_config.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace reprise::diffusion {

struct MetricsConfig : NoiseConfig, TargetConfig {
  MetricsConfig() { vocabulary_size = 4; }

  std::vector<std::int64_t> levels_list = {8, 16, 32};
  double mmd_gamma = 1;
  std::string observable = "first_two_equal";
  std::int64_t samples = 10000;
  std::int64_t estimate_levels = 16;
  std::int64_t repeats = 200;
};

Parameters<MetricsConfig> metrics_parameters();
Description metrics_description();

const std::vector<ColumnSpec>& sample_columns();  ///< metric, estimate, standard_error
/// Compares the visitor's two files.
std::unique_ptr<Stepper> start_sample_comparison(const MetricsConfig& config, TaskContext& context);

}  // namespace reprise::diffusion
