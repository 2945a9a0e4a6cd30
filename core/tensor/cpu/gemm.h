// Matrix product with packed panels and a register-blocked micro-kernel. Each element of C is one chain of
// multiply-adds over rising k, kept in a register inside a block of k and in C between blocks: block sizes,
// register width and tile shape change no bit, and the plain triple loop in cpu/reference.h gives the same.
//
// Loops: columns in blocks (B is packed once a block), k in blocks, rows in tiles (A is packed tile by tile
// and stays in the first-level cache), then the panels of B.
//
// A header because float32 and float64 are compiled apart, to keep both quick to compile.
#pragma once

#include "tensor/cpu/gemm_packing.h"
#include "tensor/cpu/patches.h"
#include "tensor/cpu/tables.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {
namespace {

/// Rows of a tile: of 32 registers 24 hold C, of 16 registers 12.
template <class T>
constexpr int tile_rows = vector_bytes == 64 && sizeof(T) == 4 ? 12 : 6;
constexpr int tile_vectors = 2;
constexpr std::int64_t depth_block = 256;
constexpr std::int64_t column_block = vector_bytes == 64 ? 512 : 128;
constexpr std::int64_t in_place_elements = 4096;
constexpr std::int64_t packed_row = depth_block + 16;  // rows of a packed tile lie in different cache sets

template <class T>
constexpr int panel = tile_vectors* Simd<T>::width;  // columns

template <class T>
struct TileTask {
  std::int64_t depth;
  const T* a;  // row by row (row i at a + i * packed_row), or k by k (`rows` elements at a + k * a_step)
  std::int64_t a_step;  // of the second kind
  const T* b;           // packed panels
  std::int64_t columns;
  T* c;
  std::int64_t c_row;
  const T* bias;  // of the first column, or null
  bool first;     // C begins at bias or 0; else at itself
  bool relu;
};

/// rows × (vectors · width) elements of C in registers.
template <class T, bool fused, int rows, int vectors, bool by_rows>
REPRISE_INLINE void micro_kernel(std::int64_t depth, const T* a, std::int64_t column_step, const T* b,
                                 Vector<T> (&c)[rows][vectors]) {
  constexpr int width = Simd<T>::width;
  const std::int64_t a_step = by_rows ? 1 : column_step;
  constexpr int b_step = vectors * width;
  const auto step = [&c](const T* a_k, const T* b_k) __attribute__((always_inline)) {
    Vector<T> row_of_b[vectors];
    REPRISE_UNROLL
    for (int v = 0; v < vectors; ++v) row_of_b[v] = load<T>(b_k + v * width);
    REPRISE_UNROLL
    for (int i = 0; i < rows; ++i) {
      const Vector<T> value = splat(by_rows ? a_k[i * packed_row] : a_k[i]);
      REPRISE_UNROLL
      for (int v = 0; v < vectors; ++v) c[i][v] = multiply_add<fused>(value, row_of_b[v], c[i][v]);
    }
  };
  std::int64_t k = 0;
  if constexpr (vector_bytes == 16) {  // four at a time: V8 checks for interrupts in every turn of a loop
    for (; k + 4 <= depth; k += 4, a += 4 * a_step, b += 4 * b_step) {
      step(a, b);
      step(a + a_step, b + b_step);
      step(a + 2 * a_step, b + 2 * b_step);
      step(a + 3 * a_step, b + 3 * b_step);
    }
  }
  for (; k < depth; ++k, a += a_step, b += b_step) step(a, b);
}

template <class T, bool fused, int rows, int vectors, bool by_rows>
__attribute__((noinline)) void full_tile(const TileTask<T>& task, const T* b, T* c_tile, std::int64_t c_row,
                                         const T* bias) {
  constexpr int width = Simd<T>::width;
  Vector<T> c[rows][vectors];
  REPRISE_UNROLL
  for (int v = 0; v < vectors; ++v) {
    const Vector<T> start = bias != nullptr ? load<T>(bias + v * width) : Vector<T>{};
    REPRISE_UNROLL
    for (int i = 0; i < rows; ++i) c[i][v] = task.first ? start : load<T>(c_tile + i * c_row + v * width);
  }
  micro_kernel<T, fused, rows, vectors, by_rows>(task.depth, task.a, task.a_step, b, c);
  if (task.relu) {
    REPRISE_UNROLL
    for (int i = 0; i < rows; ++i) {
      REPRISE_UNROLL
      for (int v = 0; v < vectors; ++v) c[i][v] = maximum(Vector<T>{}, c[i][v]);
    }
  }
  REPRISE_UNROLL
  for (int i = 0; i < rows; ++i) {
    REPRISE_UNROLL
    for (int v = 0; v < vectors; ++v) store<T>(c_tile + i * c_row + v * width, c[i][v]);
  }
}

/// A tile with fewer columns than its registers hold, by way of a buffer.
template <class T, bool fused, int rows, int vectors, bool by_rows>
void narrow_tile(const TileTask<T>& task, const T* b, std::int64_t columns, T* c, const T* bias) {
  constexpr int width = vectors * Simd<T>::width;
  T buffer[rows * width];
  T start[width] = {};
  if (bias != nullptr) {
    for (std::int64_t j = 0; j < columns; ++j) start[j] = bias[j];
  }
  if (!task.first) {
    for (int i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < width; ++j)
        buffer[i * width + j] = j < columns ? c[i * task.c_row + j] : T(0);
    }
  }
  full_tile<T, fused, rows, vectors, by_rows>(task, b, buffer, width, start);
  for (int i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) c[i * task.c_row + j] = buffer[i * width + j];
  }
}

