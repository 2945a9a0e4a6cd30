// Ordinary least squares by Householder reflections, for the few unknowns of a power-law fit.
//
//   LinearFit line = fit_line(log_n, log_risk);   // log_risk ≈ line.coefficients[0] + line.coefficients[1] ·
//   log_n
#pragma once

#include <span>
#include <vector>

namespace reprise::stats {

struct LinearFit {
  std::vector<double> coefficients;
  std::vector<double> standard_errors;  // the usual ones, from the residual variance with rows − unknowns
  double residual_variance = 0;
};

/// Minimises |y − Σ_j c_j · columns[j]|². Columns as long as y. With fewer rows than unknowns or dependent
/// columns everything is NaN; with as many rows as unknowns only the standard errors are.
LinearFit least_squares(const std::vector<std::vector<double>>& columns, std::span<const double> y);

/// Least squares on (1, x): intercept, slope.
LinearFit fit_line(std::span<const double> x, std::span<const double> y);

}  // namespace reprise::stats
