// Updates of parameters, one pass over gradient, state and parameter. Plain versions: cpu/reference.h.
#include "tensor/cpu/simd.h"
#include "tensor/cpu/tables.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {
namespace {

template <class T>
struct AdamVectors {
  using V = Vector<T>;
  V beta1, one_minus_beta1, beta2, one_minus_beta2, step_size, root_scale, epsilon, keep, coupled_decay;
  bool decays;

  explicit AdamVectors(const AdamStep& s)
      : beta1(splat(static_cast<T>(s.beta1))),
        one_minus_beta1(splat(static_cast<T>(1 - s.beta1))),
        beta2(splat(static_cast<T>(s.beta2))),
        one_minus_beta2(splat(static_cast<T>(1 - s.beta2))),
        step_size(splat(static_cast<T>(s.step_size))),
        root_scale(splat(static_cast<T>(s.root_scale))),
        epsilon(splat(static_cast<T>(s.epsilon))),
        keep(splat(static_cast<T>(s.keep))),
        coupled_decay(splat(static_cast<T>(s.coupled_decay))),
        decays(s.coupled_decay != 0) {}

  __attribute__((always_inline)) void update(V g, V& m, V& v, V& p) const {
    if (decays) g = g + coupled_decay * p;
    m = beta1 * m + one_minus_beta1 * g;
    v = beta2 * v + one_minus_beta2 * (g * g);
    p = keep * p - step_size * m / (square_root(v) * root_scale + epsilon);
  }
};

template <class T>
void adam(std::int64_t count, const AdamStep& step, const T* gradient, T* mean, T* square, T* parameter) {
  using V = Vector<T>;
  constexpr int width = Simd<T>::width;
  const AdamVectors<T> vectors(step);
  std::int64_t i = 0;
  for (; i + width <= count; i += width) {
    V m = load<T>(mean + i);
    V v = load<T>(square + i);
    V p = load<T>(parameter + i);
    vectors.update(load<T>(gradient + i), m, v, p);
    store<T>(mean + i, m);
    store<T>(square + i, v);
    store<T>(parameter + i, p);
  }
  if (i < count) {
    const std::int64_t rest = count - i;
    V m = load_first<T>(mean + i, rest, T(0));
    V v = load_first<T>(square + i, rest, T(0));
    V p = load_first<T>(parameter + i, rest, T(0));
    vectors.update(load_first<T>(gradient + i, rest, T(0)), m, v, p);
    store_first<T>(mean + i, rest, m);
    store_first<T>(square + i, rest, v);
    store_first<T>(parameter + i, rest, p);
  }
}

template <class T>
void sgd(std::int64_t count, T rate, T momentum, T decay, T keep, const T* gradient, T* velocity,
         T* parameter) {
  for (std::int64_t i = 0; i < count; ++i) {
    T direction = gradient[i] + decay * parameter[i];
    if (velocity != nullptr) {
      direction = momentum * velocity[i] + direction;
      velocity[i] = direction;
    }
    parameter[i] = keep * parameter[i] - rate * direction;
  }
}

}  // namespace

void add_optimizers(Kernels& table) {
  table.float32.adam = adam<float>;
  table.float64.adam = adam<double>;
  table.float32.sgd = sgd<float>;
  table.float64.sgd = sgd<double>;
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
