// Sums over axes. The order of additions depends on the shape only: leading axes are summed row by row,
// trailing ones over 16 lanes (cpu/reductions.cpp).
#include "base/error.h"
#include "tensor/graph.h"
#include "tensor/ops.h"

#include <string>

namespace reprise::tensor {
namespace {

bool is_summed(int mask, int axis) {
  return ((mask >> axis) & 1) != 0;
}

/// `x` summed over the axes of `mask`; those axes stay with size 1.
Tensor compute_sum(const Tensor& x, int mask) {
  Shape kept = x.shape();
  std::int64_t summed_elements = 1;
  bool leading = true;
  bool trailing = true;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (!is_summed(mask, axis)) continue;
    summed_elements *= x.shape()[axis];
    kept[axis] = 1;
    if (axis > 0 && !is_summed(mask, axis - 1)) leading = false;
    if (axis + 1 < x.rank() && !is_summed(mask, axis + 1)) trailing = false;
  }
  Tensor dense = contiguous(detach(x));
  if (!leading && !trailing) {  // bring the summed axes to the end
    Shape shape;
    Shape strides;
    for (const bool summed : {false, true}) {
      for (int axis = 0; axis < x.rank(); ++axis) {
        if (is_summed(mask, axis) != summed) continue;
        shape.append(x.shape()[axis]);
        strides.append(x.strides()[axis]);
      }
    }
    dense = contiguous(x.view(shape, strides, 0));
    trailing = true;
  }
  Tensor out = Tensor::empty(x.device(), kept, x.dtype());
  const std::int64_t outputs = out.elements();
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto& kernels = x.state().kernels.of<T>();
    const T* from = std::as_const(dense).template data<T>();
    T* to = out.data<T>();
    if (trailing) {
      for (std::int64_t i = 0; i < outputs; ++i)
        to[i] = kernels.sum(summed_elements, from + i * summed_elements);
    } else {
      kernels.sum_rows(summed_elements, outputs, from, to);
    }
  });
  return out;
}

Tensor sum_over(const Tensor& x, int mask);

const Rules sum_rules{
    "sum", false, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) {
      to.add(0, broadcast_to(g, op.input(0).shape()));
    },
    [](const Operation& op, const Tensor* t) { return sum_over(t[0], op.numbers().flags); }};

/// Axes of `mask` stay with size 1.
Tensor sum_over(const Tensor& x, int mask) {
  OpNumbers numbers;
  numbers.flags = mask;
  return record(sum_rules, compute_sum(x, mask), {&x}, numbers);
}

int mask_of(const char* operation, const Tensor& x, std::initializer_list<int> axes) {
  int mask = 0;
  for (const int axis : axes) {
    const int from_start = axis < 0 ? axis + x.rank() : axis;
    if (from_start < 0 || from_start >= x.rank()) {
      throw InputError(std::string(operation) + ": axis " + std::to_string(axis) + " of a tensor of shape " +
                       x.shape().text());
    }
    mask |= 1 << from_start;
  }
  return mask;
}

Tensor sum_and_drop(const Tensor& x, int mask) {
  Shape shape;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (!is_summed(mask, axis)) shape.append(x.shape()[axis]);
  }
  return reshape(sum_over(x, mask), shape);
}

}  // namespace

Tensor sum(const Tensor& x) {
  return sum_and_drop(x, (1 << x.rank()) - 1);
}

Tensor sum(const Tensor& x, std::initializer_list<int> axes) {
  return sum_and_drop(x, mask_of("sum", x, axes));
}

Tensor mean(const Tensor& x) {
  return scale(sum(x), 1.0 / static_cast<double>(x.elements()));
}

Tensor mean(const Tensor& x, std::initializer_list<int> axes) {
  const int mask = mask_of("mean", x, axes);
  std::int64_t count = 1;
  for (int axis = 0; axis < x.rank(); ++axis) count *= is_summed(mask, axis) ? x.shape()[axis] : 1;
  return scale(sum_and_drop(x, mask), 1.0 / static_cast<double>(count));
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (shape.rank() > x.rank() || broadcast_shape("sum_to", x.shape(), shape) != x.shape()) {
    throw InputError("sum_to: the shape " + shape.text() + " does not stretch to " + x.shape().text());
  }
  int mask = 0;
  const int missing = x.rank() - shape.rank();
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis < missing || (shape[axis - missing] == 1 && x.shape()[axis] != 1)) mask |= 1 << axis;
  }
  return reshape(sum_over(x, mask), shape);
}

}  // namespace reprise::tensor
