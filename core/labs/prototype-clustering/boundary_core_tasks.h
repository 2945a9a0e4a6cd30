// Tasks of the study boundary-core.
#pragma once

#include "labs/prototype-clustering/boundary_core.h"
#include "study/study.h"

#include <memory>
#include <string_view>
#include <vector>

namespace reprise::protoclust {

/// How many solutions are made: the input `prototypes` is a single one.
std::int64_t solutions_of(const BoundaryConfig& config, const InputInfos& inputs);
/// Tasks that they are dealt out to.
std::int64_t solution_tasks(const BoundaryConfig& config, const InputInfos& inputs);

const std::vector<ColumnSpec>& solution_columns();
const std::vector<ColumnSpec>& boundary_point_columns();
const std::vector<ColumnSpec>& decile_columns();
const std::vector<ColumnSpec>& bin_columns();
const std::vector<ColumnSpec>& cumulated_columns();

std::unique_ptr<Stepper> start_boundary_task(const BoundaryConfig& config, std::string_view stage,
                                             std::int64_t index, TaskContext& context);

}  // namespace reprise::protoclust
