#include "stats/incomplete_beta.h"

#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace reprise::stats {
namespace {

constexpr double half_log_two_pi = 0.91893853320467274178;

/// log Γ(a) minus Stirling's (a − ½) log a − a + ½ log 2π.
double stirling_error(double a) {
  if (a < 12) return math::lgamma(a) - (a - 0.5) * math::log(a) + a - half_log_two_pi;
  const double r = 1 / (a * a);
  return (1.0 / 12 -
          (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188 - r * 691.0 / 360360) * r) * r) * r) * r) /
         a;
}

/// x log(x/m) + m − x without cancellation for x near m (Loader 2000, "Fast and accurate computation of
/// binomial probabilities").
double deviance(double x, double m) {
  if (std::fabs(x - m) < 0.1 * (x + m)) {
    const double v = (x - m) / (x + m);
    double sum = (x - m) * v;
    double term = 2 * x * v;
    for (int j = 1; j < 1000; ++j) {
      term *= v * v;
      const double next = sum + term / (2 * j + 1);
      if (next == sum) break;
      sum = next;
    }
    return sum;
  }
  return x * math::log(x / m) + m - x;
}

/// x^a y^b / B(a, b) with y = 1 − x.
double beta_power(double a, double b, double x, double y) {
  const double n = a + b;
  const double exponent =
      stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
  return std::sqrt(a / n * b) * math::exp(exponent - half_log_two_pi);
}

/// The continued fraction of I_x(a, b) (Abramowitz and Stegun 26.5.8), by modified Lentz; converges fast for
/// x < (a + 1)/(a + b + 2).
double continued_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  const auto away_from_zero = [](double value) { return std::fabs(value) < tiny ? tiny : value; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double fraction = d;
  // About √max(a, b) terms are needed; the limit only guards the loop.
  for (int m = 1; m < 2'000'000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    fraction *= d * c;
    if (std::fabs(d * c - 1) < 1e-16) break;
  }
  return fraction;
}

void check_shapes(double a, double b) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!(a > 0 && b > 0 && a < infinity && b < infinity)) {
    throw std::invalid_argument("incomplete beta function: a and b have to be positive and finite");
  }
}

/// Where to halve a bracket: in the middle, or between the exponents when the ends differ by orders of
/// magnitude.
double split(double low, double high) {
  if (low > high / 16) return low + (high - low) / 2;
  return std::sqrt(std::max(low, 1e-300)) * std::sqrt(high);
}

}  // namespace

double regularized_incomplete_beta(double a, double b, double x) {
  check_shapes(a, b);
  if (!(x >= 0 && x <= 1)) throw std::invalid_argument("incomplete beta function: x has to be in [0, 1]");
  if (x == 0 || x == 1) return x;
  const double y = 1 - x;
  if (x < (a + 1) / (a + b + 2))
    return std::min(1.0, beta_power(a, b, x, y) * continued_fraction(a, b, x) / a);
  return std::max(0.0, 1 - beta_power(a, b, x, y) * continued_fraction(b, a, y) / b);
}

double beta_density(double a, double b, double x) {
  check_shapes(a, b);
  if (!(x > 0 && x < 1)) throw std::invalid_argument("beta density: x has to be in (0, 1)");
  return beta_power(a, b, x, 1 - x) / (x * (1 - x));
}

double inverse_regularized_incomplete_beta(double a, double b, double p) {
  check_shapes(a, b);
  if (!(p >= 0 && p <= 1))
    throw std::invalid_argument("inverse incomplete beta function: p has to be in [0, 1]");
  if (p == 0 || p == 1) return p;
  double low = 0;
  double high = 1;
  double x = a / (a + b);
  // Newton steps; every third one is replaced by halving the bracket unless it has shrunk enough by itself.
  double width_before = 1;
  for (int iteration = 0; iteration < 400; ++iteration) {
    if (!(x > low && x < high)) x = split(low, high);
    if (!(x > low && x < high)) break;  // neighbouring numbers
    const double error = regularized_incomplete_beta(a, b, x) - p;
    if (error == 0) return x;
    (error < 0 ? low : high) = x;
    const double step = error / beta_density(a, b, x);
    if (std::fabs(step) <= 1e-16 * x) break;
    double next = x - step;
    if (iteration % 3 == 2) {
      if (high - low > 0.5 * width_before) next = split(low, high);
      width_before = high - low;
    }
    x = next;
  }
  return x;
}

}  // namespace reprise::stats
