// Study "How good is my abstention score?": plan, cost and report.
#include "labs/selective-classification/my_scores.h"

#include "base/number_text.h"
#include "labs/selective-classification/budget.h"
#include "labs/selective-classification/studies.h"
#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

namespace reprise::selective {

namespace {

using Config = MyScoresConfig;
using Numbers = std::map<std::string, double>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t generated = 2000;  // rows without a file
constexpr std::int64_t replicates_of_a_verdict = 100;

double input_rows(const InputInfos& inputs) {
  const auto found = inputs.find("scores");
  if (found == inputs.end()) return static_cast<double>(generated);
  if (found->second.rows > 0) return static_cast<double>(found->second.rows);
  return static_cast<double>(found->second.bytes) / 20;
}

Numbers numbers_of(const Results& results, std::string_view table) {
  const Table rows = results.gather(evaluate_stage, table, metric_columns);
  Numbers found;
  for (std::size_t i = 0; i < rows.rows(); ++i) found[rows.texts("name")[i]] = rows.reals("value")[i];
  return found;
}

double number_or_nan(const Numbers& numbers, const std::string& name) {
  const auto found = numbers.find(name);
  return found == numbers.end() ? nan : found->second;
}

ReportFile text_file(const std::string& media_type, const std::string& text) {
  ReportFile file;
  file.media_type = media_type;
  file.bytes.resize(text.size());
  std::memcpy(file.bytes.data(), text.data(), text.size());
  return file;
}

/// Percentiles of replicates [replicate × points] at every point.
struct Percentiles {
  std::vector<double> low, high;
};
Percentiles percentiles(const std::vector<double>& values, std::size_t points, double level) {
  Percentiles result;
  std::vector<double> at;
  for (std::size_t point = 0; point < points; ++point) {
    at.clear();
    for (std::size_t i = point; i < values.size(); i += points) at.push_back(values[i]);
    std::sort(at.begin(), at.end());
    result.low.push_back(stats::sorted_quantile(at, (1 - level) / 2));
    result.high.push_back(stats::sorted_quantile(at, (1 + level) / 2));
  }
  return result;
}

class MyScores final : public StudyOf<Config> {
 public:
  MyScores() : StudyOf(my_scores_parameters(), my_scores_description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    std::vector<std::string> methods = config.calibrators;
    std::sort(methods.begin(), methods.end());
    const auto twice = std::adjacent_find(methods.begin(), methods.end());
    if (twice != methods.end()) {
      problems.push_back({"calibrators", *twice + " twice", "each once",
                          "calibrators: " + *twice + " is listed twice; allowed: each once"});
    }
  }
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Stage evaluate;
    evaluate.name = evaluate_stage;
    Stage bootstrap;
    bootstrap.name = bootstrap_stage;
    bootstrap.count = bootstrap_tasks(config);
    bootstrap.needs = {std::string(evaluate_stage)};
    return config.bootstrap_replicates > 0 ? Plan{evaluate, bootstrap} : Plan{evaluate};
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config&, std::string_view stage, std::int64_t index) const override {
    return stage == evaluate_stage ? Json::object({{"stage", "evaluate"}}) : Json::object({{"part", index}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    return stage == evaluate_stage ? start_evaluate(config, context)
                                   : start_bootstrap(config, index, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;

 private:
  void judge_all(const Config& config, const Results& results, const Numbers& statistics, double auroc_low,
                 Report& report) const;
};

Estimate MyScores::estimate_of(const Config& config, const InputInfos& inputs) const {
  const double n = input_rows(inputs);
  const auto found = inputs.find("scores");
  const double bytes = found == inputs.end() ? 0 : static_cast<double>(found->second.bytes);
  StageCost evaluate;
  evaluate.stage = evaluate_stage;
  evaluate.vector_ops = 30 * bytes + 1500 * n + 1e7;
  evaluate.special_ops = found == inputs.end() ? 40 * n : 4 * n;
  evaluate.sort_elements = 16 * n * std::log2(std::max(n, 2.0));
  evaluate.bytes_touched = bytes + 100 * n;
  for (const std::string& method : config.calibrators) {
    if (method == "temperature") evaluate.special_ops += 80 * 6 * n;
    if (method == "platt") evaluate.special_ops += 60 * n;
    if (method == "correctness-head") evaluate.vector_ops += 60 * n * 6000;
    evaluate.sort_elements += 6 * n * std::log2(std::max(n, 2.0));
  }
  evaluate.bytes_task = 250 * n + 1e6;
  Estimate estimate;
  estimate.stages = {evaluate};
  if (config.bootstrap_replicates > 0) {
    const auto replicates = static_cast<double>(config.bootstrap_replicates);
    const auto tasks = static_cast<double>(bootstrap_tasks(config));
    StageCost bootstrap;
    bootstrap.stage = bootstrap_stage;
    bootstrap.vector_ops = replicates * (50 * n + 150000) + tasks * 60 * n;
    bootstrap.sort_elements = tasks * n * std::log2(std::max(n, 2.0)) / 3;
    bootstrap.bytes_task =
        60 * n + 2e6 + 16 * replicates * static_cast<double>(config.coverage_points) / tasks;
    bootstrap.longest_task_share = 1 / tasks;
    estimate.stages.push_back(bootstrap);
  }
  const double shown = config.curve_rows == "all" ? std::min(n, 20000.0) : 0;
  estimate.report_bytes = 6e4 + 400 * shown + 400.0 * static_cast<double>(config.coverage_points) +
                          120.0 * static_cast<double>(config.threshold_candidates) +
                          60 * (config.calibrators.empty() ? 0 : std::min(n, 20000.0));
  return estimate;
}

/// Tables of the evaluation that the report shows as they are; `always` also when empty.
void copy_table(const Results& results, const char* name, const std::vector<ColumnSpec>& columns, bool always,
                Report& report) {
  Table rows = results.gather(evaluate_stage, name, columns);
  if (always || rows.rows() > 0) report.tables[name] = std::move(rows);
}

void add_series(Report& report, const std::string& name, const Table& table, std::size_t row,
                const char* column) {
  report.series[name].x.push_back(table.reals("coverage")[row]);
  report.series[name].y.push_back(table.reals(column)[row]);
}

/// First rank that figures show: before it a curve is mostly chance.
std::int64_t first_shown(const Table& grid) {
  if (grid.rows() == 0) return 0;
  const std::int64_t n = grid.integers("k").back();
  const std::int64_t first = std::max<std::int64_t>(20, (n + 99) / 100);
  return first < n ? first : 0;
}

double add_band(const Config& config, const Results& results, const Table& grid, Report& report) {
  const Table replicates = results.gather(bootstrap_stage, "replicates", replicate_columns);
  const std::size_t points = grid.rows();
  const bool drawn = points > 0 && replicates.rows() >= points;
  Percentiles accuracy, gap;
  if (drawn) {
    accuracy = percentiles(replicates.reals("accuracy"), points, config.band_level);
    gap = percentiles(replicates.reals("gap"), points, config.band_level);
  } else {
    accuracy.low = accuracy.high = gap.low = gap.high = std::vector<double>(points, nan);
  }
  Table& band = report.table("band", {{"k", ColumnType::Integer},
                                      {"coverage"},
                                      {"accuracy"},
                                      {"accuracy_low"},
                                      {"accuracy_high"},
                                      {"gap"},
                                      {"gap_low"},
                                      {"gap_high"},
                                      {"uniform_half_width"}});
  const std::int64_t first = first_shown(grid);
  double width = 0;
  for (std::size_t i = 0; i < points; ++i) {
    const double c = grid.reals("coverage")[i];
    const std::int64_t k = grid.integers("k")[i];
    band.append_row(k, c, grid.reals("accuracy")[i], accuracy.low[i], accuracy.high[i], grid.reals("gap")[i],
                    gap.low[i], gap.high[i], uniform_half_width(c, grid.integers("k").back(), config.delta));
    width += (gap.high[i] - gap.low[i]) / 2 / static_cast<double>(points);
    if (k < first) continue;
    add_series(report, "accuracy_coverage", grid, i, "accuracy");
    add_series(report, "oracle", grid, i, "oracle");
    add_series(report, "gap", grid, i, "gap");
    if (!drawn) continue;
    report.series["accuracy_coverage"].y_low.push_back(accuracy.low[i]);
    report.series["accuracy_coverage"].y_high.push_back(accuracy.high[i]);
    report.series["gap"].y_low.push_back(gap.low[i]);
    report.series["gap"].y_high.push_back(gap.high[i]);
  }
  return drawn ? width : nan;
}

void add_budget_series(const Table& budget, std::int64_t first, Report& report) {
  for (std::size_t i = 0; i < budget.rows(); ++i) {
    if (budget.integers("k")[i] < first) continue;
    const double c = budget.reals("coverage")[i];
    double top = 0;
    for (const char* part : {"bayes", "approximation", "ranking"}) {
      Series& series = report.series[std::string("stack_") + part];
      series.x.push_back(c);
      series.y_low.push_back(top);
      top += budget.reals(part)[i];
      series.y.push_back(top);
      series.y_high.push_back(top);
    }
  }
}

void add_shift(const Config& config, const Results& results, Report& report) {
  const Table shift = results.gather(evaluate_stage, "shift", shift_columns);
  if (shift.rows() == 0) return;
  const Table replicates = results.gather(bootstrap_stage, "shifts", replicate_shift_columns);
  const std::size_t points = shift.rows();
  const Percentiles ends = percentiles(replicates.reals("difference"), points, config.band_level);
  std::vector<double> ascending = config.audit_coverages;
  std::sort(ascending.begin(), ascending.end());
  Table& table = report.table(
      "shift_difference", {{"coverage"}, {"gap_source"}, {"gap_target"}, {"difference"}, {"low"}, {"high"}});
  for (std::size_t i = 0; i < points; ++i) {
    const double c = shift.reals("coverage")[i];
    const auto place =
        static_cast<std::size_t>(std::find(ascending.begin(), ascending.end(), c) - ascending.begin());
    const double source = shift.reals("gap_source")[i], target = shift.reals("gap_target")[i];
    table.append_row(c, source, target, target - source, ends.low[place], ends.high[place]);
  }
}

/// What can be said of each cause, and why the rest cannot.
void add_identifiable(const Config& config, const Numbers& statistics, double half_width, double rows,
                      Report& report) {
  Table& table = report.table(
      "identifiable",
      {{"term", ColumnType::Text}, {"value"}, {"status", ColumnType::Text}, {"reason", ColumnType::Text}});
  const auto has = [&](const char* name) { return statistics.count(name) != 0; };
  if (has("mean_bayes")) {
    table.append_row("bayes", statistics.at("mean_bayes"), "exact",
                     "mean over all coverages, from posterior_…");
    table.append_row("approximation", statistics.at("mean_approximation"), "exact",
                     "mean over all coverages, from posterior_…");
    table.append_row("ranking", statistics.at("mean_ranking"), "exact",
                     "mean over all coverages, from posterior_…");
  } else {
    const double plug_in = number_or_nan(statistics, "plug_in_bayes");
    if (std::isnan(plug_in)) {
      table.append_row("bayes", nan, "not-identifiable",
                       "needs the label posterior, or several labels a row");
    } else {
      table.append_row(
          "bayes", plug_in, "estimate",
          "1 − share of the most frequent label_…, over all rows: too low with few labels a row");
    }
    table.append_row("approximation", nan, "not-identifiable", "needs the label posterior");
    if (has("ranking_gain")) {
      table.append_row("ranking", statistics.at("ranking_gain"), "lower-bound",
                       "E-AURC that the correctness head on f_… removes");
    } else {
      table.append_row("ranking", nan, "not-identifiable",
                       "needs the label posterior; a correctness head on f_… columns gives a lower bound");
    }
  }
  if (std::isnan(half_width)) {
    table.append_row("statistical", uniform_half_width(1, static_cast<std::int64_t>(rows), config.delta),
                     "exact", "half-width of the uniform band at coverage 1");
  } else {
    table.append_row("statistical", half_width, "estimate",
                     "mean half-width of the bootstrap band of the gap");
  }
  if (has("shift")) {
    table.append_row("shift", statistics.at("shift"), "estimate",
                     "E-AURC of target rows less that of source rows");
  } else {
    table.append_row("shift", nan, "not-identifiable", "needs a column domain with source and target rows");
  }
}

void MyScores::judge_all(const Config& config, const Results& results, const Numbers& statistics,
                         double auroc_low, Report& report) const {
  for (const char* id : {"e-aurc-identity", "augrc-identity", "strict-monotone-invariance"}) {
    const auto found = statistics.find(id);
    if (found != statistics.end()) judge(report, results, id, found->second);
  }
  const bool enough = config.bootstrap_replicates >= replicates_of_a_verdict;
  if (enough && statistics.count("augrc-identity") != 0)
    judge(report, results, "score-beats-random", auroc_low - 0.5);
  judge(report, results, "risk-target-certified", number_or_nan(statistics, "risk-target-certified"));
  // The threshold is the accuracy that the config asks for.
  Claim& certified = report.claims.back();
  certified.threshold = 1 - config.target_risk;
  if (results.complete)
    certified.status = certified.statistic >= certified.threshold ? ClaimStatus::Holds : ClaimStatus::Fails;
  for (const char* id : {"budget-adds-up", "calibrators-keep-order"}) {
    const auto found = statistics.find(id);
    if (found != statistics.end()) judge(report, results, id, found->second);
  }
}

void MyScores::fill_report(const Config& config, const Results& results, Report& report) const {
  const Numbers statistics = numbers_of(results, "statistics");
  report.metrics = numbers_of(results, "metrics");
  for (const char* name : {"temperature", "platt_slope", "platt_intercept"}) {
    if (report.metrics.count(name) == 0) report.metrics[name] = nan;
  }
  copy_table(results, "curve", curve_columns, true, report);
  copy_table(results, "budget", budget_columns, false, report);
  copy_table(results, "score_kinds", score_kind_columns, false, report);
  copy_table(results, "row_scores", row_score_columns, false, report);
  copy_table(results, "threshold_candidates", candidate_columns, true, report);
  copy_table(results, "calibrators", calibrator_columns, true, report);
  copy_table(results, "isotonic", isotonic_columns, false, report);
  copy_table(results, "uniform_mass", uniform_mass_columns, false, report);
  copy_table(results, "calibrated", calibrated_columns, false, report);
  copy_table(results, "audit", audit_columns, true, report);
  copy_table(results, "groups", group_columns, false, report);
  copy_table(results, "annotators", annotator_columns, false, report);

  const Table grid = results.gather(evaluate_stage, "grid", curve_columns);
  const double half_width = add_band(config, results, grid, report);
  add_budget_series(results.gather(evaluate_stage, "budget", budget_columns), first_shown(grid), report);
  add_shift(config, results, report);
  const double n = number_or_nan(report.metrics, "n");
  report.metrics["rows_for_half_width_1pct"] = n * (half_width / 0.01) * (half_width / 0.01);
  report.metrics["accuracy_target"] = 1 - config.target_risk;
  if (!std::isnan(n)) add_identifiable(config, statistics, half_width, n, report);
  if (statistics.count("few_errors") != 0) {
    report.warnings.push_back(
        "Only " + std::to_string(static_cast<std::int64_t>(statistics.at("few_errors"))) +
        " wrong answers among the evaluated rows: the gap is uncertain" +
        (half_width > 0 ? ", ±" + number_to_text(std::round(1e4 * half_width) / 1e4) + " on average." : "."));
  }
  Table aurocs = results.gather(bootstrap_stage, "aurocs", replicate_auroc_columns);
  std::vector<double> ascending = aurocs.reals("auroc");
  const bool undefined =
      std::any_of(ascending.begin(), ascending.end(), [](double a) { return std::isnan(a); });
  std::sort(ascending.begin(), ascending.end());
  const double auroc_low = undefined ? nan : stats::sorted_quantile(ascending, (1 - config.band_level) / 2);
  judge_all(config, results, statistics, auroc_low, report);
  if (!results.complete) return;

  report.files["curve.csv"] = text_file("text/csv", table_csv(report.tables.at("curve")));
  const double n_val = report.metrics.at("n_val");
  const Json rule = Json::object({{"threshold", report.metrics.at("threshold")},
                                  {"rule", "score > threshold"},
                                  {"target_risk", config.target_risk},
                                  {"delta", config.delta},
                                  {"coverage", report.metrics.at("threshold_coverage")},
                                  {"lower_bound", report.metrics.at("threshold_lower_bound")},
                                  {"n_val", n_val > 0 ? n_val : n}});
  report.files["threshold.json"] = text_file("application/json", rule.dump());
}

}  // namespace

std::unique_ptr<Study> make_my_scores() {
  return std::make_unique<MyScores>();
}

}  // namespace reprise::selective
