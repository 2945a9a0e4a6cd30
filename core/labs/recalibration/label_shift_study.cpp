// Study "How many target labels are needed?": a source map corrected for new class shares against bins from
// target labels only, by the exact risk under the target distribution Q. Plan, cost and report.
#include "base/math.h"
#include "labs/recalibration/describe.h"
#include "labs/recalibration/label_shift_experiment.h"
#include "labs/recalibration/studies.h"
#include "stats/quantile.h"
#include "stats/regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace reprise::recal {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t fewest_for_exponent = 300;
constexpr std::int64_t most_for_few_labels = 100;

/// Parts of one method over the repeats; samples without weights are left out.
struct Cell {
  std::vector<double> calibration, sharpness, risk;
};

class LabelShift final : public StudyOf<LabelShiftConfig> {
 public:
  LabelShift() : StudyOf(label_shift_parameters(), label_shift_description()) {}

 protected:
  void check(const LabelShiftConfig& config, const InputInfos&,
             std::vector<Problem>& problems) const override;
  Plan plan_of(const LabelShiftConfig& config, const InputInfos&) const override;
  Estimate estimate_of(const LabelShiftConfig& config, const InputInfos&) const override;
  Json key_of(const LabelShiftConfig& config, std::string_view stage, std::int64_t index) const override {
    if (stage == weights_stage) {
      return Json::object({{"n_target", config.weight_sizes()[static_cast<std::size_t>(index)]}});
    }
    return Json::object({{"repeat", index}});
  }
  std::unique_ptr<Stepper> start_task(const LabelShiftConfig& config, std::string_view stage,
                                      std::int64_t index, TaskContext& context) const override {
    if (stage == cell_stage) return start_cell(config, index, context);
    if (stage == weights_stage) {
      return start_weights(config, config.weight_sizes()[static_cast<std::size_t>(index)], context);
    }
    return start_sweep(config, index, context);
  }
  void fill_report(const LabelShiftConfig& config, const Results& results, Report& report) const override;
};

void LabelShift::check(const LabelShiftConfig& config, const InputInfos&,
                       std::vector<Problem>& problems) const {
  const auto check_bins = [&](const char* key, std::int64_t bins, std::int64_t rows, const std::string& of) {
    if (bins <= rows / 2) return;
    const std::string allowed = "1…" + std::to_string(rows / 2);
    problems.push_back({key, std::to_string(bins), allowed,
                        std::string(key) + "=" + std::to_string(bins) + " needs at least " +
                            std::to_string(2 * bins) + " labels, but " + of + "=" + std::to_string(rows) +
                            "; allowed " + allowed});
  };
  check_bins("cell_source_bins", config.cell_source_bins, config.cell_n_source, "cell_n_source");
  check_bins("cell_target_bins", config.cell_target_bins, config.cell_n_target, "cell_n_target");
  if (config.target_bin_rule == "fixed") {
    check_bins("cell_target_bins", config.cell_target_bins, config.n_target_list.front(),
               "the smallest of n_target_list");
  }
}

Plan LabelShift::plan_of(const LabelShiftConfig& config, const InputInfos&) const {
  Stage cell;
  cell.name = cell_stage;
  cell.count = config.cell_seeds;
  cell.batch_hint = 10;
  Stage samples;
  samples.name = sweep_stage;
  samples.count = config.seeds;
  Plan plan = {cell, samples};
  if (!config.weight_sizes().empty()) {
    Stage weights;
    weights.name = weights_stage;
    weights.count = static_cast<std::int64_t>(config.weight_sizes().size());
    plan.push_back(weights);
  }
  return plan;
}

Estimate LabelShift::estimate_of(const LabelShiftConfig& config, const InputInfos&) const {
  const double seeds = static_cast<double>(config.seeds);
  double rows = static_cast<double>(config.n_source);
  double largest = rows;
  for (const std::int64_t n : config.n_target_list) {
    rows += static_cast<double>(n);
    largest = std::max(largest, static_cast<double>(n));
  }
  const double sizes = static_cast<double>(config.n_target_list.size());
  StageCost cell;
  cell.stage = cell_stage;
  cell.special_ops = static_cast<double>(config.cell_seeds) *
                     (5 * static_cast<double>(config.cell_n_source + config.cell_n_target) + 40000);
  cell.bytes_task = 24 * static_cast<double>(config.cell_n_source + config.cell_n_target) + 1e6;
  cell.longest_task_share = 1 / static_cast<double>(config.cell_seeds);
  StageCost samples;
  samples.stage = sweep_stage;
  // Five a draw; the competitor's thirty fits have 2700 bins together.
  const double fits = config.target_bin_rule == "best" ? 350000 : 30000;
  samples.special_ops = seeds * (5 * rows + sizes * (fits + 40000));
  samples.sort_elements = seeds * 0.7 * rows * math::log(largest) / math::log(2);
  samples.bytes_task = 24 * largest + 1e6;
  samples.longest_task_share = 1 / seeds;
  StageCost weights;
  weights.stage = weights_stage;
  const double draws = static_cast<double>(config.weight_repeats);
  for (const std::int64_t n : config.weight_sizes()) {
    const double deviation = std::sqrt(static_cast<double>(n) * config.p_target * (1 - config.p_target));
    weights.special_ops += draws * (60 + 3 * deviation) + std::min(draws, 6 * deviation) * 14000;
  }
  weights.longest_task_share = 1;
  if (!config.weight_sizes().empty()) {
    weights.longest_task_share = std::min(1.0, 2.0 / static_cast<double>(config.weight_sizes().size()));
  }
  weights.bytes_task = 8 * draws + 1e6;
  Estimate estimate;
  estimate.stages = {cell, samples};
  if (!config.weight_sizes().empty()) estimate.stages.push_back(weights);
  estimate.report_bytes = 5000 + 1500 * sizes;
  return estimate;
}

