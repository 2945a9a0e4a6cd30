// Study "Where does the gap come from?": exact budgets on two moons. Plan, cost and report.
#include "labs/selective-classification/two_moons_budget.h"

#include "classify/network.h"
#include "labs/selective-classification/moons_probe.h"
#include "labs/selective-classification/studies.h"
#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace reprise::selective {

namespace {

using Config = TwoMoonsBudgetConfig;

constexpr double figure_sigma_wanted = 0.2;
const std::vector<std::string> averaged = {"e_aurc_empirical",   "e_aurc_population", "mean_bayes",
                                           "mean_approximation", "mean_ranking",      "mean_discount",
                                           "mean_paper_bound"};

/// Rows of `cells` of one noise level and model.
struct Cell {
  double sigma;
  std::string model;
  std::vector<std::size_t> rows;

  double mean(const Table& cells, const std::string& column) const {
    return stats::mean(values(cells, column));
  }
  std::vector<double> values(const Table& cells, const std::string& column) const {
    std::vector<double> found;
    for (const std::size_t row : rows) found.push_back(cells.reals(column)[row]);
    return found;
  }
};

std::vector<Cell> cells_of(const Config& config, const Table& cells) {
  std::vector<Cell> found;
  for (const double sigma : config.sigma_list) {
    for (const std::string& model : config.models) {
      Cell cell{sigma, model, {}};
      for (std::size_t row = 0; row < cells.rows(); ++row) {
        if (cells.reals("sigma")[row] == sigma && cells.texts("model")[row] == model)
          cell.rows.push_back(row);
      }
      if (!cell.rows.empty()) found.push_back(std::move(cell));
    }
  }
  return found;
}

const Cell* find(const std::vector<Cell>& cells, double sigma, const std::string& model) {
  for (const Cell& cell : cells) {
    if (cell.sigma == sigma && cell.model == model) return &cell;
  }
  return nullptr;
}

/// The noise level that the figures of curves show: the one nearest to 0.2.
double figure_sigma(const Config& config) {
  return *std::min_element(config.sigma_list.begin(), config.sigma_list.end(), [](double a, double b) {
    return std::fabs(a - figure_sigma_wanted) < std::fabs(b - figure_sigma_wanted);
  });
}

class TwoMoonsBudget final : public StudyOf<Config> {
 public:
  TwoMoonsBudget() : StudyOf(two_moons_budget_parameters(), two_moons_budget_description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    if (config.models.size() == 2 && config.models[0] == config.models[1]) {
      problems.push_back({"models", config.models[0] + " twice", "each once",
                          "models: " + config.models[0] + " is listed twice; allowed: each once"});
    }
  }
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Stage stage;
    stage.name = moons_stage;
    stage.count = static_cast<std::int64_t>(config.sigma_list.size()) * config.repeats;
    return {stage};
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config& config, std::string_view, std::int64_t index) const override {
    return Json::object({{"sigma", config.sigma_list[static_cast<std::size_t>(index / config.repeats)]},
                         {"repeat", index % config.repeats}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    return start_moons(config, static_cast<std::size_t>(index / config.repeats), index % config.repeats,
                       context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
  Json probe_of(const Config& config, std::string_view name, const Json& arguments) const override {
    if (name == "sources") return probe_moons(arguments);
    return StudyOf::probe_of(config, name, arguments);
  }

 private:
  void judge_cells(const Config& config, const Results& results, const Table& cells,
                   const std::vector<Cell>& found, Report& report) const;
};

Estimate TwoMoonsBudget::estimate_of(const Config& config, const InputInfos& inputs) const {
  const auto n_test = static_cast<double>(config.n_test), n_train = static_cast<double>(config.n_train);
  const auto repeats = static_cast<double>(config.repeats);
  StageCost cost;
  cost.stage = moons_stage;
  double longest = 0, before = 0;
  for (const double sigma : config.sigma_list) {
    const double ratio = std::max(1.0, std::ceil(0.2 / sigma * 0.2 / sigma - 1e-12));
    StageCost task;
    // Of the nodes of both moons about a third are near enough at low noise to count.
    task.special_ops += n_test * 256 * ratio * (ratio > 1 ? 0.35 : 1) + 4 * (n_test + n_train);
    task.vector_ops += n_test * 256 * ratio * 2;
    for (const std::string& model : config.models) {
      classify::NetworkOptions options;
      options.widths = moons_widths(model, config.hidden);
      options.epochs = config.epochs;
      options.batch = config.batch_size;
      classify::add_training_cost(options, n_train, n_test, task);
      task.sort_elements += 3 * n_test * std::log2(n_test);
      task.vector_ops += 400 * n_test;
    }
    cost.gemm_flops += repeats * task.gemm_flops;
    cost.special_ops += repeats * task.special_ops;
    cost.vector_ops += repeats * task.vector_ops;
    cost.sort_elements += repeats * task.sort_elements;
    const double work = task.special_ops * 10 + task.vector_ops + task.gemm_flops;
    longest = std::max(longest, work);
    before += repeats * work;
  }
  // The maps of the two largest noise levels, once for each model.
  cost.special_ops +=
      2 * static_cast<double>(config.models.size()) * 256 * static_cast<double>(map_side * map_side);
  cost.bytes_task = 350 * n_test + 60 * n_train + 2e6;
  cost.longest_task_share = std::min(1.0, longest / before);
  Estimate estimate;
  estimate.stages = {cost};
  const auto points = inputs.find("points");
  const double rows = points == inputs.end() ? 0 : static_cast<double>(points->second.rows);
  const auto cells = static_cast<double>(config.sigma_list.size() * config.models.size());
  estimate.report_bytes = 3e5 +
                          cells * (300.0 * static_cast<double>(config.coverage_points) + 300 * repeats) +
                          60 * rows * static_cast<double>(config.sigma_list.size());
  return estimate;
}

void add_summary(const Table& cells, const std::vector<Cell>& found, Report& report) {
  std::vector<ColumnSpec> columns = {{"sigma"}, {"model", ColumnType::Text}};
  for (const std::string& name : averaged) columns.push_back({name});
  Table& summary = report.table("summary", columns);
  Table& causes = report.table(
      "causes", {{"sigma"}, {"model", ColumnType::Text}, {"cause", ColumnType::Text}, {"value"}});
  for (const Cell& cell : found) {
    std::vector<double> means;
    for (const std::string& name : averaged) means.push_back(cell.mean(cells, name));
    summary.append_row(cell.sigma, cell.model, means[0], means[1], means[2], means[3], means[4], means[5],
                       means[6]);
    causes.append_row(cell.sigma, cell.model, "label noise", means[2]);
    causes.append_row(cell.sigma, cell.model, "wrong class", means[3]);
    causes.append_row(cell.sigma, cell.model, "wrong order", means[4]);
    causes.append_row(cell.sigma, cell.model, "oracle discount", -means[5]);
    Series& series = report.series["gap_vs_sigma_" + cell.model];
    const std::vector<double> gaps = cell.values(cells, "e_aurc_population");
    series.x.push_back(cell.sigma);
    series.y.push_back(means[1]);
    series.y_low.push_back(*std::min_element(gaps.begin(), gaps.end()));
    series.y_high.push_back(*std::max_element(gaps.begin(), gaps.end()));
  }
}

void add_band(Report& report, const std::string& name, double x, double low, double high) {
  Series& series = report.series[name];
  series.x.push_back(x);
  series.y.push_back(high);
  series.y_low.push_back(std::min(low, high));
  series.y_high.push_back(std::max(low, high));
}

/// Curves of the noise level that is shown, without the first few rows, whose accuracy is mostly chance.
void add_curve_series(const Config& config, const Table& curves, Report& report) {
  const double sigma = figure_sigma(config);
  const auto n = static_cast<double>(config.n_test);
  const double least = std::max(20.0, 0.01 * n) / n;
  const std::string stacked = config.models.front();
  for (std::size_t row = 0; row < curves.rows(); ++row) {
    const double c = curves.reals("coverage")[row];
    if (curves.reals("sigma")[row] != sigma || c < least) continue;
    const std::string& model = curves.texts("model")[row];
    const auto add = [&](const std::string& name, const char* column) {
      report.series[name].x.push_back(c);
      report.series[name].y.push_back(curves.reals(column)[row]);
    };
    add("accuracy_" + model, "accuracy");
    add("oracle_" + model, "oracle");
    if (model != stacked) continue;
    add("gap_population", "gap_population");
    add("paper_bound", "paper_bound");
    const double noise = curves.reals("bayes")[row], wrong = curves.reals("approximation")[row];
    add_band(report, "stack_bayes", c, 0, noise);
    add_band(report, "stack_approximation", c, noise, noise + wrong);
    add_band(report, "stack_ranking", c, noise + wrong, noise + wrong + curves.reals("ranking")[row]);
    add_band(report, "stack_discount", c, 0, -curves.reals("discount")[row]);
  }
}

void add_map(const Config& config, const Table& map, const Table& edge, Report& report) {
  const double sigma = config.sigma_list.back();
  const std::string& model = config.models.back();
  Grid& grid = report.grids["eta"];
  grid.dims = {"x2", "x1"};
  for (std::size_t row = 0; row < map.rows(); ++row) {
    if (map.reals("sigma")[row] != sigma || map.texts("model")[row] != model) continue;
    const std::size_t at = grid.values.size();
    if (at < map_side) grid.coords["x1"].push_back(map.reals("x1")[row]);
    if (at % map_side == 0) grid.coords["x2"].push_back(map.reals("x2")[row]);
    grid.values.push_back(map.reals("eta")[row]);
  }
  if (grid.values.empty()) report.grids.erase("eta");
  for (std::size_t row = 0; row < edge.rows(); ++row) {
    if (edge.reals("sigma")[row] != sigma || edge.texts("model")[row] != model) continue;
    report.series["abstention_border"].x.push_back(edge.reals("x1")[row]);
    report.series["abstention_border"].y.push_back(edge.reals("x2")[row]);
  }
}

void TwoMoonsBudget::judge_cells(const Config& config, const Results& results, const Table& cells,
                                 const std::vector<Cell>& found, Report& report) const {
  const auto gap = [&](double sigma, const char* model) -> std::optional<double> {
    const Cell* cell = find(found, sigma, model);
    return cell == nullptr ? std::nullopt : std::optional(cell->mean(cells, "e_aurc_population"));
  };
  std::vector<double> growth;
  for (const double sigma : config.sigma_list) {
    if (const auto value = gap(sigma, "mlp")) growth.push_back(*value);
  }
  if (growth.size() >= 2) {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 1; i < growth.size(); ++i) least = std::min(least, growth[i] - growth[i - 1]);
    judge(report, results, "gap-grows-with-noise", least);
  }
  if (const Cell* cell = find(found, 0.8, "mlp"))
    judge(report, results, "noise-is-irreducible", cell->mean(cells, "mean_bayes"));
  const auto linear_low = gap(0.2, "logreg"), low = gap(0.2, "mlp");
  if (linear_low && low) judge(report, results, "capacity-matters-at-low-noise", *linear_low / *low);
  const auto linear_high = gap(0.8, "logreg"), high = gap(0.8, "mlp");
  if (linear_high && high)
    judge(report, results, "capacity-irrelevant-at-high-noise", std::fabs(*linear_high / *high - 1));
  if (linear_low)
    judge(report, results, "weak-model-gap-is-ranking",
          find(found, 0.2, "logreg")->mean(cells, "mean_ranking") / *linear_low);
}

void TwoMoonsBudget::fill_report(const Config& config, const Results& results, Report& report) const {
  const Table cells = results.gather(moons_stage, "cells", moons_cell_columns);
  const Table curves = results.gather(moons_stage, "curves", moons_curve_columns);
  const Table map = results.gather(moons_stage, "map", moons_map_columns);
  report.tables["cells"] = cells;
  report.tables["curves"] = curves;
  report.tables["map"] = map;
  const Table posterior = results.gather(moons_stage, "posterior", moons_posterior_columns);
  if (posterior.rows() > 0) report.tables["posterior"] = posterior;
  const std::vector<Cell> found = cells_of(config, cells);
  add_summary(cells, found, report);
  add_curve_series(config, curves, report);
  add_map(config, map, results.gather(moons_stage, "edge", moons_edge_columns), report);
  report.metrics["figure_sigma"] = figure_sigma(config);
  if (const Cell* shown = find(found, figure_sigma(config), config.models.back()))
    report.metrics["figure_accuracy"] = shown->mean(cells, "accuracy");
  if (cells.rows() == 0) return;

  const std::vector<double>& residuals = cells.reals("budget_residual");
  const std::vector<double>& shares = cells.reals("band_violation_share");
  const Table slack = results.gather(moons_stage, "slack", moons_slack_columns);
  const auto violated = std::count_if(shares.begin(), shares.end(), [](double share) { return share > 0; });
  report.metrics["max_budget_residual"] = *std::max_element(residuals.begin(), residuals.end());
  report.metrics["min_bound_slack"] =
      *std::min_element(slack.reals("least_slack").begin(), slack.reals("least_slack").end());
  report.metrics["band_violations"] = static_cast<double>(violated) / static_cast<double>(shares.size());
  judge(report, results, "budget-adds-up", report.metrics["max_budget_residual"]);
  judge(report, results, "paper-bound-holds", report.metrics["min_bound_slack"]);
  judge_cells(config, results, cells, found, report);
  judge(report, results, "band-covers", report.metrics["band_violations"]);
}

}  // namespace

std::unique_ptr<Study> make_two_moons_budget() {
  return std::make_unique<TwoMoonsBudget>();
}

}  // namespace reprise::selective
