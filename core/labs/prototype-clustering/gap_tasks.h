// Tasks of the study gap-vs-error.
#pragma once

#include "labs/prototype-clustering/gap_vs_error.h"
#include "study/study.h"

#include <memory>
#include <string_view>
#include <vector>

namespace reprise::protoclust {

inline constexpr std::string_view benchmark_stage = "benchmark";
inline constexpr std::string_view candidates_stage =
    "candidates";                                           // three tasks: iterates, perturbed, converged
inline constexpr std::string_view bounds_stage = "bounds";  // certificate and corruptions
inline constexpr std::string_view conditions_stage = "conditions";  // a task a separation

const std::vector<ColumnSpec>& candidate_columns();
const std::vector<ColumnSpec>& gap_certificate_columns();
const std::vector<ColumnSpec>& corruption_columns();
const std::vector<ColumnSpec>& condition_columns();
const std::vector<ColumnSpec>& gap_point_columns();

std::unique_ptr<Stepper> start_gap_task(const GapConfig& config, std::string_view stage, std::int64_t index,
                                        TaskContext& context);

}  // namespace reprise::protoclust
