// Study "Where do errors live?": near-optimal solutions, the points that they label differently, and the tube
// around the boundaries that holds all of them.
#include "labs/prototype-clustering/boundary_core.h"

#include "labs/prototype-clustering/boundary_core_tasks.h"
#include "labs/prototype-clustering/report_tables.h"
#include "labs/prototype-clustering/studies.h"
#include "study/study.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace reprise::protoclust {

namespace {

constexpr std::size_t most_plane_points = 5000;

class BoundaryStudy final : public StudyOf<BoundaryConfig> {
 public:
  BoundaryStudy() : StudyOf(boundary_parameters(), boundary_description()) {}

 protected:
  void check(const BoundaryConfig& config, const InputInfos& inputs,
             std::vector<Problem>& problems) const override {
    check_points(config.points(), inputs, problems);
  }
  Plan plan_of(const BoundaryConfig& config, const InputInfos& inputs) const override {
    Stage reference, solutions, tally;
    reference.name = reference_stage;
    solutions.name = solutions_stage;
    solutions.count = solution_tasks(config, inputs);
    solutions.needs = {std::string(reference_stage)};
    tally.name = tally_stage;
    tally.needs = {std::string(reference_stage), std::string(solutions_stage)};
    return {reference, solutions, tally};
  }
  Estimate estimate_of(const BoundaryConfig& config, const InputInfos& inputs) const override;
  Json key_of(const BoundaryConfig&, std::string_view stage, std::int64_t index) const override {
    if (stage == solutions_stage) return Json::object({{"solutions", index}});
    return Json::object({{"task", stage}});
  }
  std::unique_ptr<Stepper> start_task(const BoundaryConfig& config, std::string_view stage,
                                      std::int64_t index, TaskContext& context) const override {
    return start_boundary_task(config, stage, index, context);
  }
  void fill_report(const BoundaryConfig& config, const Results& results, Report& report) const override;

