// Config, description and task of the study my-process.
#pragma once

#include "labs/discrete-diffusion-convergence/common_config.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::diffusion {

struct MyProcessConfig : NoiseConfig, TargetConfig {
  MyProcessConfig() {
    target = "zipf";
    vocabulary_size = 64;
    length = 1;
  }
  double refresh_rate = 1;
  double neighbour_rate = 1;
  std::int64_t levels = 16;
  std::string freeze = "score";
  std::string start = "stationary";
  std::string unit = "word";
  double additive = 0;
  std::string observable = "first_two_equal";
  double goal_tolerance = 0;

  std::string observable_key(const InputInfos& inputs) const {
    return inputs.find("observable") == inputs.end() ? observable : "file";
  }
};

Parameters<MyProcessConfig> my_process_parameters();
Description my_process_description();

inline constexpr std::string_view process_stage = "process";
inline constexpr std::string_view backward_table = "backward", bound_table = "bounds";
using Specs = std::vector<ColumnSpec>;
const Specs& process_metric_columns();    ///< name, value
const Specs& process_marginal_columns();  ///< from the data end to the noisy end
const Specs& process_backward_columns();  ///< from the data end to the noisy end
const Specs& process_bound_columns();
const Specs& process_grid_columns();
const Specs& process_goal_columns();
const Specs& process_symbol_columns();  ///< of a corpus: symbol, text, count
const Specs& process_states_columns();
const Specs& process_array_columns();  ///< values of arrays, row by row
/// Names of the metrics, as the report has them.
const std::vector<std::string>& process_metric_names();

/// Laws of all levels that are in memory at once.
inline constexpr std::size_t most_law_entries = std::size_t{1} << 25;
/// Numbers of marginals.npy and of adjoint.npy.
inline constexpr std::size_t most_array_entries = 4'000'000;

std::unique_ptr<Stepper> start_my_process(const MyProcessConfig& config, TaskContext& context);

}  // namespace reprise::diffusion
