// Study "Does a small gap imply the right partition?": many solutions of one data set, their loss gap and
// their error, the certificate over them, and what fixed prototypes allow.
#include "labs/prototype-clustering/gap_vs_error.h"

#include "labs/prototype-clustering/gap_tasks.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "labs/prototype-clustering/report_tables.h"
#include "labs/prototype-clustering/studies.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

namespace reprise::protoclust {

namespace {

constexpr double largest_shown_gap = 0.5;
constexpr double same_gap = 1e-12;

class GapStudy final : public StudyOf<GapConfig> {
 public:
  GapStudy() : StudyOf(gap_parameters(), gap_description()) {}

 protected:
  void check(const GapConfig& config, const InputInfos& inputs,
             std::vector<Problem>& problems) const override {
    check_points(config.points(), inputs, problems);
  }
  Plan plan_of(const GapConfig& config, const InputInfos&) const override {
    Stage benchmark, candidates, bounds, conditions;
    benchmark.name = benchmark_stage;
    candidates.name = candidates_stage;
    candidates.count = 3;
    candidates.needs = {std::string(benchmark_stage)};
    bounds.name = bounds_stage;
    bounds.needs = candidates.needs;
    conditions.name = conditions_stage;
    conditions.count = static_cast<std::int64_t>(config.sep_sweep.size());
    if (!sweeps(config)) return {benchmark, candidates, bounds};
    return {benchmark, candidates, bounds, conditions};
  }
  Estimate estimate_of(const GapConfig& config, const InputInfos& inputs) const override;
  Json key_of(const GapConfig& config, std::string_view stage, std::int64_t index) const override {
    if (stage == conditions_stage)
      return Json::object({{"sep", config.sep_sweep[static_cast<std::size_t>(index)]}});
    if (stage == candidates_stage) return Json::object({{"candidates", index}});
    return Json::object({{"task", stage}});
  }
  std::unique_ptr<Stepper> start_task(const GapConfig& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    return start_gap_task(config, stage, index, context);
  }
  void fill_report(const GapConfig& config, const Results& results, Report& report) const override;

