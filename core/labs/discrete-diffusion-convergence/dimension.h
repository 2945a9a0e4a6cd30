// Config and description of the study dimension-and-parallel.
#pragma once

#include "labs/discrete-diffusion-convergence/common_config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::diffusion {

struct DimensionConfig : NoiseConfig {
  DimensionConfig() { sigma_max = 8; }

  std::int64_t vocabulary_size = 4;
  std::string target = "chain";
  std::vector<std::int64_t> lengths = {2, 3, 4, 5};
  std::int64_t levels = 16;
  std::vector<std::int64_t> masked_length_list = {1, 2, 4};
  std::vector<std::int64_t> masked_levels_list = {8, 16, 32, 64, 128};
  double masked_sigma_max = 6;
  std::string parallel_target = "zipf";
  std::int64_t parallel_vocabulary_size = 12;
  std::vector<std::int64_t> parallel_levels_list = {8, 16, 32};
  double parallel_sigma_max = 6;
  double concentration = 0.3;
  std::int64_t instances = 3;

  std::int64_t parallel_instances() const {
    return parallel_target == "dirichlet" || parallel_target == "chain" ? instances : 1;
  }
  /// Levels from another T down to the same δ.
  markov::NoiseGrid grid_from(double top, std::int64_t steps) const {
    NoiseConfig config = *this;
    config.sigma_max = top;
    return config.grid(steps);
  }
};

Parameters<DimensionConfig> dimension_parameters();
Description dimension_description();

}  // namespace reprise::diffusion