std::map<std::pair<std::int64_t, std::string>, Cell> gather_cells(const Results& results,
                                                                  std::string_view stage) {
  std::map<std::pair<std::int64_t, std::string>, Cell> cells;
  const Table rows = results.gather(stage, "parts", shift_parts_columns);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const double calibration = rows.reals("calibration")[row];
    const double sharpness = rows.reals("sharpness")[row];
    if (std::isnan(calibration)) continue;
    Cell& cell = cells[{rows.integers("n_target")[row], rows.texts("method")[row]}];
    cell.calibration.push_back(calibration);
    cell.sharpness.push_back(sharpness);
    cell.risk.push_back(calibration + sharpness);
  }
  return cells;
}

double standard_deviation(const std::vector<double>& values) {
  if (values.size() < 2) return nan;
  const double centre = stats::mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - centre) * (value - centre);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

// How often the composite is the lowest of the four shift_methods, and its median ratio to the best of the
// others.
void report_wins(const Results& results, Report& report) {
  const Table rows = results.gather(cell_stage, "parts", shift_parts_columns);
  std::vector<double> ratios;
  double wins = 0;
  for (std::size_t first = 0; first + shift_methods.size() <= rows.rows(); first += shift_methods.size()) {
    double composite = nan;
    double second = std::numeric_limits<double>::infinity();
    for (std::size_t row = first; row < first + shift_methods.size(); ++row) {
      const std::string& method = rows.texts("method")[row];
      const double risk = rows.reals("calibration")[row] + rows.reals("sharpness")[row];
      if (method == "composite") composite = risk;
      if (method != "composite" && method != "known") second = std::min(second, risk);
    }
    if (std::isnan(composite)) continue;
    if (composite < second) wins += 1;
    ratios.push_back(composite / second);
  }
  report.metrics["cell_wins"] = ratios.empty() ? nan : wins / static_cast<double>(ratios.size());
  report.metrics["cell_median_ratio"] = stats::median(ratios);
}

void report_cell(const Results& results, double bayes, Report& report) {
  const auto cells = gather_cells(results, cell_stage);
  Table& table = report.table("cell", {{"method", ColumnType::Text},
                                       {"calibration_mean", ColumnType::Real},
                                       {"sharpness_mean", ColumnType::Real},
                                       {"risk_mean", ColumnType::Real},
                                       {"risk_sd", ColumnType::Real},
                                       {"mse_mean", ColumnType::Real}});
  Table& bars =
      report.table("cell_parts", {{"method", ColumnType::Text}, {"part", ColumnType::Text}, {"risk"}});
  for (const char* method : {"source", "target", "label_shift_only", "composite"}) {
    report.metrics[std::string("cell_") + method + "_risk"] = nan;
  }
  for (const std::string& method : shift_methods) {
    for (const auto& [key, cell] : cells) {
      if (key.second != method) continue;
      const double calibration = stats::mean(cell.calibration);
      const double sharpness = stats::mean(cell.sharpness);
      const double risk = stats::mean(cell.risk);
      table.append_row(method, calibration, sharpness, risk, standard_deviation(cell.risk), risk + bayes);
      bars.append_row(method, "calibration", calibration);
      bars.append_row(method, "sharpness", sharpness);
      if (method != "known") report.metrics["cell_" + method + "_risk"] = risk;
    }
  }
  report_wins(results, report);
}

/// First n at which the mean risk is at most ε, log–log interpolated; the last n when it never is.
double labels_needed(const Series& series, double tolerance) {
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!(series.y[i] <= tolerance)) continue;
    if (i == 0) return series.x[0];
    const double share = (math::log(tolerance) - math::log(series.y[i - 1])) /
                         (math::log(series.y[i]) - math::log(series.y[i - 1]));
    const double low = math::log(series.x[i - 1]);
    return math::exp(low + share * (math::log(series.x[i]) - low));
  }
  return series.x.empty() ? nan : series.x.back();
}

