// Study "How many bins are best for n labels?": the number of bins with the least exact risk, sample by
// sample, against the formula (2a/v)^{1/3} n^{1/3} and against rules that somebody without the truth could
// use.
#include "base/math.h"
#include "labs/recalibration/bin_rules.h"
#include "labs/recalibration/bounds.h"
#include "labs/recalibration/describe.h"
#include "labs/recalibration/edge_probe.h"
#include "labs/recalibration/population_risk.h"
#include "labs/recalibration/studies.h"
#include "labs/recalibration/umb_samples.h"
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
constexpr std::int64_t regret_from = 2000;  // regrets are judged at n from here on

struct Config : UmbConfig {
  Config() = default;
  std::string bin_rule = "plug_in";
};

const std::vector<std::string> rules = {"plug_in", "leave_one_out", "cube_root", "fixed_10", "fixed_15"};

Parameters<Config> parameters() {
  Parameters<Config> list;
  describe_umb(list);
  list.choice("bin_rule", &Config::bin_rule, {"plug_in", "leave_one_out", "cube_root"})
      .label("Rule to judge")
      .help("Which rule for the number of bins the regret claims are about.")
      .essential();
  return list;
}

const std::vector<ColumnSpec>& rule_columns() {
  static const std::vector<ColumnSpec> columns = {{"n", ColumnType::Integer},
                                                  {"repeat", ColumnType::Integer},
                                                  {"rule", ColumnType::Text},
                                                  {"bins", ColumnType::Integer},
                                                  {"risk", ColumnType::Real}};
  return columns;
}

/// After the common fits: what each rule chooses for this sample, and the risk of that.
class RuleWork {
 public:
  RuleWork(const Config& config, UmbTask task, TaskContext& context)
      : task_(task), context_(context), edges_(edge_rule_named(config.edge_rule)), model_(config.make()) {}

  bool operator()(const SortedScores& sample) {
    if (grid_.empty()) grid_ = leave_one_out_grid(sample.size());
    // The leave-one-out curve, some fits a step.
    for (std::int64_t cost = 0; cost < 200000 && next_fit_ < grid_.size(); ++next_fit_) {
      const std::int64_t bins = grid_[next_fit_];
      const double brier = leave_one_out_brier(fit_histogram(sample, bins, edges_, TiePolicy::Merge));
      if (brier < least_) {
        least_ = brier;
        leave_one_out_ = bins;
      }
      cost += bins;
    }
    if (next_fit_ < grid_.size()) return false;
    append(sample, rules[next_rule_++]);
    return next_rule_ == rules.size();
  }

 private:
  void append(const SortedScores& sample, const std::string& rule) {
    std::int64_t bins = leave_one_out_;
    if (rule == "plug_in") bins = choose_bins(sample, BinRule::Plugin);
    if (rule == "cube_root") bins = choose_bins(sample, BinRule::CubeRoot);
    if (rule == "fixed_10") bins = 10;
    if (rule == "fixed_15") bins = 15;
    if (bins > sample.size() / 2) return;  // 15 bins and fewer than 30 rows
    const BinMap map = fit_histogram(sample, bins, edges_, TiePolicy::Merge);
    context_.partial()
        .table("rules", rule_columns())
        .append_row(task_.n, task_.repeat, rule, bins, population_risk(map, model_, 0).total);
  }

  UmbTask task_;
  TaskContext& context_;
  EdgeRule edges_;
  ScoreModel model_;
  std::vector<std::int64_t> grid_;
  std::size_t next_fit_ = 0;
  double least_ = std::numeric_limits<double>::infinity();
  std::int64_t leave_one_out_ = 2;
  std::size_t next_rule_ = 0;
};

/// What the rules did so far: for each rule and n, bins and risks over the repeats.
struct RuleCell {
  std::vector<double> bins, risk;
};
using RuleCells = std::map<std::pair<std::string, std::int64_t>, RuleCell>;

RuleCells gather_rules(const Results& results) {
  RuleCells cells;
  const Table rows = results.gather(samples_stage, "rules", rule_columns());
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    RuleCell& cell = cells[{rows.texts("rule")[row], rows.integers("n")[row]}];
    cell.bins.push_back(static_cast<double>(rows.integers("bins")[row]));
    cell.risk.push_back(rows.reals("risk")[row]);
  }
  return cells;
}

double slope_in_logs(const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<double> log_x, log_y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    log_x.push_back(math::log(x[i]));
    log_y.push_back(math::log(y[i]));
  }
  return stats::fit_line(log_x, log_y).coefficients[1];
}

