// The study `my-scores`: the library part of this lab on the user's own scores. Config and stages; the report
// is put together in my_scores.cpp.
#pragma once

#include "labs/recalibration/bin_map.h"
#include "labs/recalibration/bin_rules.h"
#include "labs/recalibration/method_maps.h"
#include "labs/recalibration/score_table.h"
#include "study/study.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace reprise::recal {

struct MyScoresConfig {
  std::int64_t bins = 0;
  std::string bin_rule = "plug_in";
  std::string edge_rule = "order";
  std::string tie_policy = "merge";
  std::string score_kind = "probability";
  std::string mode = "binary";
  std::int64_t positive_class = 0;
  bool sample_split = false;
  double delta = 0.1;
  double lipschitz = 0;
  double interval = 0.95;
  std::int64_t folds = 10;
  std::int64_t ece_bins = 15;
  std::int64_t reliability_bins = 0;
  double pseudo = 0.5;
  std::string shift_estimator = "auto";

  EdgeRule edges() const;
  TiePolicy ties() const;
  BinRule rule() const;
  ScoreOptions score_options() const;
  /// The map of the chosen edge rule: what the table `bins` shows and target rows start from; nullptr when it
  /// could not be fitted.
  const BinMap* chosen_map(const MethodMaps& maps) const;
};

/// "read": the file becomes arrays in file order and in order of the score, the number of bins is chosen.
std::unique_ptr<Stepper> start_read(const MyScoresConfig& config, TaskContext& context);
/// "fit": all maps on all fitted rows; table `bins`, metrics.
std::unique_ptr<Stepper> start_fit(const MyScoresConfig& config, TaskContext& context);
/// "recalibrate", part of `parts`: tables `recalibrated` and `adapted` of some rows, which go to files.
std::unique_ptr<Stepper> start_recalibrate(const MyScoresConfig& config, std::int64_t part,
                                           std::int64_t parts, TaskContext& context);
/// "folds": maps on the rows outside one fold. Without cross-fitting only task 0 has something to do: maps on
/// all fitted rows.
std::unique_ptr<Stepper> start_fold(const MyScoresConfig& config, std::int64_t fold, TaskContext& context);
/// "judge": one method on the judged rows; its rows of `methods`, `comparisons`, `reliability`.
std::unique_ptr<Stepper> start_judge(const MyScoresConfig& config, Method method, TaskContext& context);

/// What the study says about itself, and its parameters.
Description my_scores_description();
Parameters<MyScoresConfig> my_scores_parameters();

/// Tasks of the stage "folds"; how many of them are needed shows when the file has been read.
std::int64_t fold_tasks(const MyScoresConfig& config);

// Tables that the stages share with the report.
inline const std::vector<ColumnSpec> metric_columns = {{"name", ColumnType::Text}, {"value"}};
inline const std::vector<ColumnSpec> bins_columns = {
    {"lower"}, {"upper"}, {"value"}, {"count", ColumnType::Integer}, {"ci_low"}, {"ci_high"}};
inline const std::vector<ColumnSpec> methods_columns = {
    {"method", ColumnType::Text}, {"brier"}, {"log_loss"}, {"ece_l1"}, {"ce2_debiased"}, {"auc"},
    {"distinct_values"}};
inline const std::vector<ColumnSpec> comparisons_columns = {
    {"method", ColumnType::Text}, {"brier_difference"}, {"standard_error"}};
// The same differences with two standard errors to both sides, for the figure.
inline const std::vector<ColumnSpec> differences_columns = {
    {"method", ColumnType::Text}, {"difference"}, {"low"}, {"high"}};
inline const std::vector<ColumnSpec> recalibrated_columns = {{"row", ColumnType::Integer},
                                                             {"score"},
                                                             {"identity"},
                                                             {"platt"},
                                                             {"temperature"},
                                                             {"isotonic"},
                                                             {"uniform_mass"},
                                                             {"uniform_width"},
                                                             {"scaling_binning"},
                                                             {"base_rate"}};
inline const std::vector<ColumnSpec> leave_one_out_columns = {{"bins", ColumnType::Integer}, {"brier"}};
inline const std::vector<ColumnSpec> reliability_columns = {
    {"stage", ColumnType::Text},    {"mean_score"}, {"label_mean"},
    {"count", ColumnType::Integer}, {"ci_low"},     {"ci_high"}};
inline const std::vector<ColumnSpec> adapted_columns = {
    {"row", ColumnType::Integer}, {"score"}, {"source"}, {"label_shift_only"}, {"composite"}};

/// Adds a row to the partial's table of metrics ("metrics": for the report; "statistics": of claims).
void put_metric(Partial& partial, std::string_view name, double value, std::string_view table = "metrics");

}  // namespace reprise::recal
