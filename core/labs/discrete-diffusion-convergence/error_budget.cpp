// Study "How fast do the errors of start, steps and score vanish?".
#include "labs/discrete-diffusion-convergence/error_budget.h"

#include "base/math.h"
#include "labs/discrete-diffusion-convergence/sampler_run.h"
#include "labs/discrete-diffusion-convergence/studies.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"
#include "markov/integral_metrics.h"
#include "stats/regression.h"

#include <algorithm>
#include <cmath>

namespace reprise::diffusion {

using namespace markov;

namespace {

using Config = ErrorBudgetConfig;
constexpr std::string_view start_stage = "initialisation", steps_stage = "discretisation",
                           score_stage = "score_error";
constexpr std::int64_t least_levels = 16;  // of the claim on steps
constexpr double least_eta = 0.03;         // of the claim on the score

using Specs = std::vector<ColumnSpec>;
const Specs start_columns = {
    {"sigma_max", ColumnType::Real}, {"tv_init", ColumnType::Real}, {"kl_init", ColumnType::Real}};
const Specs steps_columns = {
    {"levels", ColumnType::Integer}, {"tv", ColumnType::Real}, {"bound", ColumnType::Real}};
const Specs score_columns = {{"score_error", ColumnType::Real},
                             {"tv", ColumnType::Real},
                             {"tv_to_exact_score", ColumnType::Real},
                             {"bound", ColumnType::Real}};
const Specs instance_columns = {{"instance", ColumnType::Integer},
                                {"init_slope", ColumnType::Real},
                                {"discretisation_slope", ColumnType::Real},
                                {"score_slope", ColumnType::Real},
                                {"score_bound_ratio", ColumnType::Real}};

class StartStepper final : public Stepper {
 public:
  StartStepper(const Config& config, std::int64_t instance, TaskContext& context)
      : config_(config), instance_(instance), context_(context) {}
  bool step() override {
    if (law_.p.empty()) {
      law_ = target_law(config_, instance_, context_);
      return false;
    }
    const RankOneNoise noise = RankOneNoise::uniform(law_.space.symbols);
    const double sigma = config_.sigma_max_list[at_];
    const Law noisy = noised(law_, noise, sigma), start = prior_law(noise, law_.space.length);
    context_.partial()
        .table("rows", start_columns)
        .append_row(sigma, total_variation(noisy.p, start.p), kl_divergence(noisy.p, start.p));
    return ++at_ == config_.sigma_max_list.size();
  }
  double progress() const override {
    return static_cast<double>(at_) / static_cast<double>(config_.sigma_max_list.size());
  }

 private:
  Config config_;
  std::int64_t instance_;
  TaskContext& context_;
  Law law_;
  std::size_t at_ = 0;
};

// One number of steps with the exact score, or one size of the score's error beside the exact score.
class RunStepper final : public Stepper {
 public:
  RunStepper(const Config& config, std::int64_t instance, std::size_t entry, bool score, TaskContext& context)
      : config_(config), instance_(instance), entry_(entry), score_(score), context_(context) {}
  bool step() override {
    if (!run_) {
      begin();
      return false;
    }
    if (exact_ && !exact_->step()) return false;
    if (!run_->step()) return false;
    const RunOutcome& outcome = run_->outcome();
    Partial& partial = context_.partial();
    if (score_) {
      partial.table("rows", score_columns)
          .append_row(config_.score_error_list[entry_], outcome.tv,
                      total_variation(outcome.law, exact_->outcome().law), outcome.bound());
    } else {
      partial.table("rows", steps_columns)
          .append_row(config_.levels_list[entry_], outcome.tv, outcome.bound());
    }
    return true;
  }
  double progress() const override { return run_ ? run_->progress() : 0; }

