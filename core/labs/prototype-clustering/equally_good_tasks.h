// Tasks of the study equally-good.
#pragma once

#include "labs/prototype-clustering/equally_good.h"
#include "study/study.h"

#include <memory>
#include <string_view>
#include <vector>

namespace reprise::protoclust {

std::int64_t search_tasks(const EquallyGoodConfig& config);

const std::vector<ColumnSpec>& bound_columns();    ///< of the stage certify, a row a gap
const std::vector<ColumnSpec>& attempt_columns();  ///< of the stage search, a row a search and gap
const std::vector<ColumnSpec>& equal_point_columns();
const std::vector<ColumnSpec>& equal_plane_columns();

std::unique_ptr<Stepper> start_equally_good_task(const EquallyGoodConfig& config, std::string_view stage,
                                                 std::int64_t index, TaskContext& context);

}  // namespace reprise::protoclust
