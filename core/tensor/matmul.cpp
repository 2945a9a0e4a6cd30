// Matrix products and the fused linear layer.
#include "base/error.h"
#include "tensor/device_state.h"
#include "tensor/graph.h"
#include "tensor/ops.h"

#include <algorithm>
#include <string>

namespace reprise::tensor {
namespace {

template <class T>
void run(DeviceState& state, const cpu::Gemm<T>& task) {
  const auto& kernels = state.kernels.of<T>();
  Scratch<T> workspace(state, kernels.gemm_workspace(task.m, task.n, task.k));
  (state.level == NumericLevel::fma ? kernels.gemm_fused : kernels.gemm)(task, workspace.data());
}

/// a [m, k] × b [k, n] (any strides) into c [m, n] with contiguous rows; bias [n] or empty.
template <class T>
cpu::Gemm<T> task_of(const Tensor& a, const Tensor& b, Tensor& c) {
  cpu::Gemm<T> task;
  const int ra = a.rank();
  const int rb = b.rank();
  task.m = a.shape()[ra - 2];
  task.k = a.shape()[ra - 1];
  task.n = b.shape()[rb - 1];
  task.a = a.data<T>();
  task.a_row = a.strides()[ra - 2];
  task.a_column = a.strides()[ra - 1];
  task.b = b.data<T>();
  task.b_row = b.strides()[rb - 2];
  task.b_column = b.strides()[rb - 1];
  task.c = c.data<T>();
  task.c_row = task.n;
  return task;
}

/// The axes before the last two.
Shape batch_of(const Tensor& x) {
  Shape shape = x.shape();
  shape.remove(shape.rank() - 1);
  shape.remove(shape.rank() - 1);
  return shape;
}

/// All axes but the last as one: a view where possible.
Tensor as_rows(const Tensor& x) {
  if (x.rank() == 2) return x;
  const std::int64_t columns = x.shape().back(0);
  std::int64_t rows = 1;
  for (int axis = 0; axis + 1 < x.rank(); ++axis) rows *= x.shape()[axis];
  return reshape(x, {rows, columns});
}

[[noreturn]] void fail_shapes(const char* operation, const Tensor& a, const Tensor& b, const char* rule) {
  throw InputError(std::string(operation) + ": the shapes " + a.shape().text() + " and " + b.shape().text() +
                   " do not fit; " + rule);
}

Tensor compute_batched(const Tensor& a, const Tensor& b) {
  const Shape a_batch = batch_of(a);
  const Shape b_batch = batch_of(b);
  const Shape batch = broadcast_shape("matmul", a_batch, b_batch);
  Shape shape = batch;
  shape.append(a.shape().back(1));
  shape.append(b.shape().back(0));
  Tensor out = Tensor::empty(a.device(), shape, a.dtype());
  const std::int64_t count = batch.elements();
  with_real_type(a.dtype(), [&](auto type) {
    using T = decltype(type);
    cpu::Gemm<T> task = task_of<T>(a, b, out);
    for (std::int64_t i = 0; i < count; ++i) {
      std::int64_t rest = i;
      std::int64_t a_offset = 0;
      std::int64_t b_offset = 0;
      for (int from_end = 0; from_end < batch.rank(); ++from_end) {
        const std::int64_t index = rest % batch.back(from_end);
        rest /= batch.back(from_end);
        if (a_batch.back(from_end) > 1) a_offset += index * a.strides()[a_batch.rank() - 1 - from_end];
        if (b_batch.back(from_end) > 1) b_offset += index * b.strides()[b_batch.rank() - 1 - from_end];
      }
      task.a = a.data<T>() + a_offset;
      task.b = b.data<T>() + b_offset;
      task.c = out.data<T>() + i * task.m * task.n;
      run(a.state(), task);
    }
  });
  return out;
}

Tensor compute(const Tensor& a, const Tensor& b) {
  if (a.rank() == 2 && b.rank() == 2) {
    Tensor out = Tensor::empty(a.device(), {a.shape()[0], b.shape()[1]}, a.dtype());
    with_real_type(a.dtype(), [&](auto type) {
      using T = decltype(type);
      run(a.state(), task_of<T>(a, b, out));
    });
    return out;
  }
  return compute_batched(a, b);
}

const Rules matmul_rules{
    "matmul", true, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) {
      const Tensor& a = op.input(0);
      const Tensor& b = op.input(1);
      if (to.wants(0)) to.add(0, matmul(g, transpose(b)));
      if (!to.wants(1)) return;
      if (b.rank() == 2 && a.rank() > 2) {  // one product instead of a sum over the batch
        to.add(1, matmul(transpose(as_rows(a)), as_rows(g)));
      } else {
        to.add(1, matmul(transpose(a), g));
      }
    },
    [](const Operation& op, const Tensor* t) {
      if (!t[1]) return matmul(t[0], op.input(1));
      const Tensor second = matmul(op.input(0), t[1]);
      return t[0] ? add(matmul(t[0], op.input(1)), second) : second;
    }};

// Inputs: x, weight, and bias when there is one; flags: the activation.
const Rules linear_rules{"linear", true, true,
                         [](const Operation& op, const Tensor& gradient, Cotangents& to) {
                           const Tensor& x = op.input(0);
                           const bool rectified = op.numbers().flags == static_cast<int>(Activation::relu);
                           const Tensor g =
                               as_rows(rectified ? where_positive(gradient, op.output()) : gradient);
                           if (to.wants(0)) {
                             const Tensor to_x = matmul(g, op.input(1));
                             to.add(0, x.rank() == 2 ? to_x : reshape(to_x, x.shape()));
                           }
                           if (to.wants(1)) to.add(1, matmul(transpose(g), as_rows(x)));
                           if (op.inputs() == 3 && to.wants(2)) to.add(2, sum(g, {0}));
                         },
                         [](const Operation& op, const Tensor* t) {
                           Tensor tangent;
                           if (t[0]) tangent = linear(t[0], op.input(1));
                           if (t[1]) {
                             const Tensor by_weight = linear(op.input(0), t[1]);
                             tangent = tangent ? add(tangent, by_weight) : by_weight;
                           }
                           if (op.inputs() == 3 && t[2]) {
                             tangent = tangent ? add(tangent, t[2]) : broadcast_to(t[2], op.output().shape());
                           }
                           const bool rectified = op.numbers().flags == static_cast<int>(Activation::relu);
                           return rectified ? where_positive(tangent, op.output()) : tangent;
                         }};

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  check_same("matmul", a, b);
  if (a.rank() < 2 || b.rank() < 2 || a.shape().back(0) != b.shape().back(1)) {
    fail_shapes("matmul", a, b, "allowed are [.., m, k] and [.., k, n]");
  }
  if (a.rank() > 2 && b.rank() == 2 && a.is_contiguous()) {  // one tall product
    const Tensor rows =
        a.view({a.elements() / std::max<std::int64_t>(a.shape().back(0), 1), a.shape().back(0)},
               {a.shape().back(0), 1}, 0);
    if (a.shape().back(0) > 0) {
      Shape shape = a.shape();
      shape[a.rank() - 1] = b.shape()[1];
      Tensor out = compute(rows, b);
      return record(matmul_rules, out.view(shape, contiguous_strides(shape), 0), {&a, &b});
    }
  }
  return record(matmul_rules, compute(a, b), {&a, &b});
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  check_same("linear", x, weight);
  if (x.rank() < 1 || weight.rank() != 2 || x.shape().back(0) != weight.shape()[1]) {
    fail_shapes("linear", x, weight, "allowed are x [.., in] and weight [out, in]");
  }
  const std::int64_t outputs = weight.shape()[0];
  if (bias) {
    check_same("linear", weight, bias);
    if (bias.rank() != 1 || bias.shape()[0] != outputs) {
      fail_shapes("linear", weight, bias, "allowed are weight [out, in] and bias [out]");
    }
  }
  const std::int64_t inputs = weight.shape()[1];
  Shape shape = x.shape();
  shape[x.rank() - 1] = outputs;
  Tensor out = Tensor::empty(x.device(), shape, x.dtype());
  const bool direct = x.rank() == 2;
  const Tensor dense = direct ? Tensor() : contiguous(detach(x));
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const Tensor dense_bias = bias && !bias.is_contiguous() ? contiguous(detach(bias)) : Tensor();
    cpu::Gemm<T> task;
    task.n = outputs;
    task.m = 1;
    for (int axis = 0; axis + 1 < x.rank(); ++axis) task.m *= x.shape()[axis];
    task.k = inputs;
    task.a = direct ? x.data<T>() : dense.data<T>();
    task.a_row = direct ? x.strides()[0] : inputs;
    task.a_column = direct ? x.strides()[1] : 1;
    task.b = weight.data<T>();
    task.b_row = weight.strides()[1];
    task.b_column = weight.strides()[0];
    task.c = out.data<T>();
    task.c_row = outputs;
    if (bias) task.bias = dense_bias ? dense_bias.data<T>() : bias.data<T>();
    task.relu = activation == Activation::relu;
    run(x.state(), task);
  });
  OpNumbers numbers;
  numbers.flags = static_cast<int>(activation);
  if (bias) return record(linear_rules, std::move(out), {&x, &weight, &bias}, numbers);
  return record(linear_rules, std::move(out), {&x, &weight}, numbers);
}

}  // namespace reprise::tensor
