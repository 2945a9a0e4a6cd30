// The task of the study evaluate: the generated law forwards, the observable backwards, then the bounds, a
// noise level at a time.
#include "labs/discrete-diffusion-convergence/bounds.h"
#include "labs/discrete-diffusion-convergence/evaluate.h"
#include "labs/discrete-diffusion-convergence/law_table.h"
#include "labs/discrete-diffusion-convergence/observables.h"
#include "labs/discrete-diffusion-convergence/own_data.h"
#include "markov/adjoint.h"
#include "markov/integral_metrics.h"
#include "stats/compensated_sum.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace reprise::diffusion {

using namespace markov;

namespace {

double difference(const std::vector<double>& a, const std::vector<double>& b, const std::vector<double>& u) {
  std::vector<double> change(a.size());
  for (std::size_t y = 0; y < a.size(); ++y) change[y] = a[y] - b[y];
  return dot(change, u);
}

class EvaluateStepper final : public Stepper {
 public:
  EvaluateStepper(const EvaluateConfig& config, TaskContext& context) : config_(config), context_(context) {}

  bool step() override {
    switch (phase_) {
      case Phase::Begin:
        begin();
        phase_ = Phase::Forward;
        return false;
      case Phase::Forward:
        kernel(at_)->push(generated_);
        if (++at_ == steps()) {
          finish_forward();
          phase_ = Phase::Backward;
        }
        return false;
      case Phase::Backward:
        backward(--at_);
        if (at_ == 0) {
          finish_backward();
          phase_ = Phase::Bounds;
          if (sampler_->kind != KernelKind::FrozenCtmc) return true;
        }
        return false;
      case Phase::Bounds:
        bound(at_);
        if (++at_ == steps()) {
          finish_bounds();
          return true;
        }
        return false;
    }
    return true;
  }

  double progress() const override {
    if (!sampler_) return 0;
    const double share = static_cast<double>(at_) / static_cast<double>(steps());
    if (phase_ == Phase::Forward) return 0.2 * share;
    return phase_ == Phase::Backward ? 0.2 + 0.3 * (1 - share) : 0.5 + 0.5 * share;
  }

 private:
  enum class Phase { Begin, Forward, Backward, Bounds };
  std::size_t steps() const { return sampler_->steps(); }

  void begin() {
    const Law law = context_.has_input("law")
                        ? read_law(context_)
                        : make_target(config_.target,
                                      {static_cast<std::size_t>(config_.vocabulary_size),
                                       static_cast<std::size_t>(config_.length)},
                                      config_.concentration, 0, context_);
    RankOneNoise noise = config_.prior == "uniform"  ? RankOneNoise::uniform(law.space.symbols)
                         : config_.prior == "masked" ? RankOneNoise::absorbing(law.space.symbols)
                                                     : read_prior(context_, law.space.symbols);
    NoiseGrid grid = read_grid(context_, config_.make_schedule(), static_cast<std::size_t>(config_.levels));
    check_reverse_rates(law, grid);
    check_mask_fits(law, noise.symbols());
    sampler_.emplace(std::move(noise), law, std::move(grid));
    sampler_->kind = find_kernel(config_.kernel).value();
    if (config_.freeze_mode() == FreezeMode::Rate) {
      sampler_->lengths = step_lengths(sampler_->grid, config_.make_schedule(), FreezeMode::Rate);
    }
    if (config_.score_error > 0) draw_score_error();
    if (context_.has_input("score")) {
      score_file_ = std::make_unique<ScoreFile>(context_, sampler_->noise, sampler_->space(), steps());
    }
    const std::string observable = config_.observable_key(context_.inputs());
    phi_ = observable == "file" ? read_observable(context_, sampler_->space())
                                : make_observable(observable, sampler_->space(), sampler_->noise.mask);
    generated_ = config_.start == "exact" ? sampler_->marginal(0).p : sampler_->start().p;
    u_ = phi_;
    oscillation_ = oscillation(phi_);
    metric("observable_oscillation", oscillation_);
  }

  void draw_score_error() {
    Random random = context_.random("score-error", {0});
    ScoreError& error = sampler_->error;
    error.eta = config_.score_error;
    for (std::vector<double>* factor : {&error.xi, &error.zeta}) {
      factor->resize(sampler_->clean.p.size());
      for (double& value : *factor) value = random.normal();
    }
  }

  std::unique_ptr<ScoreTableGenerator> table_generator(std::size_t k) const {
    return std::make_unique<ScoreTableGenerator>(sampler_->noise, sampler_->space(), score_file_->level(k));
  }
  std::unique_ptr<StepKernel> kernel(std::size_t k) const {
    if (score_file_) return std::make_unique<GeneratorStep>(table_generator(k), sampler_->lengths[k]);
    return sampler_->kernel(k);
  }

  void finish_forward() {
    const Law target = sampler_->marginal(steps());
    error_ = difference(generated_, target.p, phi_);
    tv_ = total_variation(generated_, target.p);
    metric("tv", tv_);
    metric("kl", kl_divergence(target.p, generated_));
    metric("mmd", mmd_hamming(target.space, config_.mmd_gamma, generated_, target.p));
    if (target.space.length == 1) metric("w1_ordered", w1_ordered(generated_, target.p));
    if (target.space.length == 1 || target.p.size() <= most_transport_states) {
      metric("w1_hamming", w1_hamming(target.space, generated_, target.p));
    }
    metric("error", error_);
    metric("early_stop_tv", total_variation(target.p, sampler_->clean.p));
    if (sampler_->noise.mask) {
      metric("mask_probability_target", target_mask_probability(sampler_->grid));
      metric("mask_probability_generated", generated_mask_probability(sampler_->grid, sampler_->lengths));
    }
    write_law(context_.partial(), sampler_->clean, target, generated_);
  }

