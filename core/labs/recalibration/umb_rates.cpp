// Study "Does calibration risk grow like B/n and sharpness risk fall like B⁻²?": power laws fitted to exact
// risks of uniform-mass binning, the coverage of the finite-sample bound, and the decomposition of the Brier
// score.
#include "base/math.h"
#include "labs/recalibration/bounds.h"
#include "labs/recalibration/describe.h"
#include "labs/recalibration/population_risk.h"
#include "labs/recalibration/studies.h"
#include "labs/recalibration/umb_samples.h"
#include "stats/quantile.h"
#include "stats/regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace reprise::recal {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Parameters<UmbConfig> parameters() {
  Parameters<UmbConfig> list;
  describe_umb(list);
  return list;
}

const std::vector<ColumnSpec>& identity_columns() {
  static const std::vector<ColumnSpec> columns = {
      {"n", ColumnType::Integer}, {"bins", ColumnType::Integer}, {"error", ColumnType::Real}};
  return columns;
}

/// After the common fits, for the first sample of each n: Brier score by direct quadrature minus its three
/// parts.
class IdentityWork {
 public:
  IdentityWork(const UmbConfig& config, UmbTask task, TaskContext& context)
      : task_(task),
        context_(context),
        edges_(edge_rule_named(config.edge_rule)),
        bins_(config.bins_for(task.n)),
        model_(config.make()) {}

  bool operator()(const SortedScores& sample) {
    if (task_.repeat > 0) return true;
    if (std::isnan(bayes_)) {
      bayes_ = model_.constants().bayes_mse;
      return false;
    }
    const std::int64_t bins = bins_[next_++];
    const BinMap map = fit_histogram(sample, bins, edges_, TiePolicy::Merge);
    const double error = brier_by_quadrature(map, model_) - population_risk(map, model_, bayes_).brier;
    context_.partial().table("identity", identity_columns()).append_row(task_.n, bins, error);
    return next_ == bins_.size();
  }

 private:
  UmbTask task_;
  TaskContext& context_;
  EdgeRule edges_;
  std::vector<std::int64_t> bins_;
  ScoreModel model_;
  double bayes_ = nan;
  std::size_t next_ = 0;
};

class UmbRates final : public StudyOf<UmbConfig> {
 public:
  UmbRates() : StudyOf(parameters(), umb_rates_description()) {}

 protected:
  void check(const UmbConfig& config, const InputInfos&, std::vector<Problem>& problems) const override {
    check_umb(config, problems);
  }
  Plan plan_of(const UmbConfig& config, const InputInfos&) const override { return umb_plan(config); }
  Estimate estimate_of(const UmbConfig& config, const InputInfos&) const override {
    return umb_estimate(config, 3.0 / static_cast<double>(config.seeds));
  }
  Json key_of(const UmbConfig& config, std::string_view, std::int64_t index) const override {
    return umb_task(config, index).key();
  }
  std::unique_ptr<Stepper> start_task(const UmbConfig& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    const UmbTask task = umb_task(config, index);
    return umb_stepper(config, task, context, IdentityWork(config, task, context));
  }
  void fill_report(const UmbConfig& config, const Results& results, Report& report) const override;
};

// log of the median calibration risk on (1, log n, log B), cells with 8 <= B <= n/4.
void fit_calibration(const UmbConfig& config, const RiskTable& table, Report& report) {
  std::vector<double> one, log_n, log_bins, log_risk;
  for (std::size_t i = 0; i < config.n_list.size(); ++i) {
    for (std::size_t k = 0; k < config.bins_list.size(); ++k) {
      const std::int64_t bins = config.bins_list[k];
      if (bins < 8 || bins > config.n_list[i] / 4 || table.cell(i, k).calibration.empty()) continue;
      const double risk = stats::median(table.cell(i, k).calibration);
      if (!(risk > 0)) continue;
      one.push_back(1);
      log_n.push_back(math::log(static_cast<double>(config.n_list[i])));
      log_bins.push_back(math::log(static_cast<double>(bins)));
      log_risk.push_back(math::log(risk));
    }
  }
  const stats::LinearFit fit = stats::least_squares({one, log_n, log_bins}, log_risk);
  report.metrics["calibration_sample_exponent"] = fit.coefficients[1];
  report.metrics["calibration_sample_exponent_se"] = fit.standard_errors[1];
  report.metrics["calibration_bin_exponent"] = fit.coefficients[2];
  report.metrics["calibration_bin_exponent_se"] = fit.standard_errors[2];
}

// Slope of the log median sharpness risk in log B at n_list[i], 16 <= B <= n/20.
double sharpness_slope(const UmbConfig& config, const RiskTable& table, std::size_t i) {
  std::vector<double> log_bins, log_risk;
  for (std::size_t k = 0; k < config.bins_list.size(); ++k) {
    const std::int64_t bins = config.bins_list[k];
    if (bins < 16 || bins > config.n_list[i] / 20 || table.cell(i, k).sharpness.empty()) continue;
    const double risk = stats::median(table.cell(i, k).sharpness);
    if (!(risk > 0)) continue;
    log_bins.push_back(math::log(static_cast<double>(bins)));
    log_risk.push_back(math::log(risk));
  }
  return stats::fit_line(log_bins, log_risk).coefficients[1];
}

