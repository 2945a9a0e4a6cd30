// Study "Does one bound cover every integral probability metric?".
#include "labs/discrete-diffusion-convergence/metrics.h"

#include "labs/discrete-diffusion-convergence/observables.h"
#include "labs/discrete-diffusion-convergence/sampler_run.h"
#include "labs/discrete-diffusion-convergence/studies.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"
#include "markov/adjoint.h"
#include "markov/integral_metrics.h"
#include "markov/sample_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace reprise::diffusion {

using namespace markov;

namespace {

using Config = MetricsConfig;
constexpr std::string_view exact_stage = "metrics", estimate_stage = "estimates", files_stage = "samples";
constexpr std::int64_t block_repeats = 20;  // of one task

using Specs = std::vector<ColumnSpec>;
const Specs metric_columns = {{"levels", ColumnType::Integer},        {"tv", ColumnType::Real},
                              {"w1_hamming", ColumnType::Real},       {"mmd", ColumnType::Real},
                              {"observable_error", ColumnType::Real}, {"bound", ColumnType::Real},
                              {"oscillation", ColumnType::Real},      {"length", ColumnType::Integer}};
const Specs shown_metric_columns(metric_columns.begin(), metric_columns.end() - 2);
const Specs repeat_columns = {{"tv_plug_in", ColumnType::Real},
                              {"mmd_squared", ColumnType::Real},
                              {"mmd_covered", ColumnType::Real},
                              {"difference", ColumnType::Real},
                              {"difference_covered", ColumnType::Real}};
const Specs exact_columns = {
    {"tv", ColumnType::Real}, {"mmd_squared", ColumnType::Real}, {"difference", ColumnType::Real}};
const Specs estimate_columns = {{"metric", ColumnType::Text},
                                {"exact", ColumnType::Real},
                                {"mean_estimate", ColumnType::Real},
                                {"coverage", ColumnType::Real}};
const Specs sample_table_columns = {{"metric", ColumnType::Text},
                                    {"estimate", ColumnType::Real},
                                    {"lower", ColumnType::Real},
                                    {"upper", ColumnType::Real}};

bool has_files(const InputInfos& inputs) {
  return inputs.find("samples") != inputs.end();
}

class MetricStepper final : public Stepper {
 public:
  MetricStepper(const Config& config, std::int64_t instance, std::int64_t levels, TaskContext& context)
      : config_(config), instance_(instance), levels_(levels), context_(context) {}
  bool step() override {
    if (!run_) {
      const Law law = target_law(config_, instance_, context_);
      RunSettings settings;
      settings.nodes = static_cast<int>(config_.quadrature_nodes);
      run_ = std::make_unique<SamplerRun>(
          Sampler(RankOneNoise::uniform(law.space.symbols), law, config_.grid(levels_)), settings);
      return false;
    }
    if (!run_->step()) return false;
    const RunOutcome& outcome = run_->outcome();
    const Law target = run_->sampler().marginal(run_->sampler().steps());
    const StateSpace& space = target.space;
    const std::vector<double> phi = make_observable(config_.observable, space, std::nullopt);
    const bool transport = space.length == 1 || target.p.size() <= most_transport_states;
    context_.partial()
        .table("rows", metric_columns)
        .append_row(levels_, outcome.tv, transport ? w1_hamming(space, outcome.law, target.p) : nan_number,
                    mmd_hamming(space, config_.mmd_gamma, outcome.law, target.p),
                    std::fabs(dot(outcome.law, phi) - dot(target.p, phi)), outcome.bound(), oscillation(phi),
                    space.length);
    return true;
  }
  double progress() const override { return run_ ? run_->progress() : 0; }

