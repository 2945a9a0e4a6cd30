// Rows by index: embedding look-up and its reverse.
#include "base/error.h"
#include "tensor/graph.h"
#include "tensor/ops.h"

#include <algorithm>
#include <string>

namespace reprise::tensor {
namespace {

void check_indices(const char* operation, const Tensor& indices, std::int64_t rows) {
  if (indices.dtype() != DType::int32) {
    throw InputError(std::string(operation) + ": indices of type " + std::string(name_of(indices.dtype())) +
                     "; allowed is int32");
  }
  const std::int32_t* index = indices.data<std::int32_t>();
  for (std::int64_t i = 0; i < indices.elements(); ++i) {
    if (index[i] >= 0 && index[i] < rows) continue;
    throw InputError(std::string(operation) + ": index " + std::to_string(index[i]) + " at position " +
                     std::to_string(i) + "; allowed are 0…" + std::to_string(rows - 1));
  }
}

// Inputs: table, indices.
const Rules gather_rules{"gather", true, false,
                         [](const Operation& op, const Tensor& g, Cotangents& to) {
                           to.add(0, scatter_add(g, op.input(1), op.input(0).shape()[0]));
                         },
                         [](const Operation& op, const Tensor* t) { return gather(t[0], op.input(1)); }};

// Inputs: x, indices.
const Rules scatter_rules{
    "scatter_add", true, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) { to.add(0, gather(g, op.input(1))); },
    [](const Operation& op, const Tensor* t) {
      return scatter_add(t[0], op.input(1), op.output().shape()[0]);
    }};

}  // namespace

Tensor gather(const Tensor& table, const Tensor& indices) {
  if (table.rank() < 1) throw InputError("gather: a table of shape [] has no rows");
  const Tensor dense_indices = contiguous(indices);
  check_indices("gather", dense_indices, table.shape()[0]);
  Shape shape = indices.shape();
  std::int64_t columns = 1;
  for (int axis = 1; axis < table.rank(); ++axis) {
    shape.append(table.shape()[axis]);
    columns *= table.shape()[axis];
  }
  const Tensor dense = contiguous(detach(table));
  Tensor out = Tensor::empty(table.device(), shape, table.dtype());
  const std::int32_t* index = dense_indices.data<std::int32_t>();
  with_any_type(table.dtype(), [&](auto type) {
    using T = decltype(type);
    const T* from = dense.data<T>();
    T* to = out.data<T>();
    for (std::int64_t i = 0; i < indices.elements(); ++i) {
      std::copy_n(from + index[i] * columns, columns, to + i * columns);
    }
  });
  return record(gather_rules, std::move(out), {&table, &indices});
}

Tensor scatter_add(const Tensor& x, const Tensor& indices, std::int64_t rows) {
  const Tensor dense_indices = contiguous(indices);
  check_indices("scatter_add", dense_indices, rows);
  Shape shape{rows};
  std::int64_t columns = 1;
  bool fits = x.rank() >= indices.rank();
  for (int axis = 0; axis < x.rank() && fits; ++axis) {
    if (axis < indices.rank()) {
      fits = x.shape()[axis] == indices.shape()[axis];
    } else {
      shape.append(x.shape()[axis]);
      columns *= x.shape()[axis];
    }
  }
  if (!fits) {
    throw InputError("scatter_add: the shapes " + x.shape().text() + " and " + indices.shape().text() +
                     " do not fit; the indices' axes must begin those of x");
  }
  const Tensor dense = contiguous(detach(x));
  Tensor out = Tensor::zeros(x.device(), shape, x.dtype());
  const std::int32_t* index = dense_indices.data<std::int32_t>();
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto kernel = x.state().kernels.of<T>().binary;
    const T* from = dense.data<T>();
    for (std::int64_t i = 0; i < indices.elements(); ++i) {
      T* row = out.data<T>() + index[i] * columns;
      kernel(cpu::Binary::Add, columns, row, 1, from + i * columns, 1, row);
    }
  });
  return record(scatter_rules, std::move(out), {&x, &indices});
}

}  // namespace reprise::tensor
