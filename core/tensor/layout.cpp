// Views and copies: other shapes and orders of the same elements.
#include "base/error.h"
#include "tensor/graph.h"
#include "tensor/ops.h"
#include "tensor/strided.h"

#include <algorithm>
#include <string>

namespace reprise::tensor {
namespace {

Shape shape_in(const OpNumbers& numbers) {
  return Shape(std::span(numbers.integers.data(), static_cast<std::size_t>(numbers.flags)));
}

OpNumbers numbers_of(const Shape& shape) {
  OpNumbers numbers;
  numbers.flags = shape.rank();
  for (int axis = 0; axis < shape.rank(); ++axis)
    numbers.integers[static_cast<std::size_t>(axis)] = shape[axis];
  return numbers;
}

int checked_axis(const char* operation, const Tensor& x, int axis) {
  const int from_start = axis < 0 ? axis + x.rank() : axis;
  if (from_start < 0 || from_start >= x.rank()) {
    throw InputError(std::string(operation) + ": axis " + std::to_string(axis) + " of a tensor of shape " +
                     x.shape().text() + " with " + std::to_string(x.rank()) + " axes");
  }
  return from_start;
}

Tensor copy(const Tensor& x) {
  Tensor out = Tensor::empty(x.device(), x.shape(), x.dtype());
  with_any_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    copy_strided(x.shape(), x.data<T>(), x.strides(), out.data<T>(), out.strides());
  });
  return out;
}

const Rules same_rules{"contiguous", false, false,
                       [](const Operation&, const Tensor& g, Cotangents& to) { to.add(0, g); },
                       [](const Operation&, const Tensor* t) { return t[0]; }};
const Rules reshape_rules{
    "reshape", false, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) { to.add(0, reshape(g, op.input(0).shape())); },
    [](const Operation& op, const Tensor* t) { return reshape(t[0], op.output().shape()); }};
const Rules broadcast_rules{
    "broadcast_to", false, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) { to.add(0, sum_to(g, op.input(0).shape())); },
    [](const Operation& op, const Tensor* t) { return broadcast_to(t[0], op.output().shape()); }};

Tensor permuted(const Tensor& x, const Shape& axes);
const Rules permute_rules{
    "permute", false, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) {
      const Shape axes = shape_in(op.numbers());
      Shape inverse = axes;
      for (int i = 0; i < axes.rank(); ++i) inverse[static_cast<int>(axes[i])] = i;
      to.add(0, permuted(g, inverse));
    },
    [](const Operation& op, const Tensor* t) { return permuted(t[0], shape_in(op.numbers())); }};
Tensor permuted(const Tensor& x, const Shape& axes) {
  Shape shape = x.shape();
  Shape strides = x.strides();
  for (int i = 0; i < axes.rank(); ++i) {
    shape[i] = x.shape()[static_cast<int>(axes[i])];
    strides[i] = x.strides()[static_cast<int>(axes[i])];
  }
  return record(permute_rules, x.view(shape, strides, 0), {&x}, numbers_of(axes));
}

const Rules slice_rules{"slice", false, false,
                        [](const Operation& op, const Tensor& g, Cotangents& to) {
                          const int axis = op.numbers().flags;
                          to.add(0, embed(g, axis, op.numbers().integers[0], op.input(0).shape()[axis]));
                        },
                        [](const Operation& op, const Tensor* t) {
                          const auto& n = op.numbers();
                          return slice(t[0], n.flags, n.integers[0], n.integers[1]);
                        }};
const Rules embed_rules{"embed", false, false,
                        [](const Operation& op, const Tensor& g, Cotangents& to) {
                          const auto& n = op.numbers();
                          to.add(0, slice(g, n.flags, n.integers[0], n.integers[1]));
                        },
                        [](const Operation& op, const Tensor* t) {
                          const auto& n = op.numbers();
                          return embed(t[0], n.flags, n.integers[0], op.output().shape()[n.flags]);
                        }};

const Rules concatenate_rules{
    "concatenate", false, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) {
      const int axis = op.numbers().flags;
      std::int64_t begin = 0;
      for (int i = 0; i < op.inputs(); ++i) {
        const std::int64_t end = begin + op.input(i).shape()[axis];
        if (to.wants(i)) to.add(i, slice(g, axis, begin, end));
        begin = end;
      }
    },
    [](const Operation& op, const Tensor* t) {
      std::vector<Tensor> parts;
      for (int i = 0; i < op.inputs(); ++i) {
        const Tensor& input = op.input(i);
        parts.push_back(t[i] ? t[i] : Tensor::zeros(op.output().device(), input.shape(), input.dtype()));
      }
      return concatenate(parts, op.numbers().flags);
    }};

}  // namespace

Tensor contiguous(const Tensor& x) {
  if (x.is_contiguous()) return x;
  return record(same_rules, copy(x), {&x});
}

Tensor detach(const Tensor& x) {
  return x.view(x.shape(), x.strides(), 0);
}

Tensor reshape(const Tensor& x, const Shape& shape) {
  if (shape.elements() != x.elements()) {
    throw InputError("reshape: the shapes " + x.shape().text() + " and " + shape.text() +
                     " have different numbers of elements");
  }
  const Tensor dense = x.is_contiguous() ? x : copy(x);
  return record(reshape_rules, dense.view(shape, contiguous_strides(shape), 0), {&x});
}

