// Softmax, its logarithm and normaliser, and cross-entropy, over the last axis.
#include "base/error.h"
#include "tensor/device_state.h"
#include "tensor/graph.h"
#include "tensor/ops.h"

#include <string>

namespace reprise::tensor {
namespace {

struct RowsOf {
  std::int64_t rows = 1;
  std::int64_t columns = 0;
};

RowsOf rows_of(const char* operation, const Tensor& x) {
  if (x.rank() < 1) throw InputError(std::string(operation) + ": a tensor of shape [] has no axis");
  RowsOf result;
  for (int axis = 0; axis + 1 < x.rank(); ++axis) result.rows *= x.shape()[axis];
  result.columns = x.shape().back(0);
  return result;
}

/// The last axis, vanished, comes back with size 1.
Tensor with_last_axis(const Tensor& x) {
  Shape shape = x.shape();
  shape.append(1);
  return reshape(x, shape);
}

Tensor sum_last(const Tensor& x) {
  return with_last_axis(sum(x, {-1}));
}

Tensor through_softmax(const Tensor& softmax_output, const Tensor& g) {
  return multiply(softmax_output, subtract(g, sum_last(multiply(g, softmax_output))));
}

const Rules softmax_rules{
    "softmax", false, true,
    [](const Operation& op, const Tensor& g, Cotangents& to) { to.add(0, through_softmax(op.output(), g)); },
    [](const Operation& op, const Tensor* t) { return through_softmax(op.output(), t[0]); }};

const Rules log_softmax_rules{"log_softmax", false, true,
                              [](const Operation& op, const Tensor& g, Cotangents& to) {
                                to.add(0, subtract(g, multiply(exp(op.output()), sum_last(g))));
                              },
                              [](const Operation& op, const Tensor* t) {
                                return subtract(t[0], sum_last(multiply(exp(op.output()), t[0])));
                              }};

const Rules log_sum_exp_rules{
    "log_sum_exp", true, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) {
      to.add(0, multiply(with_last_axis(g), softmax(op.input(0))));
    },
    [](const Operation& op, const Tensor* t) { return sum(multiply(softmax(op.input(0)), t[0]), {-1}); }};

/// (softmax(logits) − onehot(labels))/n as operations.
Tensor cross_entropy_gradient(const Tensor& logits, const Tensor& labels) {
  Tensor targets = Tensor::zeros(logits.device(), logits.shape(), logits.dtype());
  const std::int64_t rows = logits.shape()[0];
  const std::int64_t classes = logits.shape()[1];
  const Tensor dense = contiguous(labels);
  const std::int32_t* label = std::as_const(dense).data<std::int32_t>();
  with_real_type(logits.dtype(), [&](auto type) {
    using T = decltype(type);
    for (std::int64_t row = 0; row < rows; ++row) targets.data<T>()[row * classes + label[row]] = T(1);
  });
  return scale(subtract(softmax(logits), targets), 1.0 / static_cast<double>(rows));
}

// Inputs: logits, labels; saved: the gradient for a mean with factor 1.
const Rules cross_entropy_rules{
    "cross_entropy", true, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) {
      if (graph_of(g).recording) {
        to.add(0, multiply(g, cross_entropy_gradient(op.input(0), op.input(1))));
      } else {
        const double factor = g.item();
        to.add(0, factor == 1 ? op.saved() : scale(op.saved(), factor));
      }
    },
    [](const Operation& op, const Tensor* t) {
      return sum(multiply(t[0], cross_entropy_gradient(op.input(0), op.input(1))));
    }};

void check_labels(const Tensor& logits, const Tensor& labels) {
  if (logits.rank() != 2 || labels.rank() != 1 || labels.shape()[0] != logits.shape()[0]) {
    throw InputError("cross_entropy: the shapes " + logits.shape().text() + " and " + labels.shape().text() +
                     " do not fit; allowed are logits [n, classes] and labels [n]");
  }
  if (labels.dtype() != DType::int32) {
    throw InputError("cross_entropy: labels of type " + std::string(name_of(labels.dtype())) +
                     "; allowed is int32");
  }
  if (logits.shape()[0] == 0)
    throw InputError("cross_entropy: no rows in logits of shape " + logits.shape().text());
  const std::int64_t classes = logits.shape()[1];
  const std::int32_t* label = labels.data<std::int32_t>();
  const std::int64_t step = labels.strides()[0];
  for (std::int64_t row = 0; row < labels.shape()[0]; ++row) {
    const std::int32_t value = label[row * step];
    if (value >= 0 && value < classes) continue;
    throw InputError("cross_entropy: label " + std::to_string(value) + " in row " + std::to_string(row) +
                     "; allowed are 0…" + std::to_string(classes - 1));
  }
}

}  // namespace

Tensor softmax(const Tensor& x) {
  const RowsOf size = rows_of("softmax", x);
  const Tensor dense = contiguous(detach(x));
  Tensor out = Tensor::empty(x.device(), x.shape(), x.dtype());
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    x.state().kernels.of<T>().softmax(size.rows, size.columns, dense.data<T>(), out.data<T>());
  });
  return record(softmax_rules, std::move(out), {&x});
}

Tensor log_softmax(const Tensor& x) {
  const RowsOf size = rows_of("log_softmax", x);
  const Tensor dense = contiguous(detach(x));
  Tensor out = Tensor::empty(x.device(), x.shape(), x.dtype());
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    x.state().kernels.of<T>().log_softmax(size.rows, size.columns, dense.data<T>(), out.data<T>());
  });
  return record(log_softmax_rules, std::move(out), {&x});
}

Tensor log_sum_exp(const Tensor& x) {
  const RowsOf size = rows_of("log_sum_exp", x);
  const Tensor dense = contiguous(detach(x));
  Shape shape = x.shape();
  shape.remove(x.rank() - 1);
  Tensor out = Tensor::empty(x.device(), shape, x.dtype());
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    x.state().kernels.of<T>().log_sum_exp(size.rows, size.columns, dense.data<T>(), out.data<T>());
  });
  return record(log_sum_exp_rules, std::move(out), {&x});
}

Tensor cross_entropy(const Tensor& logits, const Tensor& labels) {
  check_labels(logits, labels);
  const std::int64_t rows = logits.shape()[0];
  const bool wants_gradient = will_record({&logits});
  const Tensor dense = contiguous(detach(logits));
  const Tensor dense_labels = contiguous(labels);
  Tensor gradient;
  if (wants_gradient) gradient = Tensor::empty(logits.device(), logits.shape(), logits.dtype());
  Tensor out = Tensor::empty(logits.device(), {}, logits.dtype());
  DeviceState& state = logits.state();
  Scratch<double> losses(state, rows);
  with_real_type(logits.dtype(), [&](auto type) {
    using T = decltype(type);
    state.kernels.of<T>().cross_entropy(
        rows, logits.shape()[1], dense.data<T>(), dense_labels.data<std::int32_t>(), losses.data(),
        wants_gradient ? gradient.data<T>() : nullptr, static_cast<T>(1.0 / static_cast<double>(rows)));
    *out.data<T>() =
        static_cast<T>(state.kernels.float64.sum(rows, losses.data()) / static_cast<double>(rows));
  });
  return record(cross_entropy_rules, std::move(out), {&logits, &labels}, {}, &gradient);
}

}  // namespace reprise::tensor
