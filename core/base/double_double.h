// Sums and products of doubles with their rounding errors (Dekker 1971; Knuth), without fused multiply-add so
// that every platform computes the same bits. A pair (high, low) stands for high + low, |low| <= ulp(high)/2.
#pragma once

namespace reprise::math {

struct DoubleDouble {
  double high;
  double low;
};

/// a + b exactly; needs |a| >= |b| or a = 0.
inline DoubleDouble fast_two_sum(double a, double b) {
  const double sum = a + b;
  return {sum, (a - sum) + b};
}

/// a + b exactly.
inline DoubleDouble two_sum(double a, double b) {
  const double sum = a + b;
  const double b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

/// a × b exactly; needs |a|, |b| < 2^995 and |a × b| > 2^-968 (below that the low part loses bits).
inline DoubleDouble two_product(double a, double b) {
  constexpr double kSplitter = 134217729.0;  // 2^27 + 1
  const double product = a * b;
  const double a_scaled = kSplitter * a;
  const double b_scaled = kSplitter * b;
  const double a_high = a_scaled - (a_scaled - a);
  const double b_high = b_scaled - (b_scaled - b);
  const double a_low = a - a_high;
  const double b_low = b - b_high;
  return {product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
}

/// a + b with relative error about 2^-104 unless they cancel.
inline DoubleDouble add(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble sum = two_sum(a.high, b.high);
  return fast_two_sum(sum.high, sum.low + (a.low + b.low));
}

/// a × b with relative error about 2^-102.
inline DoubleDouble multiply(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble product = two_product(a.high, b.high);
  return fast_two_sum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

/// a / b with relative error about 2^-100.
inline DoubleDouble divide(DoubleDouble a, DoubleDouble b) {
  const double quotient = a.high / b.high;
  const DoubleDouble back = two_product(quotient, b.high);
  const double rest = ((a.high - back.high) - back.low) + (a.low - quotient * b.low);
  return fast_two_sum(quotient, rest / b.high);
}

inline DoubleDouble negate(DoubleDouble a) {
  return {-a.high, -a.low};
}

}  // namespace reprise::math
