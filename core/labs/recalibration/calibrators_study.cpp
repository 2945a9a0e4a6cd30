// Study "When does binning beat Platt?": six methods on samples of three models, compared by their exact
// risk. Plan, cost and report.
#include "base/math.h"
#include "labs/recalibration/calibrators_experiment.h"
#include "labs/recalibration/describe.h"
#include "labs/recalibration/studies.h"
#include "stats/quantile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace reprise::recal {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Risks of one method in one arm with one number of bins, over the repeats.
struct Cell {
  std::vector<double> calibration, sharpness, risk;
};
struct CellKey {
  std::int64_t sweep, arm;
  std::string method;
  std::int64_t bins;
  bool operator<(const CellKey& other) const {
    return std::tie(sweep, arm, method, bins) < std::tie(other.sweep, other.arm, other.method, other.bins);
  }
};
using Cells = std::map<CellKey, Cell>;

Cells gather_cells(const Results& results) {
  Cells cells;
  const Table rows = results.gather(arms_stage, "risks", arm_risk_columns);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    Cell& cell = cells[{rows.integers("sweep")[row], rows.integers("arm")[row], rows.texts("method")[row],
                        rows.integers("bins")[row]}];
    const double calibration = rows.reals("calibration")[row];
    const double sharpness = rows.reals("sharpness")[row];
    cell.calibration.push_back(calibration);
    cell.sharpness.push_back(sharpness);
    cell.risk.push_back(calibration + sharpness);
  }
  return cells;
}

const std::vector<std::string> methods = {"platt",         "scaling_binning", "uniform_mass",
                                          "uniform_width", "temperature",     "isotonic"};
bool has_bins(const std::string& method) {
  return method == "scaling_binning" || method == "uniform_mass" || method == "uniform_width";
}

const Cell* find_cell(const Cells& cells, std::int64_t sweep, Arm arm, const std::string& method,
                      std::int64_t bins) {
  const auto found = cells.find({sweep, static_cast<std::int64_t>(arm), method, has_bins(method) ? bins : 0});
  return found == cells.end() ? nullptr : &found->second;
}

double mean_risk(const Cells& cells, Arm arm, const std::string& method, std::int64_t bins) {
  const Cell* cell = find_cell(cells, 0, arm, method, bins);
  return cell == nullptr ? nan : stats::mean(cell->risk);
}

// 90th percentile; NaN when any value is.
double ninetieth(const std::vector<double>& values) {
  for (const double value : values) {
    if (std::isnan(value)) return nan;
  }
  return stats::quantile(values, 0.9);
}

/// 90th percentiles of the risk over 100 samples with n = 5000 in the authors' notebook outputs; NaN where
/// none.
double published(const CalibratorsConfig& config, const std::string& model, const std::string& method,
                 std::int64_t bins) {
  if (config.n != 5000) return nan;
  struct Entry {
    const char* model;
    const char* method;
    std::int64_t bins;
    double thousandths;
  };
  static constexpr std::array<Entry, 12> entries = {{{"logistic44", "platt", 0, 0.122},
                                                     {"logistic44", "scaling_binning", 34, 0.315},
                                                     {"logistic44", "uniform_mass", 34, 0.839},
                                                     {"logistic44", "uniform_width", 34, 0.855},
                                                     {"beta01_4", "uniform_mass", 17, 0.797},
                                                     {"beta01_4", "uniform_width", 17, 0.810},
                                                     {"beta01_4", "scaling_binning", 17, 3.360},
                                                     {"beta01_4", "platt", 0, 3.682},
                                                     {"gauss", "uniform_mass", 17, 4.363},
                                                     {"gauss", "scaling_binning", 17, 4.345},
                                                     {"gauss", "platt", 0, 0.062},
                                                     {"gauss", "uniform_width", 17, 0.507}}};
  for (const Entry& entry : entries) {
    if (model == entry.model && method == entry.method && bins == entry.bins) return entry.thousandths / 1000;
  }
  return nan;
}

class Calibrators final : public StudyOf<CalibratorsConfig> {
 public:
  Calibrators() : StudyOf(calibrators_parameters(), calibrators_description()) {}

 protected:
  void check(const CalibratorsConfig& config, const InputInfos&,
             std::vector<Problem>& problems) const override;
  Plan plan_of(const CalibratorsConfig& config, const InputInfos&) const override {
    Stage stage;
    stage.name = arms_stage;
    stage.count = 3 * config.seeds;
    return {stage};
  }
  Estimate estimate_of(const CalibratorsConfig& config, const InputInfos&) const override;
  Json key_of(const CalibratorsConfig&, std::string_view, std::int64_t index) const override {
    const ArmTask task = arm_task(index);
    return Json::object({{"arm", arm_names[static_cast<std::size_t>(task.arm)]}, {"repeat", task.repeat}});
  }
  std::unique_ptr<Stepper> start_task(const CalibratorsConfig& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    return start_arm(config, arm_task(index), context);
  }
  void fill_report(const CalibratorsConfig& config, const Results& results, Report& report) const override;
};

