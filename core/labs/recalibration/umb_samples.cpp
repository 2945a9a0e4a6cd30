#include "labs/recalibration/umb_samples.h"

#include "base/math.h"
#include "labs/recalibration/bounds.h"
#include "labs/recalibration/population_risk.h"
#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <utility>

namespace reprise::recal {

namespace {

constexpr std::int64_t draws_per_step = 1 << 15;  // about 4 ms
constexpr std::int64_t bins_per_step = 6000;      // about 5 ms of closed-form risks
constexpr std::int64_t bins_of_the_ends = 300;    // what the two end bins cost, in inner bins

const std::vector<ColumnSpec>& risk_columns() {
  static const std::vector<ColumnSpec> columns = {{"n", ColumnType::Integer},
                                                  {"repeat", ColumnType::Integer},
                                                  {"bins", ColumnType::Integer},
                                                  {"calibration", ColumnType::Real},
                                                  {"sharpness", ColumnType::Real}};
  return columns;
}

class UmbStepper final : public Stepper {
 public:
  UmbStepper(const UmbConfig& config, const UmbTask& task, TaskContext& context, SampleWork more)
      : task_(task),
        context_(context),
        rule_(edge_rule_named(config.edge_rule)),
        bins_(config.bins_for(task.n)),
        model_(config.make()),
        drawer_(model_,
                context.random("sample",
                               {static_cast<std::uint64_t>(task.n), static_cast<std::uint64_t>(task.repeat)}),
                task.n, sample_scale(model_, rule_)),
        more_(std::move(more)) {}

  bool step() override {
    if (!drawn_) {
      drawn_ = drawer_.step();
      if (drawn_) sample_ = drawer_.take();
      return false;
    }
    if (next_ < bins_.size()) {
      fit_some();
      return false;
    }
    return !more_ || more_(sample_);
  }

  double progress() const override {
    // Drawing and sorting take most of the time for large n, fitting for small n.
    const double fits = static_cast<double>(next_) / static_cast<double>(bins_.size() + 1);
    return 0.6 * (drawn_ ? 1 : drawer_.progress()) + 0.4 * fits;
  }

 private:
  void fit_some() {
    Table& rows = context_.partial().table("risks", risk_columns());
    for (std::int64_t cost = 0; cost < bins_per_step && next_ < bins_.size(); ++next_) {
      const BinMap map = fit_histogram(sample_, bins_[next_], rule_, TiePolicy::Merge);
      const Risk risk = population_risk(map, model_, 0);
      rows.append_row(task_.n, task_.repeat, bins_[next_], risk.calibration, risk.sharpness);
      cost += bins_[next_] + bins_of_the_ends;
    }
  }

