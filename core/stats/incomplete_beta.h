// The regularised incomplete beta function I_x(a, b): the distribution function of Beta(a, b), and through it
// binomial tails and Clopper–Pearson intervals. Built on base/math, so its bits are the same everywhere.
#pragma once

namespace reprise::stats {

/// I_x(a, b) for a, b > 0 and x in [0, 1]; std::invalid_argument otherwise. Absolute error below 1e-13 (1e-11
/// at a, b = 1e8) and, in the lower tail, relative error below 1e-11. Continued fraction by Lentz's
/// algorithm, factor in front from Loader's saddle-point form, which does not cancel for large a and b;
/// O(√max(a, b)).
double regularized_incomplete_beta(double a, double b, double x);

/// The x with I_x(a, b) = p, for a, b > 0 and p in [0, 1]; std::invalid_argument otherwise. Newton steps
/// inside a bracket that bisection shrinks.
double inverse_regularized_incomplete_beta(double a, double b, double p);

/// Density of Beta(a, b) at x in (0, 1).
double beta_density(double a, double b, double x);

}  // namespace reprise::stats
