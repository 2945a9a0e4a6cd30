#include "tensor/rounded_math.h"

#include "base/math_kernels.h"
#include "tensor/rounding.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace reprise::tensor::rounded_math {
namespace {

// 1/n! as the nearest double, n = 12…0
constexpr double kInverseFactorial[13] = {
    1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
    1.0 / 120,       1.0 / 24,       1.0 / 6,       1.0 / 2,      1.0,         1.0};
constexpr double kRound = 0x1.8p+52;  // adding it rounds to an integer, ties to even

constexpr double kLn2High = 0x1.62e42feep-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

/// 2 artanh(s), |s| <= 1/3: q = 0; for i = 17…1: q = (q + 1/(2i + 1)) w.
double twice_artanh(double s) {
  const double w = s * s;
  double q = 0;
  for (int i = 17; i >= 1; --i) q = (q + 1.0 / (2 * i + 1)) * w;
  return 2 * (s + s * q);
}

}  // namespace

double exp(double x) {
  if (x > 709.78) return math::kInfinity;
  if (x < -745.2) return 0;
  if (x != x) return x;
  const double k = (x * 0x1.71547652b82fep+0 + kRound) - kRound;
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double q = 1.0 / 6227020800.0;
  for (const double term : kInverseFactorial) q = q * r + term;
  return math::scale(q, static_cast<int>(k));
}

void exp(std::span<double> values) {
  constexpr std::size_t block = 64;
  constexpr double largest_plain = 700;  // |x| up to here: 2^k is a normal number, so that a product scales
  std::array<double, block> q, power;
  for (std::size_t begin = 0; begin < values.size(); begin += block) {
    const std::size_t count = std::min(block, values.size() - begin);
    double* x = values.data() + begin;
    for (std::size_t i = 0; i < count; ++i) {  // no branches: several at a time
      const double shifted = x[i] * 0x1.71547652b82fep+0 + kRound;
      const double k = shifted - kRound;
      const double r = (x[i] - k * kLn2High) - k * kLn2Low;
      double sum = 1.0 / 6227020800.0;
      for (const double term : kInverseFactorial) sum = sum * r + term;
      q[i] = sum;
      power[i] = rounding::from_bits((rounding::bits_of(shifted) + 1023) << 52);  // low bits of `shifted`: k
    }
    for (std::size_t i = 0; i < count; ++i) {
      const bool plain = x[i] >= -largest_plain && x[i] <= largest_plain;
      x[i] = plain ? q[i] * power[i] : exp(x[i]);
    }
  }
}

double log(double x) {
  if (x != x || x == math::kInfinity) return x;
  if (x == 0) return -math::kInfinity;
  if (x < 0) return math::kNaN;
  int k = 0;
  double m = std::frexp(x, &k);
  if (m < 0x1.6a09e667f3bcdp-1) {  // √½
    m = 2 * m;
    --k;
  }
  const double f = m - 1;
  return k * kLn2High + (k * kLn2Low + twice_artanh(f / (2 + f)));
}

double log1p(double x) {
  return x <= 1 ? twice_artanh(x / (2 + x)) : log(1 + x);
}

}  // namespace reprise::tensor::rounded_math