 private:
  void begin() {
    const Law law = target_law(config_, instance_, context_);
    Sampler sampler(RankOneNoise::uniform(law.space.symbols), law,
                    config_.grid(score_ ? config_.score_levels : config_.levels_list[entry_]));
    RunSettings settings;
    settings.nodes = static_cast<int>(config_.quadrature_nodes);
    settings.exact_start = score_;
    if (score_) {
      RunSettings plain = settings;
      plain.bounds = false;
      exact_ = std::make_unique<SamplerRun>(sampler, plain);
      Random random = context_.random("score-error", {static_cast<std::uint64_t>(instance_)});
      sampler.error.eta = config_.score_error_list[entry_];
      for (std::vector<double>* factor : {&sampler.error.xi, &sampler.error.zeta}) {
        factor->resize(law.p.size());
        for (double& value : *factor) value = random.normal();
      }
    }
    run_ = std::make_unique<SamplerRun>(std::move(sampler), settings);
  }

  Config config_;
  std::int64_t instance_;
  std::size_t entry_;
  bool score_;
  TaskContext& context_;
  std::unique_ptr<SamplerRun> run_, exact_;
};

class ErrorBudgetStudy final : public StudyOf<Config> {
 public:
  ErrorBudgetStudy() : StudyOf(error_budget_parameters(), error_budget_description()) {}

