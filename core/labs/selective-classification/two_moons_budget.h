// The study `two-moons-budget` in parts: config, a task for one noise level and repeat, report.
#pragma once

#include "study/study.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::selective {

struct TwoMoonsBudgetConfig {
  TwoMoonsBudgetConfig() = default;

  std::vector<double> sigma_list = {0.1, 0.2, 0.4, 0.8};
  std::vector<std::string> models = {"logreg", "mlp"};
  std::int64_t hidden = 16;
  std::int64_t n_train = 800;
  std::int64_t n_test = 5000;
  std::int64_t epochs = 40;
  double learning_rate = 0.01;
  std::int64_t batch_size = 64;
  std::int64_t repeats = 1;
  double delta = 0.05;
  std::int64_t coverage_points = 100;
};

Parameters<TwoMoonsBudgetConfig> two_moons_budget_parameters();
Description two_moons_budget_description();

/// Widths of a network on the plane: no hidden layer for logreg, two for mlp.
std::vector<std::int64_t> moons_widths(const std::string& model, std::int64_t hidden);
/// A noise level as the coordinate of a random stream.
std::uint64_t sigma_code(double sigma);

inline constexpr std::string_view moons_stage = "samples";
std::unique_ptr<Stepper> start_moons(const TwoMoonsBudgetConfig& config, std::size_t sigma,
                                     std::int64_t repeat, TaskContext& context);

// Tables of a task. `shape` and `edge` are for the figure of the plane.
inline const std::vector<ColumnSpec> moons_cell_columns = {{"sigma"},
                                                           {"model", ColumnType::Text},
                                                           {"repeat", ColumnType::Integer},
                                                           {"accuracy"},
                                                           {"e_aurc_empirical"},
                                                           {"e_aurc_population"},
                                                           {"mean_bayes"},
                                                           {"mean_approximation"},
                                                           {"mean_ranking"},
                                                           {"mean_discount"},
                                                           {"mean_paper_bound"},
                                                           {"budget_residual"},
                                                           {"band_violation_share"}};
inline const std::vector<ColumnSpec> moons_curve_columns = {{"sigma"},           {"model", ColumnType::Text},
                                                            {"coverage"},        {"accuracy"},
                                                            {"oracle"},          {"gap_empirical"},
                                                            {"gap_population"},  {"bayes"},
                                                            {"approximation"},   {"ranking"},
                                                            {"discount"},        {"paper_bound"},
                                                            {"misordered_mass"}, {"band_half_width"}};
inline const std::vector<ColumnSpec> moons_map_columns = {
    {"sigma"}, {"model", ColumnType::Text}, {"x1"}, {"x2"}, {"eta"}, {"score"}};
inline const std::vector<ColumnSpec> moons_posterior_columns = {{"sigma"}, {"x1"}, {"x2"}, {"eta"}};
inline const std::vector<ColumnSpec> moons_slack_columns = {{"least_slack"}};
inline const std::vector<ColumnSpec> moons_edge_columns = {
    {"sigma"}, {"model", ColumnType::Text}, {"x1"}, {"x2"}};
inline constexpr std::size_t map_side = 40;   ///< points a side of the map on [−2, 3] × [−1.5, 2]
inline constexpr double edge_coverage = 0.8;  ///< whose border the map shows

}  // namespace reprise::selective
