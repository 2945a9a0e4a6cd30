// Batch normalisation. Sums run plane by plane (cpu/channels.cpp); those of the planes are added in double,
// image after image.
#include "base/error.h"
#include "tensor/graph.h"
#include "tensor/ops.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace reprise::tensor {
namespace {

/// Sizes of [n, channels, ..]: everything behind the channels is one plane.
struct Planes {
  explicit Planes(const Shape& shape) : images(shape[0]), channels(shape[1]) {
    for (int axis = 2; axis < shape.rank(); ++axis) size *= shape[axis];
  }
  double count() const { return static_cast<double>(images * size); }
  /// Calls function(first element) for the planes of a channel.
  template <class Function>
  void of(std::int64_t channel, Function function) const {
    for (std::int64_t image = 0; image < images; ++image) function((image * channels + channel) * size);
  }
  std::int64_t images, channels, size = 1;
};

/// (x − mean)/√(variance + epsilon) and 1/√(variance + epsilon) in operations, [n, channels, size] and
/// [channels, 1].
struct Standardised {
  Standardised(const Tensor& x, double epsilon) {
    const Planes planes(x.shape());
    const Tensor flat = reshape(x, {planes.images, planes.channels, planes.size});
    const Tensor centred = subtract(flat, over_batch(flat));
    inverse = reciprocal(sqrt(shift(over_batch(square(centred)), epsilon)));
    values = multiply(centred, inverse);
  }
  static Tensor over_batch(const Tensor& flat) { return reshape(mean(flat, {0, 2}), {flat.shape()[1], 1}); }
  /// The part of h [n, channels, size] that the normalisation lets through: what it does to tangents, and to
  /// gradients as well.
  Tensor project(const Tensor& h) const {
    const Tensor along = multiply(values, over_batch(multiply(h, values)));
    return multiply(inverse, subtract(subtract(h, over_batch(h)), along));
  }
  Tensor values, inverse;
};

Tensor column(const Tensor& of_channels) {
  return reshape(of_channels, {of_channels.shape()[0], 1});
}

/// Gradients by kernels: to x, weight, bias. `saved`: mean and 1/√(variance + epsilon), [2, channels].
void reverse_at_once(const Operation& op, const Tensor& gradient, Cotangents& to) {
  const Tensor x = contiguous(detach(op.input(0))), g = contiguous(detach(gradient));
  const Tensor weight = contiguous(detach(op.input(1)));
  const Planes planes(x.shape());
  Tensor to_x = Tensor::empty(x.device(), x.shape(), x.dtype());
  Tensor to_weight = Tensor::empty(x.device(), {planes.channels}, x.dtype());
  Tensor to_bias = Tensor::empty(x.device(), {planes.channels}, x.dtype());
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto& kernels = x.state().kernels.of<T>();
    const T *of_x = x.data<T>(), *of_g = g.data<T>(), *mean = op.saved().data<T>(),
            *inverse = mean + planes.channels;
    for (std::int64_t c = 0; c < planes.channels; ++c) {
      double sum = 0, product = 0;
      planes.of(c, [&](std::int64_t at) {
        sum += static_cast<double>(kernels.sum(planes.size, of_g + at));
        product += kernels.product_about(planes.size, of_g + at, of_x + at, mean[c]);
      });
      const auto one = static_cast<double>(inverse[c]);
      const double scale = static_cast<double>(weight.data<T>()[c]) * one;
      to_weight.data<T>()[c] = static_cast<T>(product * one);
      to_bias.data<T>()[c] = static_cast<T>(sum);
      if (!to.wants(0)) continue;
      const double slope = -scale * one * one * product / planes.count();
      const double constant = -scale * sum / planes.count() - slope * static_cast<double>(mean[c]);
      planes.of(c, [&](std::int64_t at) {
        kernels.blend(planes.size, of_g + at, static_cast<T>(scale), of_x + at, static_cast<T>(slope),
                      static_cast<T>(constant), to_x.data<T>() + at);
      });
    }
  });
  if (to.wants(0)) to.add(0, to_x);
  if (to.wants(1)) to.add(1, to_weight);
  if (to.wants(2)) to.add(2, to_bias);
}

