#include "labs/prototype-clustering/report_tables.h"

#include "base/number_text.h"

#include <algorithm>
#include <cmath>

namespace reprise::protoclust {

const std::vector<ColumnSpec>& metric_columns() {
  static const std::vector<ColumnSpec> specs = {{"name", ColumnType::Text}, {"value", ColumnType::Real}};
  return specs;
}

const std::vector<ColumnSpec>& coordinate_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"cluster", ColumnType::Integer}, {"coordinate", ColumnType::Integer}, {"value", ColumnType::Real}};
  return specs;
}

void put_metric(Partial& partial, std::string_view name, double value) {
  partial.table("metrics", metric_columns()).append_row(name, value);
}

void put_condition(Partial& partial, const ConditionReport& numbers) {
  put_metric(partial, "loss", numbers.loss);
  put_metric(partial, "mean_loss", numbers.mean_loss);
  put_metric(partial, "kappa", numbers.kappa);
  put_metric(partial, "kappa_alpha", numbers.kappa_alpha);
  put_metric(partial, "kappa_rad", numbers.kappa_rad);
  put_metric(partial, "kappa_loc", numbers.kappa_loc);
  put_metric(partial, "min_margin", numbers.min_margin);
  put_metric(partial, "quantile_margin", numbers.quantile_margin);
}

void copy_metrics(const Results& results, std::string_view stage, Report& report) {
  const Table rows = results.gather(stage, "metrics", metric_columns());
  for (std::size_t row = 0; row < rows.rows(); ++row)
    report.metrics[rows.texts("name")[row]] = rows.reals("value")[row];
}

void put_coordinates(Table& table, const clustering::Points& points) {
  for (std::int64_t c = 0; c < points.rows; ++c) {
    for (std::int64_t j = 0; j < points.dims; ++j) table.append_row(c, j, points.at(c, j));
  }
}

Series histogram(const std::vector<double>& values, int bins) {
  Series series;
  if (values.empty()) return series;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (!std::isfinite(*low) || !std::isfinite(*high)) return series;
  const double width = *high > *low ? (*high - *low) / bins : 1;
  for (int bin = 0; bin < bins; ++bin) {
    series.x.push_back(*low + (bin + 0.5) * width);
    series.y_low.push_back(0);
  }
  series.y.assign(static_cast<std::size_t>(bins), 0);
  for (const double value : values)
    series.y[static_cast<std::size_t>(std::min((value - *low) / width, bins - 1.0))] += 1;
  series.y_high = series.y;
  return series;
}

Series step_line(const std::vector<double>& x, const std::vector<double>& y) {
  Series series;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (i > 0) {
      series.x.push_back(x[i - 1]);
      series.y.push_back(y[i]);
    }
    series.x.push_back(x[i]);
    series.y.push_back(y[i]);
  }
  return series;
}

std::string percent_text(double share) {
  return number_to_text(std::round(1000 * share) / 10) + " %";
}

std::string too_close_text(double ratio) {
  if (!std::isfinite(ratio)) return "two clusters have the same centre";
  if (ratio < 1) return "these are too many points for a proof in double precision";
  const std::string much =
      ratio < 2 ? percent_text(ratio - 1) : number_to_text(std::round(10 * ratio) / 10) + " times";
  return "clusters are " + much + " too close for a proof";
}

void check_loss(const std::string& loss, std::vector<Problem>& problems) {
  try {
    parse_loss(loss);
  } catch (const InputError& error) {
    problems.insert(problems.end(), error.problems().begin(), error.problems().end());
  }
}

void check_inputs(const InputInfos& inputs, const std::string& label_column, std::vector<Problem>& problems) {
  const auto given = [&](const char* name) { return inputs.find(name) != inputs.end(); };
  for (const char* name : {"labels", "reference_labels", "prototypes"}) {
    if (given(name) && !given("data"))
      problems.push_back({"data", "", "a file",
                          "input 'data' is missing; '" + std::string(name) + "' comes together with it"});
  }
  if (given("labels") && !label_column.empty())
    problems.push_back(
        {"label_column", label_column, "empty with the input labels",
         "label_column: '" + label_column + "' and the input 'labels' are both given; allowed: one of them"});
}

}  // namespace reprise::protoclust
