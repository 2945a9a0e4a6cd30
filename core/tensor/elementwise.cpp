// Element-by-element operations and their derivatives.
#include "tensor/graph.h"
#include "tensor/ops.h"
#include "tensor/strided.h"

#include <cmath>

namespace reprise::tensor {
namespace {

using cpu::Binary;
using cpu::Unary;

Tensor compute(Unary op, const Tensor& x, double constant = 0) {
  if (!x.is_contiguous()) return compute(op, contiguous(detach(x)), constant);
  Tensor out = Tensor::empty(x.device(), x.shape(), x.dtype());
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    x.state().kernels.of<T>().unary(op, x.elements(), x.data<T>(), out.data<T>(), static_cast<T>(constant));
  });
  return out;
}

/// Strides of `x` along the axes of `shape`, 0 where it is broadcast.
Shape stretched_strides(const Tensor& x, const Shape& shape) {
  Shape strides = Shape::filled(shape.rank(), 0);
  const int missing = shape.rank() - x.rank();
  for (int axis = 0; axis < x.rank(); ++axis) {
    strides[axis + missing] = x.shape()[axis] == 1 ? 0 : x.strides()[axis];
  }
  return strides;
}

Tensor compute(Binary op, const char* name, const Tensor& a, const Tensor& b) {
  check_same(name, a, b);
  if (a.shape() == b.shape() && a.is_contiguous() && b.is_contiguous()) {
    Tensor out = Tensor::empty(a.device(), a.shape(), a.dtype());
    with_real_type(a.dtype(), [&](auto type) {
      using T = decltype(type);
      a.state().kernels.of<T>().binary(op, a.elements(), a.data<T>(), 1, b.data<T>(), 1, out.data<T>());
    });
    return out;
  }
  const Shape shape = broadcast_shape(name, a.shape(), b.shape());
  Tensor out = Tensor::empty(a.device(), shape, a.dtype());
  const Shape a_strides = stretched_strides(a, shape);
  const Shape b_strides = stretched_strides(b, shape);
  const MergedAxes<3> axes(shape, {&a_strides, &b_strides, &out.strides()});
  const int last = axes.rank - 1;
  const std::int64_t a_step = axes.strides[0][last];
  const std::int64_t b_step = axes.strides[1][last];
  if (a_step > 1 || a_step < 0) return compute(op, name, contiguous(detach(a)), b);
  if (b_step > 1 || b_step < 0) return compute(op, name, a, contiguous(detach(b)));
  with_real_type(a.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto kernel = a.state().kernels.of<T>().binary;
    const T* a_data = a.data<T>();
    const T* b_data = b.data<T>();
    T* out_data = out.data<T>();
    axes.for_each_row([&](const std::array<std::int64_t, 3>& offset) {
      kernel(op, axes.sizes[last], a_data + offset[0], static_cast<int>(a_step), b_data + offset[1],
             static_cast<int>(b_step), out_data + offset[2]);
    });
  });
  return out;
}

/// tangents of a sum: missing ones are zeros.
Tensor add_tangents(const Tensor& a, const Tensor& b) {
  if (!a) return b;
  if (!b) return a;
  return add(a, b);
}

Tensor stretch(const Tensor& tangent, const Operation& op) {
  return tangent.shape() == op.output().shape() ? tangent : broadcast_to(tangent, op.output().shape());
}

const Rules where_positive_rules{
    "where_positive", true, true,
    [](const Operation& op, const Tensor& g, Cotangents& to) { to.add(0, where_positive(g, op.input(1))); },
    [](const Operation& op, const Tensor* t) {
      return t[0] ? where_positive(t[0], op.input(1)) : scale(op.output(), 0);
    }};

const Rules add_rules{
    "add", false, false,
    [](const Operation&, const Tensor& g, Cotangents& to) {
      to.add(0, g);
      to.add(1, g);
    },
    [](const Operation& op, const Tensor* t) { return stretch(add_tangents(t[0], t[1]), op); }};

const Rules subtract_rules{"subtract", false, false,
                           [](const Operation&, const Tensor& g, Cotangents& to) {
                             to.add(0, g);
                             if (to.wants(1)) to.add(1, negate(g));
                           },
                           [](const Operation& op, const Tensor* t) {
                             const Tensor second = t[1] ? negate(t[1]) : Tensor();
                             return stretch(add_tangents(t[0], second), op);
                           }};

const Rules multiply_rules{"multiply", true, false,
                           [](const Operation& op, const Tensor& g, Cotangents& to) {
                             if (to.wants(0)) to.add(0, multiply(g, op.input(1)));
                             if (to.wants(1)) to.add(1, multiply(g, op.input(0)));
                           },
                           [](const Operation& op, const Tensor* t) {
                             return add_tangents(t[0] ? multiply(t[0], op.input(1)) : Tensor(),
                                                 t[1] ? multiply(op.input(0), t[1]) : Tensor());
                           }};

const Rules divide_rules{"divide", true, true,
                         [](const Operation& op, const Tensor& g, Cotangents& to) {
                           const Tensor quotient = divide(g, op.input(1));
                           to.add(0, quotient);
                           if (to.wants(1)) to.add(1, negate(multiply(quotient, op.output())));
                         },
                         [](const Operation& op, const Tensor* t) {
                           return add_tangents(
                               t[0] ? divide(t[0], op.input(1)) : Tensor(),
                               t[1] ? negate(divide(multiply(op.output(), t[1]), op.input(1))) : Tensor());
                         }};

const Rules negate_rules{"negate", false, false,
                         [](const Operation&, const Tensor& g, Cotangents& to) { to.add(0, negate(g)); },
                         [](const Operation&, const Tensor* t) { return negate(t[0]); }};
