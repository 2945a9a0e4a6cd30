// Study "What does an ECE of 0.03 mean?": estimates of the calibration error on samples of which the true
// error is known, once for perfectly calibrated scores and once for scores that are not.
#include "base/math.h"
#include "labs/recalibration/calibration_error.h"
#include "labs/recalibration/describe.h"
#include "labs/recalibration/population_risk.h"
#include "labs/recalibration/studies.h"
#include "labs/recalibration/umb_samples.h"
#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace reprise::recal {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view stage_name = "samples";
constexpr std::int64_t draws_per_task = 200000;  // repeats are grouped up to this many rows
constexpr std::int64_t most_repeats_per_task = 100;
constexpr std::int64_t fewest_rows_a_bin = 10;  // cells with fewer are too noisy for the formula

struct Config {
  Config() = default;

  std::vector<std::int64_t> n_list = {500, 2000, 10000};
  std::vector<std::int64_t> bins_list = {5, 15, 50, 100};
  std::int64_t repeats = 100;
  std::string calibrated_model = "identity";
  std::string miscalibrated_model = "logistic44";
};

Parameters<Config> parameters() {
  const std::vector<std::string> models = {"logistic44", "beta01_4", "identity"};
  Parameters<Config> list;
  list.integers("n_list", &Config::n_list)
      .within(10, 10000000)
      .entries(1, 12)
      .increasing()
      .label("Labels n")
      .help("Sample sizes.")
      .logarithmic()
      .essential();
  list.integers("bins_list", &Config::bins_list)
      .within(1, 100000)
      .entries(1, 60)
      .increasing()
      .label("Bins B")
      .help("Equal-mass bins of the estimators; at most half the smallest n.")
      .logarithmic()
      .essential();
  list.integer("repeats", &Config::repeats)
      .within(2, 10000)
      .label("Repeats")
      .help("Independent samples of each size and kind.")
      .logarithmic()
      .essential()
      .preset("browser", 400)
      .preset("paper", 2000);
  list.choice("calibrated_model", &Config::calibrated_model, models)
      .label("Calibrated scores")
      .help("identity: the score is the probability. Another model shows what the formula is worth then.");
  list.choice("miscalibrated_model", &Config::miscalibrated_model, models)
      .label("Miscalibrated scores")
      .help("Truth that uniform scores stand for.");
  return list;
}

ScoreModel model_named(const std::string& name) {
  return ScoreModel::named(name, 2, 0.5, 1, 1, 0);
}

enum class Kind { Calibrated, Miscalibrated };
constexpr const char* kind_names[] = {"calibrated", "miscalibrated"};

std::vector<Figure> figures() {
  Figure perfect;
  perfect.id = "perfect";
  perfect.question = "What ECE does a perfect model get?";
  perfect.title =
      "Perfectly calibrated scores get an ECE of {metrics.example_ece:.3f} from {metrics.example_n} labels "
      "in {metrics.example_bins} bins";
  perfect.subtitle =
      "Mean ECE of calibrated scores, one colour for each n; dashed: √(2B/πn) times the mean deviation";
  perfect.x = axis("bins B", "", true);
  perfect.y = axis("mean ECE", "probability", true);
  Mark measured = table_mark(Mark::Kind::Points, "cells", "bins", "ece_l1_mean", "n");
  measured.filter_column = "kind";
  measured.filter_value = "calibrated";
  Mark formula = measured;
  formula.kind = Mark::Kind::Line;
  formula.y = "ece_l1_formula";
  formula.style = "dashed";
  perfect.marks = {measured, formula};

  Figure estimators;
  estimators.id = "estimators";
  estimators.question = "Which estimator is right?";
  estimators.title =
      "Plug-in: {metrics.few_bins_error:.2f} with few bins, {metrics.many_bins_error:+.2f} with many; "
      "debiased {metrics.debiased_error:+.2f}";
  estimators.subtitle = "Relative error of the mean estimate of CE² for miscalibrated scores";
  estimators.x = axis("bins B", "", true);
  estimators.y = axis("relative error of CE²");
  estimators.marks = {table_mark(Mark::Kind::Line, "errors", "bins", "relative_error", "estimator"),
                      rule_mark('y', FigureNumber::constant(0), "no bias")};
  return {perfect, estimators};
}