 protected:
  void check(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) const override {
    check_target(config, inputs, problems);
    const auto large = std::count_if(config.score_error_list.begin(), config.score_error_list.end(),
                                     [](double eta) { return eta >= least_eta; });
    if (large < 3) {
      problems.push_back({"score_error_list", std::to_string(large) + " values from 0.03 on", "at least 3",
                          "score_error_list has " + std::to_string(large) +
                              " values from 0.03 on; allowed: at least 3, for a slope"});
    }
  }
  std::size_t entries(const Config& config, std::string_view stage) const {
    if (stage == start_stage) return 1;
    return stage == steps_stage ? config.levels_list.size() : config.score_error_list.size();
  }
  Plan plan_of(const Config& config, const InputInfos& inputs) const override {
    Plan plan;
    for (const std::string_view name : {start_stage, steps_stage, score_stage}) {
      Stage stage;
      stage.name = name;
      stage.count = target_count(config, inputs) * static_cast<std::int64_t>(entries(config, name));
      plan.push_back(stage);
    }
    return plan;
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config& config, std::string_view stage, std::int64_t index) const override {
    const auto count = static_cast<std::int64_t>(entries(config, stage));
    const auto entry = static_cast<std::size_t>(index % count);
    Json key = Json::object({{"instance", index / count}});
    if (stage == steps_stage) key["levels"] = config.levels_list[entry];
    if (stage == score_stage) key["score_error"] = config.score_error_list[entry];
    return key;
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    const auto count = static_cast<std::int64_t>(entries(config, stage));
    if (stage == start_stage) return std::make_unique<StartStepper>(config, index, context);
    return std::make_unique<RunStepper>(config, index / count, static_cast<std::size_t>(index % count),
                                        stage == score_stage, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

Estimate ErrorBudgetStudy::estimate_of(const Config& config, const InputInfos& inputs) const {
  const SpaceEstimate space = space_estimate(config, inputs);
  const double targets = static_cast<double>(target_count(config, inputs));
  const double nodes = static_cast<double>(config.quadrature_nodes);
  Estimate estimate;
  for (const Stage& stage : plan_of(config, inputs)) {
    StageCost cost;
    double longest = 0, all = 0;
    for (std::size_t entry = 0; entry < entries(config, stage.name); ++entry) {
      if (stage.name == start_stage) {
        cost.vector_ops =
            30 * space.states * space.length * static_cast<double>(config.sigma_max_list.size());
        longest = all = 1;
        break;
      }
      const bool score = stage.name == score_stage;
      const std::int64_t levels = score ? config.score_levels : config.levels_list[entry];
      const StageCost bounds =
          bound_work(space.symbols, space.states, space.length, static_cast<double>(levels), nodes,
                     space.length == 1 && !score, false);
      cost.vector_ops += bounds.vector_ops +
                         (score ? 2 : 1) * sweep_operations(space.states, space.length, config.grid(levels));
      cost.sort_elements += bounds.sort_elements * (score ? 2 : 1);
      if (score) cost.special_ops += 4 * static_cast<double>(levels) * space.states;
      longest = std::max(longest, static_cast<double>(levels));
      all += static_cast<double>(levels);
    }
    cost.vector_ops *= targets;
    cost.sort_elements *= targets;
    cost.special_ops = cost.special_ops * targets +
                       targets * 6 * space.states * static_cast<double>(entries(config, stage.name));
    cost.stage = stage.name;
    cost.bytes_task = 250 * space.states + 1e6;
    cost.longest_task_share = longest / all / targets;
    estimate.stages.push_back(cost);
  }
  estimate.report_bytes =
      10000 + 300 * static_cast<double>(config.levels_list.size() + config.sigma_max_list.size());
  return estimate;
}

// Slope of ln y on x, or on ln x, over the rows with x from `least` on.
double slope(const std::vector<double>& x, const std::vector<double>& y, double least, bool logarithmic) {
  std::vector<double> kept_x, kept_y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] < least) continue;
    kept_x.push_back(x[i]);
    kept_y.push_back(y[i]);
  }
  if (logarithmic) return log_slope(kept_x, kept_y);
  for (double& value : kept_y) {
    if (!(value > 0)) return nan_number;
    value = math::log(value);
  }
  return kept_x.size() < 2 ? nan_number : stats::fit_line(kept_x, kept_y).coefficients[1];
}

void ErrorBudgetStudy::fill_report(const Config& config, const Results& results, Report& report) const {
  const auto table_of = [&](std::string_view stage, const Specs& specs, std::int64_t instance) {
    Table table(specs);
    const auto count = static_cast<std::int64_t>(entries(config, stage));
    const auto found = results.partials.find(stage);
    for (std::int64_t index = instance * count; index < (instance + 1) * count; ++index) {
      if (found == results.partials.end() || found->second.count(index) == 0) continue;
      if (const Table* rows = found->second.at(index).find("rows")) table.append(*rows);
    }
    return table;
  };
  Table& instances = report.table("instances", instance_columns);
  std::vector<double> init_off, steps_off, score_off, ratios;
  for (std::int64_t instance = 0; instance < target_count(config, results.inputs); ++instance) {
    const Table start = table_of(start_stage, start_columns, instance);
    const Table steps = table_of(steps_stage, steps_columns, instance);
    const Table score = table_of(score_stage, score_columns, instance);
    const std::vector<double> levels(steps.integers("levels").begin(), steps.integers("levels").end());
    if (instance == 0) {
      report.tables["initialisation"] = start;
      report.tables["discretisation"] = steps;
      report.tables["score_error"] = score;
      const auto series = [&](const char* name, const std::vector<double>& x, const std::vector<double>& y) {
        report.series[name].x = x;
        report.series[name].y = y;
      };
      series("initialisation", start.reals("sigma_max"), start.reals("tv_init"));
      series("discretisation", levels, steps.reals("tv"));
      series("score_error", score.reals("score_error"), score.reals("tv_to_exact_score"));
    }
    const double init = slope(start.reals("sigma_max"), start.reals("tv_init"), 0, false);
    const double order = slope(levels, steps.reals("tv"), static_cast<double>(least_levels), true);
    const double linear =
        slope(score.reals("score_error"), score.reals("tv_to_exact_score"), least_eta, true);
    std::vector<double> own;
    for (std::size_t row = 0; row < score.rows(); ++row) {
      own.push_back(score.reals("tv")[row] / score.reals("bound")[row]);
    }
    instances.append_row(instance, init, order, linear, worst(own));
    init_off.push_back(std::fabs(init + 1));
    steps_off.push_back(std::fabs(order + 1));
    score_off.push_back(std::fabs(linear - 1));
    ratios.push_back(worst(own));
  }
  const auto claim = [&](const char* id, double statistic) {
    report.metrics[metric_of_claim(id)] = statistic;
    judge(report, results, id, statistic);
  };
  claim("init-rate", median_or_nan(init_off));
  claim("disc-first-order", median_or_nan(steps_off));
  claim("score-linear", median_or_nan(score_off));
  claim("score-term-bound", worst(ratios));
}

}  // namespace

std::unique_ptr<Study> make_error_budget() {
  return std::make_unique<ErrorBudgetStudy>();
}

}  // namespace reprise::diffusion
