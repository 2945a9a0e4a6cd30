// Study "What depends on the number of symbols, and what does not?".
#include "labs/discrete-diffusion-convergence/size_sweep.h"

#include "labs/discrete-diffusion-convergence/sampler_run.h"
#include "labs/discrete-diffusion-convergence/studies.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace reprise::diffusion {

using namespace markov;

namespace {

constexpr std::string_view sizes_stage = "sizes", masked_stage = "masked";
constexpr std::size_t masked_length = 2;
constexpr std::int64_t least_claimed_size = 64;

const std::vector<ColumnSpec>& size_columns() {
  static const std::vector<ColumnSpec> specs = {{"vocabulary_size", ColumnType::Integer},
                                                {"tv", ColumnType::Real},
                                                {"tv_init", ColumnType::Real},
                                                {"kl_init", ColumnType::Real},
                                                {"residual_bound", ColumnType::Real},
                                                {"bound", ColumnType::Real},
                                                {"explicit_bound", ColumnType::Real},
                                                {"pinsker_bound", ColumnType::Real},
                                                {"max_score_bound", ColumnType::Real},
                                                {"instance", ColumnType::Integer}};
  return specs;
}
const std::vector<ColumnSpec>& masked_columns() {
  static const std::vector<ColumnSpec> specs = {{"vocabulary_size", ColumnType::Integer},
                                                {"tv", ColumnType::Real},
                                                {"closed_form", ColumnType::Real},
                                                {"tv_init", ColumnType::Real},
                                                {"kl_init", ColumnType::Real}};
  return specs;
}

class SizeStepper final : public Stepper {
 public:
  SizeStepper(const SizeSweepConfig& config, bool masked, std::int64_t index, TaskContext& context)
      : config_(config), context_(context), masked_(masked), instance_(index % config.targets()) {
    const auto& sizes = masked ? config.masked_vocabulary_sizes : config.vocabulary_sizes;
    size_ = sizes[static_cast<std::size_t>(index / config.targets())];
  }

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
    const auto tokens = static_cast<std::size_t>(size_);
    const std::size_t length = masked_ ? masked_length : static_cast<std::size_t>(config_.length);
    const Law law = make_target(config_.target, {tokens, length}, config_.concentration, instance_, context_);
    RunSettings settings;
    settings.nodes = static_cast<int>(config_.quadrature_nodes);
    settings.bounds = !masked_;
    settings.wishes = {true, length == 1};
    run_ = std::make_unique<SamplerRun>(
        Sampler(masked_ ? RankOneNoise::absorbing(tokens) : RankOneNoise::uniform(tokens), law,
                config_.grid(masked_ ? config_.masked_levels : config_.levels)),
        settings);
  }

  void record() {
    const RunOutcome& outcome = run_->outcome();
    const Sampler& sampler = run_->sampler();
    const std::size_t length = sampler.space().length;
    if (masked_) {
      const double closed =
          binomial_total_variation(length, generated_mask_probability(sampler.grid, sampler.lengths),
                                   target_mask_probability(sampler.grid));
      context_.partial()
          .table("masked", masked_columns())
          .append_row(size_, outcome.tv, closed, outcome.tv_init, outcome.kl_init);
      return;
    }
    const double closed =
        explicit_initial_bound(config_.sigma_max, length) + explicit_step_bound(sampler.grid, length, false);
    context_.partial()
        .table("sizes", size_columns())
        .append_row(size_, outcome.tv, outcome.tv_init, outcome.kl_init, outcome.residual, outcome.bound(),
                    closed, outcome.pinsker(), outcome.max_score, instance_);
  }

  SizeSweepConfig config_;
  TaskContext& context_;
  bool masked_;
  std::int64_t instance_, size_ = 0;
  std::unique_ptr<SamplerRun> run_;
};

class SizeSweep final : public StudyOf<SizeSweepConfig> {
 public:
  SizeSweep() : StudyOf(size_sweep_parameters(), size_sweep_description()) {}