 private:
  Config config_;
  std::int64_t instance_, levels_;
  TaskContext& context_;
  std::unique_ptr<SamplerRun> run_;
};

// A block of repeats: samples of the generated and of the true law.
class EstimateStepper final : public Stepper {
 public:
  EstimateStepper(const Config& config, std::int64_t instance, std::int64_t block, TaskContext& context)
      : config_(config),
        instance_(instance),
        repeat_(block * block_repeats),
        end_(std::min(config.repeats, (block + 1) * block_repeats)),
        context_(context) {}
  bool step() override {
    if (!run_) {
      const Law law = target_law(config_, instance_, context_);
      RunSettings settings;
      settings.bounds = false;
      run_ = std::make_unique<SamplerRun>(
          Sampler(RankOneNoise::uniform(law.space.symbols), law, config_.grid(config_.estimate_levels)),
          settings);
      return false;
    }
    if (!run_->step()) return false;
    const std::vector<double>& generated = run_->outcome().law;
    if (phi_.empty()) {
      target_ = run_->sampler().marginal(run_->sampler().steps());
      phi_ = make_observable(config_.observable, target_.space, std::nullopt);
      const double mmd = mmd_hamming(target_.space, config_.mmd_gamma, generated, target_.p);
      mmd_squared_ = mmd * mmd;
      difference_ = dot(generated, phi_) - dot(target_.p, phi_);
      if (repeat_ == 0) {
        context_.partial()
            .table("exact", exact_columns)
            .append_row(run_->outcome().tv, mmd_squared_, difference_);
      }
      return false;
    }
    const auto draw = [&](const char* name, const std::vector<double>& law) {
      Random random =
          context_.random(name, {static_cast<std::uint64_t>(instance_), static_cast<std::uint64_t>(repeat_)});
      return draw_counts(law, config_.samples, random);
    };
    const SampleComparison result = compare_samples(
        draw("generated", generated), draw("reference", target_.p), phi_,
        [&](std::vector<double>& v) { apply_hamming_kernel(target_.space, config_.mmd_gamma, v); });
    const auto covered = [](double estimate, double error, double exact) {
      return std::fabs(estimate - exact) <= normal_width * error ? 1.0 : 0.0;
    };
    context_.partial()
        .table("rows", repeat_columns)
        .append_row(result.tv_plug_in, result.mmd_squared,
                    covered(result.mmd_squared, result.mmd_squared_se, mmd_squared_), result.difference,
                    covered(result.difference, result.difference_se, difference_));
    return ++repeat_ == end_;
  }

 private:
  Config config_;
  std::int64_t instance_, repeat_, end_;
  TaskContext& context_;
  std::unique_ptr<SamplerRun> run_;
  Law target_;
  std::vector<double> phi_;
  double mmd_squared_ = 0, difference_ = 0;
};

class MetricsStudy final : public StudyOf<Config> {
 public:
  MetricsStudy() : StudyOf(metrics_parameters(), metrics_description()) {}