  // The contribution of step k, and u from level k + 1 to level k.
  void backward(std::size_t k) {
    const bool exact = config_.exact_score(context_.inputs());
    const Law next = sampler_->marginal(k + 1);
    const std::unique_ptr<StepKernel> own = kernel(k);
    std::vector<double> moved = sampler_->marginal(k).p;
    own->push(moved);
    double score = 0;
    if (!exact) {
      std::vector<double> with_exact = sampler_->marginal(k).p;
      sampler_->exact_kernel(k)->push(with_exact);
      score = difference(moved, with_exact, u_);
      moved = std::move(with_exact);
    }
    const double discretisation = difference(moved, next.p, u_);
    own->pull(u_);
    score_sum_.add(score);
    discretisation_sum_.add(discretisation);
    const double now = oscillation(u_);
    largest_increase_ = std::max(largest_increase_, now - oscillation_);
    oscillation_ = now;
    context_.partial()
        .table("backward", evaluate_backward_columns())
        .append_row(k, sampler_->grid.sigma[k], sampler_->grid.sigma[k + 1], sampler_->lengths[k], score,
                    discretisation, now, neighbour_difference(next.space, u_));
  }

  void finish_backward() {
    const Law noisy = sampler_->marginal(0);
    const Law start = config_.start == "exact" ? noisy : sampler_->start();
    const double init = difference(start.p, noisy.p, u_);
    tv_init_ = total_variation(start.p, noisy.p);
    kl_init_ = kl_divergence(noisy.p, start.p);
    metric("tv_init", tv_init_);
    metric("kl_init", kl_init_);
    metric("init_term", init);
    metric("score_term", score_sum_.value());
    metric("discretisation_term", discretisation_sum_.value());
    metric("identity_residual", error_ - init - score_sum_.value() - discretisation_sum_.value());
    metric("largest_oscillation_increase", largest_increase_);
    const bool plain = config_.freeze_mode() == FreezeMode::Score && config_.exact_score(context_.inputs());
    wishes_.path_kl = plain;
    wishes_.max_score = plain && noisy.space.length == 1 && sampler_->noise.is_uniform();
    integrator_ = std::make_unique<BoundIntegrator>(*sampler_, config_.make_schedule(), config_.freeze_mode(),
                                                    static_cast<int>(config_.quadrature_nodes), wishes_);
  }

  void bound(std::size_t k) {
    const StepBounds bounds = score_file_ ? table_bounds(k) : integrator_->step(k);
    residual_ += bounds.residual;
    path_kl_ += bounds.path_kl;
    max_score_ += bounds.max_score;
    context_.partial().table("bounds", evaluate_bound_columns()).append_row(k, bounds.residual);
  }

  StepBounds table_bounds(std::size_t k) const {
    const std::unique_ptr<ScoreTableGenerator> generator = table_generator(k);
    const stats::QuadratureRule rule = stats::gauss_legendre(static_cast<int>(config_.quadrature_nodes));
    const NoiseGrid& grid = sampler_->grid;
    const auto density = [&](double sigma, double c) {
      return residual_of_table(*generator, sampler_->noise, c,
                               noised(sampler_->clean, sampler_->noise, sigma));
    };
    StepBounds bounds;
    if (config_.freeze_mode() == FreezeMode::Score) {
      bounds.residual =
          rule.integrate(grid.sigma[k + 1], grid.sigma[k], [&](double sigma) { return density(sigma, 1); });
    } else {
      const Schedule schedule = config_.make_schedule();
      bounds.residual = rule.integrate(grid.t[k + 1], grid.t[k], [&](double t) {
        return schedule.beta(t) * density(schedule.sigma(t), schedule.beta(grid.t[k]) / schedule.beta(t));
      });
    }
    return bounds;
  }

  void finish_bounds() {
    const double bound = tv_init_ + residual_;
    metric("residual_bound", residual_);
    metric("bound", bound);
    if (wishes_.path_kl) {
      metric("path_kl", kl_init_ + path_kl_);
      metric("pinsker_bound", std::sqrt((kl_init_ + path_kl_) / 2));
      const bool masked = sampler_->noise.mask.has_value();
      if (masked || sampler_->noise.is_uniform()) {
        const std::size_t length = sampler_->space().length;
        const double init =
            config_.start == "exact" ? 0 : explicit_initial_bound(sampler_->grid.sigma.front(), length);
        metric("explicit_bound", init + explicit_step_bound(sampler_->grid, length, masked));
      }
    }
    if (wishes_.max_score) metric("max_score_bound", max_score_);
  }

  void metric(const char* name, double value) {
    context_.partial().table("metrics", evaluate_metric_columns()).append_row(name, value);
  }

  EvaluateConfig config_;
  TaskContext& context_;
  Phase phase_ = Phase::Begin;
  std::size_t at_ = 0;
  std::optional<Sampler> sampler_;
  std::unique_ptr<ScoreFile> score_file_;
  std::unique_ptr<BoundIntegrator> integrator_;
  BoundWishes wishes_;
  std::vector<double> phi_, u_, generated_;
  stats::CompensatedSum score_sum_, discretisation_sum_;
  double error_ = 0, tv_ = 0, tv_init_ = 0, kl_init_ = 0;
  double oscillation_ = 0, largest_increase_ = -std::numeric_limits<double>::infinity();
  double residual_ = 0, path_kl_ = 0, max_score_ = 0;
};

}  // namespace

std::unique_ptr<Stepper> start_evaluate(const EvaluateConfig& config, TaskContext& context) {
  return std::make_unique<EvaluateStepper>(config, context);
}

}  // namespace reprise::diffusion