 protected:
  void check(const SizeSweepConfig& config, const InputInfos&,
             std::vector<Problem>& problems) const override {
    check_levels(config, problems);
    if (config.uniform()) check_states(config.vocabulary_sizes.back(), config.length, problems);
  }
  Plan plan_of(const SizeSweepConfig& config, const InputInfos&) const override {
    Plan plan;
    const auto add = [&](std::string_view name, const std::vector<std::int64_t>& sizes) {
      Stage stage;
      stage.name = name;
      stage.count = static_cast<std::int64_t>(sizes.size()) * config.targets();
      plan.push_back(stage);
    };
    if (config.uniform()) add(sizes_stage, config.vocabulary_sizes);
    if (config.masked()) add(masked_stage, config.masked_vocabulary_sizes);
    return plan;
  }
  Estimate estimate_of(const SizeSweepConfig& config, const InputInfos&) const override;
  Json key_of(const SizeSweepConfig& config, std::string_view stage, std::int64_t index) const override {
    const auto& sizes = stage == masked_stage ? config.masked_vocabulary_sizes : config.vocabulary_sizes;
    return Json::object({{"vocabulary_size", sizes[static_cast<std::size_t>(index / config.targets())]},
                         {"instance", index % config.targets()}});
  }
  std::unique_ptr<Stepper> start_task(const SizeSweepConfig& config, std::string_view stage,
                                      std::int64_t index, TaskContext& context) const override {
    return std::make_unique<SizeStepper>(config, stage == masked_stage, index, context);
  }
  void fill_report(const SizeSweepConfig& config, const Results& results, Report& report) const override;

 private:
  void report_sizes(const SizeSweepConfig& config, const Results& results, Report& report) const;
  void report_masked(const SizeSweepConfig& config, const Results& results, Report& report) const;
  void claim(Report& report, const Results& results, const char* id, double statistic) const {
    report.metrics[metric_of_claim(id)] = statistic;
    judge(report, results, id, statistic);
  }
};

Estimate SizeSweep::estimate_of(const SizeSweepConfig& config, const InputInfos&) const {
  Estimate estimate;
  const double targets = static_cast<double>(config.targets());
  if (config.uniform()) {
    StageCost cost;
    const double length = static_cast<double>(config.length), steps = static_cast<double>(config.levels);
    double all = 0, largest = 0;
    for (const std::int64_t size : config.vocabulary_sizes) {
      const double states = std::pow(static_cast<double>(size), length);
      const StageCost bounds =
          bound_work(static_cast<double>(size), states, length, steps,
                     static_cast<double>(config.quadrature_nodes), config.length == 1, true);
      cost.vector_ops +=
          targets * (bounds.vector_ops + sweep_operations(states, length, config.grid(config.levels)));
      cost.special_ops += targets * (bounds.special_ops + (config.target == "dirichlet" ? 6 * states : 0));
      cost.sort_elements += targets * bounds.sort_elements;
      all += states;
      largest = states;
    }
    cost.stage = sizes_stage;
    cost.bytes_task = 200 * largest + 1e6;
    cost.longest_task_share = largest / all / targets;
    estimate.stages.push_back(cost);
  }
  if (config.masked()) {
    StageCost cost;
    double all = 0, largest = 0;
    for (const std::int64_t size : config.masked_vocabulary_sizes) {
      const double states = std::pow(static_cast<double>(size + 1), 2.0);
      cost.vector_ops += targets * sweep_operations(states, 2, config.grid(config.masked_levels));
      all += states;
      largest = states;
    }
    cost.stage = masked_stage;
    cost.bytes_task = 100 * largest + 1e6;
    cost.longest_task_share = largest / all / targets;
    estimate.stages.push_back(cost);
  }
  estimate.report_bytes = 8000 + 900 * static_cast<double>(config.vocabulary_sizes.size()) * (1 + targets);
  return estimate;
}

void SizeSweep::fill_report(const SizeSweepConfig& config, const Results& results, Report& report) const {
  for (const char* name :
       {"tv", "bound", "explicit_bound", "pinsker_bound", "max_score_bound", "kl_init", "tv_init"}) {
    report.series[name];
  }
  for (const ClaimSpec& spec : description().claims) report.metrics[metric_of_claim(spec.id)] = nan_number;
  report.table("sizes", size_columns());
  report.table("instances", size_columns());
  report.table("masked", masked_columns());
  if (config.uniform()) report_sizes(config, results, report);
  if (config.masked()) report_masked(config, results, report);
}

