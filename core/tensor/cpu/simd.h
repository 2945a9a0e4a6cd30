// Vectors of one instruction set, as the compiler's own vector types: +, −, ×, ÷ and comparisons are
// operators. Files of this folder are compiled once for every instruction set (REPRISE_CPU_LEVEL names it),
// so this header and what it needs emit no symbol that another file could share.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

#ifndef REPRISE_CPU_LEVEL
#error "compiled once per instruction set, with REPRISE_CPU_LEVEL"
#endif

#if defined(__clang__)
#define REPRISE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define REPRISE_UNROLL _Pragma("GCC unroll 64")
#endif
#define REPRISE_INLINE static inline __attribute__((always_inline))

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {

#if defined(__AVX512F__)
inline constexpr int vector_bytes = 64;
#define REPRISE_VECTOR_BYTES 64
#elif defined(__AVX2__)
inline constexpr int vector_bytes = 32;
#define REPRISE_VECTOR_BYTES 32
#else
inline constexpr int vector_bytes = 16;
#define REPRISE_VECTOR_BYTES 16
#endif

#if defined(__FMA__)
inline constexpr bool has_fma = true;
#else
inline constexpr bool has_fma = false;
#endif

typedef float F32 __attribute__((vector_size(REPRISE_VECTOR_BYTES)));
typedef double F64 __attribute__((vector_size(REPRISE_VECTOR_BYTES)));
typedef std::int32_t I32 __attribute__((vector_size(REPRISE_VECTOR_BYTES)));
typedef std::int64_t I64 __attribute__((vector_size(REPRISE_VECTOR_BYTES)));
// The same in memory at any address.
typedef float F32Unaligned __attribute__((vector_size(REPRISE_VECTOR_BYTES), aligned(4), may_alias));
typedef double F64Unaligned __attribute__((vector_size(REPRISE_VECTOR_BYTES), aligned(8), may_alias));

template <class T>
struct Simd;
template <>
struct Simd<float> {
  using Vector = F32;
  using Unaligned = F32Unaligned;
  using Mask = I32;
  static constexpr int width = vector_bytes / 4;
};
template <>
struct Simd<double> {
  using Vector = F64;
  using Unaligned = F64Unaligned;
  using Mask = I64;
  static constexpr int width = vector_bytes / 8;
};
template <class T>
using Vector = typename Simd<T>::Vector;

/// Reductions run over this many virtual lanes (element k belongs to lane k mod 16) on every instruction set.
inline constexpr int lanes = 16;
/// Registers that hold the virtual lanes.
template <class T>
inline constexpr int lane_vectors = lanes / Simd<T>::width;

template <class T>
REPRISE_INLINE Vector<T> load(const T* from) {
  return *reinterpret_cast<const typename Simd<T>::Unaligned*>(from);
}
template <class T>
REPRISE_INLINE void store(T* to, Vector<T> value) {
  *reinterpret_cast<typename Simd<T>::Unaligned*>(to) = value;
}
template <class T>
REPRISE_INLINE Vector<T> splat(T value) {
  return value - Vector<T>{};  // minus zero keeps every value, −0 too
}

template <bool fused>
REPRISE_INLINE F32 multiply_add(F32 a, F32 b, F32 c) {
#if defined(__FMA__)
  if constexpr (fused) {
#if defined(__AVX512F__)
    return _mm512_fmadd_ps(a, b, c);
#else
    return _mm256_fmadd_ps(a, b, c);
#endif
  }
#endif
  return a * b + c;
}
template <bool fused>
REPRISE_INLINE F64 multiply_add(F64 a, F64 b, F64 c) {
#if defined(__FMA__)
  if constexpr (fused) {
#if defined(__AVX512F__)
    return _mm512_fmadd_pd(a, b, c);
#else
    return _mm256_fmadd_pd(a, b, c);
#endif
  }
#endif
  return a * b + c;
}

/// a > b ? a : b in each lane: b when one of them is NaN.
REPRISE_INLINE F32 maximum(F32 a, F32 b) {
#if defined(__AVX512F__)
  return _mm512_max_ps(a, b);
#elif defined(__AVX2__)
  return _mm256_max_ps(a, b);
#elif defined(__SSE2__)
  return _mm_max_ps(a, b);
#else
  return a > b ? a : b;
#endif
}
REPRISE_INLINE F64 maximum(F64 a, F64 b) {
#if defined(__AVX512F__)
  return _mm512_max_pd(a, b);
#elif defined(__AVX2__)
  return _mm256_max_pd(a, b);
#elif defined(__SSE2__)
  return _mm_max_pd(a, b);
#else
  return a > b ? a : b;
#endif
}
/// a < b ? a : b in each lane: b when one of them is NaN.
REPRISE_INLINE F32 minimum(F32 a, F32 b) {
#if defined(__AVX512F__)
  return _mm512_min_ps(a, b);
#elif defined(__AVX2__)
  return _mm256_min_ps(a, b);
#elif defined(__SSE2__)
  return _mm_min_ps(a, b);
#else
  return a < b ? a : b;
#endif
}
REPRISE_INLINE F64 minimum(F64 a, F64 b) {
#if defined(__AVX512F__)
  return _mm512_min_pd(a, b);
#elif defined(__AVX2__)
  return _mm256_min_pd(a, b);
#elif defined(__SSE2__)
  return _mm_min_pd(a, b);
#else
  return a < b ? a : b;
#endif
}

REPRISE_INLINE F32 square_root(F32 x) {
#if defined(__AVX512F__)
  return _mm512_sqrt_ps(x);
#elif defined(__AVX2__)
  return _mm256_sqrt_ps(x);
#elif defined(__SSE2__)
  return _mm_sqrt_ps(x);
#elif defined(__wasm_simd128__)
  return (F32)wasm_f32x4_sqrt((v128_t)x);
#else
  for (int i = 0; i < Simd<float>::width; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}
REPRISE_INLINE F64 square_root(F64 x) {
#if defined(__AVX512F__)
  return _mm512_sqrt_pd(x);
#elif defined(__AVX2__)
  return _mm256_sqrt_pd(x);
#elif defined(__SSE2__)
  return _mm_sqrt_pd(x);
#elif defined(__wasm_simd128__)
  return (F64)wasm_f64x2_sqrt((v128_t)x);
#else
  for (int i = 0; i < Simd<double>::width; ++i) x[i] = __builtin_sqrt(x[i]);
  return x;
#endif
}

/// The first `count` elements (count < width), the rest `fill`.
template <class T>
REPRISE_INLINE Vector<T> load_first(const T* from, std::int64_t count, T fill) {
  T buffer[Simd<T>::width];
  for (int i = 0; i < Simd<T>::width; ++i) buffer[i] = i < count ? from[i] : fill;
  return load<T>(buffer);
}
template <class T>
REPRISE_INLINE void store_first(T* to, std::int64_t count, Vector<T> value) {
  T buffer[Simd<T>::width];
  store<T>(buffer, value);
  for (int i = 0; i < count; ++i) to[i] = buffer[i];
}

/// Sum of the virtual lanes: lane i + lane i+8, then i+4, i+2, i+1.
template <class T>
REPRISE_INLINE T sum_lanes(const Vector<T> (&parts)[lane_vectors<T>]) {
  T lane[lanes];
  for (int i = 0; i < lane_vectors<T>; ++i) store<T>(lane + i * Simd<T>::width, parts[i]);
  for (int half = lanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lane[i] = lane[i] + lane[i + half];
  }
  return lane[0];
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