 protected:
  void check(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) const override {
    check_target(config, inputs, problems);
    const bool samples = has_files(inputs), reference = inputs.find("reference") != inputs.end();
    if (samples != reference) {
      const std::string missing = samples ? "reference" : "samples";
      problems.push_back(
          {missing, "", "a file", "input '" + missing + "' is missing; samples and reference come together"});
    }
    if (config.samples == 1) {
      problems.push_back({"samples", "1", "0, or at least 2", "samples is 1; allowed: 0, or at least 2"});
    }
  }
  static std::int64_t blocks(const Config& config) {
    return (config.repeats + block_repeats - 1) / block_repeats;
  }
  Plan plan_of(const Config& config, const InputInfos& inputs) const override {
    const auto stage = [](std::string_view name, std::int64_t count) {
      Stage made;
      made.name = name;
      made.count = count;
      return made;
    };
    if (has_files(inputs)) return {stage(files_stage, 1)};
    const std::int64_t targets = target_count(config, inputs);
    Plan plan = {stage(exact_stage, targets * static_cast<std::int64_t>(config.levels_list.size()))};
    if (config.samples > 0) plan.push_back(stage(estimate_stage, targets * blocks(config)));
    return plan;
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config& config, std::string_view stage, std::int64_t index) const override {
    if (stage == files_stage) return Json::object();
    const std::int64_t count =
        stage == exact_stage ? static_cast<std::int64_t>(config.levels_list.size()) : blocks(config);
    Json key = Json::object({{"instance", index / count}});
    if (stage == exact_stage) key["levels"] = config.levels_list[static_cast<std::size_t>(index % count)];
    if (stage == estimate_stage) key["repeat"] = index % count * block_repeats;
    return key;
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    if (stage == files_stage) return start_sample_comparison(config, context);
    if (stage == estimate_stage) {
      return std::make_unique<EstimateStepper>(config, index / blocks(config), index % blocks(config),
                                               context);
    }
    const auto count = static_cast<std::int64_t>(config.levels_list.size());
    return std::make_unique<MetricStepper>(
        config, index / count, config.levels_list[static_cast<std::size_t>(index % count)], context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;

 private:
  void report_files(const Results& results, Report& report) const;
  void report_exact(const Config& config, const Results& results, Report& report) const;
  void report_estimates(const Config& config, const Results& results, Report& report) const;
  void claim(Report& report, const Results& results, const char* id, double statistic) const {
    report.metrics[metric_of_claim(id)] = statistic;
    judge(report, results, id, statistic);
  }
  /// Rows of the tasks [instance·count, (instance + 1)·count).
  static Table rows_of(const Results& results, std::string_view stage, const Specs& specs,
                       std::int64_t instance, std::int64_t count, const char* name = "rows") {
    Table table(specs);
    const auto found = results.partials.find(stage);
    for (std::int64_t index = instance * count; index < (instance + 1) * count; ++index) {
      if (found == results.partials.end() || found->second.count(index) == 0) continue;
      if (const Table* rows = found->second.at(index).find(name)) table.append(*rows);
    }
    return table;
  }
};

Estimate MetricsStudy::estimate_of(const Config& config, const InputInfos& inputs) const {
  Estimate estimate;
  estimate.report_bytes = 10000 + 300 * static_cast<double>(config.levels_list.size());
  StageCost cost;
  if (has_files(inputs)) {
    const double rows = std::max(4.0, static_cast<double>(inputs.at("samples").rows));
    cost.stage = files_stage;
    cost.vector_ops = 12 * std::min(4e8, 4 * rows * rows) + 1000 * rows;
    cost.bytes_task = 400 * rows + 1e6;
    estimate.stages = {cost};
    return estimate;
  }
  const SpaceEstimate space = space_estimate(config, inputs);
  const double targets = static_cast<double>(target_count(config, inputs));
  double all = 0, most = 0;
  for (const std::int64_t levels : config.levels_list) {
    const StageCost bounds =
        bound_work(space.symbols, space.states, space.length, static_cast<double>(levels),
                   static_cast<double>(config.quadrature_nodes), space.length == 1, false);
    cost.vector_ops +=
        targets * (bounds.vector_ops + sweep_operations(space.states, space.length, config.grid(levels)));
    cost.sort_elements += targets * bounds.sort_elements;
    all += static_cast<double>(levels);
    most = static_cast<double>(levels);
  }
  if (space.states <= most_transport_states) {
    cost.vector_ops +=
        targets * static_cast<double>(config.levels_list.size()) * 150 * space.states * space.states * 4;
  }
  cost.special_ops = targets * 6 * space.states;
  cost.stage = exact_stage;
  cost.bytes_task = 250 * space.states + 1e6;
  cost.longest_task_share = most / all / targets;
  estimate.stages.push_back(cost);
  if (config.samples > 0) {
    StageCost draws;
    const double n = static_cast<double>(config.samples), repeats = static_cast<double>(config.repeats);
    const bool binomial = n / 2000 > space.states;
    draws.special_ops = targets * repeats * 2 * (binomial ? 3000 * space.states : 4 * n);
    draws.vector_ops =
        targets * (repeats * space.states * 40 * space.length +
                   static_cast<double>(blocks(config)) *
                       sweep_operations(space.states, space.length, config.grid(config.estimate_levels)));
    draws.stage = estimate_stage;
    draws.bytes_task = 250 * space.states + 1e6;
    draws.longest_task_share = 1 / targets / static_cast<double>(blocks(config));
    estimate.stages.push_back(draws);
  }
  return estimate;
}

void MetricsStudy::fill_report(const Config& config, const Results& results, Report& report) const {
  if (has_files(results.inputs)) {  // no law, so nothing exact
    report_files(results, report);
    return;
  }
  for (const char* name : {"tv", "w1_hamming", "mmd", "observable_error", "bound"}) report.series[name];
  for (const ClaimSpec& spec : description().claims) report.metrics[metric_of_claim(spec.id)] = nan_number;
  report.table("metrics", shown_metric_columns);
  report.table("estimates", estimate_columns);
  report_exact(config, results, report);
  if (config.samples > 0) report_estimates(config, results, report);
}

void MetricsStudy::report_files(const Results& results, Report& report) const {
  const Table rows = results.gather(files_stage, "samples", sample_columns());
  Table& shown = report.table("sample_estimates", sample_table_columns);
  const char* names[3][2] = {{"sample_tv_plug_in", ""},
                             {"sample_mmd_squared", "sample_mmd_squared_se"},
                             {"sample_observable_difference", "sample_observable_se"}};
  for (const auto& name : names) {
    report.metrics[name[0]] = nan_number;
    if (*name[1] != 0) report.metrics[name[1]] = nan_number;
  }
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const double estimate = rows.reals("estimate")[row], error = rows.reals("standard_error")[row];
    shown.append_row(rows.texts("metric")[row], estimate, estimate - normal_width * error,
                     estimate + normal_width * error);
    report.metrics[names[row][0]] = estimate;
    if (*names[row][1] != 0) report.metrics[names[row][1]] = error;
  }
}

void MetricsStudy::report_exact(const Config& config, const Results& results, Report& report) const {
  std::vector<double> shares, violations, orders;
  const auto count = static_cast<std::int64_t>(config.levels_list.size());
  bool transport = true;
  for (std::int64_t instance = 0; instance < target_count(config, results.inputs); ++instance) {
    const Table rows = rows_of(results, exact_stage, metric_columns, instance, count);
    const std::vector<double> levels(rows.integers("levels").begin(), rows.integers("levels").end());
    double own_order = rows.rows() == 0 ? nan_number : 0;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto value = [&](const char* name) { return rows.reals(name)[row]; };
      const auto length = static_cast<std::size_t>(rows.integers("length")[row]);
      const double d = static_cast<double>(length), tv = value("tv"), w1 = value("w1_hamming"),
                   mmd = value("mmd");
      const double factor = mmd_oscillation(length, config.mmd_gamma), bound = value("bound");
      const bool has_w1 = !std::isnan(w1);
      transport = transport && has_w1;
      shares.push_back(tv / bound);
      shares.push_back(mmd / (factor * bound));
      shares.push_back(value("observable_error") / (value("oscillation") * bound));
      violations.push_back(mmd - factor * tv);
      if (has_w1) {
        shares.push_back(w1 / (d * bound));
        violations.push_back(std::max(tv - w1, w1 - d * tv));
      }
      if (instance > 0) continue;
      report.tables["metrics"].append_row(rows.integers("levels")[row], tv, w1, mmd,
                                          value("observable_error"), bound);
      for (const char* name : {"tv", "w1_hamming", "mmd", "observable_error", "bound"}) {
        report.series[name].x.push_back(levels[row]);
        report.series[name].y.push_back(value(name));
      }
    }
    for (const char* name : {"tv", "w1_hamming", "mmd"}) {
      if (!transport && std::string_view(name) == "w1_hamming") continue;
      const double off = std::fabs(log_slope(levels, rows.reals(name)) + 1);
      own_order = std::isnan(off) ? nan_number : std::max(own_order, off);
    }
    orders.push_back(own_order);
  }
  if (!transport && results.complete) {
    report.warnings.push_back("w1_hamming needs at most 64 states, or one token: it is left out");
  }
  claim(report, results, "all-ipm-bounded", worst(shares));
  if (transport) claim(report, results, "tv-w1-bracket", worst(violations));
  claim(report, results, "same-order-all-metrics", median_or_nan(orders));
}

void MetricsStudy::report_estimates(const Config& config, const Results& results, Report& report) const {
  std::vector<double> uncovered;
  for (std::int64_t instance = 0; instance < target_count(config, results.inputs); ++instance) {
    const Table rows = rows_of(results, estimate_stage, repeat_columns, instance, blocks(config));
    const Table exact = rows_of(results, estimate_stage, exact_columns, instance, blocks(config), "exact");
    if (rows.rows() == 0 || exact.rows() == 0) continue;
    const auto mean = [&](const char* name) {
      const std::vector<double>& values = rows.reals(name);
      return lane_sum(values.data(), values.size()) / static_cast<double>(values.size());
    };
    const double mmd = mean("mmd_covered"), difference = mean("difference_covered");
    uncovered.push_back(1 - mmd);
    uncovered.push_back(1 - difference);
    if (instance > 0) continue;
    Table& table = report.tables["estimates"];
    table.append_row("tv_plug_in", exact.reals("tv")[0], mean("tv_plug_in"), nan_number);
    table.append_row("mmd_squared", exact.reals("mmd_squared")[0], mean("mmd_squared"), mmd);
    table.append_row("observable_difference", exact.reals("difference")[0], mean("difference"), difference);
  }
  claim(report, results, "estimator-covers", 1 - worst(uncovered));
}

}  // namespace

std::unique_ptr<Study> make_metrics() {
  return std::make_unique<MetricsStudy>();
}

}  // namespace reprise::diffusion
