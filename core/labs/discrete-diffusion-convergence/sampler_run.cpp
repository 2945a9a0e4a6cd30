#include "labs/discrete-diffusion-convergence/sampler_run.h"

#include "markov/integral_metrics.h"

#include <cmath>
#include <limits>
#include <utility>

namespace reprise::diffusion {

double RunOutcome::pinsker() const {
  return std::sqrt((kl_init + path_kl) / 2);
}

SamplerRun::SamplerRun(Sampler sampler, RunSettings settings)
    : sampler_(std::move(sampler)), settings_(settings) {
  sampler_.lengths = step_lengths(sampler_.grid, settings_.schedule, settings_.freeze);
  const markov::Law noisy = sampler_.marginal(0);
  outcome_.law = settings_.exact_start ? noisy.p : sampler_.start().p;
  outcome_.tv_init = markov::total_variation(outcome_.law, noisy.p);
  outcome_.kl_init = markov::kl_divergence(noisy.p, outcome_.law);
  if (settings_.bounds) {
    integrator_ = std::make_unique<BoundIntegrator>(sampler_, settings_.schedule, settings_.freeze,
                                                    settings_.nodes, settings_.wishes);
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (!settings_.bounds) outcome_.residual = nan;
  if (!settings_.bounds || !settings_.wishes.path_kl) outcome_.path_kl = nan;
  if (!settings_.bounds || !settings_.wishes.max_score) outcome_.max_score = nan;
}

bool SamplerRun::step() {
  if (done_) return true;
  sampler_.kernel(at_)->push(outcome_.law);
  if (integrator_) {
    const StepBounds bounds = integrator_->step(at_);
    outcome_.step_residual.push_back(bounds.residual);
    outcome_.residual += bounds.residual;
    outcome_.path_kl += bounds.path_kl;
    outcome_.max_score += bounds.max_score;
  }
  if (++at_ < sampler_.steps()) return false;
  outcome_.tv = markov::total_variation(outcome_.law, sampler_.marginal(at_).p);
  done_ = true;
  return true;
}

const RunOutcome& SamplerRun::finish() {
  while (!step()) {
  }
  return outcome_;
}

double SamplerRun::progress() const {
  return static_cast<double>(at_) / static_cast<double>(sampler_.steps());
}

}  // namespace reprise::diffusion