Description description() {
  Description about;
  about.study = "recalibration/ece-bias";
  about.title = "What an ECE means";
  about.question = "What does an ECE of 0.03 mean?";
  about.summary =
      "The expected calibration error of perfectly calibrated scores is not zero: noise in the labels adds "
      "√(B/n). The "
      "squared error can be corrected for that; the usual estimate is too low with few bins and too high "
      "with many.";
  about.figures = figures();
  about.claims = {
      claim_spec(
          "ece-of-calibrated-scores",
          "Calibrated scores get the ECE of the formula √(2B/πn)·mean √(q(1 − q)), by cells with n/B ≥ 10.",
          Relation::AtMost, 0.12,
          "The largest deviation in runs of 100 repeats was 0.02 to 0.08; miscalibrated scores are off by "
          "0.3 "
          "and more in every cell."),
      claim_spec(
          "debiased-is-zero-when-calibrated",
          "The debiased estimate of CE² averages to zero for calibrated scores: largest |mean|/s.e. of all "
          "cells.",
          Relation::AtMost, 5,
          "The maximum of a dozen z-values was 1.0 to 3.7 in nearly every run, once 5.2: 4 would be too "
          "tight."),
      claim_spec("debiased-estimator",
                 "The debiased estimate is within 5 % of the true CE² of miscalibrated scores.",
                 Relation::AtMost, 0.05, "Measured −0.9 to −2.4 %: grouping inside bins is not corrected."),
      claim_spec("few-bins-underestimate",
                 "With few bins the usual estimate of CE² is too low by a tenth or more.", Relation::AtMost,
                 -0.1, "Measured −13 to −17 % with 5 bins: differences inside a bin cancel."),
      claim_spec(
          "many-bins-overestimate", "With many bins it is too high by a tenth or more.", Relation::AtLeast,
          0.1, "Measured +15 to +20 % with 500 labels in 50 bins; +8.6 % in 30, +0.06 % with 20000 labels."),
  };
  return about;
}

/// Repeats of one n that a task does, in order.
struct Task {
  std::int64_t n, first, count;
};

std::int64_t repeats_per_task(std::int64_t n) {
  return std::clamp<std::int64_t>(draws_per_task / n, 1, most_repeats_per_task);
}

std::int64_t tasks_of(const Config& config, std::int64_t n) {
  const std::int64_t size = repeats_per_task(n);
  return (config.repeats + size - 1) / size;
}

Task task_of(const Config& config, std::int64_t index) {
  for (const std::int64_t n : config.n_list) {
    const std::int64_t tasks = tasks_of(config, n);
    if (index < tasks) {
      const std::int64_t first = index * repeats_per_task(n);
      return {n, first, std::min(repeats_per_task(n), config.repeats - first)};
    }
    index -= tasks;
  }
  throw std::logic_error("ece-bias: no such task");
}

const std::vector<ColumnSpec>& columns() {
  static const std::vector<ColumnSpec> specs = {
      {"n", ColumnType::Integer},   {"bins", ColumnType::Integer},    {"kind", ColumnType::Integer},
      {"ece_l1", ColumnType::Real}, {"ce2_plugin", ColumnType::Real}, {"ce2_debiased", ColumnType::Real}};
  return specs;
}