const Rules scale_rules{
    "scale", false, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) { to.add(0, scale(g, op.numbers().real)); },
    [](const Operation& op, const Tensor* t) { return scale(t[0], op.numbers().real); }};
const Rules shift_rules{"shift", false, false,
                        [](const Operation&, const Tensor& g, Cotangents& to) { to.add(0, g); },
                        [](const Operation&, const Tensor* t) { return t[0]; }};
const Rules relu_rules{
    "relu", false, true,
    [](const Operation& op, const Tensor& g, Cotangents& to) { to.add(0, where_positive(g, op.output())); },
    [](const Operation& op, const Tensor* t) { return where_positive(t[0], op.output()); }};
const Rules exp_rules{
    "exp", false, true,
    [](const Operation& op, const Tensor& g, Cotangents& to) { to.add(0, multiply(g, op.output())); },
    [](const Operation& op, const Tensor* t) { return multiply(t[0], op.output()); }};
const Rules log_rules{
    "log", true, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) { to.add(0, divide(g, op.input(0))); },
    [](const Operation& op, const Tensor* t) { return divide(t[0], op.input(0)); }};
const Rules sqrt_rules{
    "sqrt", false, true,
    [](const Operation& op, const Tensor& g, Cotangents& to) {
      to.add(0, scale(divide(g, op.output()), 0.5));
    },
    [](const Operation& op, const Tensor* t) { return scale(divide(t[0], op.output()), 0.5); }};
const Rules square_rules{
    "square", true, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) {
      to.add(0, scale(multiply(g, op.input(0)), 2));
    },
    [](const Operation& op, const Tensor* t) { return scale(multiply(t[0], op.input(0)), 2); }};

Tensor reciprocal_slope(const Tensor& output) {
  return negate(square(output));
}
Tensor tanh_slope(const Tensor& output) {
  return shift(negate(square(output)), 1);
}
Tensor logistic_slope(const Tensor& output) {
  return multiply(output, shift(negate(output), 1));
}
/// Rules of a function whose derivative is a function of its value.
template <Tensor (*slope)(const Tensor&)>
constexpr Rules rules_by_slope(const char* name) {
  return {name, false, true,
          [](const Operation& op, const Tensor& g, Cotangents& to) {
            to.add(0, multiply(g, slope(op.output())));
          },
          [](const Operation& op, const Tensor* t) { return multiply(t[0], slope(op.output())); }};
}
const Rules reciprocal_rules = rules_by_slope<reciprocal_slope>("reciprocal");
const Rules tanh_rules = rules_by_slope<tanh_slope>("tanh");
const Rules logistic_rules = rules_by_slope<logistic_slope>("logistic");

const Rules round_rules{"round_to", false, false,
                        [](const Operation&, const Tensor& g, Cotangents& to) { to.add(0, g); },
                        [](const Operation&, const Tensor* t) { return t[0]; }};

OpNumbers constant(double value) {
  OpNumbers numbers;
  numbers.real = value;
  return numbers;
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  return record(add_rules, compute(Binary::Add, "add", a, b), {&a, &b});
}
Tensor subtract(const Tensor& a, const Tensor& b) {
  return record(subtract_rules, compute(Binary::Subtract, "subtract", a, b), {&a, &b});
}
Tensor multiply(const Tensor& a, const Tensor& b) {
  return record(multiply_rules, compute(Binary::Multiply, "multiply", a, b), {&a, &b});
}
Tensor divide(const Tensor& a, const Tensor& b) {
  return record(divide_rules, compute(Binary::Divide, "divide", a, b), {&a, &b});
}
Tensor negate(const Tensor& x) {
  return record(negate_rules, compute(Unary::Negate, x), {&x});
}
Tensor scale(const Tensor& x, double factor) {
  return record(scale_rules, compute(Unary::Scale, x, factor), {&x}, constant(factor));
}
Tensor shift(const Tensor& x, double amount) {
  return record(shift_rules, compute(Unary::Shift, x, amount), {&x});
}
Tensor relu(const Tensor& x) {
  return record(relu_rules, compute(Unary::Relu, x), {&x});
}
Tensor where_positive(const Tensor& x, const Tensor& condition) {
  return record(where_positive_rules, compute(Binary::WherePositive, "where_positive", x, condition),
                {&x, &condition});
}
Tensor step(const Tensor& x) {
  return compute(Unary::Step, x);
}
Tensor exp(const Tensor& x) {
  return record(exp_rules, compute(Unary::Exp, x), {&x});
}
Tensor log(const Tensor& x) {
  return record(log_rules, compute(Unary::Log, x), {&x});
}
Tensor sqrt(const Tensor& x) {
  return record(sqrt_rules, compute(Unary::Sqrt, x), {&x});
}
Tensor square(const Tensor& x) {
  return record(square_rules, compute(Unary::Square, x), {&x});
}
Tensor reciprocal(const Tensor& x) {
  return record(reciprocal_rules, compute(Unary::Reciprocal, x), {&x});
}
Tensor tanh(const Tensor& x) {
  return record(tanh_rules, compute(Unary::Tanh, x), {&x});
}
Tensor logistic(const Tensor& x) {
  return record(logistic_rules, compute(Unary::Logistic, x), {&x});
}

Tensor round_to(const Tensor& x, const FloatFormat& format) {
  Tensor out = compute(Unary::Copy, x);
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    T* data = out.data<T>();
    const std::int64_t count = out.elements();
    for (std::int64_t i = 0; i < count; ++i) {
      data[i] = static_cast<T>(round_to(static_cast<double>(data[i]), format));
    }
  });
  return record(round_rules, out, {&x});
}

}  // namespace reprise::tensor
