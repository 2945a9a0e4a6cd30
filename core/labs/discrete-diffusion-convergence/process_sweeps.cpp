// The middle of a run of my-process: the generated law forwards, the observable backwards, the share of every
// step in the error.
#include "labs/discrete-diffusion-convergence/law_table.h"
#include "labs/discrete-diffusion-convergence/process_state.h"
#include "markov/adjoint.h"
#include "markov/integral_metrics.h"
#include "stats/compensated_sum.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace reprise::diffusion {

using namespace markov;

namespace {

class SweepStepper final : public Stepper {
 public:
  explicit SweepStepper(ProcessState& state) : state_(state) {}

  bool step() override {
    if (!backwards_) {
      if (at_ == 0) begin_forward();
      state_.kernel(at_)->push(state_.generated);
      if (++at_ < state_.steps()) return false;
      finish_forward();
      backwards_ = true;
      return false;
    }
    if (!backward(at_ - 1)) return false;
    if (--at_ > 0) return false;
    finish_backward();
    return true;
  }
  double progress() const override {
    const double share = static_cast<double>(at_) / static_cast<double>(state_.steps());
    return backwards_ ? 1 - 2 * share / 3 : share / 3;
  }

 private:
  void begin_forward() {
    const std::vector<double>& noisy = state_.marginals.front().p;
    state_.generated = state_.start();
    state_.tv_init = total_variation(state_.start(), noisy);
    state_.metric("tv_init", state_.tv_init);
    state_.metric("kl_init", kl_divergence(noisy, state_.start()));
  }

  void finish_forward() {
    const Law& target = state_.marginals.back();
    state_.error = difference(state_.generated, target.p, state_.phi);
    state_.metric("tv", total_variation(state_.generated, target.p));
    state_.metric("error", state_.error);
    state_.metric("early_stop_tv", total_variation(target.p, state_.clean.p));
    write_law(state_.context.partial(), state_.clean, target, state_.generated);
    u_ = state_.phi;
    oscillation_ = oscillation(u_);
    state_.metric("observable_oscillation", oscillation_);
    state_.keep("adjoint_array", state_.steps(), u_);
    step_tv_.assign(state_.steps(), 0);
  }

  // The true law through step k, then the observable back through it; true after both.
  bool backward(std::size_t k) {
    if (!kernel_) {
      kernel_ = state_.kernel(k);
      std::vector<double> moved = state_.marginals[k].p;
      kernel_->push(moved);
      term_ = difference(moved, state_.marginals[k + 1].p, u_);
      step_tv_[k] = total_variation(moved, state_.marginals[k + 1].p);
      return false;
    }
    kernel_->pull(u_);
    kernel_.reset();
    const std::vector<double>& sigma = state_.grid().sigma;
    sum_.add(term_);
    sizes_.add(std::fabs(term_));
    const double now = oscillation(u_);
    largest_increase_ = std::max(largest_increase_, now - oscillation_);
    oscillation_ = now;
    state_.context.partial()
        .table(backward_table, process_backward_columns())
        .append_row(k, sigma[k], sigma[k + 1], state_.lengths[k], term_, now,
                    neighbour_difference(state_.clean.space, u_));
    state_.keep("adjoint_array", k, u_);
    return true;
  }

  void finish_backward() {
    const double init = difference(state_.start(), state_.marginals.front().p, u_);
    state_.metric("init_term", init);
    state_.metric("discretisation_term", sum_.value());
    state_.metric("sum_of_terms", sizes_.value());
    state_.metric("identity_residual", state_.error - init - sum_.value());
    state_.metric("largest_oscillation_increase", largest_increase_);
    if (!state_.own_kernels) return;
    // No rates to compare: each step's distance from the next true law, which no later step can enlarge.
    Table& bounds = state_.context.partial().table(bound_table, process_bound_columns());
    for (std::size_t k = 0; k < state_.steps(); ++k) {
      bounds.append_row(k, step_tv_[k]);
      state_.residual += step_tv_[k];
    }
    state_.metric("residual_bound", state_.residual);
    state_.metric("bound", state_.tv_init + state_.residual);
  }

  ProcessState& state_;
  bool backwards_ = false;
  std::size_t at_ = 0;
  std::unique_ptr<StepKernel> kernel_;
  double term_ = 0;
  std::vector<double> u_, step_tv_;
  stats::CompensatedSum sum_, sizes_;
  double oscillation_ = 0;
  double largest_increase_ = -std::numeric_limits<double>::infinity();
};

}  // namespace

std::unique_ptr<Stepper> sweep_process(ProcessState& state) {
  return std::make_unique<SweepStepper>(state);
}

}  // namespace reprise::diffusion
