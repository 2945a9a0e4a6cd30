#include "labs/recalibration/my_scores.h"

#include "labs/recalibration/studies.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace reprise::recal {

EdgeRule MyScoresConfig::edges() const {
  if (edge_rule == "interp") return EdgeRule::InterpolatedQuantile;
  return edge_rule == "width" ? EdgeRule::UniformWidth : EdgeRule::OrderStatistic;
}

TiePolicy MyScoresConfig::ties() const {
  return tie_policy == "interpolate" ? TiePolicy::KeepEmptyInterpolate : TiePolicy::Merge;
}

BinRule MyScoresConfig::rule() const {
  if (bin_rule == "leave_one_out") return BinRule::LeaveOneOut;
  if (bin_rule == "cube_root") return BinRule::CubeRoot;
  return bin_rule == "bound" ? BinRule::BoundMinimiser : BinRule::Plugin;
}

ScoreOptions MyScoresConfig::score_options() const {
  ScoreOptions options;
  if (mode == "top_label") options.mode = ScoreMode::TopLabel;
  if (mode == "one_vs_rest") options.mode = ScoreMode::OneVsRest;
  options.scale = score_kind == "logit" ? ScoreScale::Logit : ScoreScale::Probability;
  options.positive_class = positive_class;
  return options;
}

const BinMap* MyScoresConfig::chosen_map(const MethodMaps& maps) const {
  const std::optional<BinMap>& map =
      edges() == EdgeRule::UniformWidth ? maps.uniform_width : maps.uniform_mass;
  return map ? &*map : nullptr;
}

std::int64_t fold_tasks(const MyScoresConfig& config) {
  return std::max<std::int64_t>(config.folds, 1);
}

void put_metric(Partial& partial, std::string_view name, double value, std::string_view table) {
  partial.table(table, metric_columns).append_row(name, value);
}

namespace {

/// Rows of the input: as the engine estimates them, else from the bytes of a typical line.
double estimated_rows(const InputInfos& inputs) {
  const auto found = inputs.find("scores");
  if (found == inputs.end()) return 0;
  if (found->second.rows > 0) return static_cast<double>(found->second.rows);
  return static_cast<double>(found->second.bytes) / 20;
}

constexpr double rows_per_part = 262144;

/// Parts that the rows are cut into for stage "recalibrate"; a part's rows are in memory at once.
std::int64_t recalibrate_tasks(const InputInfos& inputs) {
  return static_cast<std::int64_t>(std::clamp(std::ceil(estimated_rows(inputs) / rows_per_part), 1.0, 1e5));
}

/// name → value over all tasks of a stage.
void gather_metrics(const Results& results, std::string_view stage, std::string_view table,
                    std::map<std::string, double>& metrics) {
  const Table rows = results.gather(stage, table, metric_columns);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    metrics[rows.texts("name")[row]] = rows.reals("value")[row];
  }
}

class MyScores final : public StudyOf<MyScoresConfig> {
 public:
  MyScores() : StudyOf(my_scores_parameters(), my_scores_description()) {}

 protected:
  void check(const MyScoresConfig& config, const InputInfos&, std::vector<Problem>& problems) const override {
    if (config.folds == 1) {
      problems.push_back(
          {"folds", "1", "0, or 2…50", "folds=1 leaves no row to fit on; allowed: 0, or 2…50"});
    }
    if (config.score_kind == "logit" && config.mode != "binary") {
      problems.push_back(
          {"score_kind", "logit", "probability",
           "score_kind=logit is for mode=binary; with mode=" + config.mode +
               " logits are recognised by their column names z_0, z_1, …; allowed: probability"});
    }
  }

  Plan plan_of(const MyScoresConfig& config, const InputInfos& inputs) const override {
    Stage read;
    read.name = "read";
    Stage fit;
    fit.name = "fit";
    fit.needs = {"read"};
    Stage recalibrate;
    recalibrate.name = "recalibrate";
    recalibrate.count = recalibrate_tasks(inputs);
    recalibrate.needs = {"read", "fit"};
    recalibrate.rows_to_files = true;
    Stage folds;
    folds.name = "folds";
    folds.count = fold_tasks(config);
    folds.needs = {"read"};
    Stage judge;
    judge.name = "judge";
    judge.count = static_cast<std::int64_t>(method_count);
    judge.needs = {"read", "folds"};
    return {read, fit, folds, judge, recalibrate};
  }

