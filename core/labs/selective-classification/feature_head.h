// The study `feature-aware-head` in parts: config, a task for one noise level and repeat, report.
#pragma once

#include "study/study.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::selective {

struct FeatureHeadConfig {
  FeatureHeadConfig() = default;

  std::vector<double> sigma_list = {0.2, 0.3};
  std::int64_t n_train = 1000;
  std::int64_t n_head = 1000;
  std::int64_t n_test = 4000;
  std::int64_t epochs = 60;
  std::int64_t head_epochs = 60;
  double learning_rate = 0.01;
  double head_learning_rate = 0.01;
  std::int64_t head_hidden = 32;
  std::string head_targets = "correctness";
  std::int64_t repeats = 1;
  std::int64_t coverage_points = 100;
};

Parameters<FeatureHeadConfig> feature_head_parameters();
Description feature_head_description();

inline constexpr std::string_view head_stage = "samples";
std::unique_ptr<Stepper> start_head(const FeatureHeadConfig& config, double sigma, std::int64_t repeat,
                                    TaskContext& context);

inline const std::vector<std::string> head_methods = {"msp", "temperature", "platt", "correctness-head",
                                                      "oracle-eta"};
inline const std::vector<ColumnSpec> head_cell_columns = {{"sigma"},
                                                          {"repeat", ColumnType::Integer},
                                                          {"method", ColumnType::Text},
                                                          {"accuracy"},
                                                          {"e_aurc_empirical"},
                                                          {"e_aurc_population"}};
inline const std::vector<ColumnSpec> head_curve_columns = {
    {"sigma"}, {"method", ColumnType::Text}, {"coverage"}, {"accuracy"}, {"oracle"}};
/// Of one task: largest change of E-AURC by increasing maps, and head above the best possible order.
inline const std::vector<ColumnSpec> head_check_columns = {{"calibration_difference"}, {"head_excess"}};

}  // namespace reprise::selective