// Inputs: x, weight, bias; number: epsilon; saved: see above.
const Rules batch_norm_rules{
    "batch_norm", true, false,
    [](const Operation& op, const Tensor& g, Cotangents& to) {
      if (!graph_of(g).recording) return reverse_at_once(op, g, to);
      const Standardised x(op.input(0), op.numbers().real);
      const Tensor flat = reshape(g, x.values.shape());
      if (to.wants(0))
        to.add(0, reshape(x.project(multiply(flat, column(op.input(1)))), op.input(0).shape()));
      if (to.wants(1)) to.add(1, sum(multiply(flat, x.values), {0, 2}));
      if (to.wants(2)) to.add(2, sum(flat, {0, 2}));
    },
    [](const Operation& op, const Tensor* t) {
      const Standardised x(op.input(0), op.numbers().real);
      Tensor tangent = Tensor::zeros(x.values.device(), x.values.shape(), x.values.dtype());
      if (t[0]) tangent = multiply(x.project(reshape(t[0], x.values.shape())), column(op.input(1)));
      if (t[1]) tangent = add(tangent, multiply(x.values, column(t[1])));
      if (t[2]) tangent = add(tangent, column(t[2]));
      return reshape(tangent, op.output().shape());
    }};

void check(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_same("batch_norm", x, weight);
  check_same("batch_norm", x, bias);
  const std::string found = x.shape().text() + ", " + weight.shape().text() + " and " + bias.shape().text();
  if (x.rank() < 2 || weight.rank() != 1 || bias.shape() != weight.shape() ||
      weight.shape()[0] != x.shape()[1])
    throw InputError("batch_norm: the shapes " + found +
                     " do not fit; allowed are [n, channels, ..], [channels] and [channels]");
  if (x.elements() == 0) throw InputError("batch_norm: no rows in x of shape " + x.shape().text());
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                  ChannelMoments* moments) {
  check(x, weight, bias);
  const Planes planes(x.shape());
  const Tensor dense = contiguous(detach(x)), dense_weight = contiguous(detach(weight)),
               dense_bias = contiguous(detach(bias));
  Tensor out = Tensor::empty(x.device(), x.shape(), x.dtype());
  Tensor saved = Tensor::empty(x.device(), {2, planes.channels}, x.dtype());
  if (moments != nullptr) {
    moments->mean = Tensor::empty(x.device(), {planes.channels}, x.dtype());
    moments->variance = Tensor::empty(x.device(), {planes.channels}, x.dtype());
  }
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto& kernels = x.state().kernels.of<T>();
    const T* from = dense.data<T>();
    for (std::int64_t c = 0; c < planes.channels; ++c) {
      double sum = 0, squares = 0;
      planes.of(c, [&](std::int64_t at) { sum += static_cast<double>(kernels.sum(planes.size, from + at)); });
      const auto mean = static_cast<T>(sum / planes.count());
      planes.of(c, [&](std::int64_t at) { squares += kernels.squares_about(planes.size, from + at, mean); });
      const double variance = squares / planes.count();
      const auto inverse = static_cast<T>(1 / std::sqrt(variance + epsilon));
      const T scale = dense_weight.data<T>()[c] * inverse;
      const T start = dense_bias.data<T>()[c] - mean * scale;
      planes.of(c, [&](std::int64_t at) {
        kernels.blend(planes.size, from + at, scale, nullptr, T(0), start, out.data<T>() + at);
      });
      saved.data<T>()[c] = mean;
      saved.data<T>()[planes.channels + c] = inverse;
      if (moments == nullptr) continue;
      moments->mean.data<T>()[c] = mean;
      moments->variance.data<T>()[c] = static_cast<T>(variance);
    }
  });
  OpNumbers numbers;
  numbers.real = epsilon;
  return record(batch_norm_rules, std::move(out), {&x, &weight, &bias}, numbers, &saved);
}

}  // namespace reprise::tensor