  Estimate estimate_of(const MyScoresConfig& config, const InputInfos& inputs) const override {
    const double rows = estimated_rows(inputs);
    const auto found = inputs.find("scores");
    const double bytes = found == inputs.end() ? 0 : static_cast<double>(found->second.bytes);
    const auto tasks = static_cast<double>(fold_tasks(config));
    const double log_rows = std::log2(std::max(rows, 2.0));
    constexpr double artefact_bytes = 20;  // a row in the artefacts of stage "read"
    // Special functions a row, with what surrounds them: a logit, some fifteen passes of Newton's method, an
    // output; an output by all eight methods; a row as text, array and hash, in a file or in the report.
    constexpr double fit_special = 40;
    constexpr double predict_special = 20;
    const double write_special = rows > inline_rows_limit ? 200 : 350;

    StageCost read;
    read.stage = "read";
    read.vector_ops = 60 * rows + 15 * bytes;
    read.sort_elements = rows * log_rows;
    read.bytes_touched = bytes + 3 * artefact_bytes * rows;
    read.bytes_task = 22 * rows + 2e6;
    StageCost fit;
    fit.stage = "fit";
    fit.special_ops = (fit_special + 5) * rows;
    fit.vector_ops = 100 * rows;
    fit.sort_elements = rows * log_rows;
    fit.bytes_touched = 100 * rows;
    fit.bytes_task = 20 * rows + 6e6;
    StageCost folds;
    folds.stage = "folds";
    folds.special_ops = rows * fit_special * std::max(tasks - 1, 1.0);
    folds.vector_ops = rows * 60 * tasks;
    folds.bytes_touched = rows * 60 * tasks;
    folds.bytes_task = 20 * rows + 6e6;
    folds.longest_task_share = 1 / tasks;
    StageCost judge;
    judge.stage = "judge";
    judge.special_ops = 1.5 * predict_special * rows;
    judge.vector_ops = 8 * 200 * rows;
    judge.sort_elements = 4 * rows * log_rows;  // predictions of some methods take few values
    judge.bytes_touched = 8 * 150 * rows;
    judge.bytes_task = 20 * rows + 6e6;
    judge.longest_task_share = 0.25;
    StageCost recalibrate;
    recalibrate.stage = "recalibrate";
    recalibrate.special_ops = (predict_special + write_special) * rows;
    recalibrate.vector_ops = 1000 * rows;
    recalibrate.bytes_touched = 1000 * rows;
    recalibrate.bytes_task = 400 * std::min(rows, rows_per_part) + 6e6;
    // Files are written one after the other at the end.
    recalibrate.longest_task_share = write_special / (write_special + 2 * predict_special);
    for (StageCost* stage : {&read, &fit, &folds, &judge, &recalibrate}) {
      stage->bytes_shared = bytes + artefact_bytes * rows;
    }
    Estimate estimate;
    estimate.stages = {read, fit, folds, judge, recalibrate};
    // A large table is in the report with its first rows only; its files come on top.
    const double inline_rows = rows > inline_rows_limit ? inline_rows_of_large_tables : rows;
    estimate.report_bytes = 20'000 + 150 * inline_rows;
    return estimate;
  }

  Json key_of(const MyScoresConfig&, std::string_view stage, std::int64_t index) const override {
    if (stage == "folds") return Json::object({{"fold", index}});
    if (stage == "judge") return Json::object({{"method", method_names[static_cast<std::size_t>(index)]}});
    if (stage == "recalibrate") return Json::object({{"part", index}});
    return Json::object();
  }

  std::unique_ptr<Stepper> start_task(const MyScoresConfig& config, std::string_view stage,
                                      std::int64_t index, TaskContext& context) const override {
    if (stage == "read") return start_read(config, context);
    if (stage == "fit") return start_fit(config, context);
    if (stage == "folds") return start_fold(config, index, context);
    if (stage == "recalibrate") {
      return start_recalibrate(config, index, recalibrate_tasks(context.inputs()), context);
    }
    return start_judge(config, static_cast<Method>(index), context);
  }

  void fill_report(const MyScoresConfig&, const Results& results, Report& report) const override {
    std::map<std::string, double> statistics;
    for (const std::string_view stage : {"read", "fit", "judge"}) {
      gather_metrics(results, stage, "metrics", report.metrics);
      gather_metrics(results, stage, "statistics", statistics);
    }
    take_table(results, "read", "leave_one_out", report);
    take_table(results, "fit", "bins", report);
    pass_on_table(results, "recalibrate", "recalibrated", report);
    pass_on_table(results, "recalibrate", "adapted", report);
    for (const std::string_view table : {"methods", "comparisons", "brier_differences", "reliability"}) {
      take_table(results, "judge", table, report);
    }
    put_best_difference(report);
    // A claim whose condition is not met is left out of a finished report.
    const auto judge_where_known = [&](std::string_view claim, const std::string& name,
                                       const auto& statistic) {
      const auto found = statistics.find(name);
      if (found != statistics.end()) {
        judge(report, results, claim, statistic(found->second));
      } else if (!results.complete) {
        judge(report, results, claim, std::numeric_limits<double>::quiet_NaN());
      }
    };
    judge_where_known("auc-unchanged-by-increasing-map", "platt_auc",
                      [&](double auc) { return std::fabs(auc - report.metrics["auc"]); });
    judge_where_known("mean-preserved-by-bins", "mean_shift_of_bins", [](double shift) { return shift; });
  }

 private:
  /// The lowest Brier difference to the raw scores among the methods; NaN when none could be judged.
  static void put_best_difference(Report& report) {
    const auto found = report.tables.find("comparisons");
    if (found == report.tables.end()) return;
    double best = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t row = 0; row < found->second.rows(); ++row) {
      const double difference = found->second.reals("brier_difference")[row];
      const bool raw = found->second.texts("method")[row] == method_names[index_of(Method::Identity)];
      if (!raw && !(difference >= best)) best = std::isnan(difference) ? best : difference;
    }
    report.metrics["best_brier_difference"] = best;
  }

  // Unfinished large tables are not shown: copying them for every live picture would cost more than it tells.
  static void take_table(const Results& results, std::string_view stage, std::string_view name,
                         Report& report) {
    const auto found = results.partials.find(stage);
    if (found == results.partials.end()) return;
    for (const auto& [index, partial] : found->second) {
      const Table* rows = partial.find(name);
      if (rows == nullptr || rows->rows() == 0) continue;
      if (!results.complete && rows->rows() > inline_rows_limit) continue;
      report.table(name, rows->specs()).append(*rows);
    }
  }
};

}  // namespace

std::unique_ptr<Study> make_my_scores() {
  return std::make_unique<MyScores>();
}

}  // namespace reprise::recal
