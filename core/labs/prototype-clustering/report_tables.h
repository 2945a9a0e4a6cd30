// Tables and checks that the studies of this lab share.
#pragma once

#include "clustering/points.h"
#include "labs/prototype-clustering/condition.h"
#include "study/study.h"

#include <string>
#include <string_view>
#include <vector>

namespace reprise::protoclust {

const std::vector<ColumnSpec>& metric_columns();      ///< name, value
const std::vector<ColumnSpec>& coordinate_columns();  ///< cluster, coordinate, value

void put_metric(Partial& partial, std::string_view name, double value);
/// loss, mean_loss, the four condition numbers, min_margin, quantile_margin.
void put_condition(Partial& partial, const ConditionReport& numbers);
/// Every metric that a stage put down.
void copy_metrics(const Results& results, std::string_view stage, Report& report);
/// One row a coordinate, coordinates fastest.
void put_coordinates(Table& table, const clustering::Points& points);
/// Counts in bins of equal width, for a band: x the middle of the bin, y the count.
Series histogram(const std::vector<double>& values, int bins);
/// The bounds y at gaps of at most x, as a line: a smaller gap has the bound of the next x.
Series step_line(const std::vector<double>& x, const std::vector<double>& y);

/// A share as text: "6.2 %", with one digit after the point.
std::string percent_text(double share);
/// Why nothing is certified at this separation ratio: "clusters are 6.2 % too close for a proof".
std::string too_close_text(double ratio);

/// A loss that parse_loss cannot read becomes a problem.
void check_loss(const std::string& loss, std::vector<Problem>& problems);
/// Inputs that need `data` beside them; labels given twice.
void check_inputs(const InputInfos& inputs, const std::string& label_column, std::vector<Problem>& problems);

}  // namespace reprise::protoclust
