// Study "How do the algorithms compare, in quality and in work?": accelerations of Lloyd's iteration, starts,
// single-point moves, k-medoids, and the exact answer on a line.
#include "labs/prototype-clustering/solvers.h"

#include "labs/prototype-clustering/report_tables.h"
#include "labs/prototype-clustering/solvers_tasks.h"
#include "labs/prototype-clustering/studies.h"
#include "study/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <set>

namespace reprise::protoclust {

namespace {

constexpr double near_gap = 0.01;
constexpr std::int64_t digits_rows = 1797, digits_clusters = 10, digits_restarts = 30;
constexpr std::int64_t elkan_clusters = 10;

/// What `runs` holds of one method.
struct Sums {
  std::int64_t runs = 0;
  double best = std::numeric_limits<double>::infinity(), loss = 0, iterations = 0, evaluations = 0;
  std::int64_t most_iterations = 0, labels_differ = 0, best_restart = 0;
};

class SolversStudy final : public StudyOf<SolversConfig> {
 public:
  SolversStudy() : StudyOf(solvers_parameters(), solvers_description()) {}

 protected:
  void check(const SolversConfig& config, const InputInfos& inputs,
             std::vector<Problem>& problems) const override;
  Plan plan_of(const SolversConfig& config, const InputInfos&) const override {
    Plan plan(1);
    plan[0].name = points_stage;
    const auto add = [&](std::string_view name, std::int64_t count, std::vector<std::string> needs) {
      Stage stage;
      stage.name = name;
      stage.count = count;
      stage.needs = std::move(needs);
      plan.push_back(std::move(stage));
    };
    const std::string points(points_stage);
    if (config.has_kmeans()) {
      add(runs_stage, config.restarts, {points});
      add(best_stage, 1, {points, std::string(runs_stage)});
    }
    if (config.has_medoids()) add(medoids_stage, config.restarts, {points});
    if (config.has("exact-1d")) add(line_stage, 1, {points});
    return plan;
  }
  Estimate estimate_of(const SolversConfig& config, const InputInfos& inputs) const override;
  Json key_of(const SolversConfig&, std::string_view stage, std::int64_t index) const override {
    if (stage == runs_stage) return Json::object({{"restart", index}});
    if (stage == medoids_stage) return Json::object({{"medoids_restart", index}});
    return Json::object({{"task", stage}});
  }
  std::unique_ptr<Stepper> start_task(const SolversConfig& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    return start_solvers_task(config, stage, index, context);
  }
  void fill_report(const SolversConfig& config, const Results& results, Report& report) const override;