template <class T, bool fused, int rows, bool by_rows>
void tile_row(const TileTask<T>& task) {
  const T* b = task.b;
  for (std::int64_t column = 0; column < task.columns; column += panel<T>) {
    const T* bias = task.bias != nullptr ? task.bias + column : nullptr;
    const std::int64_t rest = task.columns - column;
    if (rest >= panel<T>) {
      full_tile<T, fused, rows, tile_vectors, by_rows>(task, b, task.c + column, task.c_row, bias);
    } else if (rest <= Simd<T>::width) {
      narrow_tile<T, fused, rows, 1, by_rows>(task, b, rest, task.c + column, bias);
    } else {
      narrow_tile<T, fused, rows, tile_vectors, by_rows>(task, b, rest, task.c + column, bias);
    }
    b += task.depth * panel<T>;
  }
}

template <class T, bool fused, bool by_rows>
void tile_row(int rows, const TileTask<T>& task) {
#define REPRISE_ROWS(count)                                                               \
  case count:                                                                             \
    if constexpr (count <= tile_rows<T>) return tile_row<T, fused, count, by_rows>(task); \
    break;
  switch (rows) {
    REPRISE_ROWS(1)
    REPRISE_ROWS(2)
    REPRISE_ROWS(3)
    REPRISE_ROWS(4)
    REPRISE_ROWS(5)
    REPRISE_ROWS(6)
    REPRISE_ROWS(7)
    REPRISE_ROWS(8)
    REPRISE_ROWS(9)
    REPRISE_ROWS(10)
    REPRISE_ROWS(11)
    REPRISE_ROWS(12)
    default:
      break;
  }
#undef REPRISE_ROWS
}

std::int64_t least(std::int64_t a, std::int64_t b) {
  return a < b ? a : b;
}

/// `rows` rows of A, row by row or k by k.
template <class T>
void pack_tile(bool by_rows, std::int64_t rows, std::int64_t depth, const T* from, std::int64_t row,
               std::int64_t column, T* out) {
  if (!by_rows) {  // columns of A are contiguous
    for (std::int64_t k = 0; k < depth; ++k, from += column, out += rows) {
      std::int64_t i = 0;
      for (; i + Simd<T>::width <= rows; i += Simd<T>::width) store<T>(out + i, load<T>(from + i));
      for (; i < rows; ++i) out[i] = from[i];
    }
    return;
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* source = from + i * row;
    T* target = out + i * packed_row;
    std::int64_t k = 0;
    if (column == 1) {
      for (; k + Simd<T>::width <= depth; k += Simd<T>::width) store<T>(target + k, load<T>(source + k));
    }
    for (; k < depth; ++k) target[k] = source[k * column];
  }
}

template <class T>
void pack_panels(std::int64_t depth, std::int64_t columns, const T* from, std::int64_t row,
                 std::int64_t column, T* out) {
  constexpr int width = Simd<T>::width;
  for (std::int64_t first = 0; first < columns; first += panel<T>) {
    const std::int64_t rest = columns - first;
    const T* source = from + first * column;
    if (rest <= width) {
      pack_rows<T, width>(depth, rest, source, row, column, out);
    } else {
      pack_rows<T, panel<T>>(depth, least(rest, panel<T>), source, row, column, out);
    }
    out += depth * panel<T>;
  }
}