class OptimalBins final : public StudyOf<Config> {
 public:
  OptimalBins() : StudyOf(parameters(), optimal_bins_description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    check_umb(config, problems);
  }
  Plan plan_of(const Config& config, const InputInfos&) const override { return umb_plan(config); }
  Estimate estimate_of(const Config& config, const InputInfos&) const override {
    return umb_estimate(config, 0.3);
  }
  Json key_of(const Config& config, std::string_view, std::int64_t index) const override {
    return umb_task(config, index).key();
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    const UmbTask task = umb_task(config, index);
    return umb_stepper(config, task, context, RuleWork(config, task, context));
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
  Json probe_of(const Config& config, std::string_view name, const Json& arguments) const override {
    if (name != "edges") return StudyOf::probe_of(config, name, arguments);
    return probe_edges(config.make(), EdgeQuestion::from_json(arguments));
  }
};

void warn_of_the_grid(const Config& config, Report& report) {
  for (std::size_t k = 0; k + 1 < config.bins_list.size(); ++k) {
    const double low = static_cast<double>(config.bins_list[k]);
    const double high = static_cast<double>(config.bins_list[k + 1]);
    // Rounding to integers is forgiven: 9, 13 is as near to 1.4 as small integers get.
    if (high - 0.5 <= 1.4 * (low + 0.5)) continue;
    report.warnings.push_back("bins_list goes from " + std::to_string(config.bins_list[k]) + " to " +
                              std::to_string(config.bins_list[k + 1]) +
                              ": steps above a factor of 1.4 make the best number of bins uncertain");
    return;
  }
}

// What the samples of one n say: the best number of bins of each, and the least median risk.
struct Optimum {
  std::int64_t n = 0;
  std::vector<double> best_bins, best_risk;  // of each finished sample
  double least = std::numeric_limits<double>::infinity();
  std::int64_t least_bins = 0;  // 0: no risks yet
};

std::vector<Optimum> find_optima(const Config& config, const RiskTable& table) {
  std::vector<Optimum> optima;
  for (std::size_t i = 0; i < config.n_list.size(); ++i) {
    Optimum optimum;
    optimum.n = config.n_list[i];
    for (std::size_t k = 0; k < config.bins_list.size(); ++k) {
      const double risk = table.median_risk(i, k);
      if (!(risk < optimum.least)) continue;
      optimum.least = risk;
      optimum.least_bins = config.bins_list[k];
    }
    const std::vector<std::int64_t> bins = config.bins_for(optimum.n);
    for (const std::vector<double>& risk : table.finished(i)) {
      const auto minimum = std::min_element(risk.begin(), risk.end());
      optimum.best_bins.push_back(
          static_cast<double>(bins[static_cast<std::size_t>(minimum - risk.begin())]));
      optimum.best_risk.push_back(*minimum);
    }
    optima.push_back(std::move(optimum));
  }
  return optima;
}

void add_point(Series& series, double x, double y) {
  series.x.push_back(x);
  series.y.push_back(y);
}

void add_point(Series& series, double x, double y, const stats::Spread& spread) {
  add_point(series, x, y);
  series.y_low.push_back(spread.low);
  series.y_high.push_back(spread.high);
}

double cube_root_bins(std::int64_t n) {
  return static_cast<double>(std::max<std::int64_t>(2, integer_cube_root(n)));
}

// The formulas where the model has them: (2a/v)^{1/3} is neither infinite, undefined nor 0.
struct Formula {
  explicit Formula(const ModelConstants& model)
      : constants(model),
        constant(model.optimal_bins_constant()),
        exists(std::isfinite(constant) && constant > 0) {}
  double bins(double n) const { return exists ? constant * math::pow(n, 1.0 / 3.0) : nan; }
  double risk(double n) const { return exists ? constants.optimal_risk(n) : nan; }

