// One run of a sampler with everything that is exact about it, a noise level a step: the generated law, and
// the bounds where they are wished for.
#pragma once

#include "labs/discrete-diffusion-convergence/bounds.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace reprise::diffusion {

struct RunSettings {
  markov::Schedule schedule;  ///< for FreezeMode::Rate
  FreezeMode freeze = FreezeMode::Score;
  int nodes = 8;
  bool bounds = true;
  BoundWishes wishes;
  bool exact_start = false;  ///< from p_T instead of the prior
};

/// What is known when all steps are done; bounds are NaN where they were not wished for.
struct RunOutcome {
  double tv = 0;       ///< to p_δ
  double tv_init = 0;  ///< start to p_T
  double kl_init = 0;  ///< p_T to start
  double residual = 0, path_kl = 0, max_score = 0;
  std::vector<double> step_residual;
  std::vector<double> law;  ///< generated

  double bound() const { return tv_init + residual; }
  double pinsker() const;  ///< √((kl_init + path_kl)/2)
};

class SamplerRun {
 public:
  SamplerRun(Sampler sampler, RunSettings settings);
  SamplerRun(const SamplerRun&) = delete;
  SamplerRun& operator=(const SamplerRun&) = delete;

  /// One noise level; true when the outcome is complete.
  bool step();
  const RunOutcome& finish();  ///< all remaining steps
  const RunOutcome& outcome() const { return outcome_; }
  const Sampler& sampler() const { return sampler_; }
  double progress() const;

 private:
  Sampler sampler_;
  RunSettings settings_;
  RunOutcome outcome_;
  std::unique_ptr<BoundIntegrator> integrator_;
  std::size_t at_ = 0;
  bool done_ = false;
};

}  // namespace reprise::diffusion