// The share of samples above the bound, the worst cell; and how far the bound is above in the median.
void judge_bounds(const UmbConfig& config, const RiskTable& table, Report& report) {
  double calibration_violation = nan;
  double sharpness_violation = nan;
  std::vector<double> ratios;
  const auto share_above = [](const std::vector<double>& risks, double bound) {
    const auto above = std::count_if(risks.begin(), risks.end(), [&](double risk) { return risk > bound; });
    return static_cast<double>(above) / static_cast<double>(risks.size());
  };
  const auto raise = [](double& worst, double value) {
    worst = std::isnan(worst) || value > worst ? value : worst;
  };
  for (std::size_t i = 0; i < config.n_list.size(); ++i) {
    for (std::size_t k = 0; k < config.bins_list.size(); ++k) {
      const RiskCell& cell = table.cell(i, k);
      if (cell.risk.empty()) continue;
      const double calibration = calibration_bound(config.n_list[i], config.bins_list[k], config.delta);
      raise(calibration_violation, share_above(cell.calibration, calibration));
      raise(sharpness_violation,
            share_above(cell.sharpness, sharpness_bound(config.bins_list[k], config.lipschitz)));
      ratios.push_back(calibration / stats::median(cell.calibration));
    }
  }
  report.metrics["max_calibration_violation"] = calibration_violation;
  report.metrics["max_sharpness_violation"] = sharpness_violation;
  report.metrics["median_bound_ratio"] = stats::median(ratios);
}

void add_spread(Series& series, double x, const std::vector<double>& values) {
  const stats::Spread spread = stats::spread(values);
  series.x.push_back(x);
  series.y.push_back(spread.middle);
  series.y_low.push_back(spread.low);
  series.y_high.push_back(spread.high);
}

// Everything over B at n_list[i], the largest n that has rows.
void report_curves(const UmbConfig& config, const RiskTable& table, std::size_t i, Report& report) {
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < config.bins_list.size(); ++k) {
    const RiskCell& cell = table.cell(i, k);
    if (cell.risk.empty()) continue;
    const double bins = static_cast<double>(config.bins_list[k]);
    add_spread(report.series["calibration_vs_bins"], bins, cell.calibration);
    add_spread(report.series["sharpness_vs_bins"], bins, cell.sharpness);
    add_spread(report.series["risk_vs_bins"], bins, cell.risk);
    Series& bound = report.series["bound_vs_bins"];
    bound.x.push_back(bins);
    bound.y.push_back(calibration_bound(config.n_list[i], config.bins_list[k], config.delta));
    if (report.series["risk_vs_bins"].y.back() < least) {
      least = report.series["risk_vs_bins"].y.back();
      report.metrics["least_risk_bins"] = bins;
    }
  }
}

// Calibration risk over n at the number of bins nearest 17 (the smaller of two equally near).
void report_curve_in_n(const UmbConfig& config, const RiskTable& table, Report& report) {
  std::size_t nearest = 0;
  for (std::size_t k = 1; k < config.bins_list.size(); ++k) {
    if (std::abs(config.bins_list[k] - 17) < std::abs(config.bins_list[nearest] - 17)) nearest = k;
  }
  Series& series = report.series["calibration_vs_n"];
  for (std::size_t i = 0; i < config.n_list.size(); ++i) {
    const RiskCell& cell = table.cell(i, nearest);
    if (!cell.risk.empty()) add_spread(series, static_cast<double>(config.n_list[i]), cell.calibration);
  }
}

double largest_error(const Results& results) {
  const Table rows = results.gather(samples_stage, "identity", identity_columns());
  double largest = rows.rows() == 0 ? nan : 0;
  for (const double error : rows.reals("error")) {
    // NaN stays: it would be a bug that must show.
    if (!(std::fabs(error) <= largest)) largest = std::fabs(error);
  }
  return largest;
}

void UmbRates::fill_report(const UmbConfig& config, const Results& results, Report& report) const {
  const RiskTable table(config, results);
  auto& metrics = report.metrics;
  report_risks(config, table, report);
  for (const char* name : {"calibration_vs_bins", "sharpness_vs_bins", "risk_vs_bins", "bound_vs_bins"}) {
    report.series[name];
  }
  std::size_t largest = config.n_list.size() - 1;
  while (largest > 0 && table.cell(largest, 0).risk.empty()) --largest;
  const double n = static_cast<double>(config.n_list[largest]);
  const ModelConstants constants = config.make().constants();

  fit_calibration(config, table, report);
  metrics["sharpness_exponent"] = sharpness_slope(config, table, largest);
  judge_bounds(config, table, report);
  report_curves(config, table, largest, report);
  report_curve_in_n(config, table, report);
  metrics["bayes_mse"] = constants.bayes_mse;
  metrics["decomposition_error"] = largest_error(results);
  metrics["largest_n"] = n;
  const double formula = constants.optimal_bins_constant() * math::pow(n, 1.0 / 3.0);
  if (std::isfinite(formula) && formula > 0) metrics["formula_bins"] = formula;
  if (results.complete && std::isnan(metrics["calibration_bin_exponent"])) {
    report.warnings.push_back(
        "the fit of calibration risk needs cells with 8 <= B <= n/4 at two values of n and of B at least");
  }
  if (results.complete && std::isnan(metrics["sharpness_exponent"])) {
    report.warnings.push_back(
        "the slope of sharpness risk needs two numbers of bins with 16 <= B <= n/20 at the "
        "largest n");
  }

  judge(report, results, "calibration-risk-sample-exponent",
        std::fabs(metrics["calibration_sample_exponent"] + 1));
  judge(report, results, "calibration-risk-bin-exponent", std::fabs(metrics["calibration_bin_exponent"] - 1));
  judge(report, results, "sharpness-risk-exponent", std::fabs(metrics["sharpness_exponent"] + 2));
  judge(report, results, "calibration-bound-covers", metrics["max_calibration_violation"]);
  judge(report, results, "sharpness-bound-covers", metrics["max_sharpness_violation"]);
  judge(report, results, "decomposition-identity", metrics["decomposition_error"]);
}

}  // namespace

std::unique_ptr<Study> make_umb_rates() {
  return std::make_unique<UmbRates>();
}

}  // namespace reprise::recal
