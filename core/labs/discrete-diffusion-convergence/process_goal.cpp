// The grid that suits the observable of a run of my-process. The observable's exact expected value u at every
// level is known without sampling: E[φ | x at σ] = (noise of p·φ)/(noise of p). It weights what a short step
// does wrong; steps are spent where that is much. Of the grid that comes out, the error is predicted with a
// bar, before anything is generated; then it is generated, and the two are compared.
#include "labs/discrete-diffusion-convergence/process_bounds.h"
#include "labs/discrete-diffusion-convergence/process_state.h"
#include "markov/adjoint.h"
#include "markov/integral_metrics.h"
#include "stats/compensated_sum.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise::diffusion {

using namespace markov;

namespace {

/// Of the worst observable's cost: what a level costs at least, so that steps stay short where the
/// observable's own cost changes its sign.
constexpr double least_share = 0.05;

class GoalStepper final : public Stepper {
 public:
  explicit GoalStepper(ProcessState& state) : state_(state) {}

  bool step() override {
    switch (phase_) {
      case Phase::Probes:
        if (costs_.empty()) begin();
        if (!rise_to(state_.probes[at_ - 1])) return false;
        probe(--at_);
        if (at_ == 0) choose();
        return false;
      case Phase::Up:
        if (!rise_to(grid_.sigma[at_ - 1]) || !predict(at_ - 1)) return false;
        if (--at_ == 0) finish_prediction();
        return false;
      case Phase::Forward:
        break;
    }
    forward(at_);
    return ++at_ == grid_.steps();
  }
  double progress() const override {
    const double at = static_cast<double>(at_);
    if (phase_ == Phase::Probes)
      return costs_.empty() ? 0 : 0.4 * (1 - at / static_cast<double>(costs_.size()));
    const double share = at / static_cast<double>(grid_.steps());
    return phase_ == Phase::Up ? 0.4 + 0.4 * (1 - share) : 0.8 + 0.2 * share;
  }

 private:
  enum class Phase { Probes, Up, Forward };

  void begin() {
    const auto [low, high] = std::minmax_element(state_.phi.begin(), state_.phi.end());
    lowest_ = *low;
    highest_ = *high;
    at_ = state_.probes.size();
    costs_.assign(at_, 0);
    own_.assign(at_, 0);
    back_to_the_end();
  }
  // p and p·φ at the data end.
  void back_to_the_end() {
    law_ = state_.marginals.back();
    weighted_ = law_;
    for (std::size_t y = 0; y < law_.p.size(); ++y) weighted_.p[y] *= state_.phi[y];
    law_sigma_ = weighted_sigma_ = state_.grid().sigma.back();
  }
  // p first, p·φ in the next call: true when both are there.
  bool rise_to(double sigma) {
    if (law_sigma_ < sigma) {
      law_ = noised(law_, *state_.rates, sigma - law_sigma_);
      law_sigma_ = sigma;
      return false;
    }
    if (weighted_sigma_ < sigma) {
      weighted_ = noised(weighted_, *state_.rates, sigma - weighted_sigma_);
      weighted_sigma_ = sigma;
    }
    return true;
  }
  // u at the present level; states that nothing reaches keep φ, as no reverse jump leaves them.
  std::vector<double> expected() const {
    std::vector<double> u = state_.phi;
    for (std::size_t y = 0; y < u.size(); ++y) {
      if (law_.p[y] > 0) u[y] = std::clamp(weighted_.p[y] / law_.p[y], lowest_, highest_);
    }
    return u;
  }

  void probe(std::size_t j) {
    const double level = state_.probes[j], width = probe_step * level;
    const std::vector<double> u = expected();
    Law high = noised(law_, *state_.rates, width);
    std::vector<double> moved = high.p;
    FrozenJumps frozen(*state_.rates, std::move(high));
    push(frozen, width, moved);
    own_[j] = std::fabs(difference(moved, law_.p, u)) / (width * width);
    const double worst = total_variation(moved, law_.p) * oscillation(u) / (width * width);
    costs_[j] = std::max(own_[j], least_share * worst);
  }

