// The study label-shift in parts: its config, its tasks (label_shift_tasks.cpp) and its report
// (label_shift_study.cpp).
#pragma once

#include "base/math.h"
#include "labs/recalibration/score_models.h"
#include "study/study.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::recal {

struct LabelShiftConfig {
  LabelShiftConfig() = default;

  double mu = 2, p_source = 0.5, p_target = 0.1;
  double class1_mean_shift = 0;
  std::int64_t n_source = 1000;
  std::vector<std::int64_t> n_target_list = {30, 100, 300, 1000, 3000, 10000};
  std::int64_t seeds = 20;
  std::string bin_rule = "plug_in";
  std::string target_bin_rule = "best";
  std::int64_t cell_n_source = 1000, cell_n_target = 100, cell_source_bins = 9, cell_target_bins = 4;
  std::int64_t cell_seeds = 40;
  double pseudo = 0.5;
  double tolerance_factor = 1.5;
  std::int64_t weight_repeats = 1000;

  ScoreModel source() const { return ScoreModel::gauss(mu, p_source); }
  ScoreModel target() const { return ScoreModel::gauss_with_means(-mu, mu + class1_mean_shift, p_target); }
  /// log(w₁/w₀) of the true shares.
  double log_ratio() const { return math::logit(p_target) - math::logit(p_source); }
  std::vector<std::int64_t> weight_sizes() const {
    std::vector<std::int64_t> sizes;
    for (const std::int64_t n : n_target_list) {
      if (n >= 100) sizes.push_back(n);
    }
    return sizes;
  }
};

Parameters<LabelShiftConfig> label_shift_parameters();

/// "cell": the published pair of sample sizes, one task a repeat. "samples": a source sample and a target
/// sample of every size, one task a repeat. "weights": the error of estimated shares alone, one task a target
/// size.
inline constexpr std::string_view cell_stage = "cell";
inline constexpr std::string_view sweep_stage = "samples";
inline constexpr std::string_view weights_stage = "weights";
std::unique_ptr<Stepper> start_cell(const LabelShiftConfig& config, std::int64_t repeat,
                                    TaskContext& context);
std::unique_ptr<Stepper> start_sweep(const LabelShiftConfig& config, std::int64_t repeat,
                                     TaskContext& context);
std::unique_ptr<Stepper> start_weights(const LabelShiftConfig& config, std::int64_t n_target,
                                       TaskContext& context);

/// The estimators, in the order of the rows that a task appends for each comparison.
inline const std::vector<std::string> shift_methods = {"source", "target", "label_shift_only", "composite",
                                                       "known"};
inline const std::vector<ColumnSpec> shift_parts_columns = {{"n_target", ColumnType::Integer},
                                                            {"repeat", ColumnType::Integer},
                                                            {"method", ColumnType::Text},
                                                            {"calibration", ColumnType::Real},
                                                            {"sharpness", ColumnType::Real}};
inline const std::vector<ColumnSpec> shift_weight_columns = {{"n_target", ColumnType::Integer},
                                                             {"mean_error", ColumnType::Real}};

}  // namespace reprise::recal
