// A reverse-time sampler on a law that is known exactly: its steps as kernels, the true law at every level.
//
//   Sampler sampler(RankOneNoise::uniform(6), law, make_grid(schedule, 16));
//   std::vector<double> q = sampler.start().p;
//   for (std::size_t k = 0; k < sampler.steps(); ++k) sampler.kernel(k)->push(q);
#pragma once

#include "markov/schedule.h"
#include "markov/step_kernel.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace reprise::diffusion {

/// What is held still during a step. Score: the score at the noisy end; rates follow β. Rate: the whole rate.
enum class FreezeMode { Score, Rate };

/// Length of each step in noise time: σ_k − σ_{k+1}, or β(t_k)·(t_k − t_{k+1}).
std::vector<double> step_lengths(const markov::NoiseGrid& grid, const markov::Schedule& schedule,
                                 FreezeMode freeze);

struct Sampler {
  markov::RankOneNoise noise;
  markov::Law clean;  ///< p_0 over the working space (tokens, and the mask where there is one)
  markov::NoiseGrid grid;
  std::vector<double> lengths;  ///< h_k
  markov::KernelKind kind = markov::KernelKind::FrozenCtmc;
  markov::ScoreError error;

  /// Exact score, frozen rates, h_k = σ_k − σ_{k+1}. `law` is over tokens.
  Sampler(markov::RankOneNoise noise, const markov::Law& law, markov::NoiseGrid grid);

  std::size_t steps() const { return grid.steps(); }
  const markov::StateSpace& space() const { return clean.space; }
  markov::Law marginal(std::size_t level) const;  ///< p at σ_level
  markov::Law start() const { return markov::prior_law(noise, clean.space.length); }
  std::unique_ptr<markov::StepKernel> kernel(std::size_t step) const;        ///< with the score it has
  std::unique_ptr<markov::StepKernel> exact_kernel(std::size_t step) const;  ///< with the exact score
  /// The law at the end of all steps.
  std::vector<double> generate(std::vector<double> q) const;
};

/// InputError when exact reverse rates are infinite: the last noise level is 0 and some state has probability
/// 0 (says which).
void check_reverse_rates(const markov::Law& law, const markov::NoiseGrid& grid);

}  // namespace reprise::diffusion