 private:
  static std::map<std::string, Sums> put_runs(const SolversConfig& config, const Results& results,
                                              Report& report);
  void judge_all(const SolversConfig& config, const Results& results, std::map<std::string, Sums>& methods,
                 Report& report) const;
};

void SolversStudy::check(const SolversConfig& config, const InputInfos& inputs,
                         std::vector<Problem>& problems) const {
  const bool matrix = inputs.find("dissimilarity") != inputs.end();
  const std::set<std::string> different(config.methods.begin(), config.methods.end());
  if (different.size() < config.methods.size())
    problems.push_back(
        {"methods", "", "each method once", "methods: one is named twice; allowed: each once"});
  if (!matrix) {
    check_points(config.points(), inputs, problems);
    return;
  }
  for (const char* name : {"data", "starts"}) {
    if (inputs.find(name) != inputs.end())
      problems.push_back({name, "", "not with dissimilarity",
                          "the inputs '" + std::string(name) +
                              "' and 'dissimilarity' are both given; allowed: one of them"});
  }
  for (const std::string& method : config.methods) {
    if (method != "fasterpam" && method != "pam")
      problems.push_back({"methods", method, "fasterpam, pam",
                          "methods: " + method +
                              " needs points, but a dissimilarity matrix is given; allowed with it: "
                              "fasterpam, pam"});
  }
}

Estimate SolversStudy::estimate_of(const SolversConfig& config, const InputInfos& inputs) const {
  constexpr double lloyd_passes = 20, bounded_share = 0.6, sweeps = 4, pam_passes = 8;
  PointsSize size = size_of_points(config.points(), inputs);
  const auto matrix = inputs.find("dissimilarity");
  if (matrix != inputs.end()) {
    size.bytes = static_cast<double>(matrix->second.bytes);
    size.n = size.d = size.raw_d = std::max(1.0, static_cast<double>(matrix->second.rows));
  }
  const auto k = static_cast<double>(config.k), restarts = static_cast<double>(config.restarts);
  const double pass = size.n * (k * (4 * size.d + 16) + 120);
  double runs = 0;
  for (const std::string& method : config.methods) {
    const bool bounded = method == "elkan" || method == "hamerly";
    if (method == "hartigan") runs += sweeps * 2 * pass;
    if (method == "lloyd" || method == "random" || method == "greedy") runs += lloyd_passes * pass;
    if (bounded) runs += lloyd_passes * bounded_share * 2 * pass;
  }
  const double medoid_rows = std::min(size.n, static_cast<double>(config.medoid_limit));
  Estimate estimate;
  const auto add = [&](std::string_view name, double operations, double memory, double longest) {
    StageCost cost;
    cost.stage = name;
    cost.vector_ops = operations;
    cost.bytes_task = 1e6 + memory;
    cost.bytes_shared = size.bytes;
    cost.longest_task_share = std::min(1.0, longest);
    estimate.stages.push_back(cost);
  };
  const double memory = 24 * size.n * size.d + 8 * size.n * k + 8 * size.n * size.raw_d;
  add(points_stage,
      40 * size.bytes + size.n * size.d * 30 +
          (config.d_pca > 0 ? size.n * size.raw_d * size.raw_d + 10 * std::pow(size.raw_d, 3) : 0),
      2 * memory, 1);
  if (config.has_kmeans()) {
    add(runs_stage, restarts * (runs + pass), memory, 2 / restarts);
    add(best_stage, restarts * 8 * size.n * size.d, memory, 1);
  }
  if (config.has_medoids())
    add(medoids_stage, restarts * medoid_rows * medoid_rows * (2 * pam_passes * 3 + size.d),
        memory + 8 * medoid_rows * medoid_rows, 2 / restarts);
  if (config.has("exact-1d")) {
    const bool line = size.d < 1.5;
    add(line_stage, line ? 10 * k * size.n * std::log2(size.n + 2) : 1e4, line ? 24 * size.n * k : 0, 1);
  }
  estimate.report_bytes = 5000 + 20 * std::min(size.n, 20000.0) + 800 * restarts + 20 * k * size.d;
  return estimate;
}

std::map<std::string, Sums> SolversStudy::put_runs(const SolversConfig& config, const Results& results,
                                                   Report& report) {
  Table all = results.gather(runs_stage, "runs", run_columns());
  all.append(results.gather(medoids_stage, "runs", run_columns()));
  const Table swaps = results.gather(medoids_stage, "medoids", medoid_columns());
  Table& runs = report.table("runs", run_columns());
  Table& methods = report.table("methods", {{"method", ColumnType::Text},
                                            {"best_loss", ColumnType::Real},
                                            {"mean_loss", ColumnType::Real},
                                            {"mean_iterations", ColumnType::Real},
                                            {"distance_evaluations", ColumnType::Real}});
  Table& medoids = report.table("medoids", {{"method", ColumnType::Text},
                                            {"cluster", ColumnType::Integer},
                                            {"row", ColumnType::Integer},
                                            {"loss", ColumnType::Real}});
  std::map<std::string, Sums> sums;
  for (const std::string& method : config.methods) {
    Sums of;
    for (std::size_t row = 0; row < all.rows(); ++row) {
      if (all.texts("method")[row] != method) continue;
      const double loss = all.reals("loss")[row];
      const std::int64_t iterations = all.integers("iterations")[row];
      const std::int64_t evaluations = all.integers("distance_evaluations")[row];
      const std::int64_t differ = all.integers("labels_differ")[row], restart = all.integers("restart")[row];
      runs.append_row(method, restart, loss, iterations, evaluations, differ);
      ++of.runs;
      if (loss < of.best) of.best_restart = restart;
      of.best = std::min(of.best, loss);
      of.loss += loss;
      of.iterations += static_cast<double>(iterations);
      of.most_iterations = std::max(of.most_iterations, iterations);
      of.evaluations += static_cast<double>(evaluations);
      of.labels_differ += differ;
    }
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto exact = report.metrics.find("exact_1d_loss");
    if (method == "exact-1d" && exact != report.metrics.end())
      methods.append_row(method, exact->second, exact->second, nan, nan);
    if (of.runs == 0) continue;
    const auto count = static_cast<double>(of.runs);
    methods.append_row(method, of.best, of.loss / count, of.iterations / count, of.evaluations);
    for (std::size_t row = 0; row < swaps.rows(); ++row) {
      if (swaps.texts("method")[row] == method && swaps.integers("restart")[row] == of.best_restart)
        medoids.append_row(method, swaps.integers("cluster")[row], swaps.integers("row")[row],
                           swaps.reals("loss")[row]);
    }
    sums[method] = of;
  }
  return sums;
}

void SolversStudy::fill_report(const SolversConfig& config, const Results& results, Report& report) const {
  copy_metrics(results, line_stage, report);
  std::map<std::string, Sums> methods = put_runs(config, results, report);
  report.table("labels", label_columns()).append(results.gather(best_stage, "labels", label_columns()));
  report.table("prototypes", coordinate_columns())
      .append(results.gather(best_stage, "prototypes", coordinate_columns()));
  const Table near = results.gather(best_stage, "near_optimal", near_optimal_columns());
  report.table("near_optimal", near_optimal_columns()).append(near);
  double best = std::numeric_limits<double>::infinity(), largest = 0;
  for (const auto& [method, of] : methods) {
    if (method != "fasterpam" && method != "pam") best = std::min(best, of.best);
  }
  if (std::isfinite(best)) report.metrics["best_loss"] = best;
  for (const char* method : {"elkan", "hamerly"}) {
    if (methods.count(method) == 0 || methods.count("lloyd") == 0) continue;
    report.metrics[std::string(method) + "_ratio"] =
        methods[method].evaluations / methods["lloyd"].evaluations;
  }
  for (std::size_t row = 0; row < near.rows(); ++row) {
    if (near.reals("gap")[row] <= near_gap) largest = std::max(largest, near.reals("error")[row]);
  }
  if (near.rows() > 0) report.metrics["max_error_at_one_percent"] = largest;
  const Table best_swaps = results.gather(medoids_stage, "best_swaps", increase_columns());
  if (best_swaps.rows() > 0)
    report.metrics["pam_best_swap"] =
        *std::max_element(best_swaps.reals("change").begin(), best_swaps.reals("change").end());
  judge_all(config, results, methods, report);
}

void SolversStudy::judge_all(const SolversConfig& config, const Results& results,
                             std::map<std::string, Sums>& methods, Report& report) const {
  const auto metric = [&](const char* name) {
    const auto found = report.metrics.find(name);
    return found == report.metrics.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
  };
  const bool compares = methods.count("elkan") + methods.count("hamerly") > 0;
  if (compares)
    judge(report, results, "accelerations-identical",
          static_cast<double>(methods["elkan"].labels_differ + methods["hamerly"].labels_differ));
  const std::int64_t clusters = report.tables["prototypes"].rows() == 0
                                    ? config.k
                                    : report.tables["prototypes"].integers("cluster").back() + 1;
  if (report.metrics.count("elkan_ratio") > 0 && clusters >= elkan_clusters &&
      methods["lloyd"].most_iterations < config.max_iterations)
    judge(report, results, "elkan-saves", metric("elkan_ratio"));
  const Table increases = results.gather(runs_stage, "increases", increase_columns());
  if (increases.rows() > 0)
    judge(report, results, "hartigan-monotone",
          *std::max_element(increases.reals("change").begin(), increases.reals("change").end()));
  if (report.metrics.count("exact_1d_loss") > 0 && methods.count("lloyd") > 0) {
    const double exact = metric("exact_1d_loss"), excess = methods["lloyd"].best - exact;
    judge(report, results, "exact-1d", excess == 0 ? 0 : excess / exact);
  }
  if (report.metrics.count("pam_best_swap") > 0)
    judge(report, results, "pam-local-optimum", metric("pam_best_swap"));
  if (config.dataset != "digits" || clusters != digits_clusters || config.restarts < digits_restarts ||
      config.n < digits_rows || config.d_pca > 0)
    return;
  if (report.metrics.count("best_loss") > 0) judge(report, results, "digits-loss", metric("best_loss"));
  if (report.metrics.count("max_error_at_one_percent") > 0)
    judge(report, results, "digits-plateau", metric("max_error_at_one_percent"));
}

}  // namespace

std::unique_ptr<Study> make_solvers() {
  return std::make_unique<SolversStudy>();
}

}  // namespace reprise::protoclust
