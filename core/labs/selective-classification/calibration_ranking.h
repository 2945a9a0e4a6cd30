// The study `calibration-is-not-ranking` in parts: config, tasks that train networks, a task that judges all
// scores of a repeat, report.
#pragma once

#include "classify/network.h"
#include "labs/selective-classification/training_sample.h"
#include "study/study.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::selective {

struct CalibrationConfig {
  CalibrationConfig() = default;

  std::string data = "kblobs";
  std::string model = "mlp";
  std::vector<std::string> methods = {"temperature", "platt", "isotonic-step", "ensemble", "sat"};
  std::int64_t n_train = 1000;
  std::int64_t n_val = 1000;
  std::int64_t n_test = 4000;
  std::int64_t hidden = 32;
  std::int64_t epochs = 30;
  double learning_rate = 0.01;
  std::int64_t batch_size = 64;
  std::int64_t members = 4;
  double sat_momentum = 0.9;
  double sat_start_fraction = 0.25;
  double selectivenet_coverage = 0.8;
  std::int64_t head_epochs = 60;
  std::int64_t bins = 15;
  std::int64_t classes = 6;
  std::int64_t modes = 2;
  std::int64_t dimension = 8;
  double radius = 1.1;
  std::int64_t repeats = 1;
  std::int64_t coverage_points = 100;

  bool uses(std::string_view method) const;
  SampleChoice sample() const;
};

Parameters<CalibrationConfig> calibration_parameters();
Description calibration_description();

/// The networks of a repeat: the members, the first of which is the base of everything else, and those that
/// learn to abstain.
std::vector<std::string> networks_of(const CalibrationConfig& config);
classify::NetworkOptions network_options(const CalibrationConfig& config, const std::string& network,
                                         std::int64_t inputs, const nn::ImageSize& image,
                                         std::int64_t classes);

inline constexpr std::string_view networks_stage = "networks";
inline constexpr std::string_view scores_stage = "scores";
/// Trains network `which` of a repeat and leaves its outputs for the val and test rows.
std::unique_ptr<Stepper> start_network(const CalibrationConfig& config, std::int64_t repeat,
                                       std::size_t which, TaskContext& context);
/// Fits calibrators and heads on val rows and judges every score on test rows.
std::unique_ptr<Stepper> start_scores(const CalibrationConfig& config, std::int64_t repeat,
                                      TaskContext& context);

/// What a network leaves. `truth` comes from the first network of a repeat.
inline constexpr const char* val_logits = "val_logits";
inline constexpr const char* test_logits = "test_logits";
inline constexpr const char* val_features = "val_features";
inline constexpr const char* test_features = "test_features";
inline constexpr const char* val_labels = "val_labels";
inline constexpr const char* test_labels = "test_labels";
inline constexpr const char* test_posterior = "test_posterior";

inline const std::vector<ColumnSpec> calibration_method_columns = {{"repeat", ColumnType::Integer},
                                                                   {"method", ColumnType::Text},
                                                                   {"accuracy"},
                                                                   {"aurc"},
                                                                   {"e_aurc"},
                                                                   {"normalised_e_aurc"},
                                                                   {"augrc"},
                                                                   {"auroc"},
                                                                   {"ece"},
                                                                   {"ece_equal_mass"},
                                                                   {"kendall_tau"},
                                                                   {"e_aurc_change"}};
inline const std::vector<ColumnSpec> calibration_fit_columns = {{"repeat", ColumnType::Integer},
                                                                {"temperature"},
                                                                {"platt_slope"},
                                                                {"platt_intercept"},
                                                                {"isotonic_blocks"},
                                                                {"member_mean_e_aurc"},
                                                                {"loss_prediction_advantage"},
                                                                {"float32_tied_share"},
                                                                {"selective_accuracy_msp"},
                                                                {"selective_accuracy_selectivenet"}};
inline const std::vector<ColumnSpec> calibration_curve_columns = {
    {"method", ColumnType::Text}, {"coverage"}, {"accuracy"}, {"oracle"}, {"gap"}};
inline const std::vector<ColumnSpec> calibration_reliability_columns = {{"method", ColumnType::Text},
                                                                        {"bin", ColumnType::Integer},
                                                                        {"count", ColumnType::Integer},
                                                                        {"confidence"},
                                                                        {"accuracy"}};
inline const std::vector<ColumnSpec> calibration_swap_columns = {
    {"method", ColumnType::Text}, {"coverage"}, {"swapped_share"}, {"swapped_in_correct"},
    {"swapped_out_correct"},      {"mcnemar_p"}};
/// Of one repeat: largest change of the gap curve by increasing maps, and of the accuracy at the block ends
/// of isotonic scores (NaN: none asked for).
inline const std::vector<ColumnSpec> calibration_check_columns = {{"invariance"}, {"block_end_difference"}};

}  // namespace reprise::selective