  UmbTask task_;
  TaskContext& context_;
  EdgeRule rule_;
  std::vector<std::int64_t> bins_;
  ScoreModel model_;
  SampleDrawer drawer_;
  SampleWork more_;
  SortedScores sample_;
  bool drawn_ = false;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<std::int64_t> UmbConfig::bins_for(std::int64_t n) const {
  std::vector<std::int64_t> bins;
  for (const std::int64_t count : bins_list) {
    if (count <= n / 2) bins.push_back(count);
  }
  return bins;
}

EdgeRule edge_rule_named(const std::string& name) {
  if (name == "order") return EdgeRule::OrderStatistic;
  if (name == "interp") return EdgeRule::InterpolatedQuantile;
  if (name == "width") return EdgeRule::UniformWidth;
  throw std::logic_error("unknown edge rule " + name);
}

void check_umb(const UmbConfig& config, std::vector<Problem>& problems) {
  const std::int64_t fewest = config.bins_list.front();
  for (const std::int64_t n : config.n_list) {
    if (fewest <= n / 2) continue;
    problems.push_back({"bins_list", Json(config.bins_list).dump(),
                        "a smallest entry of at most " + std::to_string(n / 2),
                        "bins_list: its smallest entry " + std::to_string(fewest) + " needs at least " +
                            std::to_string(2 * fewest) + " labels, but n_list has n=" + std::to_string(n) +
                            "; allowed: a smallest entry of at most " + std::to_string(n / 2)});
  }
}

Plan umb_plan(const UmbConfig& config) {
  Stage stage;
  stage.name = samples_stage;
  stage.count = static_cast<std::int64_t>(config.n_list.size()) * config.seeds;
  return {stage};
}

UmbTask umb_task(const UmbConfig& config, std::int64_t index) {
  return {config.n_list[static_cast<std::size_t>(index / config.seeds)], index % config.seeds};
}

Estimate umb_estimate(const UmbConfig& config, double extra_bins_share) {
  const bool gaussian = config.model == "gauss";
  StageCost cost;
  cost.stage = samples_stage;
  double longest = 0, total = 0;
  const double seeds = static_cast<double>(config.seeds);
  for (const std::int64_t n : config.n_list) {
    const double rows = static_cast<double>(n);
    double bins = 0;
    for (const std::int64_t count : config.bins_for(n)) {
      bins += static_cast<double>(count + bins_of_the_ends) * (1 + extra_bins_share);
    }
    // In special functions: a draw is worth five, a bin a few dozen (masses and eight quadrature nodes).
    const double special = rows * 5 + bins * (gaussian ? 28 : 48);
    // The radix sort needs less than sorting by comparison does.
    const double sorted = 0.7 * rows * (math::log(rows) / math::log(2));
    cost.special_ops += seeds * special;
    cost.sort_elements += seeds * sorted;
    longest = special + sorted;
    total += seeds * (special + sorted);
  }
  const double largest = static_cast<double>(config.n_list.back());
  cost.bytes_task = 38 * largest + 1e6;  // measured: sorting, then the finest leave-one-out fits
  cost.longest_task_share = longest / total;
  Estimate estimate;
  estimate.stages.push_back(cost);
  estimate.report_bytes = 400.0 * static_cast<double>(config.n_list.size() * config.bins_list.size());
  return estimate;
}

SampleDrawer::SampleDrawer(ScoreModel model, Random random, std::int64_t n, ScoreScale scale)
    : model_(std::move(model)), random_(random), n_(n), scale_(scale), sorter_(static_cast<std::size_t>(n)) {}

bool SampleDrawer::step() {
  if (drawn_ < n_) {
    const bool to_probability = scale_ != model_.scale();
    for (const std::int64_t end = std::min(n_, drawn_ + draws_per_step); drawn_ < end; ++drawn_) {
      const Draw draw = model_.draw(random_);
      sorter_.add(to_probability ? math::logistic(draw.score) : draw.score, draw.label);
    }
    return false;
  }
  if (!sorted_) sorted_ = sorter_.step();
  return sorted_;
}

double SampleDrawer::progress() const {
  const double draws = static_cast<double>(drawn_) / static_cast<double>(n_);
  return 0.7 * draws + 0.3 * sorter_.progress();
}

SortedScores SampleDrawer::take() {
  std::vector<double> scores = sorter_.take_scores();
  return SortedScores::from_sorted(std::move(scores), sorter_.take_labels(), scale_);
}

ScoreScale sample_scale(const ScoreModel& model, EdgeRule rule) {
  return rule == EdgeRule::OrderStatistic ? model.scale() : ScoreScale::Probability;
}

std::unique_ptr<Stepper> umb_stepper(const UmbConfig& config, const UmbTask& task, TaskContext& context,
                                     SampleWork more) {
  return std::make_unique<UmbStepper>(config, task, context, std::move(more));
}

RiskTable::RiskTable(const UmbConfig& config, const Results& results)
    : bins_(config.bins_list.size()),
      cells_(config.n_list.size() * config.bins_list.size()),
      finished_(config.n_list.size()) {
  const Table rows = results.gather(samples_stage, "risks", risk_columns());
  const auto& n = rows.integers("n");
  const auto& repeat = rows.integers("repeat");
  const auto& bins = rows.integers("bins");
  const auto& calibration = rows.reals("calibration");
  const auto& sharpness = rows.reals("sharpness");
  std::vector<double> of_repeat;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const std::size_t i = static_cast<std::size_t>(
        std::lower_bound(config.n_list.begin(), config.n_list.end(), n[row]) - config.n_list.begin());
    const std::size_t k = static_cast<std::size_t>(
        std::lower_bound(config.bins_list.begin(), config.bins_list.end(), bins[row]) -
        config.bins_list.begin());
    RiskCell& cell = cells_[i * bins_ + k];
    const double risk = calibration[row] + sharpness[row];
    cell.calibration.push_back(calibration[row]);
    cell.sharpness.push_back(sharpness[row]);
    cell.risk.push_back(risk);
    if (row == 0 || n[row] != n[row - 1] || repeat[row] != repeat[row - 1]) of_repeat.clear();
    of_repeat.push_back(risk);
    if (of_repeat.size() == config.bins_for(n[row]).size()) finished_[i].push_back(of_repeat);
  }
}

double RiskTable::median_risk(std::size_t i, std::size_t k) const {
  return stats::median(cell(i, k).risk);
}

void report_risks(const UmbConfig& config, const RiskTable& table, Report& report) {
  Table& risks = report.table("risks", {{"n", ColumnType::Integer},
                                        {"bins", ColumnType::Integer},
                                        {"calibration_median", ColumnType::Real},
                                        {"calibration_low", ColumnType::Real},
                                        {"calibration_high", ColumnType::Real},
                                        {"sharpness_median", ColumnType::Real},
                                        {"sharpness_low", ColumnType::Real},
                                        {"sharpness_high", ColumnType::Real},
                                        {"risk_median", ColumnType::Real},
                                        {"risk_low", ColumnType::Real},
                                        {"risk_high", ColumnType::Real},
                                        {"bound_calibration", ColumnType::Real},
                                        {"bound_sharpness", ColumnType::Real}});
  for (std::size_t i = 0; i < config.n_list.size(); ++i) {
    for (std::size_t k = 0; k < config.bins_list.size(); ++k) {
      const RiskCell& cell = table.cell(i, k);
      if (cell.risk.empty()) continue;
      const stats::Spread calibration = stats::spread(cell.calibration);
      const stats::Spread sharpness = stats::spread(cell.sharpness);
      const stats::Spread risk = stats::spread(cell.risk);
      risks.append_row(config.n_list[i], config.bins_list[k], calibration.middle, calibration.low,
                       calibration.high, sharpness.middle, sharpness.low, sharpness.high, risk.middle,
                       risk.low, risk.high,
                       calibration_bound(config.n_list[i], config.bins_list[k], config.delta),
                       sharpness_bound(config.bins_list[k], config.lipschitz));
    }
  }
}

}  // namespace reprise::recal
