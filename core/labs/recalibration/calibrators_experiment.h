// The study calibrators in parts: its config, its three arms (calibrators_tasks.cpp) and its report
// (calibrators_study.cpp).
#pragma once

#include "labs/recalibration/score_models.h"
#include "study/study.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::recal {

struct CalibratorsConfig {
  CalibratorsConfig() = default;

  std::int64_t n = 2000;
  std::int64_t seeds = 20;
  std::string well_specified_model = "logistic44";
  std::string misspecified_model = "beta01_4";
  std::string bin_count_model = "gauss";
  std::int64_t well_specified_bins = 0, misspecified_bins = 0, small_bins = 0, large_bins = 0;
  std::string edge_rule = "order";
  std::vector<std::int64_t> sweep_bins;
};

Parameters<CalibratorsConfig> calibrators_parameters();

/// The three models of the study, and the numbers of bins each is binned with.
enum class Arm { WellSpecified, Misspecified, BinCount };
inline constexpr std::array<const char*, 3> arm_names = {"well_specified", "misspecified", "bin_count"};
const std::string& arm_model_name(const CalibratorsConfig& config, Arm arm);
/// A model by its name, gauss with μ = 2 and p = ½.
ScoreModel arm_model(const std::string& name);

struct BinNumbers {
  std::int64_t well_specified, misspecified, small, large;
};
/// What is asked for, or the rules; `large` is 0 when the formula has no value and none was asked for.
BinNumbers arm_bin_numbers(const CalibratorsConfig& config);
std::vector<std::int64_t> arm_bins(const BinNumbers& numbers, Arm arm);
/// Entries of sweep_bins with at least two rows a bin.
std::vector<std::int64_t> sweep_bins_of(const CalibratorsConfig& config);

/// One task a sample of one arm; all arms of a repeat follow each other.
inline constexpr std::string_view arms_stage = "samples";
struct ArmTask {
  Arm arm;
  std::int64_t repeat;
};
inline ArmTask arm_task(std::int64_t index) {
  return {static_cast<Arm>(index % 3), index / 3};
}
std::unique_ptr<Stepper> start_arm(const CalibratorsConfig& config, ArmTask task, TaskContext& context);

// Tables that tasks append to: risks of every method; the maps of the first misspecified sample.
inline const std::vector<ColumnSpec> arm_risk_columns = {
    {"arm", ColumnType::Integer},   {"method", ColumnType::Text},      {"bins", ColumnType::Integer},
    {"sweep", ColumnType::Integer}, {"calibration", ColumnType::Real}, {"sharpness", ColumnType::Real}};
inline const std::vector<ColumnSpec> arm_curve_columns = {{"score", ColumnType::Real},
                                                          {"truth", ColumnType::Real},
                                                          {"platt", ColumnType::Real},
                                                          {"uniform_mass", ColumnType::Real}};

}  // namespace reprise::recal
