// One operand or two, element by element. Plain versions: cpu/reference.h.
#include "tensor/cpu/simd_math.h"
#include "tensor/cpu/tables.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {
namespace {

template <class T, class Function>
REPRISE_INLINE void map(std::int64_t count, const T* x, T* out, Function function) {
  constexpr int width = Simd<T>::width;
  std::int64_t i = 0;
  for (; i + width <= count; i += width) store<T>(out + i, function(load<T>(x + i)));
  if (i < count) store_first<T>(out + i, count - i, function(load_first<T>(x + i, count - i, T(1))));
}

template <class T>
void unary(Unary op, std::int64_t count, const T* x, T* out, T constant) {
  using V = Vector<T>;
  const V zero = V{};
  const V one = splat(T(1));
  const V c = splat(constant);
  switch (op) {
    case Unary::Copy:
      return map(count, x, out, [](V v) { return v; });
    case Unary::Negate:
      return map(count, x, out, [](V v) { return -v; });
    case Unary::Scale:
      return map(count, x, out, [=](V v) { return v * c; });
    case Unary::Shift:
      return map(count, x, out, [=](V v) { return v + c; });
    case Unary::Relu:
      return map(count, x, out, [=](V v) { return maximum(zero, v); });  // NaN stays
    case Unary::Step:
      return map(count, x, out, [=](V v) { return v > zero ? one : zero; });
    case Unary::Exp:
      return map(count, x, out, [](V v) { return exp(v); });
    case Unary::Log:
      return map(count, x, out, [](V v) { return log(v); });
    case Unary::Sqrt:
      return map(count, x, out, [](V v) { return square_root(v); });
    case Unary::Square:
      return map(count, x, out, [](V v) { return v * v; });
    case Unary::Tanh:
      return map(count, x, out, [](V v) { return tanh(v); });
    case Unary::Logistic:
      return map(count, x, out, [=](V v) {  // e^−|x| keeps small results accurate
        const V t = exp(minimum(v, -v));
        return (v < zero ? t : one) / (one + t);
      });
    case Unary::Reciprocal:
      return map(count, x, out, [=](V v) { return one / v; });
  }
}

template <class T, class Function>
REPRISE_INLINE void map(std::int64_t count, const T* a, int a_step, const T* b, int b_step, T* out,
                        Function function) {
  using V = Vector<T>;
  constexpr int width = Simd<T>::width;
  if (count <= 0) return;
  const V a_fixed = splat(a[0]);
  const V b_fixed = splat(b[0]);
  std::int64_t i = 0;
  if (a_step == 1 && b_step == 1) {
    for (; i + width <= count; i += width) store<T>(out + i, function(load<T>(a + i), load<T>(b + i)));
  } else if (a_step == 1) {
    for (; i + width <= count; i += width) store<T>(out + i, function(load<T>(a + i), b_fixed));
  } else if (b_step == 1) {
    for (; i + width <= count; i += width) store<T>(out + i, function(a_fixed, load<T>(b + i)));
  } else {
    for (; i + width <= count; i += width) store<T>(out + i, function(a_fixed, b_fixed));
  }
  if (i < count) {
    const V a_rest = a_step == 1 ? load_first<T>(a + i, count - i, T(1)) : a_fixed;
    const V b_rest = b_step == 1 ? load_first<T>(b + i, count - i, T(1)) : b_fixed;
    store_first<T>(out + i, count - i, function(a_rest, b_rest));
  }
}

template <class T>
void binary(Binary op, std::int64_t count, const T* a, int a_step, const T* b, int b_step, T* out) {
  using V = Vector<T>;
  const V zero = V{};
  switch (op) {
    case Binary::Add:
      return map(count, a, a_step, b, b_step, out, [](V x, V y) { return x + y; });
    case Binary::Subtract:
      return map(count, a, a_step, b, b_step, out, [](V x, V y) { return x - y; });
    case Binary::Multiply:
      return map(count, a, a_step, b, b_step, out, [](V x, V y) { return x * y; });
    case Binary::Divide:
      return map(count, a, a_step, b, b_step, out, [](V x, V y) { return x / y; });
    case Binary::WherePositive:
      return map(count, a, a_step, b, b_step, out, [=](V x, V y) { return y > zero ? x : zero; });
  }
}

}  // namespace

void add_elementwise(Kernels& table) {
  table.float32.unary = unary<float>;
  table.float64.unary = unary<double>;
  table.float32.binary = binary<float>;
  table.float64.binary = binary<double>;
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
