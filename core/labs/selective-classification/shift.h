// The study `shift` in parts: config, what is shifted, a task for one repeat and model, report.
#pragma once

#include "study/study.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::selective {

struct ShiftConfig {
  ShiftConfig() = default;

  std::string data = "two-moons";
  std::string shift = "rotation";
  std::vector<double> severity_list = {0, 20, 40};
  double sigma = 0.25;
  std::int64_t n_train = 1000;
  std::int64_t n_val = 1000;
  std::int64_t n_test = 4000;
  std::int64_t hidden = 16;
  std::int64_t epochs = 40;
  double learning_rate = 0.01;
  std::int64_t repeats = 1;
  std::int64_t coverage_points = 100;

  bool on_moons() const { return data == "two-moons"; }
};

Parameters<ShiftConfig> shift_parameters();
Description shift_description();
/// Rules between data, shift, severities and the sizes of the samples.
void check_shift(const ShiftConfig& config, const InputInfos& inputs, std::vector<Problem>& problems);

inline constexpr std::string_view shift_stage = "models";
/// Trained on rows as they come, and on rows that are changed anew in every epoch.
inline const std::vector<std::string> shift_models = {"plain", "augmented"};
std::unique_ptr<Stepper> start_shift(const ShiftConfig& config, std::int64_t repeat, const std::string& model,
                                     TaskContext& context);

inline constexpr std::int64_t shift_batch = 64;
inline constexpr std::int64_t shift_replicates = 500;  ///< of the bootstrap

// Tables of a task; parts of the gap are NaN where the posterior is not known.
inline const std::vector<ColumnSpec> shift_cell_columns = {{"severity"},
                                                           {"model", ColumnType::Text},
                                                           {"repeat", ColumnType::Integer},
                                                           {"accuracy"},
                                                           {"ece"},
                                                           {"e_aurc_empirical"},
                                                           {"e_aurc_population"},
                                                           {"mean_bayes"},
                                                           {"mean_approximation"},
                                                           {"mean_ranking"},
                                                           {"mean_discount"}};
inline const std::vector<ColumnSpec> shift_curve_columns = {
    {"severity"}, {"model", ColumnType::Text}, {"coverage"}, {"accuracy"}, {"oracle"}, {"gap"}};
inline const std::vector<ColumnSpec> shift_term_columns = {
    {"severity"}, {"model", ColumnType::Text}, {"gap_difference"}, {"low"}, {"high"}};
/// Of a task: largest change of E-AURC by the temperature fitted on unshifted rows; number of classes.
inline const std::vector<ColumnSpec> shift_check_columns = {{"temperature_difference"},
                                                            {"classes", ColumnType::Integer}};

}  // namespace reprise::selective