void report_sweep(const LabelShiftConfig& config, const Results& results, Report& report) {
  const auto cells = gather_cells(results, sweep_stage);
  Table& table = report.table("risks", {{"n_target", ColumnType::Integer},
                                        {"method", ColumnType::Text},
                                        {"risk_mean", ColumnType::Real},
                                        {"risk_median", ColumnType::Real},
                                        {"risk_low", ColumnType::Real},
                                        {"risk_high", ColumnType::Real}});
  for (const std::string& method : shift_methods) report.series[method];
  for (const std::int64_t n : config.n_target_list) {
    for (const std::string& method : shift_methods) {
      const auto cell = cells.find({n, method});
      if (cell == cells.end()) continue;
      const double risk = stats::mean(cell->second.risk);
      const stats::Spread spread = stats::spread(cell->second.risk);
      table.append_row(n, method, risk, spread.middle, spread.low, spread.high);
      Series& series = report.series[method];
      series.x.push_back(static_cast<double>(n));
      series.y.push_back(risk);
      series.y_low.push_back(spread.low);
      series.y_high.push_back(spread.high);
    }
  }

  const Series& target = report.series["target"];
  const Series& composite = report.series["composite"];
  std::vector<double> few_ratios, log_n, log_risk;
  double nearest = std::numeric_limits<double>::infinity();
  double at_source_size = nan;
  for (std::size_t i = 0; i < target.x.size(); ++i) {
    if (target.x[i] >= static_cast<double>(fewest_for_exponent)) {
      log_n.push_back(math::log(target.x[i]));
      log_risk.push_back(math::log(target.y[i]));
    }
    const auto same = std::find(composite.x.begin(), composite.x.end(), target.x[i]);
    if (same == composite.x.end()) continue;
    const double ratio = target.y[i] / composite.y[static_cast<std::size_t>(same - composite.x.begin())];
    if (target.x[i] <= static_cast<double>(most_for_few_labels)) few_ratios.push_back(ratio);
    const double distance = std::fabs(target.x[i] - static_cast<double>(config.n_source));
    if (distance < nearest) {
      nearest = distance;
      at_source_size = 1 / ratio;
    }
  }
  auto& metrics = report.metrics;
  metrics["target_over_composite"] = stats::geometric_mean(few_ratios);
  metrics["composite_over_target_at_source_size"] = at_source_size;
  metrics["target_risk_exponent"] = stats::fit_line(log_n, log_risk).coefficients[1];
  const double tolerance = config.tolerance_factor * stats::mean(report.series["known"].y);
  metrics["risk_tolerance"] = tolerance;
  metrics["labels_needed_composite"] = labels_needed(composite, tolerance);
  metrics["labels_needed_target"] = labels_needed(target, tolerance);
  metrics["label_savings"] = metrics["labels_needed_target"] / metrics["labels_needed_composite"] /
                             math::pow(static_cast<double>(config.n_source), 1.0 / 3.0);
}

void LabelShift::fill_report(const LabelShiftConfig& config, const Results& results, Report& report) const {
  auto& metrics = report.metrics;
  metrics["bayes_mse"] = config.target().constants().bayes_mse;
  metrics["kappa"] = ScoreModel::gauss(config.mu, config.p_target).constants().label_shift_kappa;
  report_cell(results, metrics["bayes_mse"], report);
  report_sweep(config, results, report);

  std::vector<double> ratios;
  const Table weights = results.gather(weights_stage, "weights", shift_weight_columns);
  for (std::size_t row = 0; row < weights.rows(); ++row) {
    ratios.push_back(weights.reals("mean_error")[row] *
                     static_cast<double>(weights.integers("n_target")[row]) / metrics["kappa"]);
  }
  metrics["weight_error_ratio"] = stats::mean(ratios);
  if (results.complete && !(report.series["target"].y.back() <= metrics["risk_tolerance"])) {
    report.warnings.push_back(
        "bins from target labels never reach the risk asked for: labels_needed_target and label_savings are "
        "lower "
        "bounds");
  }

  judge(report, results, "composite-is-best-at-table-cell", metrics["cell_wins"]);
  judge(report, results, "composite-margin-at-table-cell", metrics["cell_median_ratio"]);
  judge(report, results, "composite-beats-few-target-labels", metrics["target_over_composite"]);
  judge(report, results, "weight-error-parametric", std::fabs(metrics["weight_error_ratio"] - 1));
  judge(report, results, "target-risk-exponent", std::fabs(metrics["target_risk_exponent"] + 2.0 / 3));
  judge(report, results, "label-savings", metrics["label_savings"]);
  judge(report, results, "correction-competes-at-equal-labels",
        metrics["composite_over_target_at_source_size"]);
}

}  // namespace

std::unique_ptr<Study> make_label_shift() {
  return std::make_unique<LabelShift>();
}

}  // namespace reprise::recal
