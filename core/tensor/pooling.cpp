// Pooling over windows of images.
#include "base/error.h"
#include "tensor/graph.h"
#include "tensor/ops.h"

#include <algorithm>

namespace reprise::tensor {
namespace {

Tensor unpool(const Tensor& g, const Tensor& which, std::int64_t height, std::int64_t width);

/// The element of each window of x that `which` names.
Tensor pick(const Tensor& x, const Tensor& which);

// Inputs: x; saved: which element of each window.
const Rules pool_rules{"max_pool2d", false, false,
                       [](const Operation& op, const Tensor& g, Cotangents& to) {
                         const Shape& shape = op.input(0).shape();
                         to.add(0, unpool(g, op.saved(), shape[2], shape[3]));
                       },
                       [](const Operation& op, const Tensor* t) { return pick(t[0], op.saved()); }};

// Inputs: g; saved: the same.
const Rules unpool_rules{
    "max_pool2d, reverse", false, false,
    [](const Operation& op, const Tensor& h, Cotangents& to) { to.add(0, pick(h, op.saved())); },
    [](const Operation& op, const Tensor* t) {
      return unpool(t[0], op.saved(), op.output().shape()[2], op.output().shape()[3]);
    }};

Tensor pick(const Tensor& x, const Tensor& which) {
  const Tensor dense = contiguous(detach(x));
  Tensor out = Tensor::empty(x.device(), which.shape(), x.dtype());
  const std::int64_t height = x.shape()[2], width = x.shape()[3];
  const std::int64_t rows = which.shape()[2], columns = which.shape()[3];
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const T* from = dense.data<T>();
    T* to = out.data<T>();
    const std::int32_t* place = which.data<std::int32_t>();
    for (std::int64_t plane = 0; plane < x.shape()[0] * x.shape()[1]; ++plane, from += height * width) {
      for (std::int64_t y = 0; y < rows; ++y) {
        for (std::int64_t i = 0; i < columns; ++i, ++place)
          *to++ = from[(2 * y + *place / 2) * width + 2 * i + *place % 2];
      }
    }
  });
  return record(pool_rules, std::move(out), {&x}, {}, &which);
}

Tensor unpool(const Tensor& g, const Tensor& which, std::int64_t height, std::int64_t width) {
  const Tensor dense = contiguous(detach(g));
  const Shape& pooled = which.shape();
  Tensor out = Tensor::empty(g.device(), {pooled[0], pooled[1], height, width}, g.dtype());
  with_real_type(g.dtype(), [&](auto type) {
    using T = decltype(type);
    const std::int64_t windows = pooled[2] * pooled[3];
    for (std::int64_t plane = 0; plane < pooled[0] * pooled[1]; ++plane)
      g.state().kernels.of<T>().max_unpool(height, width, dense.data<T>() + plane * windows,
                                           which.data<std::int32_t>() + plane * windows,
                                           out.data<T>() + plane * height * width);
  });
  return record(unpool_rules, std::move(out), {&g}, {}, &which);
}

}  // namespace

Tensor max_pool2d(const Tensor& x) {
  if (x.rank() != 4 || x.shape()[2] < 2 || x.shape()[3] < 2)
    throw InputError("max_pool2d: the shape " + x.shape().text() +
                     "; allowed is [n, channels, height, width] with height and width of 2 or more");
  const Tensor dense = contiguous(detach(x));
  const std::int64_t height = x.shape()[2], width = x.shape()[3], windows = height / 2 * (width / 2);
  const Shape pooled{x.shape()[0], x.shape()[1], height / 2, width / 2};
  Tensor out = Tensor::empty(x.device(), pooled, x.dtype());
  Tensor which = Tensor::empty(x.device(), pooled, DType::int32);
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    for (std::int64_t plane = 0; plane < pooled[0] * pooled[1]; ++plane)
      x.state().kernels.of<T>().max_pool(height, width, dense.data<T>() + plane * height * width,
                                         out.data<T>() + plane * windows,
                                         which.data<std::int32_t>() + plane * windows);
  });
  return record(pool_rules, std::move(out), {&x}, {}, &which);
}

}  // namespace reprise::tensor
