// Config, description and task of the study evaluate.
#pragma once

#include "labs/discrete-diffusion-convergence/common_config.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace reprise::diffusion {

struct EvaluateConfig : NoiseConfig, TargetConfig {
  EvaluateConfig() = default;

  std::string prior = "uniform";
  std::int64_t levels = 16;
  std::string kernel = "frozen_ctmc";
  std::string start = "prior";
  double score_error = 0;
  std::string freeze = "score";
  double mmd_gamma = 1;
  std::string observable = "first_two_equal";

  FreezeMode freeze_mode() const { return freeze == "rate" ? FreezeMode::Rate : FreezeMode::Score; }
  bool exact_score(const InputInfos& inputs) const {
    return score_error == 0 && inputs.find("score") == inputs.end();
  }
  /// The parameter, or file where there is an input.
  std::string observable_key(const InputInfos& inputs) const {
    return inputs.find("observable") == inputs.end() ? observable : "file";
  }
};

Parameters<EvaluateConfig> evaluate_parameters();
Description evaluate_description();

inline constexpr std::string_view evaluate_stage = "evaluate";
const std::vector<ColumnSpec>& evaluate_metric_columns();    ///< name, value
const std::vector<ColumnSpec>& evaluate_backward_columns();  ///< from the data end to the noisy end
const std::vector<ColumnSpec>& evaluate_bound_columns();
/// Names of the metrics, as the report has them.
const std::vector<std::string>& evaluate_metric_names();

std::unique_ptr<Stepper> start_evaluate(const EvaluateConfig& config, TaskContext& context);

}  // namespace reprise::diffusion
