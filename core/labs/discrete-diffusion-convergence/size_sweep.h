// Config and description of the study size-sweep.
#pragma once

#include "labs/discrete-diffusion-convergence/common_config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::diffusion {

struct SizeSweepConfig : NoiseConfig {
  SizeSweepConfig() = default;

  std::string target = "sparse";
  std::string prior = "both";
  std::vector<std::int64_t> vocabulary_sizes = {16, 256, 4096, 50000};
  std::int64_t length = 1;
  std::int64_t levels = 32;
  std::vector<std::int64_t> masked_vocabulary_sizes = {3, 10, 40};
  std::int64_t masked_levels = 8;
  double concentration = 0.3;
  std::int64_t instances = 3;

  std::int64_t targets() const { return target == "dirichlet" ? instances : 1; }
  bool uniform() const { return prior != "masked"; }
  bool masked() const { return prior != "uniform"; }
};

Parameters<SizeSweepConfig> size_sweep_parameters();
Description size_sweep_description();

}  // namespace reprise::diffusion
