// The normal distribution: erfc, Φ, Φ⁻¹, from piecewise polynomials whose leading term is a pair of doubles.
#include "base/math.h"
#include "base/math_kernels.h"

#include <cmath>

namespace reprise::math {
namespace {

/// e^(−square) × erfc_scaled(z), z >= 1/4: erfc(z) when square = z². The pair is to be multiplied by
/// 2^exponent.
ScaledPair erfc_tail(DoubleDouble z, DoubleDouble square) {
  const Octave place = octave(z.high, 0.25);
  const auto& row = tables::erfc_scaled[place.index];
  DoubleDouble scaled = row_value(row, place.distance);
  if (z.low != 0.0) {
    const double slope = row[2] + place.distance * (2.0 * row[3] + place.distance * 3.0 * row[4]);
    scaled.low += slope * z.low;
  }
  const ScaledPair decay = exp_extended(negate(square));
  return {multiply(decay.value, scaled), decay.exponent};
}

/// Σ_n (−w)^n/(n! (2n + 1)), n from 0 to 10, without its first term 1: erf(x) = 2x/√π (1 + …) with w = x² <=
/// 1/16.
double erf_series(double w) {
  static constexpr double kSeries[10] = {-1.0 / 3,       1.0 / 10,      -1.0 / 42,    1.0 / 216,
                                         -1.0 / 1320,    1.0 / 9360,    -1.0 / 75600, 1.0 / 685440,
                                         -1.0 / 6894720, 1.0 / 76204800};
  return w * polynomial<10>(kSeries, w);
}

/// −Φ⁻¹(p) for 0 < p < 1/32: a polynomial in r = √(−log p), which is carried as a pair.
double quantile_far(double p) {
  const DoubleDouble logarithm = negate(log_extended({p, 0.0}));
  const double root = std::sqrt(logarithm.high);
  const DoubleDouble back = two_product(root, root);
  const double rest = ((logarithm.high - back.high) - back.low + logarithm.low) / (2.0 * root);
  const Octave place = octave(root, 1.75);
  const auto& row = tables::quantile_tail[place.index];
  const double distance = place.distance;
  const double slope = row[2] + distance * (2.0 * row[3] + distance * 3.0 * row[4]);
  const DoubleDouble value = row_value(row, distance);
  return -(value.high + (value.low + slope * rest));
}

}  // namespace

double erfc(double x) {
  if (is_nan(x)) return kNaN;
  const double magnitude = absolute(x);
  if (magnitude < 0.25) {
    constexpr double kTwoOverRootPi = 0x1.20dd750429b6dp+0;
    const double line = kTwoOverRootPi * x;
    return 1.0 - (line + line * erf_series(x * x));
  }
  if (x >= 27.25) return 0.0;  // from 27.23 on less than half the smallest subnormal
  if (x <= -6.0) return 2.0;   // erfc(6) is less than a quarter of the last place of 2
  const ScaledPair tail = erfc_tail({magnitude, 0.0}, two_product(magnitude, magnitude));
  if (x > 0.0) return scale(tail.value.high, tail.exponent);
  const double factor = power_of_two(tail.exponent);
  return add({2.0, 0.0}, {-tail.value.high * factor, -tail.value.low * factor}).high;
}

double normal_cdf(double x) {
  if (is_nan(x)) return kNaN;
  const double magnitude = absolute(x);
  if (magnitude < 0.36) {  // |x|/√2 < 0.255
    constexpr double kInverseRootTwoPi = 0x1.9884533d43651p-2;
    const double line = kInverseRootTwoPi * x;
    return 0.5 + (line + line * erf_series(0.5 * x * x));
  }
  if (x <= -38.6) return 0.0;  // less than half the smallest subnormal
  if (x >= 8.5) return 1.0;
  constexpr DoubleDouble kInverseRootTwo = {0x1.6a09e667f3bcdp-1, -0x1.bdd3413b26456p-55};
  const DoubleDouble square = two_product(magnitude, magnitude);
  const ScaledPair tail =
      erfc_tail(multiply({magnitude, 0.0}, kInverseRootTwo), {0.5 * square.high, 0.5 * square.low});
  if (x < 0.0) return scale(tail.value.high, tail.exponent - 1);
  const double factor = 0.5 * power_of_two(tail.exponent);
  return add({1.0, 0.0}, {-tail.value.high * factor, -tail.value.low * factor}).high;
}

double normal_quantile(double p) {
  const double q = p - 0.5;  // exact where it is used
  if (absolute(q) <= 0.0625) {
    const double square = q * q;
    const double rest =
        tables::quantile_centre[1] + square * polynomial<8>(tables::quantile_centre + 2, square);
    const DoubleDouble line = two_product(q, tables::quantile_centre[0]);
    return line.high + (line.low + q * rest);
  }
  if (!(p > 0.0 && p < 1.0)) return p == 0.0 ? -kInfinity : p == 1.0 ? kInfinity : kNaN;
  const double side = q < 0.0 ? p : 1.0 - p;  // exact: p >= 1/2
  double value;
  if (side >= 0.03125) {
    const Octave place = octave(side, 0.03125);
    const DoubleDouble pair = row_value(tables::quantile_middle[place.index], place.distance);
    value = -pair.high;
  } else {
    value = quantile_far(side);
  }
  return q < 0.0 ? -value : value;
}

}  // namespace reprise::math
