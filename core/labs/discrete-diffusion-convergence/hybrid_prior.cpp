// Study "What does noise cost that lies between uniform and masked?".
#include "labs/discrete-diffusion-convergence/hybrid_prior.h"

#include "labs/discrete-diffusion-convergence/sampler_run.h"
#include "labs/discrete-diffusion-convergence/studies.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"
#include "markov/integral_metrics.h"
#include "markov/token_rates.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise::diffusion {

using namespace markov;

RankOneNoise hybrid_noise(std::size_t tokens, double mask_share) {
  std::vector<double> prior(tokens + 1, (1 - mask_share) / static_cast<double>(tokens));
  prior[tokens] = mask_share;
  return RankOneNoise::general(std::move(prior));
}

namespace {

using Config = HybridConfig;
constexpr std::string_view stage_name = "shares";

using Specs = std::vector<ColumnSpec>;
const Specs share_columns = {{"mask_share", ColumnType::Real},     {"tv", ColumnType::Real},
                             {"tv_init", ColumnType::Real},        {"kl_init", ColumnType::Real},
                             {"residual_bound", ColumnType::Real}, {"bound", ColumnType::Real},
                             {"explicit_bound", ColumnType::Real}, {"pinsker_bound", ColumnType::Real},
                             {"instance", ColumnType::Integer}};
const Specs end_columns = {{"difference", ColumnType::Real}};

// One share of the mask; at either end also the total variation that noise of one kind gives.
class ShareStepper final : public Stepper {
 public:
  ShareStepper(const Config& config, std::int64_t instance, double mask_share, TaskContext& context)
      : config_(config), instance_(instance), share_(mask_share), context_(context) {}

  bool step() override {
    if (!run_) {
      begin();
      return false;
    }
    if (!run_->step()) return false;
    record();
    return true;
  }
  double progress() const override { return run_ ? run_->progress() : 0; }

 private:
  void begin() {
    law_ = target_law(config_, instance_, context_);
    const std::size_t tokens = law_.space.symbols;
    check_mask_fits(law_, tokens + 1);
    RunSettings settings;
    settings.nodes = static_cast<int>(config_.quadrature_nodes);
    settings.wishes.path_kl = true;
    run_ = std::make_unique<SamplerRun>(
        Sampler(hybrid_noise(tokens, share_), with_symbols(law_, tokens + 1), config_.grid(config_.levels)),
        settings);
  }

  void record() {
    const RunOutcome& outcome = run_->outcome();
    const Sampler& sampler = run_->sampler();
    const std::size_t length = sampler.space().length;
    const double closed =
        explicit_initial_bound(config_.sigma_max, length) + explicit_step_bound(sampler.grid, length, false);
    context_.partial()
        .table("rows", share_columns)
        .append_row(share_, outcome.tv, outcome.tv_init, outcome.kl_init, outcome.residual, outcome.bound(),
                    closed, outcome.pinsker(), instance_);
    if (share_ != 0 && share_ != 1) return;
    double known = 0;
    if (share_ == 1) {
      known = binomial_total_variation(length, generated_mask_probability(sampler.grid, sampler.lengths),
                                       target_mask_probability(sampler.grid));
    } else {
      const Sampler uniform(RankOneNoise::uniform(law_.space.symbols), law_, sampler.grid);
      known = total_variation(uniform.generate(uniform.start().p), uniform.marginal(uniform.steps()).p);
    }
    context_.partial().table("ends", end_columns).append_row(std::fabs(outcome.tv - known));
  }

  Config config_;
  std::int64_t instance_;
  double share_;
  TaskContext& context_;
  Law law_;
  std::unique_ptr<SamplerRun> run_;
};

class HybridStudy final : public StudyOf<Config> {
 public:
  HybridStudy() : StudyOf(hybrid_prior_parameters(), hybrid_prior_description()) {}

