// Copies of matrix blocks in the order in which the micro-kernel of gemm.h reads them.
#pragma once

#include "tensor/cpu/simd.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {

typedef float Quad32 __attribute__((vector_size(16)));
typedef float Quad32Unaligned __attribute__((vector_size(16), aligned(4), may_alias));

/// out[i * out_row + j] = from[i + j * from_column]: 4 × 4 float32.
REPRISE_INLINE void transpose4(const float* from, std::int64_t from_column, float* out,
                               std::int64_t out_row) {
  const Quad32 a = *reinterpret_cast<const Quad32Unaligned*>(from);
  const Quad32 b = *reinterpret_cast<const Quad32Unaligned*>(from + from_column);
  const Quad32 c = *reinterpret_cast<const Quad32Unaligned*>(from + 2 * from_column);
  const Quad32 d = *reinterpret_cast<const Quad32Unaligned*>(from + 3 * from_column);
  const Quad32 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const Quad32 ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Quad32 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Quad32 cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *reinterpret_cast<Quad32Unaligned*>(out) = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  *reinterpret_cast<Quad32Unaligned*>(out + out_row) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  *reinterpret_cast<Quad32Unaligned*>(out + 2 * out_row) =
      __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  *reinterpret_cast<Quad32Unaligned*>(out + 3 * out_row) =
      __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/// out[i * out_row + j] = from[i + j * from_column] for i < rows, j < columns.
template <class T>
void transpose(std::int64_t rows, std::int64_t columns, const T* from, std::int64_t from_column, T* out,
               std::int64_t out_row) {
  std::int64_t i = 0;
  if constexpr (sizeof(T) == 4) {
    for (; i + 4 <= rows; i += 4) {
      std::int64_t j = 0;
      for (; j + 4 <= columns; j += 4)
        transpose4(from + i + j * from_column, from_column, out + i * out_row + j, out_row);
      for (; j < columns; ++j) {
        for (int r = 0; r < 4; ++r) out[(i + r) * out_row + j] = from[i + r + j * from_column];
      }
    }
  }
  for (; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) out[i * out_row + j] = from[i + j * from_column];
  }
}

/// `depth` rows of `columns` elements (columns <= width), one after another, each padded with zeros to
/// `width`.
template <class T, int width>
void pack_rows(std::int64_t depth, std::int64_t columns, const T* from, std::int64_t row, std::int64_t column,
               T* out) {
  if (columns == width && column == 1) {
    for (std::int64_t k = 0; k < depth; ++k) {
      REPRISE_UNROLL
      for (int v = 0; v < width / Simd<T>::width; ++v) {
        store<T>(out + k * width + v * Simd<T>::width, load<T>(from + k * row + v * Simd<T>::width));
      }
    }
    return;
  }
  if (columns < width) {
    for (std::int64_t i = 0; i < depth * width; ++i) out[i] = T(0);
  }
  if (row == 1) {
    transpose(depth, columns, from, column, out, width);
    return;
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    for (std::int64_t j = 0; j < columns; ++j) out[k * width + j] = from[k * row + j * column];
  }
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
