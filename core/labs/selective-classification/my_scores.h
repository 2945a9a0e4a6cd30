// The study `my-scores`: the library part of this lab on the user's own scores. Config, stages and the tables
// that they share with the report.
#pragma once

#include "labs/selective-classification/score_rows.h"
#include "study/study.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::selective {

struct MyScoresConfig {
  MyScoresConfig() = default;

  std::string score_kind = "msp";
  double target_risk = 0.05;
  double target_coverage = 0.8;
  double delta = 0.05;
  std::int64_t threshold_candidates = 20;
  std::string correction = "fixed-sequence";
  std::vector<std::string> calibrators;
  std::string isotonic_interpolation = "step";
  std::int64_t bins = 15;
  std::vector<double> audit_coverages = {0.5, 0.8, 0.9};
  std::int64_t bootstrap_replicates = 500;
  double band_level = 0.95;
  std::string curve_rows = "grid";
  std::int64_t coverage_points = 100;
};

Parameters<MyScoresConfig> my_scores_parameters();
Description my_scores_description();

/// "evaluate": reads the file, computes everything but the bootstrap, leaves the evaluated rows.
inline constexpr std::string_view evaluate_stage = "evaluate";
std::unique_ptr<Stepper> start_evaluate(const MyScoresConfig& config, TaskContext& context);
/// "bootstrap": replicates of the curve in equal parts.
inline constexpr std::string_view bootstrap_stage = "bootstrap";
std::int64_t bootstrap_tasks(const MyScoresConfig& config);
std::unique_ptr<Stepper> start_bootstrap(const MyScoresConfig& config, std::int64_t task,
                                         TaskContext& context);

/// Calibrators on val rows, judged on test rows: metrics and tables `calibrators`, `isotonic`,
/// `uniform_mass`, `calibrated`, `audit`. All that is passed has to outlive the stepper.
std::unique_ptr<Stepper> start_calibrators(const MyScoresConfig& config, const ScoreRows& val,
                                           const ScoreRows& test, const std::vector<std::uint32_t>& test_rows,
                                           TaskContext& context);
/// Groups, domains and annotators of the test rows: tables `groups`, `shift`, `annotators`. What is passed
/// has to outlive the stepper.
std::unique_ptr<Stepper> start_parts(const MyScoresConfig& config, const ScoreRows& test,
                                     TaskContext& context);
/// The probability that each row's prediction is right, as the file says it: confidence, softmax, or a score
/// in [0, 1]; empty when there is none.
std::vector<double> probabilities_of(const ScoreRows& rows);

/// One value of the tables "metrics" (for the report) and "statistics" (of claims).
inline const std::vector<ColumnSpec> metric_columns = {{"name", ColumnType::Text}, {"value"}};
inline void put_metric(Partial& partial, std::string_view name, double value,
                       std::string_view table = "metrics") {
  partial.table(table, metric_columns).append_row(name, value);
}

inline const std::vector<ColumnSpec> curve_columns = {
    {"k", ColumnType::Integer},           {"coverage"}, {"accuracy"}, {"oracle"}, {"gap"},
    {"is_block_end", ColumnType::Integer}};
inline const std::vector<ColumnSpec> budget_columns = {
    {"k", ColumnType::Integer}, {"coverage"}, {"gap"},      {"bayes"},
    {"approximation"},          {"ranking"},  {"discount"}, {"paper_bound"},
    {"misordered_mass"}};
inline const std::vector<ColumnSpec> score_kind_columns = {
    {"score", ColumnType::Text}, {"accuracy"}, {"aurc"}, {"e_aurc"}, {"augrc"}, {"auroc"}};
inline const std::vector<ColumnSpec> row_score_columns = {
    {"row", ColumnType::Integer}, {"score"}, {"correct", ColumnType::Integer}};
inline const std::vector<ColumnSpec> candidate_columns = {{"rank", ColumnType::Integer},
                                                          {"threshold"},
                                                          {"accepted", ColumnType::Integer},
                                                          {"correct", ColumnType::Integer},
                                                          {"level"},
                                                          {"lower_bound"},
                                                          {"tested", ColumnType::Integer},
                                                          {"certified", ColumnType::Integer}};
inline const std::vector<ColumnSpec> calibrator_columns = {{"method", ColumnType::Text},
                                                           {"e_aurc"},
                                                           {"ece"},
                                                           {"kendall_tau"},
                                                           {"non_decreasing", ColumnType::Integer},
                                                           {"strictly_increasing", ColumnType::Integer}};
inline const std::vector<ColumnSpec> isotonic_columns = {{"score"}, {"value"}};
inline const std::vector<ColumnSpec> uniform_mass_columns = {
    {"bin", ColumnType::Integer}, {"upper_edge"}, {"count", ColumnType::Integer}, {"value"}};
inline const std::vector<ColumnSpec> calibrated_columns = {
    {"row", ColumnType::Integer}, {"method", ColumnType::Text}, {"value"}};
inline const std::vector<ColumnSpec> audit_columns = {{"method", ColumnType::Text},
                                                      {"coverage"},
                                                      {"k", ColumnType::Integer},
                                                      {"jaccard"},
                                                      {"swapped_in_correct", ColumnType::Integer},
                                                      {"swapped_in_wrong", ColumnType::Integer},
                                                      {"swapped_out_correct", ColumnType::Integer},
                                                      {"swapped_out_wrong", ColumnType::Integer},
                                                      {"mcnemar_p"}};
inline const std::vector<ColumnSpec> group_columns = {
    {"group", ColumnType::Text}, {"n", ColumnType::Integer}, {"accuracy"}, {"e_aurc"}, {"auroc"}};
inline const std::vector<ColumnSpec> shift_columns = {{"coverage"}, {"gap_source"}, {"gap_target"}};
inline const std::vector<ColumnSpec> annotator_columns = {
    {"labels_per_row", ColumnType::Integer}, {"plug_in_bayes"}, {"pairwise_disagreement"}};
// Of the bootstrap: one row a replicate and rank, one row a replicate.
inline const std::vector<ColumnSpec> replicate_columns = {{"accuracy"}, {"gap"}};
inline const std::vector<ColumnSpec> replicate_auroc_columns = {{"auroc"}};
inline const std::vector<ColumnSpec> replicate_shift_columns = {{"difference"}};

/// What the evaluation leaves for the bootstrap.
inline constexpr std::string_view rows_artefact = "rows";

}  // namespace reprise::selective
