// What the functions of math.h are made of: bits of doubles, exp and log with about 65 correct bits,
// piecewise polynomials. Internal to base.
#pragma once

#include "base/double_double.h"
#include "base/math_tables.h"

#include <cstdint>
#include <cstring>
#include <limits>

namespace reprise::math {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

inline std::uint64_t to_bits(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline double from_bits(std::uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline double absolute(double x) {
  return from_bits(to_bits(x) & ~(std::uint64_t{1} << 63));
}
inline bool is_negative(double x) {
  return (to_bits(x) >> 63) != 0;
}  // also −0
inline bool is_nan(double x) {
  return x != x;
}

/// 2^exponent for −1022 <= exponent <= 1023.
inline double power_of_two(int exponent) {
  return from_bits(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// value × 2^exponent for normal `value` near 1 and −1200 <= exponent <= 1100; rounds once more when the
/// result is subnormal.
inline double scale(double value, int exponent) {
  if (exponent > 1022) return value * power_of_two(1022) * power_of_two(exponent - 1022);
  if (exponent < -1020) return value * power_of_two(exponent + 200) * power_of_two(-200);
  return value * power_of_two(exponent);
}

/// c₀ + c₁t + … + c_{count−1}t^{count−1}; two chains, because one waits for each product.
template <int count>
inline double polynomial(const double* c, double t) {
  const double square = t * t;
  double even = c[(count - 1) / 2 * 2];
  double odd = c[(count - 2) / 2 * 2 + 1];
  for (int i = (count - 1) / 2 * 2 - 2; i >= 0; i -= 2) even = c[i] + square * even;
  for (int i = (count - 2) / 2 * 2 - 1; i >= 1; i -= 2) odd = c[i] + square * odd;
  return even + t * odd;
}

/// A row of the piecewise tables at distance t from the middle of its interval.
template <int width>
inline DoubleDouble row_value(const double (&row)[width], double t) {
  return fast_two_sum(row[0], row[1] + t * polynomial<width - 2>(row + 2, t));
}

/// Where x lies in a table with eight intervals an octave that begins at `low`.
struct Octave {
  int index;
  double distance;  // from the middle of the interval; exact
};
inline Octave octave(double x, double low) {
  const std::uint64_t cell = to_bits(x) >> 49;
  const double middle = from_bits((cell << 49) | (std::uint64_t{1} << 48));
  return {static_cast<int>(cell - (to_bits(low) >> 49)), x - middle};
}

/// e^(x.high + x.low) = 2^exponent × power × (1 + rest), |rest| < 0.0028, for |x.high| <= 746.
struct Exponential {
  int exponent;
  double power;  // 2^(i/128)
  double rest;
};
inline Exponential exp_kernel(DoubleDouble x) {
  constexpr double kSteps = 0x1.71547652b82fep+7;     // 128/ln 2
  constexpr double kStepHigh = 0x1.62e42fefc0000p-8;  // ln 2/128, 35 bits, so that the product below is exact
  constexpr double kStepLow = -0x1.c610ca86c3899p-44;  // the rest of it
  constexpr double kRound = 0x1.8p+52;                 // adding it rounds to an integer, in the last bits
  const double shifted = x.high * kSteps + kRound;
  const auto steps = static_cast<std::int32_t>(static_cast<std::uint32_t>(to_bits(shifted)));
  const double count = shifted - kRound;
  const double high = x.high - count * kStepHigh;
  const double low = count * kStepLow;
  const double r = high - low;
  const double lost = ((high - r) - low) + x.low;
  const double* entry = tables::power_of_two[steps & 127];
  const double square = r * r;
  const double series = square * ((0.5 + r * (1.0 / 6)) + square * ((1.0 / 24) + r * (1.0 / 120)));
  return {steps >> 7, entry[0], r + ((lost + r * lost + entry[1]) + series)};
}

/// e^(x.high + x.low) / 2^exponent, relative error about 2^-60.
struct ScaledPair {
  DoubleDouble value;
  int exponent;
};
inline ScaledPair exp_extended(DoubleDouble x) {
  const Exponential e = exp_kernel(x);
  return {fast_two_sum(e.power, e.power * e.rest), e.exponent};
}

/// x = 2^exponent × c × (1 + r), with 1/c and log c from the table: r = r.high + r.low exactly.
struct LogarithmParts {
  DoubleDouble r;
  double log_high;  // exponent × ln 2 + log c; exact sum of short parts
  double log_low;
};
inline LogarithmParts log_parts(std::uint64_t bits, int extra_exponent) {
  constexpr double kLn2High = 0x1.62e42fefa3800p-1;  // 42 bits after the point
  constexpr double kLn2Low = 0x1.ef35793c76730p-45;
  constexpr std::uint64_t kOffset = 0x3FE6100000000000;  // interval borders lie around 1, not at 1
  const std::uint64_t above = bits - kOffset;
  const double* entry = tables::logarithm[(above >> 45) & 127];
  const int exponent = static_cast<int>(static_cast<std::int64_t>(above) >> 52) + extra_exponent;
  const std::uint64_t mantissa = bits - (above & 0xFFF0000000000000);
  const double z = from_bits(mantissa);
  const double z_high = from_bits(mantissa & 0xFFFFFFFF00000000);
  // 1/c has 11 bits, so both products are exact; the sum is taken with its error.
  const double part_high = z_high * entry[0] - 1.0;
  const double part_low = (z - z_high) * entry[0];
  return {fast_two_sum(part_high, part_low), exponent * kLn2High + entry[1], exponent * kLn2Low + entry[2]};
}

/// log(x.high + x.low) with relative error about 2^-65, for positive finite x.high.
inline DoubleDouble log_extended(DoubleDouble x) {
  const bool subnormal = x.high < 0x1p-1022;
  const double scaled = subnormal ? x.high * 0x1p54 : x.high;
  const LogarithmParts parts = log_parts(to_bits(scaled), subnormal ? -54 : 0);
  const double r = parts.r.high;
  const DoubleDouble square = two_product(r, r);
  const double correction = parts.r.low + (x.low == 0 ? 0.0 : x.low / x.high);
  const double z = square.high;
  const double series =
      r * z *
      ((1.0 / 3 + r * -0.25) + z * ((0.2 + r * (-1.0 / 6)) + z * ((1.0 / 7 + r * -0.125) + z * (1.0 / 9))));
  const DoubleDouble main = fast_two_sum(parts.log_high, r);
  const DoubleDouble sum = fast_two_sum(main.high, -0.5 * square.high);
  return fast_two_sum(
      sum.high,
      sum.low + (main.low + (series + ((correction - r * parts.r.low) - 0.5 * square.low + parts.log_low))));
}

/// sin(y.high + y.low) and cos, |y| <= π/4: the large term and the rest.
DoubleDouble sin_kernel(DoubleDouble y);
DoubleDouble cos_kernel(DoubleDouble y);

}  // namespace reprise::math
