// exp, log and what follows from them. Tables and exact reductions after P. T. P. Tang, "Table-driven
// implementation of the exponential function" (ACM TOMS 15, 1989) and "… logarithm function" (16, 1990).
#include "base/math.h"
#include "base/math_kernels.h"

namespace reprise::math {
namespace {

constexpr double kExpOverflow = 709.782712893384;     // the largest double with finite exp
constexpr double kExpUnderflow = -745.1332191019412;  // the smallest double with exp > 0

/// Σ_{n>=2} x^n/n! for |x| <= 0.3, n up to 14.
double exp_minus_line(double x) {
  static constexpr double kInverseFactorials[13] = {
      1.0 / 2,         1.0 / 6,          1.0 / 24,         1.0 / 120,     1.0 / 720,
      1.0 / 5040,      1.0 / 40320,      1.0 / 362880,     1.0 / 3628800, 1.0 / 39916800,
      1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200};
  return x * x * polynomial<13>(kInverseFactorials, x);
}

/// log(x) rounded to a double for positive normal x given by its bits, plus a small `correction`.
double log_rounded(std::uint64_t bits, int extra_exponent, double correction) {
  const LogarithmParts parts = log_parts(bits, extra_exponent);
  const double r = parts.r.high;
  const double square = r * r;
  const double series =
      square * ((-0.5 + r * (1.0 / 3)) +
                square * ((-0.25 + r * 0.2) + square * ((-1.0 / 6 + r * (1.0 / 7)) + square * -0.125)));
  const DoubleDouble main = fast_two_sum(parts.log_high, r);
  return main.high + (main.low + (parts.r.low + correction + parts.log_low) + series);
}

}  // namespace

double exp(double x) {
  if (!(absolute(x) < 708.0)) {
    if (is_nan(x)) return kNaN;
    if (x > kExpOverflow) return kInfinity;
    if (x < kExpUnderflow) return 0.0;
  }
  const Exponential e = exp_kernel({x, 0.0});
  return scale(e.power + e.power * e.rest, e.exponent);
}

double expm1(double x) {
  if (absolute(x) < 0x1p-54) return x;  // also keeps the sign of −0
  if (absolute(x) < 0.3) return x + exp_minus_line(x);
  if (is_nan(x)) return kNaN;
  if (x > 709.0) return exp(x);
  if (x < -38.0) return -1.0;  // e^x is less than half of the last place of −1
  const Exponential e = exp_kernel({x, 0.0});
  const double power = scale(e.power, e.exponent);
  const DoubleDouble main = two_sum(power, -1.0);
  return main.high + (main.low + power * e.rest);
}

double log(double x) {
  std::uint64_t bits = to_bits(x);
  int extra_exponent = 0;
  if (bits - 0x0010000000000000 >= 0x7FE0000000000000) {  // not a positive normal number
    if (x == 0) return -kInfinity;
    if (is_nan(x) || is_negative(x)) return kNaN;
    if (x == kInfinity) return x;
    bits = to_bits(x * 0x1p54);
    extra_exponent = -54;
  }
  return log_rounded(bits, extra_exponent, 0.0);
}

double log1p(double x) {
  if (!(x > -1.0)) return x == -1.0 ? -kInfinity : kNaN;
  if (absolute(x) < 0x1p-54) return x;
  if (x > 0x1p54) return log(x);
  const DoubleDouble sum = two_sum(1.0, x);
  return log_rounded(to_bits(sum.high), 0, sum.low / sum.high);
}

double tanh(double x) {
  const double magnitude = absolute(x);
  if (magnitude < 0x1p-30) return x;  // x³/3 is less than half a last place
  if (magnitude < 0.35) {
    const double square = x * x;
    return x + x * (square * polynomial<11>(tables::tanh_centre, square));
  }
  if (is_nan(x)) return kNaN;
  if (magnitude > 20.0) return x < 0 ? -1.0 : 1.0;
  // 1 − 2/(e^2x + 1)
  const ScaledPair e = exp_extended({2.0 * magnitude, 0.0});
  const double factor = power_of_two(e.exponent);
  const DoubleDouble shifted = add({e.value.high * factor, e.value.low * factor}, {1.0, 0.0});
  const DoubleDouble result = add({1.0, 0.0}, negate(divide({2.0, 0.0}, shifted)));
  return x < 0 ? -result.high : result.high;
}

double logistic(double x) {
  if (is_nan(x)) return kNaN;
  if (x > 40.0) return 1.0;
  if (x < -40.0) return exp(x);  // 1 + e^x rounds to 1
  const ScaledPair e = exp_extended({-absolute(x), 0.0});
  const double factor = power_of_two(e.exponent);
  const DoubleDouble power = {e.value.high * factor, e.value.low * factor};
  const DoubleDouble numerator = x < 0 ? power : DoubleDouble{1.0, 0.0};
  const DoubleDouble one_more = fast_two_sum(1.0, power.high);
  const double quotient = numerator.high / one_more.high;
  const DoubleDouble back = two_product(quotient, one_more.high);
  const double rest = ((numerator.high - back.high) - back.low) + numerator.low;
  return quotient + (rest - quotient * (one_more.low + power.low)) / one_more.high;
}

double logit(double p) {
  if (!(p > 0.0 && p < 1.0)) return p == 0.0 ? -kInfinity : p == 1.0 ? kInfinity : kNaN;
  const double q = p - 0.5;
  if (absolute(q) < 0.0625) {  // 2 artanh(2q) = 4q (1 + (2q)²/3 + (2q)⁴/5 + …)
    static constexpr double kOddInverses[9] = {1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9, 1.0 / 11,
                                               1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19};
    const double line = 4.0 * q;
    const double square = 4.0 * q * q;
    return line + line * (square * polynomial<9>(kOddInverses, square));
  }
  if (p < 0x1p-60) return log(p);  // log(1 − p) is less than a last place
  const DoubleDouble odds = divide({p, 0.0}, two_sum(1.0, -p));
  return log_extended(odds).high;
}

double pow(double x, double y) {
  if (y == 0.0 || x == 1.0) return 1.0;
  if (is_nan(x) || is_nan(y)) return kNaN;
  const double magnitude = absolute(x);
  const double size = absolute(y);
  // From 2^53 on every double is an even integer.
  const bool small = size < 0x1p53;
  const bool integer = !small || static_cast<double>(static_cast<std::int64_t>(y)) == y;
  const bool odd = small && integer && (static_cast<std::int64_t>(y) & 1) != 0;
  const double sign = is_negative(x) && odd ? -1.0 : 1.0;
  if (magnitude == 0.0 || magnitude == kInfinity) {
    return (magnitude == 0.0) == (y > 0.0) ? sign * 0.0 : sign * kInfinity;
  }
  if (size == kInfinity) {
    if (magnitude == 1.0) return 1.0;
    return (magnitude > 1.0) == (y > 0.0) ? kInfinity : 0.0;
  }
  if (x < 0.0 && !integer) return kNaN;
  if (magnitude == 1.0) return sign;
  if (size < 0x1p-70) return 1.0;
  if (size > 0x1p70) return (magnitude > 1.0) == (y > 0.0) ? kInfinity : 0.0;  // |log x| >= 2^-54
  const DoubleDouble exponent = multiply(log_extended({magnitude, 0.0}), {y, 0.0});
  if (exponent.high > 710.0) return sign * kInfinity;
  if (exponent.high < -746.0) return sign * 0.0;
  const ScaledPair e = exp_extended(exponent);
  return sign * scale(e.value.high, e.exponent);
}

}  // namespace reprise::math