  ModelConstants constants;
  double constant;
  bool exists;
};

void report_optima(const Config& config, const Formula& formula, const std::vector<Optimum>& optima,
                   Report& report) {
  Table& table = report.table("optimal", {{"n", ColumnType::Integer},
                                          {"best_bins_geometric_mean", ColumnType::Real},
                                          {"best_bins_low", ColumnType::Real},
                                          {"best_bins_high", ColumnType::Real},
                                          {"risk_median", ColumnType::Real},
                                          {"formula_bins", ColumnType::Real},
                                          {"formula_risk", ColumnType::Real},
                                          {"bound_bins", ColumnType::Integer}});
  Series& best_bins = report.series["best_bins"];
  Series& best_risk = report.series["best_risk"];
  double sum_of_log_ratios = 0;
  double samples = 0;
  for (const Optimum& optimum : optima) {
    const double n = static_cast<double>(optimum.n);
    const std::int64_t by_bound = bound_minimiser(optimum.n, config.delta, config.lipschitz);
    add_point(report.series["bound_bins"], n, static_cast<double>(by_bound));
    add_point(report.series["cube_root_bins"], n, cube_root_bins(optimum.n));
    if (formula.exists) {
      add_point(report.series["formula_bins"], n, formula.bins(n));
      add_point(report.series["formula_risk"], n, formula.risk(n));
    }
    if (optimum.least_bins > 0) {
      add_point(report.series["valley"], static_cast<double>(optimum.least_bins), n);
      report.metrics["valley_bins_at_largest_n"] = static_cast<double>(optimum.least_bins);
    }
    if (optimum.best_bins.empty()) continue;
    const double middle = stats::geometric_mean(optimum.best_bins);
    const stats::Spread bins = stats::spread(optimum.best_bins);
    const stats::Spread risk = stats::spread(optimum.best_risk);
    table.append_row(optimum.n, middle, bins.low, bins.high, risk.middle, formula.bins(n), formula.risk(n),
                     by_bound);
    add_point(best_bins, n, middle, bins);
    add_point(best_risk, n, risk.middle, risk);
    report.metrics["largest_n"] = n;
    report.metrics["best_bins_at_largest_n"] = middle;
    report.metrics["cube_root_bins_at_largest_n"] = cube_root_bins(optimum.n);
    for (const double best : optimum.best_bins) {
      sum_of_log_ratios += math::log(best / formula.bins(n));
      samples += 1;
    }
  }
  report.metrics["optimal_bins_exponent"] = slope_in_logs(best_bins.x, best_bins.y);
  report.metrics["optimal_risk_exponent"] = slope_in_logs(best_risk.x, best_risk.y);
  if (formula.exists) {
    report.metrics["optimal_bins_constant"] = formula.constant;
    report.metrics["optimal_bins_ratio"] = samples > 0 ? math::exp(sum_of_log_ratios / samples) : nan;
  }
}

void report_rules(const Config& config, const Results& results, const std::vector<Optimum>& optima,
                  Report& report) {
  Table& table = report.table("rules", {{"n", ColumnType::Integer},
                                        {"rule", ColumnType::Text},
                                        {"bins_median", ColumnType::Real},
                                        {"risk_median", ColumnType::Real},
                                        {"regret", ColumnType::Real}});
  auto& metrics = report.metrics;
  for (const std::string& rule : rules) metrics["regret_" + rule] = nan;
  metrics["cube_root_over_data_driven"] = nan;
  // The worst over n: the first value replaces NaN.
  const auto keep = [](double& worst, double value, bool larger) {
    if (std::isnan(worst) || (larger ? value > worst : value < worst)) worst = value;
  };

  const RuleCells cells = gather_rules(results);
  for (const Optimum& optimum : optima) {
    if (optimum.least_bins == 0) continue;
    std::map<std::string, double> risks;
    for (const std::string& rule : rules) {
      const auto cell = cells.find({rule, optimum.n});
      if (cell == cells.end()) continue;
      const double risk = risks[rule] = stats::median(cell->second.risk);
      table.append_row(optimum.n, rule, stats::median(cell->second.bins), risk, risk / optimum.least);
      if (optimum.n >= regret_from) keep(metrics["regret_" + rule], risk / optimum.least, true);
    }
    if (optimum.n >= regret_from && risks.count("cube_root") > 0 && risks.count(config.bin_rule) > 0) {
      keep(metrics["cube_root_over_data_driven"], risks["cube_root"] / risks[config.bin_rule], false);
    }
  }
  metrics["data_driven_regret"] = metrics["regret_" + config.bin_rule];
  if (config.n_list.back() < regret_from) {
    report.warnings.push_back(
        "regrets are judged from n = 2000 on and n_list ends before that: they are NaN");
  }
}

void report_risk_map(const Config& config, const RiskTable& table, Report& report) {
  Grid& map = report.grids["risk_map"];
  map.dims = {"B", "n"};
  map.coords["B"].assign(config.bins_list.begin(), config.bins_list.end());
  map.coords["n"].assign(config.n_list.begin(), config.n_list.end());
  for (std::size_t k = 0; k < config.bins_list.size(); ++k) {
    for (std::size_t i = 0; i < config.n_list.size(); ++i) map.values.push_back(table.median_risk(i, k));
  }
}

void OptimalBins::fill_report(const Config& config, const Results& results, Report& report) const {
  const RiskTable table(config, results);
  const Formula formula(config.make().constants());
  const std::vector<Optimum> optima = find_optima(config, table);
  warn_of_the_grid(config, report);
  report_risks(config, table, report);
  report_risk_map(config, table, report);
  report_optima(config, formula, optima, report);
  report_rules(config, results, optima, report);

  auto& metrics = report.metrics;
  judge(report, results, "optimal-bins-exponent", std::fabs(metrics["optimal_bins_exponent"] - 1.0 / 3));
  judge(report, results, "optimal-risk-exponent", std::fabs(metrics["optimal_risk_exponent"] + 2.0 / 3));
  if (formula.exists) {
    judge(report, results, "asymptotic-constant", std::fabs(math::log(metrics["optimal_bins_ratio"])));
  }
  judge(report, results, "data-driven-bins-near-best", metrics["data_driven_regret"]);
  if (config.model == "gauss" && config.mu >= 2) {
    judge(report, results, "cube-root-needs-its-constant", metrics["cube_root_over_data_driven"]);
  }
}

}  // namespace

std::unique_ptr<Study> make_optimal_bins() {
  return std::make_unique<OptimalBins>();
}

}  // namespace reprise::recal
