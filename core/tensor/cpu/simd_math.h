// Elementary functions of float32 vectors, made of + − × ÷ and bit operations, so that every instruction set
// gives the same bits; errors <= 2 ulp (elementwise_test). float64 goes through base/math one by one: it is
// for checks and small work.
#pragma once

#include "base/math.h"
#include "tensor/cpu/simd.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {

REPRISE_INLINE I32 bits_of(F32 x) {
  return (I32)x;
}
REPRISE_INLINE F32 from_bits(I32 bits) {
  return (F32)bits;
}
/// 2^k for −126 <= k <= 127
REPRISE_INLINE F32 power_of_two(I32 k) {
  return from_bits((k + 127) << 23);
}

/// e^x: polynomial of Cephes' expf on |r| <= ln 2/2, scaled in two steps so that subnormal results are kept.
REPRISE_INLINE F32 exp(F32 x) {
  const F32 magic = splat(0x1.8p+23f);                    // adding it rounds to an integer, in the last bits
  x = minimum(splat(89.0f), maximum(splat(-104.0f), x));  // beyond: inf and 0; NaN stays
  const F32 shifted = x * splat(0x1.715476p+0f) + magic;
  const I32 k = bits_of(shifted) - bits_of(magic);
  const F32 count = shifted - magic;
  const F32 r = (x - count * splat(0x1.63p-1f)) - count * splat(-0x1.bd0106p-13f);
  F32 p = splat(1.9875691500e-4f);
  p = p * r + splat(1.3981999507e-3f);
  p = p * r + splat(8.3334519073e-3f);
  p = p * r + splat(4.1665795894e-2f);
  p = p * r + splat(1.6666665459e-1f);
  p = p * r + splat(5.0000001201e-1f);
  p = (p * (r * r) + r) + splat(1.0f);
  const I32 half = k >> 1;
  return (p * power_of_two(half)) * power_of_two(k - half);
}
REPRISE_INLINE F64 exp(F64 x) {
  for (int i = 0; i < Simd<double>::width; ++i) x[i] = math::exp(x[i]);
  return x;
}

/// log x: x = 2^k (1 + f), log(1 + f) through s = f/(2 + f), coefficients of FreeBSD's logf.
REPRISE_INLINE F32 log(F32 x) {
  const I32 subnormal = x < splat(0x1p-126f);
  const F32 scaled = subnormal ? x * splat(0x1p25f) : x;
  const I32 above = bits_of(scaled) - 0x3f3504f3;  // of √½
  const I32 k = (above >> 23) - (subnormal & 25);
  const F32 m = from_bits((above & 0x007fffff) + 0x3f3504f3);
  const F32 f = m - splat(1.0f);
  const F32 s = f / (splat(2.0f) + f);
  const F32 z = s * s;
  const F32 w = z * z;
  const F32 t1 = w * (splat(0xccce13.0p-25f) + w * splat(0xf89e26.0p-26f));
  const F32 t2 = z * (splat(0xaaaaaa.0p-24f) + w * splat(0x91e9ee.0p-25f));
  const F32 half_square = splat(0.5f) * f * f;
  const F32 count = __builtin_convertvector(k, F32);
  F32 result = s * (half_square + (t1 + t2)) + count * splat(9.0580006145e-6f);
  result = ((result - half_square) + f) + count * splat(6.9313812256e-1f);
  const F32 infinity = splat(__builtin_inff());
  result = (x == infinity) ? x : result;
  result = (x == splat(0.0f)) ? -infinity : result;
  return (x >= splat(0.0f)) ? result : splat(__builtin_nanf(""));
}
REPRISE_INLINE F64 log(F64 x) {
  for (int i = 0; i < Simd<double>::width; ++i) x[i] = math::log(x[i]);
  return x;
}

/// tanh x: Cephes' polynomial below 0.625, else 1 − 2/(e^(2|x|) + 1) with the sign of x.
REPRISE_INLINE F32 tanh(F32 x) {
  const I32 sign = bits_of(x) & static_cast<std::int32_t>(0x80000000u);
  const F32 size = from_bits(bits_of(x) ^ sign);
  const F32 z = x * x;
  F32 p = splat(-5.70498872745e-3f);
  p = p * z + splat(2.06390887954e-2f);
  p = p * z + splat(-5.37397155531e-2f);
  p = p * z + splat(1.33314422036e-1f);
  p = p * z + splat(-3.33332819422e-1f);
  const F32 small = (p * z) * x + x;
  const F32 large = splat(1.0f) - splat(2.0f) / (exp(size + size) + splat(1.0f));
  return (size < splat(0.625f)) ? small : from_bits(bits_of(large) | sign);
}
REPRISE_INLINE F64 tanh(F64 x) {
  for (int i = 0; i < Simd<double>::width; ++i) x[i] = math::tanh(x[i]);
  return x;
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
