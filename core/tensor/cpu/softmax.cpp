// Softmax, log-softmax, log-sum-exp and cross-entropy over the rows of a matrix. Each row is read once from
// memory and stays in the first-level cache; sums run over 16 virtual lanes. Plain versions: cpu/reference.h.
#include "base/math.h"
#include "tensor/cpu/simd_math.h"
#include "tensor/cpu/tables.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {
namespace {

template <class T>
constexpr T minus_infinity = -static_cast<T>(__builtin_inf());

/// Largest element; NaN elements are passed over (they come back in the sum).
template <class T>
REPRISE_INLINE T row_maximum(std::int64_t columns, const T* x) {
  constexpr int width = Simd<T>::width;
  Vector<T> part[lane_vectors<T>];
  for (int v = 0; v < lane_vectors<T>; ++v) part[v] = splat(minus_infinity<T>);
  std::int64_t i = 0;
  for (; i + lanes <= columns; i += lanes) {
    REPRISE_UNROLL
    for (int v = 0; v < lane_vectors<T>; ++v) part[v] = maximum(load<T>(x + i + v * width), part[v]);
  }
  T lane[lanes];
  for (int v = 0; v < lane_vectors<T>; ++v) store<T>(lane + v * width, part[v]);
  T result = minus_infinity<T>;
  if (columns >= lanes) {
    for (const T value : lane) result = value > result ? value : result;
  }
  for (; i < columns; ++i) result = x[i] > result ? x[i] : result;
  return result;
}

/// Σ_j e^(x_j − maximum); the terms are stored when `out` is given.
template <class T, bool stores>
REPRISE_INLINE T sum_of_exponentials(std::int64_t columns, const T* x, T maximum, T* out) {
  constexpr int width = Simd<T>::width;
  const Vector<T> shift = splat(maximum);
  Vector<T> part[lane_vectors<T>] = {};
  std::int64_t i = 0;
  for (; i + lanes <= columns; i += lanes) {
    REPRISE_UNROLL
    for (int v = 0; v < lane_vectors<T>; ++v) {
      const Vector<T> term = exp(load<T>(x + i + v * width) - shift);
      part[v] = part[v] + term;
      if constexpr (stores) store<T>(out + i + v * width, term);
    }
  }
  if (i < columns) {
    T rest[lanes];
    // Vectors without an element would add e^(-inf) = 0: left out, they change no bit.
    const int vectors = static_cast<int>((columns - i + width - 1) / width);
    for (int j = 0; j < vectors * width; ++j) rest[j] = i + j < columns ? x[i + j] : minus_infinity<T>;
    for (int v = 0; v < vectors; ++v) {
      const Vector<T> term = exp(load<T>(rest + v * width) - shift);
      part[v] = part[v] + term;
      if constexpr (stores) store<T>(rest + v * width, term);
    }
    if constexpr (stores) {
      for (std::int64_t j = i; j < columns; ++j) out[j] = rest[j - i];
    }
  }
  return sum_lanes<T>(part);
}

template <class T>
REPRISE_INLINE void scale_row(std::int64_t columns, T factor, T* out) {
  constexpr int width = Simd<T>::width;
  const Vector<T> scale = splat(factor);
  std::int64_t i = 0;
  for (; i + width <= columns; i += width) store<T>(out + i, load<T>(out + i) * scale);
  for (; i < columns; ++i) out[i] = out[i] * factor;
}

template <class T>
void softmax(std::int64_t rows, std::int64_t columns, const T* x, T* out) {
  for (std::int64_t row = 0; row < rows; ++row, x += columns, out += columns) {
    const T total = sum_of_exponentials<T, true>(columns, x, row_maximum(columns, x), out);
    scale_row(columns, T(1) / total, out);
  }
}

template <class T>
T log_of_sum(T total) {
  return static_cast<T>(math::log(static_cast<double>(total)));
}

template <class T>
void log_softmax(std::int64_t rows, std::int64_t columns, const T* x, T* out) {
  for (std::int64_t row = 0; row < rows; ++row, x += columns, out += columns) {
    const T maximum = row_maximum(columns, x);
    const T log_total = log_of_sum(sum_of_exponentials<T, false>(columns, x, maximum, nullptr));
    for (std::int64_t i = 0; i < columns; ++i) out[i] = (x[i] - maximum) - log_total;
  }
}

template <class T>
void log_sum_exp(std::int64_t rows, std::int64_t columns, const T* x, T* out) {
  for (std::int64_t row = 0; row < rows; ++row, x += columns) {
    const T maximum = row_maximum(columns, x);
    if (maximum == minus_infinity<T>) {  // nothing, or only zeros: log 0, unless there is a NaN
      out[row] = maximum;
      for (std::int64_t i = 0; i < columns; ++i) {
        if (x[i] != x[i]) out[row] = x[i];
      }
      continue;
    }
    out[row] = maximum + log_of_sum(sum_of_exponentials<T, false>(columns, x, maximum, nullptr));
  }
}

template <class T>
void cross_entropy(std::int64_t rows, std::int64_t columns, const T* x, const std::int32_t* labels,
                   double* losses, T* gradient, T scale) {
  for (std::int64_t row = 0; row < rows; ++row, x += columns) {
    const T maximum = row_maximum(columns, x);
    const std::int32_t label = labels[row];
    T total;
    if (gradient != nullptr) {
      total = sum_of_exponentials<T, true>(columns, x, maximum, gradient);
      scale_row(columns, scale / total, gradient);
      gradient[label] = gradient[label] - scale;
      gradient += columns;
    } else {
      total = sum_of_exponentials<T, false>(columns, x, maximum, nullptr);
    }
    losses[row] = math::log(static_cast<double>(total)) -
                  (static_cast<double>(x[label]) - static_cast<double>(maximum));
  }
}

}  // namespace

void add_softmax(Kernels& table) {
  table.float32.softmax = softmax<float>;
  table.float64.softmax = softmax<double>;
  table.float32.log_softmax = log_softmax<float>;
  table.float64.log_softmax = log_softmax<double>;
  table.float32.log_sum_exp = log_sum_exp<float>;
  table.float64.log_sum_exp = log_sum_exp<double>;
  table.float32.cross_entropy = cross_entropy<float>;
  table.float64.cross_entropy = cross_entropy<double>;
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