/// Bins of ascending scores by position: rows ⌊n(b − 1)/B⌋ … ⌊nb/B⌋ − 1.
std::vector<ReliabilityBin> bins_by_position(const SortedScores& sample, std::int64_t bins) {
  const std::int64_t n = sample.size();
  std::vector<ReliabilityBin> result;
  for (std::int64_t b = 0; b < bins; ++b) {
    const std::int64_t begin = n * b / bins;
    const std::int64_t end = n * (b + 1) / bins;
    ReliabilityBin bin;
    bin.count = end - begin;
    bin.positives = sample.positives(end) - sample.positives(begin);
    double sum = 0;
    for (std::int64_t row = begin; row < end; ++row) sum += sample.scores()[static_cast<std::size_t>(row)];
    bin.mean_prediction = sum / static_cast<double>(bin.count);
    result.push_back(bin);
  }
  return result;
}

class EceStepper final : public Stepper {
 public:
  EceStepper(const Config& config, Task task, TaskContext& context)
      : config_(config), task_(task), context_(context) {
    draw();
  }

  bool step() override {
    if (!sampled_) {
      sampled_ = drawer_->step();
      if (sampled_) sample_ = drawer_->take();
      return false;
    }
    // One number of bins is one pass over the sample; small samples take all in one step.
    for (std::int64_t rows = 0; rows < draws_per_task && next_bins_ < config_.bins_list.size();
         ++next_bins_) {
      const EceReport error = ece(bins_by_position(sample_, config_.bins_list[next_bins_]));
      context_.partial()
          .table("errors", columns())
          .append_row(task_.n, config_.bins_list[next_bins_], done_ % 2, error.l1, error.l2sq_plugin,
                      error.l2sq_debiased);
      rows += task_.n;
    }
    if (next_bins_ < config_.bins_list.size()) return false;
    if (++done_ == 2 * task_.count) return true;
    draw();
    return false;
  }

  double progress() const override {
    return static_cast<double>(done_) / static_cast<double>(2 * task_.count);
  }

 private:
  // Kinds take turns: both of a repeat, then the next repeat.
  void draw() {
    const Kind kind = static_cast<Kind>(done_ % 2);
    const std::int64_t repeat = task_.first + done_ / 2;
    const ScoreModel model =
        model_named(kind == Kind::Calibrated ? config_.calibrated_model : config_.miscalibrated_model);
    drawer_.emplace(
        model,
        context_.random("sample", {static_cast<std::uint64_t>(task_.n), static_cast<std::uint64_t>(repeat),
                                   static_cast<std::uint64_t>(kind)}),
        task_.n, ScoreScale::Probability);
    sampled_ = false;
    next_bins_ = 0;
  }

  Config config_;
  Task task_;
  TaskContext& context_;
  std::int64_t done_ = 0;  // samples
  std::optional<SampleDrawer> drawer_;
  bool sampled_ = false;
  SortedScores sample_;
  std::size_t next_bins_ = 0;
};