void SizeSweep::report_sizes(const SizeSweepConfig& config, const Results& results, Report& report) const {
  const Table rows = results.gather(sizes_stage, "sizes", size_columns());
  report.tables["instances"] = rows;
  Table& sizes = report.tables["sizes"];
  std::map<std::int64_t, std::vector<std::size_t>> of_instance;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    of_instance[rows.integers("instance")[row]].push_back(row);
  }
  for (const std::size_t row : of_instance[0]) {
    const auto value = [&](const char* name) { return rows.reals(name)[row]; };
    const std::int64_t size = rows.integers("vocabulary_size")[row];
    sizes.append_row(size, value("tv"), value("tv_init"), value("kl_init"), value("residual_bound"),
                     value("bound"), value("explicit_bound"), value("pinsker_bound"),
                     value("max_score_bound"), 0);
    for (auto& [name, series] : report.series) {
      series.x.push_back(static_cast<double>(size));
      series.y.push_back(value(name.c_str()));
    }
  }
  std::vector<double> spreads, validity, exponents, kl_growth, tv_growth;
  for (const auto& entry : of_instance) {
    const std::vector<std::size_t>& own_rows = entry.second;
    double low = nan_number, high = nan_number;
    std::vector<double> size, score;
    for (const std::size_t row : own_rows) {
      const double bound = rows.reals("bound")[row];
      validity.push_back(rows.reals("tv")[row] / bound);
      size.push_back(static_cast<double>(rows.integers("vocabulary_size")[row]));
      score.push_back(rows.reals("max_score_bound")[row]);
      if (rows.integers("vocabulary_size")[row] < least_claimed_size) continue;
      low = std::isnan(low) ? bound : std::min(low, bound);
      high = std::isnan(high) ? bound : std::max(high, bound);
    }
    if (own_rows.empty()) continue;
    const auto growth = [&](const char* name) {
      return rows.reals(name)[own_rows.back()] / rows.reals(name)[own_rows.front()];
    };
    spreads.push_back(high / low);
    exponents.push_back(log_slope(size, score));
    kl_growth.push_back(growth("kl_init"));
    tv_growth.push_back(growth("tv_init"));
  }
  claim(report, results, "residual-bound-s-free", median_or_nan(spreads));
  claim(report, results, "bound-valid", worst(validity));
  if (config.length == 1) claim(report, results, "max-score-grows", median_or_nan(exponents));
  claim(report, results, "kl-init-grows", median_or_nan(kl_growth));
  claim(report, results, "tv-init-bounded", median_or_nan(tv_growth));
}

void SizeSweep::report_masked(const SizeSweepConfig& config, const Results& results, Report& report) const {
  const Table rows = results.gather(masked_stage, "masked", masked_columns());
  Table& masked = report.tables["masked"];
  std::vector<double> start, difference;
  std::map<std::int64_t, bool> finite;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto value = [&](const char* name) { return rows.reals(name)[row]; };
    const std::int64_t size = rows.integers("vocabulary_size")[row];
    if (finite.count(size) == 0) {  // instance 0 comes first
      masked.append_row(size, value("tv"), value("closed_form"), value("tv_init"), value("kl_init"));
    }
    finite[size] = finite[size] || std::isfinite(value("kl_init"));
    start.push_back(std::fabs(value("tv_init") - explicit_initial_bound(config.sigma_max, masked_length)));
    difference.push_back(std::fabs(value("tv") - value("closed_form")));
  }
  const auto finite_sizes =
      std::count_if(finite.begin(), finite.end(), [](const auto& size) { return size.second; });
  claim(report, results, "masked-kl-infinite", static_cast<double>(finite_sizes));
  claim(report, results, "masked-init-exact", worst(start));
  claim(report, results, "masked-s-independent", worst(difference));
}

}  // namespace

std::unique_ptr<Study> make_size_sweep() {
  return std::make_unique<SizeSweep>();
}

}  // namespace reprise::diffusion
