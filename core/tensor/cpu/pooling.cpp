// Largest of each 2 × 2 window. Written without branches, so that the compiler can use registers.
#include "tensor/cpu/tables.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {
namespace {

template <class T>
void max_pool(std::int64_t height, std::int64_t width, const T* x, T* out, std::int32_t* which) {
  const std::int64_t rows = height / 2, columns = width / 2;
  for (std::int64_t y = 0; y < rows; ++y) {
    const T* top = x + 2 * y * width;
    const T* bottom = top + width;
    for (std::int64_t i = 0; i < columns; ++i) {
      T best = top[2 * i];
      std::int32_t place = 0;
      const auto meet = [&](T value, std::int32_t at) {
        const bool wins = !(value <= best) & (best == best);  // NaN wins and stays
        best = wins ? value : best;
        place = wins ? at : place;
      };
      meet(top[2 * i + 1], 1);
      meet(bottom[2 * i], 2);
      meet(bottom[2 * i + 1], 3);
      out[y * columns + i] = best;
      which[y * columns + i] = place;
    }
  }
}

template <class T>
void max_unpool(std::int64_t height, std::int64_t width, const T* x, const std::int32_t* which, T* out) {
  const std::int64_t rows = height / 2, columns = width / 2;
  for (std::int64_t y = 0; y < rows; ++y) {
    T* top = out + 2 * y * width;
    T* bottom = top + width;
    for (std::int64_t i = 0; i < columns; ++i) {
      const T value = x[y * columns + i];
      const std::int32_t place = which[y * columns + i];
      top[2 * i] = place == 0 ? value : T(0);
      top[2 * i + 1] = place == 1 ? value : T(0);
      bottom[2 * i] = place == 2 ? value : T(0);
      bottom[2 * i + 1] = place == 3 ? value : T(0);
    }
    if (width % 2 != 0) top[width - 1] = bottom[width - 1] = T(0);
  }
  if (height % 2 != 0) {
    for (std::int64_t i = 0; i < width; ++i) out[(height - 1) * width + i] = T(0);
  }
}

template <class T>
void add(TypedKernels<T>& table) {
  table.max_pool = max_pool<T>;
  table.max_unpool = max_unpool<T>;
}

}  // namespace

void add_pooling(Kernels& table) {
  add(table.float32);
  add(table.float64);
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
