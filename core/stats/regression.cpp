#include "stats/regression.h"

#include <cmath>
#include <limits>
#include <stdexcept>

namespace reprise::stats {

namespace {

LinearFit undetermined(std::size_t unknowns) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  return {std::vector<double>(unknowns, nan), std::vector<double>(unknowns, nan), nan};
}

// Σ a_i b_i over i >= first, in order.
double dot(std::span<const double> a, std::span<const double> b, std::size_t first) {
  double sum = 0;
  for (std::size_t i = first; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// target −= 2 v (vᵀ target)/(vᵀ v), on the entries from `first` on.
void reflect(std::span<const double> v, double v_squared, std::span<double> target, std::size_t first) {
  const double factor = 2 * dot(v, target, first) / v_squared;
  for (std::size_t i = first; i < v.size(); ++i) target[i] -= factor * v[i];
}

}  // namespace

LinearFit least_squares(const std::vector<std::vector<double>>& columns, std::span<const double> y) {
  const std::size_t unknowns = columns.size();
  const std::size_t rows = y.size();
  for (const std::vector<double>& column : columns) {
    if (column.size() != rows) throw std::logic_error("least_squares: columns and y differ in length");
  }
  if (unknowns == 0 || rows < unknowns) return undetermined(unknowns);

  // Columns become R above and the reflections' vectors below; the right-hand side becomes Qᵀy.
  std::vector<std::vector<double>> r = columns;
  std::vector<double> rhs(y.begin(), y.end());
  std::vector<double> diagonal(unknowns);
  for (std::size_t j = 0; j < unknowns; ++j) {
    const double whole = std::sqrt(dot(columns[j], columns[j], 0));
    const double norm = std::sqrt(dot(r[j], r[j], j));
    if (!(norm > 1e-12 * whole)) return undetermined(unknowns);
    diagonal[j] = r[j][j] > 0 ? -norm : norm;
    std::vector<double> v = r[j];
    v[j] -= diagonal[j];
    const double v_squared = dot(v, v, j);
    for (std::size_t k = j + 1; k < unknowns; ++k) reflect(v, v_squared, r[k], j);
    reflect(v, v_squared, rhs, j);
  }

  LinearFit fit = undetermined(unknowns);
  for (std::size_t j = unknowns; j-- > 0;) {
    double value = rhs[j];
    for (std::size_t k = j + 1; k < unknowns; ++k) value -= r[k][j] * fit.coefficients[k];
    fit.coefficients[j] = value / diagonal[j];
  }
  if (rows == unknowns) return fit;

  fit.residual_variance = dot(rhs, rhs, unknowns) / static_cast<double>(rows - unknowns);
  // (RᵀR)⁻¹ = R⁻¹R⁻ᵀ: its diagonal holds the squared rows of R⁻¹, whose columns solve R x = e_k.
  std::vector<double> squared_rows(unknowns, 0.0);
  for (std::size_t k = 0; k < unknowns; ++k) {
    std::vector<double> x(unknowns, 0.0);
    for (std::size_t j = k + 1; j-- > 0;) {
      double value = j == k ? 1.0 : 0.0;
      for (std::size_t m = j + 1; m <= k; ++m) value -= r[m][j] * x[m];
      x[j] = value / diagonal[j];
      squared_rows[j] += x[j] * x[j];
    }
  }
  for (std::size_t j = 0; j < unknowns; ++j) {
    fit.standard_errors[j] = std::sqrt(fit.residual_variance * squared_rows[j]);
  }
  return fit;
}

LinearFit fit_line(std::span<const double> x, std::span<const double> y) {
  return least_squares({std::vector<double>(x.size(), 1.0), std::vector<double>(x.begin(), x.end())}, y);
}

}  // namespace reprise::stats