 private:
  static void put_solutions(const Table& solutions, Report& report);
  static void put_pictures(const Results& results, Report& report);
};

Estimate BoundaryStudy::estimate_of(const BoundaryConfig& config, const InputInfos& inputs) const {
  constexpr double fit_passes = 20, lloyd_passes = 12;
  const PointsSize size = size_of_points(config.points(), inputs);
  const auto k = static_cast<double>(config.k);
  const double pass = size.n * (k * (4 * size.d + 16) + 120);
  const double fit = static_cast<double>(config.restarts) * fit_passes * 2 * pass;
  const double each = config.solutions == "lloyd" ? (lloyd_passes + 3) * pass : 3 * pass;
  const double spectrum = config.d_pca > 0 || (size.d > 2 && size.d <= 200)
                              ? size.n * size.raw_d * size.raw_d + 10 * std::pow(size.raw_d, 3)
                              : 0;
  const auto tasks = static_cast<double>(solution_tasks(config, inputs));
  Estimate estimate;
  const auto add = [&](std::string_view name, double operations, double share) {
    StageCost cost;
    cost.stage = name;
    cost.vector_ops = operations;
    cost.bytes_task = 1e6 + size.n * (24 * size.d + 8 * size.raw_d + 8 * k + 150);
    cost.bytes_shared = size.bytes;
    cost.longest_task_share = share;
    estimate.stages.push_back(cost);
  };
  add(reference_stage, 40 * size.bytes + 30 * size.n * size.d + fit + spectrum, 1);
  add(solutions_stage, static_cast<double>(solutions_of(config, inputs)) * each + 3 * tasks * pass,
      std::min(1.0, 1.3 / tasks));
  add(tally_stage, 2 * pass + 100 * size.n, 1);
  estimate.stages.back().sort_elements = size.n * std::log2(size.n + 2);
  estimate.report_bytes =
      10000 + 80 * std::min(size.n, 20000.0) + 100 * static_cast<double>(solutions_of(config, inputs));
  return estimate;
}

/// The table in order of the solutions' numbers, and the metrics over them.
void BoundaryStudy::put_solutions(const Table& solutions, Report& report) {
  std::vector<std::size_t> order(solutions.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::vector<std::int64_t>& numbers = solutions.integers("index");
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
  const auto& specs = solution_columns();
  Table& table = report.table("solutions", {specs.begin(), specs.begin() + 5});
  std::int64_t errors = 0, outside = 0;
  double tube = 0;
  for (const std::size_t row : order) {
    table.append_row(numbers[row], solutions.reals("gap")[row], solutions.reals("error")[row],
                     solutions.reals("largest_shift")[row], solutions.reals("tube_fraction")[row]);
    errors += solutions.integers("errors")[row];
    outside += solutions.integers("outside_tube")[row];
    tube += solutions.reals("tube_fraction")[row];
  }
  const auto used = static_cast<double>(order.size());
  report.metrics["solutions_used"] = used;
  report.metrics["errors_total"] = static_cast<double>(errors);
  report.metrics["errors_outside_tube"] = static_cast<double>(outside);
  report.metrics["mean_tube_fraction"] = used > 0 ? tube / used : 0;
}

void BoundaryStudy::put_pictures(const Results& results, Report& report) {
  const Table points = results.gather(tally_stage, "points", boundary_point_columns());
  Table& plane =
      report.table("plane", {{"x", ColumnType::Real}, {"y", ColumnType::Real}, {"state", ColumnType::Text}});
  for (const char* state : {"core", "tube", "error"}) {  // errors are drawn last
    for (std::size_t row = 0; row < std::min(points.rows(), most_plane_points); ++row) {
      const bool error = points.integers("errors")[row] > 0, tube = points.integers("tube")[row] > 0;
      const std::string_view is = error ? "error" : tube ? "tube" : "core";
      if (is == state) plane.append_row(points.reals("x")[row], points.reals("y")[row], is);
    }
  }
  const Table running = results.gather(tally_stage, "cumulated", cumulated_columns());
  const double total = report.metrics["errors_total"];
  Series& line = report.series["cumulated_errors"];
  for (std::size_t row = 0; row < running.rows(); ++row) {
    line.x.push_back(running.reals("quantile")[row]);
    line.y.push_back(total > 0 ? static_cast<double>(running.integers("errors")[row]) / total : 0);
  }
}

void BoundaryStudy::fill_report(const BoundaryConfig& config, const Results& results, Report& report) const {
  copy_metrics(results, reference_stage, report);
  put_solutions(results.gather(solutions_stage, "solutions", solution_columns()), report);
  report.table("points", boundary_point_columns())
      .append(results.gather(tally_stage, "points", boundary_point_columns()));
  const double used = report.metrics["solutions_used"];
  const auto rate = [used](std::int64_t errors, std::int64_t points) {
    return used > 0 && points > 0 ? static_cast<double>(errors) / (static_cast<double>(points) * used) : 0;
  };
  const auto& specs = decile_columns();
  const Table counts = results.gather(tally_stage, "deciles", specs);
  Table& deciles =
      report.table("deciles", {specs[0], specs[1], specs[2], specs[3], {"error_rate", ColumnType::Real}});
  std::int64_t lowest = 0, above = 0, above_points = 0;
  for (std::size_t row = 0; row < counts.rows(); ++row) {
    const std::int64_t errors = counts.integers("errors")[row], points = counts.integers("points")[row];
    deciles.append_row(counts.integers("decile")[row], counts.reals("margin_low")[row],
                       counts.reals("margin_high")[row], errors, rate(errors, points));
    if (row == 0) lowest = errors;
    if (row >= counts.rows() / 2) {
      above += errors;
      above_points += points;
    }
  }
  const double total = report.metrics["errors_total"];
  report.metrics["share_lowest_decile"] = total > 0 ? static_cast<double>(lowest) / total : 0;
  report.metrics["error_rate_above_median"] = rate(above, above_points);
  const Table bin_counts = results.gather(tally_stage, "bins", bin_columns());
  Table& bins = report.table("bins", {{"quantile_low", ColumnType::Real},
                                      {"quantile_high", ColumnType::Real},
                                      {"error_rate", ColumnType::Real}});
  std::int64_t increases = 0;
  for (std::size_t row = 0; row < bin_counts.rows(); ++row) {
    const double of_bin = rate(bin_counts.integers("errors")[row], bin_counts.integers("points")[row]);
    if (row > 0) increases += of_bin > bins.reals("error_rate").back() ? 1 : 0;
    bins.append_row(bin_counts.reals("quantile_low")[row], bin_counts.reals("quantile_high")[row], of_bin);
  }
  put_pictures(results, report);

  judge(report, results, "tube", report.metrics["errors_outside_tube"]);
  const bool gmm = config.dataset == "gmm";
  if (gmm || config.dataset == "uniform")
    judge(report, results, "concentrate", report.metrics["share_lowest_decile"]);
  if (gmm && config.solutions == "perturb")
    judge(report, results, "core", report.metrics["error_rate_above_median"]);
  if (config.dataset == "digits") judge(report, results, "decreasing", static_cast<double>(increases));
}

}  // namespace

std::unique_ptr<Study> make_boundary_core() {
  return std::make_unique<BoundaryStudy>();
}

}  // namespace reprise::protoclust
