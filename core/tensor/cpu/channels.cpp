// What batch normalisation needs of the plane of one channel. Sums run over 16 virtual lanes in blocks of
// 4096, like those of cpu/reductions.cpp; block sums are added in double.
#include "tensor/cpu/simd.h"
#include "tensor/cpu/tables.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {
namespace {

constexpr std::int64_t block = 4096;

/// Σ function(a_k, x_k) of `count` elements, at most a block.
template <class T, class Function>
REPRISE_INLINE T sum_pairs(std::int64_t count, const T* a, const T* x, Function function) {
  constexpr int width = Simd<T>::width;
  Vector<T> part[lane_vectors<T>] = {};
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    REPRISE_UNROLL
    for (int v = 0; v < lane_vectors<T>; ++v)
      part[v] = part[v] + function(load<T>(a + i + v * width), load<T>(x + i + v * width));
  }
  if (i < count) {
    T of_lane[lanes];
    REPRISE_UNROLL
    for (int v = 0; v < lane_vectors<T>; ++v) store<T>(of_lane + v * width, part[v]);
    for (std::int64_t j = i; j < count; ++j) {
      const Vector<T> one = function(splat(a[j]), splat(x[j]));
      of_lane[j - i] = of_lane[j - i] + one[0];
    }
    REPRISE_UNROLL
    for (int v = 0; v < lane_vectors<T>; ++v) part[v] = load<T>(of_lane + v * width);
  }
  return sum_lanes<T>(part);
}

template <class T, class Function>
REPRISE_INLINE double sum_blocks(std::int64_t count, const T* a, const T* x, Function function) {
  double total = 0;
  for (std::int64_t i = 0; i < count; i += block) {
    const std::int64_t rest = count - i;
    total += static_cast<double>(sum_pairs(rest < block ? rest : block, a + i, x + i, function));
  }
  return total;
}

template <class T>
double squares_about(std::int64_t count, const T* x, T centre) {
  const Vector<T> middle = splat(centre);
  return sum_blocks(count, x, x, [middle](Vector<T> v, Vector<T>) { return (v - middle) * (v - middle); });
}

template <class T>
double product_about(std::int64_t count, const T* a, const T* x, T centre) {
  const Vector<T> middle = splat(centre);
  return sum_blocks(count, a, x, [middle](Vector<T> u, Vector<T> v) { return u * (v - middle); });
}

template <class T>
void blend(std::int64_t count, const T* a, T a_factor, const T* x, T x_factor, T constant, T* out) {
  constexpr int width = Simd<T>::width;
  const Vector<T> of_a = splat(a_factor), of_x = splat(x_factor), start = splat(constant);
  std::int64_t i = 0;
  if (x == nullptr) {
    for (; i + width <= count; i += width) store<T>(out + i, of_a * load<T>(a + i) + start);
    for (; i < count; ++i) out[i] = a_factor * a[i] + constant;
    return;
  }
  for (; i + width <= count; i += width)
    store<T>(out + i, of_a * load<T>(a + i) + (of_x * load<T>(x + i) + start));
  for (; i < count; ++i) out[i] = a_factor * a[i] + (x_factor * x[i] + constant);
}

template <class T>
void add(TypedKernels<T>& table) {
  table.squares_about = squares_about<T>;
  table.product_about = product_about<T>;
  table.blend = blend<T>;
}

}  // namespace

void add_channels(Kernels& table) {
  add(table.float32);
  add(table.float64);
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
