// Config and description of the study hybrid-prior.
#pragma once

#include "labs/discrete-diffusion-convergence/common_config.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace reprise::diffusion {

struct HybridConfig : NoiseConfig, TargetConfig {
  HybridConfig() {
    target = "zipf";
    vocabulary_size = 8;
  }

  std::vector<double> mask_shares = {0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1};  // ρ
  std::int64_t levels = 16;
};

Parameters<HybridConfig> hybrid_prior_parameters();
Description hybrid_prior_description();

/// π = (1 − ρ)·uniform over S tokens + ρ·mask, the mask being symbol S.
markov::RankOneNoise hybrid_noise(std::size_t tokens, double mask_share);

}  // namespace reprise::diffusion