void Calibrators::check(const CalibratorsConfig& config, const InputInfos&,
                        std::vector<Problem>& problems) const {
  const auto check_bins = [&](const char* key, std::int64_t bins) {
    if (bins <= config.n / 2) return;
    const std::string allowed = "0…" + std::to_string(config.n / 2);
    problems.push_back({key, std::to_string(bins), allowed,
                        std::string(key) + "=" + std::to_string(bins) + " needs at least " +
                            std::to_string(2 * bins) + " labels, got n=" + std::to_string(config.n) +
                            "; allowed " + allowed});
  };
  check_bins("well_specified_bins", config.well_specified_bins);
  check_bins("misspecified_bins", config.misspecified_bins);
  check_bins("small_bins", config.small_bins);
  check_bins("large_bins", config.large_bins);
  if (config.large_bins == 0 && arm_bin_numbers(config).large == 0) {
    problems.push_back({"large_bins", "0", "1…" + std::to_string(config.n / 2),
                        "large_bins=0 asks for the formula's number, which " + config.bin_count_model +
                            " does not have (a is infinite); allowed: 1…" + std::to_string(config.n / 2)});
  }
}

Estimate Calibrators::estimate_of(const CalibratorsConfig& config, const InputInfos&) const {
  const double n = static_cast<double>(config.n);
  const BinNumbers numbers = arm_bin_numbers(config);
  double bins =
      static_cast<double>(numbers.well_specified + numbers.misspecified + numbers.small + numbers.large);
  double fits = 4;
  for (const std::int64_t count : sweep_bins_of(config)) {
    bins += 3 * static_cast<double>(count);
    fits += 3;
  }
  const double tasks = 3 * static_cast<double>(config.seeds);
  StageCost cost;
  cost.stage = arms_stage;
  // Draws, some fifteen passes of Newton's method for each of two maps (an exponential, two divisions and
  // eight sums a row are worth two and a half special functions), quadratures of the smooth maps, three kinds
  // of bins.
  cost.special_ops =
      tasks * (80 * n + 70000) + 3 * static_cast<double>(config.seeds) * (60 * bins + 8000 * fits);
  cost.sort_elements = tasks * 1.5 * n * math::log(n) / math::log(2);
  cost.bytes_task = 100 * n + 1e6;
  cost.longest_task_share = 1 / tasks;
  Estimate estimate;
  estimate.stages.push_back(cost);
  estimate.report_bytes = 2e4 + 200.0 * 9 * static_cast<double>(config.sweep_bins.size());
  return estimate;
}

void report_risks(const CalibratorsConfig& config, const BinNumbers& numbers, const Cells& cells,
                  Report& report) {
  Table& risks = report.table("risks", {{"model", ColumnType::Text},
                                        {"method", ColumnType::Text},
                                        {"bins", ColumnType::Integer},
                                        {"calibration_mean", ColumnType::Real},
                                        {"sharpness_mean", ColumnType::Real},
                                        {"risk_mean", ColumnType::Real},
                                        {"calibration_p90", ColumnType::Real},
                                        {"sharpness_p90", ColumnType::Real},
                                        {"risk_p90", ColumnType::Real},
                                        {"mse_p90", ColumnType::Real},
                                        {"published_p90", ColumnType::Real}});
  Table& cases = report.table(
      "cases", {{"case", ColumnType::Text}, {"method", ColumnType::Text}, {"risk_mean", ColumnType::Real}});
  for (const Arm arm : {Arm::WellSpecified, Arm::Misspecified, Arm::BinCount}) {
    const std::string& model = arm_model_name(config, arm);
    const double bayes = arm_model(model).constants().bayes_mse;
    const std::vector<std::int64_t> all_bins = arm_bins(numbers, arm);
    for (const std::int64_t bins : all_bins) {
      for (const std::string& method : methods) {
        const Cell* cell = find_cell(cells, 0, arm, method, bins);
        if (cell == nullptr) continue;
        const double risk = stats::mean(cell->risk);
        cases.append_row(model + ", " + std::to_string(bins) + " bins", method, risk);
        // Maps without bins once only.
        if (!has_bins(method) && bins != all_bins.front()) continue;
        const std::int64_t shown = has_bins(method) ? bins : 0;
        const double risk_p90 = ninetieth(cell->risk);
        risks.append_row(model, method, shown, stats::mean(cell->calibration), stats::mean(cell->sharpness),
                         risk, ninetieth(cell->calibration), ninetieth(cell->sharpness), risk_p90,
                         bayes + risk_p90, published(config, model, method, shown));
      }
    }
  }
}

