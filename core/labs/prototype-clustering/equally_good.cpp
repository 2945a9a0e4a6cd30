// Study "How different can an equally good clustering be?": for each loss gap the most different solution
// that a search finds, and the most that the certificate allows; the points that keep their labels in all of
// them.
#include "labs/prototype-clustering/equally_good.h"

#include "base/number_text.h"
#include "labs/prototype-clustering/equally_good_tasks.h"
#include "labs/prototype-clustering/report_tables.h"
#include "labs/prototype-clustering/studies.h"
#include "study/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

namespace reprise::protoclust {

namespace {

constexpr double closed_separation = 7.5;  // of Gaussian groups: the certificate leaves little to search
constexpr double better_by = 1e-9;         // relative fall of the loss that is worth a sentence

class EquallyGoodStudy final : public StudyOf<EquallyGoodConfig> {
 public:
  EquallyGoodStudy() : StudyOf(equally_good_parameters(), equally_good_description()) {}

 protected:
  void check(const EquallyGoodConfig& config, const InputInfos& inputs,
             std::vector<Problem>& problems) const override {
    check_points(config.points(), inputs, problems);
  }
  Plan plan_of(const EquallyGoodConfig& config, const InputInfos&) const override {
    Stage benchmark, certify, search, gather;
    benchmark.name = benchmark_stage_name;
    certify.name = certify_stage_name;
    certify.needs = {benchmark.name};
    search.name = search_stage_name;
    search.count = search_tasks(config);
    search.needs = {benchmark.name, certify.name};
    gather.name = gather_stage_name;
    gather.needs = {benchmark.name, certify.name, search.name};
    return {benchmark, certify, search, gather};
  }
  Estimate estimate_of(const EquallyGoodConfig& config, const InputInfos& inputs) const override;
  Json key_of(const EquallyGoodConfig&, std::string_view stage, std::int64_t index) const override {
    if (stage == search_stage_name) return Json::object({{"searches", index}});
    return Json::object({{"task", stage}});
  }
  std::unique_ptr<Stepper> start_task(const EquallyGoodConfig& config, std::string_view stage,
                                      std::int64_t index, TaskContext& context) const override {
    return start_equally_good_task(config, stage, index, context);
  }
  void fill_report(const EquallyGoodConfig& config, const Results& results, Report& report) const override;

