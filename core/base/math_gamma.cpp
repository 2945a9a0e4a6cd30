// log |Γ(x)|: (x − 1)(x − 2) times a polynomial around its zeros 1 and 2, recurrence, Stirling's series,
// reflection. All in pairs of doubles, because the parts cancel.
#include "base/math.h"
#include "base/math_kernels.h"

#include <cmath>

namespace reprise::math {
namespace {

/// log Γ(1 + u) for −1/4 <= u < 3/2; keeps its relative accuracy at the zeros u = 0 and 1.
DoubleDouble log_gamma_centre(double u) {
  const int index = static_cast<int>((u + 0.25) * 8.0);
  const double middle = (index + 0.5) * 0.125 - 0.25;
  const DoubleDouble factor = row_value(tables::log_gamma[index], u - middle);
  return multiply(multiply({u, 0.0}, two_sum(u, -1.0)), factor);
}

/// log Γ(x) for x >= 8 and x < 2^900.
DoubleDouble log_gamma_stirling(double x) {
  constexpr DoubleDouble kHalfLogTwoPi = {0x1.d67f1c864beb5p-1, -0x1.65b5a1b7ff5dfp-55};
  const double inverse = 1.0 / x;
  const double correction = inverse * polynomial<9>(tables::stirling, inverse * inverse);
  const DoubleDouble product = multiply(log_extended({x, 0.0}), two_sum(x, -0.5));
  return add(add(product, {-x, 0.0}), add(kHalfLogTwoPi, {correction, 0.0}));
}

/// log Γ(x) for 0 < x < 2^900.
DoubleDouble log_gamma_positive(double x) {
  if (x < 0.75) {  // Γ(x) = Γ(1 + x)/x
    return add(log_gamma_centre(x), negate(log_extended({x, 0.0})));
  }
  if (x < 2.5) return log_gamma_centre(x - 1.0);
  if (x >= 8.0) return log_gamma_stirling(x);
  // Γ(x) = (x − 1)(x − 2)…(x − m) Γ(x − m) with 3/2 <= x − m < 5/2
  DoubleDouble product = {1.0, 0.0};
  double argument = x;
  while (argument >= 2.5) {
    argument -= 1.0;
    product = multiply(product, {argument, 0.0});
  }
  return add(log_extended(product), log_gamma_centre(argument - 1.0));
}

}  // namespace

double lgamma(double x) {
  if (is_nan(x)) return kNaN;
  const double magnitude = absolute(x);
  if (magnitude == kInfinity || x == 0.0) return kInfinity;
  if (magnitude < 0x1p-60) return -log(magnitude);  // Γ(x) = 1/x + …
  if (x > 0.0) {
    if (x < 0x1p900) return log_gamma_positive(x).high;
    return x * (log(x) - 1.0);  // log(x)/2 and the rest are less than a last place
  }
  const double whole = magnitude < 0x1p52 ? std::floor(magnitude) : magnitude;
  if (whole == magnitude) return kInfinity;  // pole
  if (magnitude < 0.25) return add(log_gamma_centre(x), negate(log_extended({magnitude, 0.0}))).high;
  // Γ(x) Γ(1 − x) = π/sin(πx), and Γ(1 − x) = −x Γ(−x)
  constexpr DoubleDouble kPi = {0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53};
  constexpr DoubleDouble kLogPi = {0x1.250d048e7a1bdp+0, 0x1.7abf2ad8d5088p-57};
  double fraction = magnitude - whole;  // sin(π fraction) is symmetric about 1/2
  if (fraction > 0.5) fraction = 1.0 - fraction;
  DoubleDouble sine = fraction <= 0.25 ? sin_kernel(multiply({fraction, 0.0}, kPi))
                                       : cos_kernel(multiply({0.5 - fraction, 0.0}, kPi));
  sine = fast_two_sum(sine.high, sine.low);
  const DoubleDouble logarithm = log_extended(multiply(sine, {magnitude, 0.0}));
  return add(add(kLogPi, negate(logarithm)), negate(log_gamma_positive(magnitude))).high;
}

}  // namespace reprise::math