void report_sweep(const CalibratorsConfig& config, const BinNumbers& numbers, const Cells& cells,
                  Report& report) {
  Table& sweep = report.table("sweep", {{"model", ColumnType::Text},
                                        {"method", ColumnType::Text},
                                        {"bins", ColumnType::Integer},
                                        {"calibration_mean", ColumnType::Real},
                                        {"sharpness_mean", ColumnType::Real},
                                        {"risk_mean", ColumnType::Real}});
  Table& ranking = report.table(
      "ranking",
      {{"method", ColumnType::Text}, {"bins", ColumnType::Integer}, {"risk_mean", ColumnType::Real}});
  for (const Arm arm : {Arm::WellSpecified, Arm::Misspecified, Arm::BinCount}) {
    for (const std::string& method : methods) {
      if (!has_bins(method)) continue;
      std::map<std::int64_t, double> by_bins;
      for (const std::int64_t bins : sweep_bins_of(config)) {
        const Cell* cell = find_cell(cells, 1, arm, method, bins);
        if (cell == nullptr) continue;
        by_bins[bins] = stats::mean(cell->risk);
        sweep.append_row(arm_model_name(config, arm), method, bins, stats::mean(cell->calibration),
                         stats::mean(cell->sharpness), by_bins[bins]);
      }
      if (arm != Arm::BinCount) continue;
      for (const std::int64_t bins : arm_bins(numbers, arm))
        by_bins[bins] = mean_risk(cells, arm, method, bins);
      for (const auto& [bins, risk] : by_bins) ranking.append_row(method, bins, risk);
    }
  }
}

void Calibrators::fill_report(const CalibratorsConfig& config, const Results& results, Report& report) const {
  const Cells cells = gather_cells(results);
  const BinNumbers numbers = arm_bin_numbers(config);
  report_risks(config, numbers, cells, report);
  report_sweep(config, numbers, cells, report);
  const Table curves = results.gather(arms_stage, "curves", arm_curve_columns);
  report.series["curve_truth"] = {curves.reals("score"), curves.reals("truth"), {}, {}};
  report.series["curve_platt"] = {curves.reals("score"), curves.reals("platt"), {}, {}};
  report.series["curve_uniform_mass"] = {curves.reals("score"), curves.reals("uniform_mass"), {}, {}};
  if (sweep_bins_of(config).size() < config.sweep_bins.size()) {
    report.warnings.push_back("sweep_bins: entries above n/2 = " + std::to_string(config.n / 2) +
                              " are left out");
  }

  const auto risk = [&](Arm arm, const char* method, std::int64_t bins) {
    return mean_risk(cells, arm, method, bins);
  };
  const auto mass_over_width = [&](Arm arm, std::int64_t bins) {
    return risk(arm, "uniform_mass", bins) / risk(arm, "uniform_width", bins);
  };
  auto& metrics = report.metrics;
  const std::int64_t well = numbers.well_specified;
  const double hybrid = risk(Arm::WellSpecified, "scaling_binning", well);
  metrics["well_specified_platt_over_hybrid"] = risk(Arm::WellSpecified, "platt", well) / hybrid;
  metrics["well_specified_hybrid_over_umb"] = hybrid / risk(Arm::WellSpecified, "uniform_mass", well);
  metrics["misspecified_umb_over_platt"] =
      risk(Arm::Misspecified, "uniform_mass", numbers.misspecified) / risk(Arm::Misspecified, "platt", 0);
  const double well_difference = std::fabs(mass_over_width(Arm::WellSpecified, well) - 1);
  const double misspecified_difference =
      std::fabs(mass_over_width(Arm::Misspecified, numbers.misspecified) - 1);
  // Written so that NaN of either stays.
  metrics["equal_mass_vs_equal_width"] = misspecified_difference <= well_difference
                                             ? well_difference
                                             : misspecified_difference + 0 * well_difference;
  metrics["small_over_large_bins"] =
      risk(Arm::BinCount, "uniform_mass", numbers.small) / risk(Arm::BinCount, "uniform_mass", numbers.large);
  const double at_small = mass_over_width(Arm::BinCount, numbers.small);
  const double at_large = 1 / mass_over_width(Arm::BinCount, numbers.large);
  metrics["rank_reversal"] = at_small <= at_large ? at_small : at_large + 0 * at_small;
  metrics["small_bins_used"] = static_cast<double>(numbers.small);
  metrics["large_bins_used"] = static_cast<double>(numbers.large);

  judge(report, results, "platt-beats-hybrid-when-well-specified",
        metrics["well_specified_platt_over_hybrid"]);
  judge(report, results, "hybrid-beats-binning-when-well-specified",
        metrics["well_specified_hybrid_over_umb"]);
  judge(report, results, "binning-beats-platt-when-misspecified", metrics["misspecified_umb_over_platt"]);
  judge(report, results, "equal-mass-like-equal-width", metrics["equal_mass_vs_equal_width"]);
  judge(report, results, "more-bins-repair-gauss", metrics["small_over_large_bins"]);
  judge(report, results, "rank-reversal-with-bins", metrics["rank_reversal"]);
}

}  // namespace

std::unique_ptr<Study> make_calibrators() {
  return std::make_unique<Calibrators>();
}

}  // namespace reprise::recal