 protected:
  void check(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) const override {
    check_target(config, inputs, problems);
    if (inputs.find("law") == inputs.end() && config.target != "file") {
      check_states(config.vocabulary_size + 1, config.length, problems);
    }
  }
  Plan plan_of(const Config& config, const InputInfos& inputs) const override {
    Stage stage;
    stage.name = stage_name;
    stage.count = target_count(config, inputs) * static_cast<std::int64_t>(config.mask_shares.size());
    return {stage};
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config& config, std::string_view, std::int64_t index) const override {
    const auto count = static_cast<std::int64_t>(config.mask_shares.size());
    return Json::object({{"instance", index / count},
                         {"mask_share", config.mask_shares[static_cast<std::size_t>(index % count)]}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    const auto count = static_cast<std::int64_t>(config.mask_shares.size());
    return std::make_unique<ShareStepper>(
        config, index / count, config.mask_shares[static_cast<std::size_t>(index % count)], context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

Estimate HybridStudy::estimate_of(const Config& config, const InputInfos& inputs) const {
  const SpaceEstimate space = space_estimate(config, inputs);
  const double symbols = space.symbols + 1, states = std::pow(symbols, space.length);
  const double tasks =
      static_cast<double>(target_count(config, inputs)) * static_cast<double>(config.mask_shares.size());
  StageCost cost = bound_work(symbols, states, space.length, static_cast<double>(config.levels),
                              static_cast<double>(config.quadrature_nodes), false, true);
  cost.vector_ops =
      tasks * (cost.vector_ops + sweep_operations(states, space.length, config.grid(config.levels)));
  cost.sort_elements *= tasks;
  cost.special_ops = tasks * (cost.special_ops + 6 * states);
  cost.stage = stage_name;
  cost.bytes_task = 250 * states + 1e6;
  cost.longest_task_share = std::min(1.0, 2 / tasks);
  Estimate estimate;
  estimate.stages = {cost};
  estimate.report_bytes = 8000 + 700 * tasks;
  return estimate;
}

void HybridStudy::fill_report(const Config& config, const Results& results, Report& report) const {
  const Table rows = results.gather(stage_name, "rows", share_columns);
  const Table ends = results.gather(stage_name, "ends", end_columns);
  Table& shown = report.table("shares", share_columns);
  report.table("instances", share_columns).append(rows);
  for (const char* name : {"tv", "residual_bound", "explicit_bound", "pinsker_bound", "tv_init", "kl_init"}) {
    report.series[name];
  }
  std::vector<double> validity, order;
  std::int64_t wrong = 0;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto value = [&](const char* name) { return rows.reals(name)[row]; };
    const double share = value("mask_share");
    validity.push_back(value("tv") / value("bound"));
    order.push_back(value("bound") / value("explicit_bound"));
    wrong += std::isinf(value("kl_init")) == (share == 1) ? 0 : 1;
    if (rows.integers("instance")[row] > 0) continue;
    shown.append_row(share, value("tv"), value("tv_init"), value("kl_init"), value("residual_bound"),
                     value("bound"), value("explicit_bound"), value("pinsker_bound"), 0);
    for (auto& [name, series] : report.series) {
      series.x.push_back(share);
      series.y.push_back(value(name.c_str()));
    }
  }
  const auto claim = [&](const char* id, double statistic) {
    report.metrics[metric_of_claim(id)] = statistic;
    judge(report, results, id, statistic);
  };
  claim("bound-valid", worst(validity));
  claim("explicit-dominates", worst(order));
  claim("kl-infinite-for-the-mask-alone", rows.rows() == 0 ? nan_number : static_cast<double>(wrong));
  const auto has = [&](double share) {
    return std::find(config.mask_shares.begin(), config.mask_shares.end(), share) != config.mask_shares.end();
  };
  if (has(0) || has(1)) claim("ends-are-known", worst(ends.reals("difference")));
}

}  // namespace

std::unique_ptr<Study> make_hybrid_prior() {
  return std::make_unique<HybridStudy>();
}

}  // namespace reprise::diffusion