Tensor permute(const Tensor& x, std::initializer_list<int> axes) {
  Shape order;
  std::array<bool, max_rank> seen{};
  for (const int axis : axes) {
    const int from_start = checked_axis("permute", x, axis);
    if (std::exchange(seen[static_cast<std::size_t>(from_start)], true)) {
      throw InputError("permute: axis " + std::to_string(axis) + " is given twice");
    }
    order.append(from_start);
  }
  if (order.rank() != x.rank()) {
    throw InputError("permute: " + std::to_string(order.rank()) + " axes for a tensor of shape " +
                     x.shape().text());
  }
  return permuted(x, order);
}

Tensor transpose(const Tensor& x) {
  if (x.rank() < 2) throw InputError("transpose: a tensor of shape " + x.shape().text() + " has no two axes");
  Shape order;
  for (int axis = 0; axis < x.rank(); ++axis) order.append(axis);
  std::swap(order[x.rank() - 1], order[x.rank() - 2]);
  return permuted(x, order);
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  if (x.rank() > shape.rank() || broadcast_shape("broadcast_to", x.shape(), shape) != shape) {
    throw InputError("broadcast_to: the shape " + x.shape().text() + " does not stretch to " + shape.text());
  }
  Shape strides = Shape::filled(shape.rank(), 0);
  const int missing = shape.rank() - x.rank();
  for (int axis = 0; axis < x.rank(); ++axis) {
    strides[axis + missing] = x.shape()[axis] == 1 ? 0 : x.strides()[axis];
  }
  return record(broadcast_rules, x.view(shape, strides, 0), {&x});
}

Tensor slice(const Tensor& x, int axis, std::int64_t begin, std::int64_t end) {
  const int from_start = checked_axis("slice", x, axis);
  const std::int64_t size = x.shape()[from_start];
  if (begin < 0 || end < begin || end > size) {
    throw InputError("slice: [" + std::to_string(begin) + ", " + std::to_string(end) + ") of axis " +
                     std::to_string(from_start) + " of a tensor of shape " + x.shape().text());
  }
  Shape shape = x.shape();
  shape[from_start] = end - begin;
  OpNumbers numbers;
  numbers.flags = from_start;
  numbers.integers[0] = begin;
  numbers.integers[1] = end;
  return record(slice_rules, x.view(shape, x.strides(), begin * x.strides()[from_start]), {&x}, numbers);
}

Tensor embed(const Tensor& x, int axis, std::int64_t begin, std::int64_t size) {
  const int from_start = checked_axis("embed", x, axis);
  const std::int64_t end = begin + x.shape()[from_start];
  Shape shape = x.shape();
  shape[from_start] = size;
  if (begin < 0 || end > size) {
    throw InputError("embed: the shapes " + x.shape().text() + " and " + shape.text() +
                     " do not fit at position " + std::to_string(begin) + " of axis " +
                     std::to_string(from_start));
  }
  OpNumbers numbers;
  numbers.flags = from_start;
  numbers.integers[0] = begin;
  numbers.integers[1] = end;
  Tensor out = Tensor::zeros(x.device(), shape, x.dtype());
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    copy_strided(x.shape(), x.data<T>(), x.strides(), out.data<T>() + begin * out.strides()[from_start],
                 out.strides());
  });
  return record(embed_rules, out, {&x}, numbers);
}

Tensor concatenate(std::span<const Tensor> parts, int axis) {
  if (parts.empty()) throw InputError("concatenate: no tensors");
  const int from_start = checked_axis("concatenate", parts[0], axis);
  Shape shape = parts[0].shape();
  shape[from_start] = 0;
  for (const Tensor& part : parts) {
    check_same("concatenate", parts[0], part);
    Shape expected = parts[0].shape();
    if (part.rank() == expected.rank()) expected[from_start] = part.shape()[from_start];
    if (part.shape() != expected) {
      throw InputError("concatenate: the shapes " + parts[0].shape().text() + " and " + part.shape().text() +
                       " differ beside axis " + std::to_string(from_start));
    }
    shape[from_start] += part.shape()[from_start];
  }
  Tensor out = Tensor::empty(parts[0].device(), shape, parts[0].dtype());
  std::int64_t begin = 0;
  std::vector<const Tensor*> inputs;
  for (const Tensor& part : parts) {
    inputs.push_back(&part);
    const std::int64_t offset = begin * out.strides()[from_start];
    with_any_type(part.dtype(), [&](auto type) {
      using T = decltype(type);
      copy_strided(part.shape(), part.data<T>(), part.strides(), out.data<T>() + offset, out.strides());
    });
    begin += part.shape()[from_start];
  }
  Graph& graph = graph_of(out);
  const int count = static_cast<int>(inputs.size());
  if (is_recorded(graph, inputs.data(), count)) {
    OpNumbers numbers;
    numbers.flags = from_start;
    push_node(graph, concatenate_rules, out, inputs.data(), count, numbers, nullptr);
  }
  return out;
}

}  // namespace reprise::tensor