 private:
  static bool sweeps(const GapConfig& config) { return config.dataset == "gmm" && !config.sep_sweep.empty(); }
};

Estimate GapStudy::estimate_of(const GapConfig& config, const InputInfos& inputs) const {
  constexpr double fit_passes = 20, converged_passes = 12;
  double n = static_cast<double>(config.n), d = 2, bytes = 0;
  if (config.dataset == "gmm") d = static_cast<double>(config.d);
  if (config.dataset == "iris") n = 150, d = 4;
  if (config.dataset == "wine") n = 178, d = 13;
  if (config.dataset == "digits") n = 1797, d = 64;
  if (config.dataset == "upload") {
    const InputSize size = size_of_data(inputs);
    n = std::max(20.0, size.rows);
    d = std::max(1.0, size.values / n);
    bytes = size.bytes;
  }
  const auto k = static_cast<double>(config.k);
  const double pass = n * (4 * k * d + 20);
  const double fit = static_cast<double>(config.restarts) * fit_passes * pass;
  StageCost benchmark, candidates, bounds, conditions;
  benchmark.stage = benchmark_stage;
  benchmark.vector_ops = fit + 30 * bytes;
  benchmark.special_ops = n * d;
  candidates.stage = candidates_stage;
  candidates.vector_ops = static_cast<double>(config.candidates) / 3 * (2 + converged_passes) * pass;
  candidates.longest_task_share = 0.8;
  bounds.stage = bounds_stage;
  bounds.vector_ops = 4 * pass + n * d * d + k * 10 * d * d * d +
                      static_cast<double>(config.eps_list.size()) * (60 * n + 1200 * k * (k + 0.02 * n)) +
                      static_cast<double>(config.corruptions) * n * (1 + 0.3 * d);
  bounds.sort_elements = n * k * std::log2(n + 2);
  conditions.stage = conditions_stage;
  const auto sweep = static_cast<double>(config.sep_sweep.size());
  conditions.vector_ops = sweep * fit;
  conditions.special_ops = sweep * n * d;
  conditions.longest_task_share = std::min(1.0, 1.5 / std::max(1.0, sweep));
  for (StageCost* cost : {&benchmark, &candidates, &bounds, &conditions}) {
    cost->bytes_task = 1e6 + n * (40 * d + 8 * k + 150);
    cost->bytes_shared = bytes;
  }
  Estimate estimate;
  estimate.stages = {benchmark, candidates, bounds};
  if (sweeps(config)) estimate.stages.push_back(conditions);
  estimate.report_bytes = 10000 + 160 * static_cast<double>(config.candidates) +
                          60 * static_cast<double>(config.corruptions) + 40 * std::min(n, 20000.0);
  return estimate;
}

void GapStudy::fill_report(const GapConfig& config, const Results& results, Report& report) const {
  copy_metrics(results, benchmark_stage, report);
  report.table("points", gap_point_columns())
      .append(results.gather(benchmark_stage, "points", gap_point_columns()));
  const Table candidates = results.gather(candidates_stage, "candidates", candidate_columns());
  report.table("candidates", candidate_columns()).append(candidates);
  const std::vector<double>& gaps = candidates.reals("gap");
  const std::vector<double>& errors = candidates.reals("error");
  Table& shown =
      report.table("shown_candidates",
                   {{"kind", ColumnType::Text}, {"gap", ColumnType::Real}, {"error", ColumnType::Real}});
  double largest = 0, least_gap = std::numeric_limits<double>::infinity();
  std::int64_t below = 0;
  for (std::size_t row = 0; row < gaps.size(); ++row) {
    if (gaps[row] <= config.max_gap) largest = std::max(largest, errors[row]);
    least_gap = std::min(least_gap, gaps[row]);
    below += gaps[row] < -same_gap ? 1 : 0;
    if (gaps[row] <= largest_shown_gap)
      shown.append_row(candidates.texts("kind")[row], gaps[row], errors[row]);
  }
  report.metrics["max_error_at_gap"] = largest;
  report.metrics["min_gap"] = least_gap;
  report.metrics["candidates_below_benchmark"] = static_cast<double>(below);

  const Table bounds = results.gather(bounds_stage, "certificate", gap_certificate_columns());
  Table& certificate = report.table("certificate", {{"epsilon", ColumnType::Real},
                                                    {"status", ColumnType::Text},
                                                    {"bound", ColumnType::Real},
                                                    {"max_observed_error", ColumnType::Real}});
  double excess = -std::numeric_limits<double>::infinity();
  for (std::size_t row = 0; row < bounds.rows(); ++row) {
    const double epsilon = bounds.reals("epsilon")[row], bound = bounds.reals("bound")[row];
    double observed = 0;
    for (std::size_t i = 0; i < gaps.size(); ++i) {
      if (gaps[i] <= epsilon) observed = std::max(observed, errors[i]);
    }
    certificate.append_row(epsilon, bounds.texts("status")[row], bound, observed);
    excess = std::max(excess, observed - bound);
  }
  report.series["certificate"] = step_line(bounds.reals("epsilon"), bounds.reals("bound"));

  const Table corruptions = results.gather(bounds_stage, "corruptions", corruption_columns());
  report.table("corruptions", corruption_columns()).append(corruptions);
  std::int64_t above = 0, loose = 0;
  std::vector<std::size_t> order(corruptions.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::vector<double>& corruption_gaps = corruptions.reals("gap");
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return corruption_gaps[a] < corruption_gaps[b]; });
  Series& line = report.series["bound_points"];
  for (const std::size_t row : order) {
    const std::int64_t moved = corruptions.integers("moved")[row];
    const std::int64_t bound = corruptions.integers("bound_points")[row];
    above += moved > bound ? 1 : 0;
    loose += corruptions.texts("kind")[row] == "smallest-margin" && moved != bound ? 1 : 0;
    line.x.push_back(corruption_gaps[row]);
    line.y.push_back(static_cast<double>(bound));
  }

  const Table conditions = results.gather(conditions_stage, "conditions", condition_columns());
  report.table("conditions", condition_columns()).append(conditions);
  const std::vector<double>& kappas = conditions.reals("kappa_alpha");
  std::int64_t inversions = 0;
  for (std::size_t a = 0; a < kappas.size(); ++a) {
    for (std::size_t b = a + 1; b < kappas.size(); ++b) inversions += kappas[b] > kappas[a] ? 1 : 0;
  }
  judge(report, results, "no-violation", excess);
  if (config.dataset == "gmm") judge(report, results, "steep", largest);
  if (config.dataset == "ring" || config.dataset == "uniform") judge(report, results, "plateau", largest);
  if (sweeps(config)) judge(report, results, "order", static_cast<double>(inversions));
  if (config.corruptions == 0) return;
  judge(report, results, "fixed-prototype-bound", static_cast<double>(above));
  judge(report, results, "fixed-prototype-tight", static_cast<double>(loose));
}

}  // namespace

std::unique_ptr<Study> make_gap_vs_error() {
  return std::make_unique<GapStudy>();
}

}  // namespace reprise::protoclust
