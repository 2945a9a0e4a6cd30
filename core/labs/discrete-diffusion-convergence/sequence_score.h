// Config, description and tasks of the study sequence-score.
#pragma once

#include "labs/discrete-diffusion-convergence/common_config.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::diffusion {

struct SequenceScoreConfig {
  std::string prior = "masked";
  std::int64_t vocabulary_size = 8;
  std::int64_t length = 32;
  double sigma_max = 6;
  double sigma_min = 0.02;
  std::string schedule = "geometric";
  std::int64_t levels = 12;
  std::int64_t samples = 200;
  std::string unit = "letter";
  double additive = 0.5;
  std::string network_output = "leave_one_out";
};

Parameters<SequenceScoreConfig> sequence_score_parameters();
Description sequence_score_description();

inline constexpr std::string_view fit_stage = "fit", level_stage = "levels";
const std::vector<ColumnSpec>& sequence_fit_columns();    ///< symbols, tokens
const std::vector<ColumnSpec>& sequence_level_columns();  ///< as in the report

std::unique_ptr<Stepper> start_sequence_fit(const SequenceScoreConfig& config, TaskContext& context);
std::unique_ptr<Stepper> start_sequence_level(const SequenceScoreConfig& config, std::int64_t level,
                                              TaskContext& context);

}  // namespace reprise::diffusion
