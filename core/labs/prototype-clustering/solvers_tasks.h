// Tasks of the study solvers.
#pragma once

#include "labs/prototype-clustering/solvers.h"
#include "study/study.h"

#include <memory>
#include <string_view>
#include <vector>

namespace reprise::protoclust {

const std::vector<ColumnSpec>& run_columns();
const std::vector<ColumnSpec>& increase_columns();  ///< of the loss by Hartigan's moves, a restart
const std::vector<ColumnSpec>& medoid_columns();
const std::vector<ColumnSpec>& near_optimal_columns();
const std::vector<ColumnSpec>& label_columns();

std::unique_ptr<Stepper> start_solvers_task(const SolversConfig& config, std::string_view stage,
                                            std::int64_t index, TaskContext& context);

}  // namespace reprise::protoclust
