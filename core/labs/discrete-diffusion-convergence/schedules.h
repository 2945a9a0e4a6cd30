// Config and description of the study schedules.
#pragma once

#include "labs/discrete-diffusion-convergence/common_config.h"

#include <cstdint>
#include <vector>

namespace reprise::diffusion {

struct SchedulesConfig : NoiseConfig, TargetConfig {
  SchedulesConfig() {
    target = "zipf";
    vocabulary_size = 256;
    length = 1;
  }
  std::vector<std::int64_t> levels_list = {16, 32};
};

Parameters<SchedulesConfig> schedules_parameters();
Description schedules_description();

}  // namespace reprise::diffusion
