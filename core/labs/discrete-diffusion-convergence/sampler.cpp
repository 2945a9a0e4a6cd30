#include "labs/discrete-diffusion-convergence/sampler.h"

#include "base/error.h"

#include <string>
#include <utility>

namespace reprise::diffusion {

using namespace markov;

std::vector<double> step_lengths(const NoiseGrid& grid, const Schedule& schedule, FreezeMode freeze) {
  std::vector<double> lengths;
  for (std::size_t k = 0; k < grid.steps(); ++k) {
    lengths.push_back(freeze == FreezeMode::Score ? grid.sigma[k] - grid.sigma[k + 1]
                                                  : schedule.beta(grid.t[k]) * (grid.t[k] - grid.t[k + 1]));
  }
  return lengths;
}

Sampler::Sampler(RankOneNoise sampler_noise, const Law& law, NoiseGrid levels)
    : noise(std::move(sampler_noise)),
      clean(with_mask(law, noise)),
      grid(std::move(levels)),
      lengths(step_lengths(grid, {}, FreezeMode::Score)) {}

Law Sampler::marginal(std::size_t level) const {
  return noised(clean, noise, grid.sigma[level]);
}

std::unique_ptr<StepKernel> Sampler::kernel(std::size_t step) const {
  ScoreFactors score = exact_score(marginal(step));
  error.apply(score);
  return make_step_kernel(kind, noise, std::move(score), lengths[step]);
}

std::unique_ptr<StepKernel> Sampler::exact_kernel(std::size_t step) const {
  return make_step_kernel(kind, noise, exact_score(marginal(step)), lengths[step]);
}

std::vector<double> Sampler::generate(std::vector<double> q) const {
  for (std::size_t k = 0; k < steps(); ++k) kernel(k)->push(q);
  return q;
}

void check_reverse_rates(const Law& law, const NoiseGrid& grid) {
  if (grid.sigma.back() > 0) return;
  for (std::size_t state = 0; state < law.p.size(); ++state) {
    if (law.p[state] > 0) continue;
    std::string tokens;
    for (std::size_t axis = 0; axis < law.space.length; ++axis) {
      tokens += (axis > 0 ? ", " : "") + std::to_string(law.space.symbol(state, axis));
    }
    throw InputError(Problem{"grid", "0", "above 0",
                             "the grid ends at sigma 0 and state (" + tokens +
                                 ") has probability 0: exact reverse rates are infinite there; end above 0"});
  }
}

}  // namespace reprise::diffusion
