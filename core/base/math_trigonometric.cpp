// sin and cos over the full range. Far arguments are reduced with the bits of 2/π that matter (M. Payne,
// R. Hanek: "Radian reduction for trigonometric functions", SIGNUM Newsletter 18, 1983).
#include "base/math.h"
#include "base/math_kernels.h"

namespace reprise::math {
namespace {

__extension__ using uint128 = unsigned __int128;

/// x − quadrant × π/2 as a pair in [−π/4, π/4] (a little more is possible), quadrant modulo 4.
struct Reduced {
  DoubleDouble rest;
  int quadrant;
};

int leading_zeros(std::uint64_t value) {
  int count = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 63; bit != 0 && (value & bit) == 0; bit >>= 1) ++count;
  return count;
}

/// Bits [first, first + 64) of 2/π after the point; zeros before the point.
std::uint64_t two_over_pi_bits(int first) {
  if (first <= -64) return 0;
  if (first < 0) return tables::two_over_pi[0] >> -first;
  const int word = first / 64;
  const int shift = first % 64;
  const std::uint64_t high = tables::two_over_pi[word] << shift;
  return shift == 0 ? high : high | (tables::two_over_pi[word + 1] >> (64 - shift));
}

/// For finite |x| >= π/4. The fraction of x × 2/π is formed modulo 4 in 192 bits; at most 62 of them cancel.
Reduced reduce_far(double x) {
  const std::uint64_t bits = to_bits(x);
  const int exponent = static_cast<int>((bits >> 52) & 0x7FF) - 1075;
  const std::uint64_t mantissa = (bits & 0x000FFFFFFFFFFFFF) | 0x0010000000000000;
  const int first = exponent - 2;  // earlier bits give multiples of 4
  const uint128 product2 = uint128{mantissa} * two_over_pi_bits(first + 128);
  const uint128 product1 = uint128{mantissa} * two_over_pi_bits(first + 64) + (product2 >> 64);
  const std::uint64_t word0 = mantissa * two_over_pi_bits(first) + static_cast<std::uint64_t>(product1 >> 64);
  const auto word1 = static_cast<std::uint64_t>(product1);
  const auto word2 = static_cast<std::uint64_t>(product2);
  // 2 bits of quadrant, then the fraction, taken to the nearest quadrant as a two's complement number.
  int quadrant = static_cast<int>(word0 >> 62);
  std::uint64_t f0 = (word0 << 2) | (word1 >> 62);
  std::uint64_t f1 = (word1 << 2) | (word2 >> 62);
  std::uint64_t f2 = word2 << 2;
  const bool negative = (f0 >> 63) != 0;
  if (negative) {
    ++quadrant;
    f2 = ~f2 + 1;
    f1 = ~f1 + (f2 == 0 ? 1 : 0);
    f0 = ~f0 + (f2 == 0 && f1 == 0 ? 1 : 0);
  }
  int shift = 0;
  if (f0 == 0) {
    f0 = f1;
    f1 = f2;
    f2 = 0;
    shift = 64;
  }
  const int zeros = leading_zeros(f0);
  if (zeros > 0) {
    f0 = (f0 << zeros) | (f1 >> (64 - zeros));
    f1 = (f1 << zeros) | (f2 >> (64 - zeros));
    shift += zeros;
  }
  const double unit = power_of_two(-shift);
  const double high = static_cast<double>(f0 >> 11) * 0x1p-53 * unit;
  const double low = static_cast<double>(((f0 & 0x7FF) << 42) | (f1 >> 22)) * 0x1p-106 * unit;
  DoubleDouble rest = multiply({high, low}, {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54});
  if (negative) rest = negate(rest);
  if ((bits >> 63) != 0) {
    rest = negate(rest);
    quadrant = -quadrant;
  }
  return {rest, quadrant & 3};
}

/// For |x| < 2^20: x minus the nearest multiple of π/2, which is subtracted in three parts (Cody and Waite).
Reduced reduce(double x) {
  constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
  constexpr double kHigh = 0x1.921fb54400000p+0;  // 33 bits each, so that their products with count are exact
  constexpr double kMiddle = 0x1.0b4611a600000p-34;
  constexpr double kLow = 0x1.3198a2e037073p-69;
  constexpr double kRound = 0x1.8p+52;
  if (!(absolute(x) < 0x1p20)) return reduce_far(x);
  const double shifted = x * kTwoOverPi + kRound;
  const double count = shifted - kRound;
  const DoubleDouble main = two_sum(x - count * kHigh, -(count * kMiddle));
  if (absolute(main.high) < 0x1p-20) return reduce_far(x);  // cancellation: three parts are not enough
  return {fast_two_sum(main.high, main.low - count * kLow), static_cast<int>(to_bits(shifted) & 3)};
}

}  // namespace

DoubleDouble sin_kernel(DoubleDouble y) {
  static constexpr double kSeries[8] = {
      -1.0 / 6,        1.0 / 120,        -1.0 / 5040,          1.0 / 362880,
      -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000};
  const double square = y.high * y.high;
  const double rest = y.high * (square * polynomial<8>(kSeries, square)) + y.low * (1.0 - 0.5 * square);
  return {y.high, rest};
}

DoubleDouble cos_kernel(DoubleDouble y) {
  static constexpr double kSeries[8] = {
      1.0 / 24,        -1.0 / 720,         1.0 / 40320,          -1.0 / 3628800,
      1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000, -1.0 / 6402373705728000};
  const double square = y.high * y.high;
  const DoubleDouble main = fast_two_sum(1.0, -0.5 * square);
  return {main.high, main.low + (square * (square * polynomial<8>(kSeries, square)) - y.high * y.low)};
}

double sin(double x) {
  const double magnitude = absolute(x);
  if (!(magnitude < kInfinity)) return kNaN;
  if (magnitude < 0x1p-27) return x;
  if (magnitude < 0.78) {
    const DoubleDouble value = sin_kernel({x, 0.0});
    return value.high + value.low;
  }
  const Reduced reduced = reduce(x);
  const DoubleDouble value =
      (reduced.quadrant & 1) != 0 ? cos_kernel(reduced.rest) : sin_kernel(reduced.rest);
  const double result = value.high + value.low;
  return (reduced.quadrant & 2) != 0 ? -result : result;
}

double cos(double x) {
  const double magnitude = absolute(x);
  if (!(magnitude < kInfinity)) return kNaN;
  if (magnitude < 0.78) {
    const DoubleDouble value = cos_kernel({x, 0.0});
    return value.high + value.low;
  }
  const Reduced reduced = reduce(x);
  const DoubleDouble value =
      (reduced.quadrant & 1) != 0 ? sin_kernel(reduced.rest) : cos_kernel(reduced.rest);
  const double result = value.high + value.low;
  return ((reduced.quadrant + 1) & 2) != 0 ? -result : result;
}

}  // namespace reprise::math
