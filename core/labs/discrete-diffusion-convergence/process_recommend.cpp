// The bound of a run of my-process node by node, the grid that spends it evenly, and what that changes.
#include "labs/discrete-diffusion-convergence/process_bounds.h"
#include "labs/discrete-diffusion-convergence/process_state.h"
#include "markov/integral_metrics.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace reprise::diffusion {

using namespace markov;

namespace {

class BoundStepper final : public Stepper {
 public:
  explicit BoundStepper(ProcessState& state) : state_(state), laws_(state.steps() + 1) {}

  bool step() override {
    switch (phase_) {
      case Phase::Bounds:
        if (!own_bound(at_)) return false;
        if (++at_ < state_.steps()) return false;
        state_.metric("residual_bound", state_.residual);
        state_.metric("bound", state_.tv_init + state_.residual);
        if (!(state_.grid().sigma.back() > 0)) {
          state_.context.partial().warn("No grid is recommended: yours ends without noise.");
          return true;
        }
        begin_probes();
        return enter(Phase::Probes, state_.probes.size());
      case Phase::Probes:
        if (probe(at_ - 1)) --at_;
        if (at_ > 0) return false;
        recommend();
        return enter(Phase::Recommended, state_.steps());
      case Phase::Recommended:
        if (at_ > 0) {
          if (!recommended_bound(at_ - 1)) return false;
          if (--at_ == 0) state_.metric("recommended_residual_bound", residual_);
          return false;
        }
        forward(forward_++);
        return forward_ == state_.steps();
    }
    return true;
  }
  double progress() const override {
    const double steps = static_cast<double>(state_.steps()), at = static_cast<double>(at_);
    if (phase_ == Phase::Bounds) return 0.4 * at / steps;
    if (phase_ == Phase::Probes) return 0.4 + 0.25 * (1 - at / static_cast<double>(state_.probes.size()));
    return 0.65 + 0.35 * (1 - at / steps);
  }

 private:
  enum class Phase { Bounds, Probes, Recommended };
  bool enter(Phase phase, std::size_t at) {
    phase_ = phase;
    at_ = at;
    return false;
  }
  void begin_bound(const Law& high, const Law& low, double sigma_high, double sigma_low) {
    bound_.emplace(*state_.rates, state_.rule, high, low, sigma_high, sigma_low);
  }

  bool own_bound(std::size_t k) {
    if (!bound_) {
      const std::vector<double>& sigma = state_.grid().sigma;
      begin_bound(state_.marginals[k], state_.marginals[k + 1], sigma[k], sigma[k + 1]);
      if (state_.freezes_rate()) bound_->freeze_rate(state_.timed, k);
    }
    if (!bound_->step()) return false;
    state_.residual += bound_->value();
    state_.context.partial().table(bound_table, process_bound_columns()).append_row(k, bound_->value());
    bound_.reset();
    return true;
  }

  // Short steps at 60 levels, from the data end upwards.
  void begin_probes() {
    const std::vector<double>& sigma = state_.grid().sigma;
    state_.probes = probe_levels(sigma.front(), sigma.back());
    costs_.assign(state_.probes.size(), 0);
    moving_ = state_.marginals.back();
    moving_sigma_ = sigma.back();
  }
  bool probe(std::size_t j) {
    if (!bound_) {
      const double level = state_.probes[j], width = probe_step * level;
      moving_ = noised(moving_, *state_.rates, level - moving_sigma_);
      moving_sigma_ = level;
      begin_bound(noised(moving_, *state_.rates, width), moving_, level + width, level);
      return false;
    }
    if (!bound_->step()) return false;
    costs_[j] = probe_cost(bound_->value(), state_.probes[j]);
    bound_.reset();
    return true;
  }

  void recommend() {
    grid_ = even_grid(state_.probes, costs_, state_.steps());
    Table& table = state_.context.partial().table("grid", process_grid_columns());
    for (std::size_t k = 0; k <= state_.steps(); ++k) table.append_row(grid_.t[k], grid_.sigma[k]);
    // Of the given grid only the ends are still needed; laws of the other one take the place of the rest.
    noisy_ = std::move(state_.marginals.front());
    laws_.back() = std::move(state_.marginals.back());
    state_.marginals.clear();
  }
  bool recommended_bound(std::size_t k) {
    const double high = grid_.sigma[k], low = grid_.sigma[k + 1];
    if (!bound_) {
      laws_[k] = noised(laws_[k + 1], *state_.rates, high - low);
      begin_bound(laws_[k], laws_[k + 1], high, low);
      return false;
    }
    if (!bound_->step()) return false;
    residual_ += bound_->value();
    bound_.reset();
    return true;
  }
  void forward(std::size_t k) {
    if (k == 0) state_.generated = state_.stationary.p.empty() ? laws_.front().p : state_.stationary.p;
    FrozenJumps frozen(*state_.rates, laws_[k]);
    push(frozen, grid_.sigma[k] - grid_.sigma[k + 1], state_.generated);
    if (k + 1 < state_.steps()) return;
    state_.metric("recommended_tv", total_variation(state_.generated, laws_.back().p));
    state_.marginals.push_back(std::move(noisy_));
    state_.marginals.push_back(std::move(laws_.back()));
  }

  ProcessState& state_;
  Phase phase_ = Phase::Bounds;
  std::size_t at_ = 0, forward_ = 0;
  std::optional<StepBound> bound_;
  std::vector<Law> laws_;  // at the levels of the recommended grid
  NoiseGrid grid_;
  Law moving_, noisy_;
  std::vector<double> costs_;  // of a step at the probes
  double moving_sigma_ = 0, residual_ = 0;
};

}  // namespace

std::unique_ptr<Stepper> bound_process(ProcessState& state) {
  return std::make_unique<BoundStepper>(state);
}

}  // namespace reprise::diffusion