class EceBias final : public StudyOf<Config> {
 public:
  EceBias() : StudyOf(parameters(), recal::description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    const std::int64_t most = config.n_list.front() / 2;
    for (const std::int64_t bins : config.bins_list) {
      if (bins <= most) continue;
      problems.push_back({"bins_list", std::to_string(bins), "at most " + std::to_string(most),
                          "bins_list: " + std::to_string(bins) + " bins need at least " +
                              std::to_string(2 * bins) + " labels, but n_list begins with " +
                              std::to_string(config.n_list.front()) + "; allowed: at most " +
                              std::to_string(most)});
    }
  }
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Stage stage;
    stage.name = stage_name;
    stage.count = 0;
    for (const std::int64_t n : config.n_list) stage.count += tasks_of(config, n);
    return {stage};
  }
  Estimate estimate_of(const Config& config, const InputInfos&) const override;
  Json key_of(const Config& config, std::string_view, std::int64_t index) const override {
    const Task task = task_of(config, index);
    return Json::object({{"n", task.n}, {"first_repeat", task.first}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    return std::make_unique<EceStepper>(config, task_of(config, index), context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

Estimate EceBias::estimate_of(const Config& config, const InputInfos&) const {
  StageCost cost;
  cost.stage = stage_name;
  double total = 0, longest = 0;
  const double lists = static_cast<double>(config.bins_list.size());
  for (const std::int64_t n : config.n_list) {
    const double rows = static_cast<double>(n);
    const double samples = 2 * static_cast<double>(config.repeats);
    // Five special functions' worth a draw; a small sample costs its tables and models besides.
    cost.special_ops += samples * (5 * rows + 3000);
    cost.sort_elements += samples * (0.7 * rows * math::log(rows) / math::log(2) + 10000);
    cost.vector_ops += samples * rows * 2 * lists;
    total += samples * (rows + 1000);
    longest = std::max(
        longest, 2 * static_cast<double>(std::min(config.repeats, repeats_per_task(n))) * (rows + 1000));
  }
  cost.bytes_task = 24 * static_cast<double>(config.n_list.back()) + 1e6;
  cost.longest_task_share = longest / total;
  Estimate estimate;
  estimate.stages.push_back(cost);
  estimate.report_bytes = 4000 + 700 * lists * static_cast<double>(config.n_list.size());
  return estimate;
}

/// √(2B/(πn)) times the mean of √(q(1 − q)) over the middles of the bins: uniform calibrated scores.
double ece_formula(std::int64_t n, std::int64_t bins) {
  double sum = 0;
  for (std::int64_t b = 0; b < bins; ++b) {
    const double q = (static_cast<double>(b) + 0.5) / static_cast<double>(bins);
    sum += std::sqrt(q * (1 - q));
  }
  const double pi = 3.14159265358979323846;
  return std::sqrt(2 * static_cast<double>(bins) / (pi * static_cast<double>(n))) * sum /
         static_cast<double>(bins);
}

/// E(h*(Z) − Z)² for uniform Z.
double true_squared_error(const std::string& model) {
  return population_risk([](double z) { return z; }, model_named(model), 0).calibration;
}

/// Estimates of one cell over the repeats.
struct Cell {
  std::vector<double> l1, plugin, debiased;

  double debiased_error() const {
    if (debiased.size() < 2) return nan;
    const double centre = stats::mean(debiased);
    double sum = 0;
    for (const double value : debiased) sum += (value - centre) * (value - centre);
    const double count = static_cast<double>(debiased.size());
    return std::sqrt(sum / (count - 1) / count);
  }
};
using Cells = std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, Cell>;  // n, bins, kind

Cells gather_cells(const Results& results) {
  Cells cells;
  const Table rows = results.gather(stage_name, "errors", columns());
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    Cell& cell = cells[{rows.integers("n")[row], rows.integers("bins")[row], rows.integers("kind")[row]}];
    cell.l1.push_back(rows.reals("ece_l1")[row]);
    cell.plugin.push_back(rows.reals("ce2_plugin")[row]);
    cell.debiased.push_back(rows.reals("ce2_debiased")[row]);
  }
  return cells;
}

void report_cells(const Config& config, const Cells& cells, Report& report) {
  Table& table = report.table("cells", {{"n", ColumnType::Integer},
                                        {"bins", ColumnType::Integer},
                                        {"kind", ColumnType::Text},
                                        {"ece_l1_mean", ColumnType::Real},
                                        {"ece_l1_formula", ColumnType::Real},
                                        {"ce2_plugin_mean", ColumnType::Real},
                                        {"ce2_debiased_mean", ColumnType::Real},
                                        {"ce2_debiased_se", ColumnType::Real},
                                        {"ce2_true", ColumnType::Real}});
  Table& errors = report.table("errors", {{"estimator", ColumnType::Text},
                                          {"n", ColumnType::Integer},
                                          {"bins", ColumnType::Integer},
                                          {"relative_error", ColumnType::Real}});
  const double truths[] = {true_squared_error(config.calibrated_model),
                           true_squared_error(config.miscalibrated_model)};
  for (const auto& [key, cell] : cells) {
    const auto& [n, bins, kind] = key;
    const double truth = truths[kind];
    const double formula = ece_formula(n, bins);
    const double plugin = stats::mean(cell.plugin);
    const double debiased = stats::mean(cell.debiased);
    table.append_row(n, bins, kind_names[kind], stats::mean(cell.l1), formula, plugin, debiased,
                     cell.debiased_error(), truth);
    if (kind == 0) {
      Series& measured = report.series["ece_n" + std::to_string(n)];
      measured.x.push_back(static_cast<double>(bins));
      measured.y.push_back(stats::mean(cell.l1));
      Series& expected = report.series["formula_n" + std::to_string(n)];
      expected.x.push_back(static_cast<double>(bins));
      expected.y.push_back(formula);
    } else {
      const std::string of_n = ", n = " + std::to_string(n);
      errors.append_row("plug-in" + of_n, n, bins, plugin / truth - 1);
      errors.append_row("debiased" + of_n, n, bins, debiased / truth - 1);
    }
  }
}

void EceBias::fill_report(const Config& config, const Results& results, Report& report) const {
  const Cells cells = gather_cells(results);
  report_cells(config, cells, report);
  auto& metrics = report.metrics;

  double deviation = nan;
  double largest_z = nan;
  const auto raise = [](double& worst, double value) {
    worst = std::isnan(worst) || value > worst ? value : worst;
  };
  for (const auto& [key, cell] : cells) {
    const auto& [n, bins, kind] = key;
    if (kind != 0) continue;
    if (n >= fewest_rows_a_bin * bins)
      raise(deviation, std::fabs(stats::mean(cell.l1) / ece_formula(n, bins) - 1));
    const double z = std::fabs(stats::mean(cell.debiased)) / cell.debiased_error();
    if (!std::isnan(z)) raise(largest_z, z);
  }
  metrics["ece_formula_deviation"] = deviation;
  metrics["debiased_max_z"] = largest_z;

  const double truth = true_squared_error(config.miscalibrated_model);
  const auto relative_error = [&](std::int64_t n, std::int64_t bins, bool debiased) {
    const auto cell = cells.find({n, bins, 1});
    if (cell == cells.end()) return nan;
    return stats::mean(debiased ? cell->second.debiased : cell->second.plugin) / truth - 1;
  };
  const bool has_second = config.n_list.size() > 1 && config.bins_list.size() > 1;
  metrics["debiased_error"] = has_second ? relative_error(config.n_list[1], config.bins_list[1], true) : nan;
  const std::int64_t fewest = config.n_list.front();
  metrics["few_bins_error"] = relative_error(fewest, config.bins_list.front(), false);
  std::int64_t many = 0;
  for (const std::int64_t bins : config.bins_list) {
    if (fewest >= fewest_rows_a_bin * bins) many = bins;
  }
  metrics["many_bins_error"] = relative_error(fewest, many, false);

  // The example of the title: the second number of bins at the smallest n.
  const std::int64_t example = config.bins_list[config.bins_list.size() > 1 ? 1 : 0];
  const auto shown = cells.find({fewest, example, 0});
  if (shown != cells.end()) {
    metrics["example_ece"] = stats::mean(shown->second.l1);
    metrics["example_n"] = static_cast<double>(fewest);
    metrics["example_bins"] = static_cast<double>(example);
  }
  judge(report, results, "ece-of-calibrated-scores", deviation);
  judge(report, results, "debiased-is-zero-when-calibrated", largest_z);
  judge(report, results, "debiased-estimator", std::fabs(metrics["debiased_error"]));
  judge(report, results, "few-bins-underestimate", metrics["few_bins_error"]);
  judge(report, results, "many-bins-overestimate", metrics["many_bins_error"]);
}

}  // namespace

std::unique_ptr<Study> make_ece_bias() {
  return std::make_unique<EceBias>();
}

}  // namespace reprise::recal
