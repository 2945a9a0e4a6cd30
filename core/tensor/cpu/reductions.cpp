// Sums in an order that only the shape decides: 16 virtual lanes, fixed blocks. Plain versions:
// cpu/reference.h.
#include "tensor/cpu/simd.h"
#include "tensor/cpu/tables.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {
namespace {

constexpr std::int64_t block = 4096;  // elements that one set of lanes takes
constexpr std::int64_t row_block = 64;

/// Σ function(x_k) over 16 lanes; the missing elements of the last 16 are zeros.
template <class T, class Function>
REPRISE_INLINE T sum_block(std::int64_t count, const T* x, Function function) {
  constexpr int width = Simd<T>::width;
  Vector<T> part[lane_vectors<T>] = {};
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    REPRISE_UNROLL
    for (int v = 0; v < lane_vectors<T>; ++v) part[v] = part[v] + function(load<T>(x + i + v * width));
  }
  if (i < count) {
    T rest[lanes] = {};
    for (std::int64_t j = i; j < count; ++j) rest[j - i] = x[j];
    for (int v = 0; v < lane_vectors<T>; ++v) part[v] = part[v] + function(load<T>(rest + v * width));
  }
  return sum_lanes<T>(part);
}

template <class T>
T sum(std::int64_t count, const T* x) {
  using V = Vector<T>;
  const auto same = [](V v) { return v; };
  if (count <= block) return sum_block(count, x, same);
  double total = 0;
  for (std::int64_t i = 0; i < count; i += block) {
    const std::int64_t rest = count - i;
    total += static_cast<double>(sum_block(rest < block ? rest : block, x + i, same));
  }
  return static_cast<T>(total);
}

template <class T>
double sum_of_squares(std::int64_t count, const T* x) {
  using V = Vector<T>;
  double total = 0;
  for (std::int64_t i = 0; i < count; i += block) {
    const std::int64_t rest = count - i;
    total += static_cast<double>(sum_block(rest < block ? rest : block, x + i, [](V v) { return v * v; }));
  }
  return total;
}

template <class T>
T largest(std::int64_t count, const T* x) {
  T result = -static_cast<T>(__builtin_inf());
  for (std::int64_t i = 0; i < count; ++i) {
    if (x[i] > result || x[i] != x[i]) result = x[i];
    if (result != result) return result;
  }
  return result;
}

/// Column sums of up to 64 rows for `vectors` neighbouring registers of columns.
template <class T, int vectors>
REPRISE_INLINE void sum_column_block(std::int64_t rows, std::int64_t columns, const T* x, T* out,
                                     bool first) {
  constexpr int width = Simd<T>::width;
  Vector<T> part[vectors];
  REPRISE_UNROLL
  for (int v = 0; v < vectors; ++v) part[v] = load<T>(x + v * width);
  for (std::int64_t row = 1; row < rows; ++row) {
    REPRISE_UNROLL
    for (int v = 0; v < vectors; ++v) part[v] = part[v] + load<T>(x + row * columns + v * width);
  }
  REPRISE_UNROLL
  for (int v = 0; v < vectors; ++v) {
    store<T>(out + v * width, first ? part[v] : load<T>(out + v * width) + part[v]);
  }
}

template <class T>
void sum_rows(std::int64_t rows, std::int64_t columns, const T* x, T* out) {
  constexpr int width = Simd<T>::width;
  if (rows == 0) {
    for (std::int64_t column = 0; column < columns; ++column) out[column] = T(0);
  }
  for (std::int64_t begin = 0; begin < rows; begin += row_block) {
    const std::int64_t count = rows - begin < row_block ? rows - begin : row_block;
    const T* from = x + begin * columns;
    std::int64_t column = 0;
    for (; column + 4 * width <= columns; column += 4 * width) {
      sum_column_block<T, 4>(count, columns, from + column, out + column, begin == 0);
    }
    for (; column + width <= columns; column += width) {
      sum_column_block<T, 1>(count, columns, from + column, out + column, begin == 0);
    }
    for (; column < columns; ++column) {
      T part = from[column];
      for (std::int64_t row = 1; row < count; ++row) part = part + from[row * columns + column];
      out[column] = begin == 0 ? part : out[column] + part;
    }
  }
}

}  // namespace

void add_reductions(Kernels& table) {
  table.float32.sum = sum<float>;
  table.float64.sum = sum<double>;
  table.float32.maximum = largest<float>;
  table.float64.maximum = largest<double>;
  table.float32.sum_of_squares = sum_of_squares<float>;
  table.float64.sum_of_squares = sum_of_squares<double>;
  table.float32.sum_rows = sum_rows<float>;
  table.float64.sum_rows = sum_rows<double>;
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