 private:
  static double put_intervals(const EquallyGoodConfig& config, const Results& results, Report& report);
  static void put_points(const Results& results, Report& report);
  static void put_sentences(const EquallyGoodConfig& config, Report& report);
};

Estimate EquallyGoodStudy::estimate_of(const EquallyGoodConfig& config, const InputInfos& inputs) const {
  constexpr double fit_passes = 20, lloyd_passes = 24, looks_a_push = 22;
  const PointsSize size = size_of_points(config.points(), inputs);
  const auto k = static_cast<double>(config.k), d = size.d, n = size.n;
  const auto gaps = static_cast<double>(gaps_of(config).size());
  const double pass = n * (k * (4 * d + 16) + 120) + 500 + 20 * k * k * k;
  const double spectrum = d > 2 && d <= 200 ? n * d * d + 10 * d * d * d : 0;
  const auto tasks = static_cast<double>(search_tasks(config));
  Estimate estimate;
  const auto add = [&](std::string_view name, double operations, double share) {
    StageCost cost;
    cost.stage = name;
    cost.vector_ops = operations;
    cost.bytes_task = 1e6 + n * (40 * d + 8 * k + 200);
    cost.bytes_shared = size.bytes;
    cost.longest_task_share = share;
    estimate.stages.push_back(cost);
  };
  add(benchmark_stage_name,
      40 * size.bytes + 30 * n * d + static_cast<double>(config.restarts) * fit_passes * 2 * pass + spectrum,
      1);
  add(certify_stage_name,
      n * (3 * k * d + d * d + 20 * d) + k * 10 * d * d * d + gaps * (60 * n + 1200 * k * (k + 0.02 * n)), 1);
  estimate.stages.back().sort_elements = n * k * std::log2(n + 2);
  // Assignments alone, in many coordinates cheaper than a pass of a fit; gaps that the certificate closes are
  // not searched.
  const double look = n * (k * (d + 20) + 130) + 500 + 20 * k * k * k;
  const double open = config.dataset == "gmm" && config.sep >= closed_separation ? 0.35 : 1;
  const double each = open * (lloyd_passes + gaps * static_cast<double>(config.pushes) * looks_a_push) * look;
  add(search_stage_name, static_cast<double>(config.searches) * each, std::min(1.0, 1.3 / tasks));
  add(gather_stage_name, (100 + 10 * tasks) * n, 1);
  estimate.report_bytes =
      10000 + 60 * std::min(n, 20000.0) + 60 * gaps * (1 + static_cast<double>(config.searches));
  return estimate;
}

void put_corner(Report& report, double epsilon, double found, double bound) {
  Series& band = report.series["interval"];
  band.y_low.push_back(found);
  band.y_high.push_back(bound);
  for (const auto& [name, value] :
       {std::pair{"interval", found}, std::pair{"found", found}, std::pair{"certified", bound}}) {
    report.series[name].x.push_back(epsilon);
    report.series[name].y.push_back(value);
  }
}

/// The interval of each gap; the largest excess of what was found over what is allowed.
double EquallyGoodStudy::put_intervals(const EquallyGoodConfig& config, const Results& results,
                                       Report& report) {
  const Table bounds = results.gather(certify_stage_name, "bounds", bound_columns());
  const Table attempts = results.gather(search_stage_name, "attempts", attempt_columns());
  const std::vector<double>&gaps = attempts.reals("gap"), &errors = attempts.reals("error");
  Table& intervals = report.table("intervals", {{"epsilon", ColumnType::Real},
                                                {"found_error", ColumnType::Real},
                                                {"found_gap", ColumnType::Real},
                                                {"certified_bound", ColumnType::Real},
                                                {"status", ColumnType::Text}});
  double excess = -std::numeric_limits<double>::infinity();
  for (std::size_t row = 0; row < bounds.rows(); ++row) {
    const double epsilon = bounds.reals("epsilon")[row], bound = bounds.reals("bound")[row];
    double error = 0, gap = 0;
    for (std::size_t i = 0; i < attempts.rows(); ++i) {
      if (attempts.reals("epsilon")[i] != epsilon) continue;
      if (errors[i] > error || (errors[i] == error && gaps[i] < gap)) error = errors[i], gap = gaps[i];
    }
    intervals.append_row(epsilon, error, gap, bound, bounds.texts("status")[row]);
    // Between two gaps: what the smaller found is there, what the larger allows is not passed.
    if (row > 0) {
      put_corner(report, intervals.reals("epsilon")[row - 1], intervals.reals("found_error")[row - 1], bound);
      put_corner(report, epsilon, intervals.reals("found_error")[row - 1], bound);
    }
    put_corner(report, epsilon, error, bound);
    excess = std::max(excess, error - bound);
    if (epsilon != config.max_gap) continue;
    report.metrics["found_error"] = error;
    report.metrics["found_gap"] = gap;
    report.metrics["certified_bound"] = bound;
  }
  Table& shown = report.table("searches", {{"search", ColumnType::Integer},
                                           {"start", ColumnType::Text},
                                           {"gap", ColumnType::Real},
                                           {"error", ColumnType::Real}});
  for (std::int64_t search = 0; search < config.searches; ++search) {
    for (std::size_t i = 0; i < attempts.rows(); ++i) {
      if (attempts.integers("search")[i] == search && attempts.reals("epsilon")[i] == config.max_gap)
        shown.append_row(search, attempts.texts("start")[i], gaps[i], errors[i]);
    }
  }
  return excess;
}

/// Points one by one, and those that surely keep their labels as a file.
void EquallyGoodStudy::put_points(const Results& results, Report& report) {
  for (const auto& [name, specs] :
       {std::pair{"points", &equal_point_columns()}, std::pair{"plane", &equal_plane_columns()}})
    report.table(name, *specs).append(results.gather(gather_stage_name, name, *specs));
  const Table& points = report.tables.at("points");
  Table core({{"index", ColumnType::Integer}, {"label", ColumnType::Integer}});
  for (std::size_t row = 0; row < points.rows(); ++row) {
    if (points.integers("core")[row] > 0)
      core.append_row(points.integers("index")[row], points.integers("label")[row]);
  }
  if (core.rows() == 0) return;
  const std::string csv = table_csv(core);
  const auto* begin = reinterpret_cast<const std::byte*>(csv.data());
  report.files["stable-points.csv"] = {"text/csv", std::vector<std::byte>(begin, begin + csv.size())};
}

/// What the numbers mean where a reader could miss it.
void EquallyGoodStudy::put_sentences(const EquallyGoodConfig& config, Report& report) {
  const double least = report.metrics["least_gap"], ratio = report.metrics["separation_ratio"];
  if (least < -better_by)
    report.warnings.push_back("A clustering with a loss " + percent_text(-least) +
                              " lower was found: this one is not the best. Gaps count from this one.");
  if (report.metrics["status_code"] > 0) return;
  report.warnings.push_back("Nothing is certified at a gap of " + number_to_text(config.max_gap) + ": " +
                            too_close_text(ratio) +
                            ". The upper bound stays 1, and no point is exported as stable.");
}

void EquallyGoodStudy::fill_report(const EquallyGoodConfig& config, const Results& results,
                                   Report& report) const {
  copy_metrics(results, certify_stage_name, report);
  copy_metrics(results, gather_stage_name, report);
  const double excess = put_intervals(config, results, report);
  put_points(results, report);
  if (results.complete) put_sentences(config, report);

  judge(report, results, "interval", excess);
  if (report.metrics["core_points"] > 0) judge(report, results, "core", report.metrics["core_changed"]);
  const double found = report.metrics["found_error"];
  if (config.dataset == "gmm") judge(report, results, "steep", found);
  if (config.dataset == "ring" || config.dataset == "uniform") judge(report, results, "plateau", found);
}

}  // namespace

std::unique_ptr<Study> make_equally_good() {
  return std::make_unique<EquallyGoodStudy>();
}

}  // namespace reprise::protoclust