  // Steps of length h ∝ 1/√cost, N of them: Σ own·h² = (1/N)·∫√cost·∫own/√cost to leading order.
  std::size_t needed_steps() const {
    if (state_.config.goal_tolerance == 0) return state_.steps();
    const auto root = [&](std::size_t j) { return std::sqrt(costs_[j]); };
    double roots = 0, shares = 0;
    for (std::size_t j = 1; j < costs_.size(); ++j) {
      const double width = (state_.probes[j - 1] - state_.probes[j]) / 2;
      roots += width * (root(j - 1) + root(j));
      for (const std::size_t end : {j - 1, j}) shares += costs_[end] > 0 ? width * own_[end] / root(end) : 0;
    }
    const double tolerance = state_.config.goal_tolerance * (highest_ - lowest_);
    const double wanted = tolerance > 0 ? std::ceil(roots * shares / tolerance) : 1;
    const std::size_t most = std::min(most_grid_levels, most_law_entries / law_.p.size() - 1);
    if (!(wanted <= static_cast<double>(most))) {
      state_.context.partial().warn(
          "goal_tolerance asks for " + std::to_string(static_cast<long long>(std::min(wanted, 9e15))) +
          " steps; the grid has " + std::to_string(most) + ", as many as there can be.");
      return most;
    }
    return std::max<std::size_t>(1, static_cast<std::size_t>(wanted));
  }

  void choose() {
    grid_ = even_grid(state_.probes, costs_, needed_steps());
    const std::size_t steps = grid_.steps();
    state_.metric("goal_steps", static_cast<double>(steps));
    laws_.assign(steps + 1, Law{});
    terms_.assign(steps, 0);
    step_tv_.assign(steps, 0);
    defect_.assign(steps, 0);
    back_to_the_end();
    u_ = state_.phi;
    laws_[steps] = law_;
    phase_ = Phase::Up;
    at_ = steps;
  }

  // Step k from the true law: <p_k·K̂ − p_{k+1}, u_{k+1}>, then how far K̂·u_{k+1} is from u_k; true after
  // both.
  bool predict(std::size_t k) {
    const double length = grid_.sigma[k] - grid_.sigma[k + 1];
    if (!frozen_) {
      laws_[k] = law_;
      frozen_.emplace(*state_.rates, law_);
      std::vector<double> moved = law_.p;
      push(*frozen_, length, moved);
      terms_[k] = difference(moved, laws_[k + 1].p, u_);
      step_tv_[k] = total_variation(moved, laws_[k + 1].p);
      return false;
    }
    std::vector<double> gap = std::move(u_);
    pull(*frozen_, length, gap);
    frozen_.reset();
    u_ = expected();
    for (std::size_t y = 0; y < gap.size(); ++y) gap[y] = law_.p[y] > 0 ? gap[y] - u_[y] : 0;
    defect_[k] = oscillation(gap);
    return true;
  }

  // error = <start − p_T, u_0> + Σ <q_k, gap_k>; with p_k for q_k it is the prediction, and q_k is no further
  // from p_k than the start and all steps before are from theirs.
  void finish_prediction() {
    const std::vector<double>& start = state_.start();
    init_ = difference(start, state_.marginals.front().p, u_);
    stats::CompensatedSum sum, sizes;
    double bar = 0, distance = state_.tv_init;
    Table& table = state_.context.partial().table("goal_grid", process_goal_columns());
    for (std::size_t k = 0; k < terms_.size(); ++k) {
      sum.add(terms_[k]);
      sizes.add(std::fabs(terms_[k]));
      bar += std::min(1.0, distance) * defect_[k];
      distance += step_tv_[k];
      table.append_row(grid_.t[k], grid_.sigma[k], terms_[k]);
    }
    table.append_row(grid_.t.back(), grid_.sigma.back(), nan_number);
    state_.metric("goal_predicted_error", init_ + sum.value());
    state_.metric("goal_error_bar", bar);
    state_.metric("goal_sum_of_terms", sizes.value());
    state_.generated = start;
    phase_ = Phase::Forward;
    at_ = 0;
  }

  void forward(std::size_t k) {
    FrozenJumps frozen(*state_.rates, laws_[k]);
    push(frozen, grid_.sigma[k] - grid_.sigma[k + 1], state_.generated);
    if (k + 1 < grid_.steps()) return;
    const double error = difference(state_.generated, laws_.back().p, state_.phi);
    state_.metric("goal_error", error);
    state_.metric("goal_init_term", init_);
    state_.metric("goal_tv", total_variation(state_.generated, laws_.back().p));
  }

  ProcessState& state_;
  Phase phase_ = Phase::Probes;
  std::size_t at_ = 0;
  double lowest_ = 0, highest_ = 0, law_sigma_ = 0, weighted_sigma_ = 0, init_ = 0;
  Law law_, weighted_;  // p and p·φ, at their levels
  std::optional<FrozenJumps> frozen_;
  std::vector<double> costs_, own_;  // of a step's squared length, at the probes
  NoiseGrid grid_;
  std::vector<Law> laws_;
  std::vector<double> u_, terms_, step_tv_, defect_;
};

}  // namespace

std::unique_ptr<Stepper> aim_process(ProcessState& state) {
  return std::make_unique<GoalStepper>(state);
}

}  // namespace reprise::diffusion