/// `rows` rows of a matrix of patches, row by row.
template <class T>
void pack_patch_tile(const Patches<T>& patches, std::int64_t rows, std::int64_t depth, std::int64_t row,
                     std::int64_t k, T* out) {
  for (std::int64_t i = 0; i < rows; ++i) copy_patch_row(patches, row + i, k, depth, out + i * packed_row);
}

/// What pack_panels makes, of rows k … k + depth of a matrix of patches.
template <class T>
void pack_patch_panels(const Patches<T>& patches, std::int64_t depth, std::int64_t columns, std::int64_t k,
                       std::int64_t column, T* out) {
  constexpr int width = Simd<T>::width;
  T line[column_block + panel<T>];
  for (std::int64_t j = columns; j < columns + panel<T>; ++j) line[j] = T(0);
  for (std::int64_t i = 0; i < depth; ++i) {
    copy_patch_row(patches, k + i, column, columns, line);
    T* to = out;
    for (std::int64_t first = 0; first < columns; first += panel<T>, to += depth * panel<T>) {
      const bool narrow = columns - first <= width;
      T* target = to + i * (narrow ? width : panel<T>);
      store<T>(target, load<T>(line + first));
      if (!narrow) store<T>(target + width, load<T>(line + first + width));
    }
  }
}

template <class T, bool fused>
void gemm(const Gemm<T>& task, T* workspace) {
  T* packed_a = workspace;
  T* packed_b = workspace + tile_rows<T> * packed_row;
  const bool by_rows = task.a_patches != nullptr || task.a_row != 1 || task.a_column == 1;
  // Columns of a small A are read where they lie; those of a large one would take a cache line and a page
  // each.
  const bool in_place = !by_rows && task.k * task.a_column <= in_place_elements;
  // No k: C = bias, or stays.
  const std::int64_t depth_end = task.k > 0 ? task.k : 1;
  const std::int64_t tiles = (task.m + tile_rows<T> - 1) / tile_rows<T>;
  for (std::int64_t column = 0; column < task.n; column += column_block) {
    const std::int64_t columns = least(column_block, task.n - column);
    for (std::int64_t k = 0; k < depth_end; k += depth_block) {
      const std::int64_t depth = least(depth_block, task.k - k);
      if (task.b_patches != nullptr) {
        pack_patch_panels(*task.b_patches, depth, columns, k, column, packed_b);
      } else {
        pack_panels(depth, columns, task.b + k * task.b_row + column * task.b_column, task.b_row,
                    task.b_column, packed_b);
      }
      std::int64_t row = 0;
      for (std::int64_t tile = 0; tile < tiles; ++tile) {
        const std::int64_t rows = (task.m - row + (tiles - tile) - 1) / (tiles - tile);  // as equal as can be
        const T* a = task.a + row * task.a_row + k * task.a_column;
        TileTask<T> part;
        part.depth = depth;
        if (in_place) {
          part.a = a;
          part.a_step = task.a_column;
        } else {
          if (task.a_patches != nullptr) {
            pack_patch_tile(*task.a_patches, rows, depth, row, k, packed_a);
          } else {
            pack_tile(by_rows, rows, depth, a, task.a_row, task.a_column, packed_a);
          }
          part.a = packed_a;
          part.a_step = rows;
        }
        part.b = packed_b;
        part.columns = columns;
        part.c = task.c + row * task.c_row + column;
        part.c_row = task.c_row;
        part.bias = task.bias != nullptr ? task.bias + column : nullptr;
        part.first = k == 0 && !task.accumulate;
        part.relu = task.relu && k + depth >= task.k;
        if (by_rows) {
          tile_row<T, fused, true>(static_cast<int>(rows), part);
        } else {
          tile_row<T, fused, false>(static_cast<int>(rows), part);
        }
        row += rows;
      }
    }
  }
}

template <class T>
std::int64_t workspace(std::int64_t, std::int64_t n, std::int64_t k) {
  const std::int64_t columns = (least(n, column_block) + panel<T> - 1) / panel<T> * panel<T>;
  return tile_rows<T> * packed_row + least(k, depth_block) * columns;
}

/// Writes the products of one element type into its table.
template <class T>
void add_gemm(TypedKernels<T>& table) {
  table.gemm_workspace = workspace<T>;
  if constexpr (has_fma) table.gemm_fused = gemm<T, true>;
#if defined(__AVX512F__)
  table.gemm = avx2::kernels().of<T>().gemm;  // two roundings are no faster in wider registers
#else
  table.gemm = gemm<T, false>;
#endif
}

}  // namespace
}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
