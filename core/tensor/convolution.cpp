// Convolution and its two reverses as products with the matrix of patches, which is made panel by panel
// inside the product and never stored. The three are one trilinear form: each is differentiated by the other
// two.
#include "base/error.h"
#include "tensor/device_state.h"
#include "tensor/graph.h"
#include "tensor/ops.h"

#include <algorithm>
#include <string>

namespace reprise::tensor {
namespace {

/// Small planes are multiplied several at a time, so that the weights are packed less often.
constexpr std::int64_t columns_at_once = 512;

template <class T>
void run(DeviceState& state, const cpu::Gemm<T>& task) {
  const auto& kernels = state.kernels.of<T>();
  Scratch<T> workspace(state, kernels.gemm_workspace(task.m, task.n, task.k));
  (state.level == NumericLevel::fma ? kernels.gemm_fused : kernels.gemm)(task, workspace.data());
}

std::int64_t images_at_once(std::int64_t positions, std::int64_t images) {
  return std::clamp<std::int64_t>(columns_at_once / std::max<std::int64_t>(positions, 1), 1,
                                  std::max<std::int64_t>(images, 1));
}

/// Kernels of one pixel move nothing: a plane is one line then.
template <class T>
bool is_pointwise(const cpu::Patches<T>& patches) {
  return patches.kernel_height == 1 && patches.kernel_width == 1 && patches.stride == 1 &&
         patches.spacing == 1 && patches.padding_y == 0 && patches.padding_x == 0;
}

template <class T>
cpu::Patches<T> patches_of(const Tensor& x, std::int64_t kernel_height, std::int64_t kernel_width,
                           Convolution shape) {
  cpu::Patches<T> patches;
  patches.images = x.data<T>();
  patches.height = x.shape()[2];
  patches.width = x.shape()[3];
  patches.image_step = x.shape()[1] * patches.height * patches.width;
  patches.kernel_height = kernel_height;
  patches.kernel_width = kernel_width;
  patches.rows = (patches.height + 2 * shape.padding - kernel_height) / shape.stride + 1;
  patches.columns = (patches.width + 2 * shape.padding - kernel_width) / shape.stride + 1;
  patches.stride = shape.stride;
  patches.padding_y = patches.padding_x = shape.padding;
  return patches;
}

/// out [images, outputs, positions] = weight [outputs, k] × patches (+ bias [outputs] or null).
template <class T>
void convolve(DeviceState& state, cpu::Patches<T> patches, std::int64_t images, std::int64_t k,
              const T* weight, std::int64_t outputs, const T* bias, bool relu, T* out) {
  const std::int64_t positions = patches.rows * patches.columns;
  if (is_pointwise(patches)) {
    patches.rows = patches.height = 1;
    patches.columns = patches.width = positions;
  }
  const std::int64_t group = images_at_once(positions, images);
  Scratch<T> several(state, group > 1 ? outputs * group * positions : 0);
  for (std::int64_t image = 0; image < images; image += group, patches.images += group * patches.image_step) {
    const std::int64_t count = std::min(group, images - image);
    T* target = out + image * outputs * positions;
    cpu::Gemm<T> task;
    task.m = outputs;
    task.n = count * positions;
    task.k = k;
    task.a = weight;
    task.a_row = k;
    task.a_column = 1;
    if (count == 1 && is_pointwise(patches)) {
      task.b = patches.images;
      task.b_row = positions;
      task.b_column = 1;
    } else {
      task.b_patches = &patches;
    }
    task.c = count > 1 ? several.data() : target;
    task.c_row = task.n;
    task.relu = relu;
    if (bias != nullptr) {
      for (std::int64_t i = 0; i < outputs; ++i) std::fill_n(task.c + i * task.n, task.n, bias[i]);
      task.accumulate = true;
    }
    run(state, task);
    if (count == 1) continue;
    for (std::int64_t i = 0; i < count; ++i) {
      for (std::int64_t j = 0; j < outputs; ++j, target += positions)
        std::copy_n(several.data() + j * task.n + i * positions, positions, target);
    }
  }
}

/// out [k, outputs] = Σ over images of patches × gᵀ; g [images, outputs, positions].
template <class T>
void correlate(DeviceState& state, cpu::Patches<T> patches, std::int64_t images, std::int64_t k, const T* g,
               std::int64_t outputs, T* out) {
  const std::int64_t positions = patches.rows * patches.columns;
  if (is_pointwise(patches)) {
    patches.rows = patches.height = 1;
    patches.columns = patches.width = positions;
  }
  const std::int64_t group = images_at_once(positions, images);
  Scratch<T> several(state, group > 1 ? outputs * group * positions : 0);
  if (images == 0) std::fill_n(out, k * outputs, T(0));
  for (std::int64_t image = 0; image < images; image += group, patches.images += group * patches.image_step) {
    const std::int64_t count = std::min(group, images - image);
    const T* source = g + image * outputs * positions;
    cpu::Gemm<T> task;
    task.m = k;
    task.n = outputs;
    task.k = count * positions;
    task.a_patches = &patches;
    task.b = source;
    task.b_row = 1;
    task.b_column = task.k;
    if (count > 1) {
      for (std::int64_t i = 0; i < count; ++i) {
        for (std::int64_t j = 0; j < outputs; ++j, source += positions)
          std::copy_n(source, positions, several.data() + j * task.k + i * positions);
      }
      task.b = several.data();
    }
    task.c = out;
    task.c_row = outputs;
    task.accumulate = image > 0;
    run(state, task);
  }
}

[[noreturn]] void fail(const char* operation, const std::string& what) {
  throw InputError(std::string(operation) + ": " + what);
}

void check_images(const char* operation, const Tensor& x) {
  if (x.rank() != 4)
    fail(operation, "the shape " + x.shape().text() + "; allowed is [n, channels, height, width]");
}

void check_convolution(const char* operation, const Tensor& x, Convolution shape) {
  check_images(operation, x);
  if (shape.stride < 1 || shape.padding < 0)
    fail(operation, "stride " + std::to_string(shape.stride) + ", padding " + std::to_string(shape.padding) +
                        "; allowed are 1, 2, … and 0, 1, …");
}

void check_kernel(const char* operation, std::int64_t height, std::int64_t width, std::int64_t kernel_height,
                  std::int64_t kernel_width, Convolution shape) {
  if (kernel_height < 1 || kernel_width < 1 || height + 2 * shape.padding < kernel_height ||
      width + 2 * shape.padding < kernel_width) {
    fail(operation, "a kernel of " + std::to_string(kernel_height) + " × " + std::to_string(kernel_width) +
                        " does not fit into images of " + std::to_string(height) + " × " +
                        std::to_string(width) + " with padding " + std::to_string(shape.padding));
  }
}

OpNumbers numbers_of(Convolution shape, std::int64_t height = 0, std::int64_t width = 0) {
  OpNumbers numbers;
  numbers.integers = {shape.stride, shape.padding, height, width};
  return numbers;
}
Convolution convolution_in(const Operation& op) {
  return {op.numbers().integers[0], op.numbers().integers[1]};
}

Tensor plus(const Tensor& a, const Tensor& b) {
  if (!a) return b;
  return b ? add(a, b) : a;
}

// Inputs: x, weight, and bias when there is one; flags: the activation.
const Rules convolution_rules{
    "conv2d", true, true,
    [](const Operation& op, const Tensor& gradient, Cotangents& to) {
      const Tensor &x = op.input(0), &weight = op.input(1);
      const bool rectified = op.numbers().flags == static_cast<int>(Activation::relu);
      const Tensor g = rectified ? where_positive(gradient, op.output()) : gradient;
      const Convolution shape = convolution_in(op);
      if (to.wants(0)) to.add(0, conv2d_to_input(g, weight, x.shape()[2], x.shape()[3], shape));
      if (to.wants(1)) to.add(1, conv2d_to_weight(x, g, weight.shape()[2], weight.shape()[3], shape));
      if (op.inputs() == 3 && to.wants(2)) to.add(2, sum(sum(g, {2, 3}), {0}));
    },
    [](const Operation& op, const Tensor* t) {
      const Convolution shape = convolution_in(op);
      Tensor tangent;
      if (t[0]) tangent = conv2d(t[0], op.input(1), {}, shape);
      if (t[1]) tangent = plus(tangent, conv2d(op.input(0), t[1], {}, shape));
      if (op.inputs() == 3 && t[2]) {
        const Tensor of_channel = reshape(t[2], {t[2].shape()[0], 1, 1});
        tangent = plus(tangent, broadcast_to(of_channel, op.output().shape()));
      }
      const bool rectified = op.numbers().flags == static_cast<int>(Activation::relu);
      return rectified ? where_positive(tangent, op.output()) : tangent;
    }};

// Inputs: g, weight.
const Rules to_input_rules{
    "conv2d_to_input", true, false,
    [](const Operation& op, const Tensor& h, Cotangents& to) {
      const Tensor &g = op.input(0), &weight = op.input(1);
      const Convolution shape = convolution_in(op);
      if (to.wants(0)) to.add(0, conv2d(h, weight, {}, shape));
      if (to.wants(1)) to.add(1, conv2d_to_weight(h, g, weight.shape()[2], weight.shape()[3], shape));
    },
    [](const Operation& op, const Tensor* t) {
      const Convolution shape = convolution_in(op);
      const std::int64_t height = op.numbers().integers[2], width = op.numbers().integers[3];
      Tensor tangent;
      if (t[0]) tangent = conv2d_to_input(t[0], op.input(1), height, width, shape);
      return t[1] ? plus(tangent, conv2d_to_input(op.input(0), t[1], height, width, shape)) : tangent;
    }};

// Inputs: x, g.
const Rules to_weight_rules{
    "conv2d_to_weight", true, false,
    [](const Operation& op, const Tensor& h, Cotangents& to) {
      const Tensor &x = op.input(0), &g = op.input(1);
      const Convolution shape = convolution_in(op);
      if (to.wants(0)) to.add(0, conv2d_to_input(g, h, x.shape()[2], x.shape()[3], shape));
      if (to.wants(1)) to.add(1, conv2d(x, h, {}, shape));
    },
    [](const Operation& op, const Tensor* t) {
      const Convolution shape = convolution_in(op);
      const std::int64_t height = op.numbers().integers[2], width = op.numbers().integers[3];
      Tensor tangent;
      if (t[0]) tangent = conv2d_to_weight(t[0], op.input(1), height, width, shape);
      return t[1] ? plus(tangent, conv2d_to_weight(op.input(0), t[1], height, width, shape)) : tangent;
    }};

/// weight [out, channels, ky, kx] as [channels, out, −ky, −kx].
template <class T>
void turn(const Shape& shape, const T* weight, T* out) {
  const std::int64_t kernel = shape[2] * shape[3];
  for (std::int64_t channel = 0; channel < shape[1]; ++channel) {
    for (std::int64_t output = 0; output < shape[0]; ++output) {
      const T* from = weight + (output * shape[1] + channel) * kernel;
      for (std::int64_t i = kernel; i > 0; --i) *out++ = from[i - 1];
    }
  }
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, Convolution shape,
              Activation activation) {
  check_same("conv2d", x, weight);
  check_convolution("conv2d", x, shape);
  if (weight.rank() != 4 || weight.shape()[1] != x.shape()[1])
    fail("conv2d", "the shapes " + x.shape().text() + " and " + weight.shape().text() +
                       " do not fit; allowed are [n, channels, height, width] and [out, channels, height, "
                       "width]");
  const std::int64_t outputs = weight.shape()[0];
  if (bias) {
    check_same("conv2d", weight, bias);
    if (bias.rank() != 1 || bias.shape()[0] != outputs)
      fail("conv2d",
           "a bias of shape " + bias.shape().text() + "; allowed is [" + std::to_string(outputs) + "]");
  }
  check_kernel("conv2d", x.shape()[2], x.shape()[3], weight.shape()[2], weight.shape()[3], shape);
  const Tensor dense = contiguous(detach(x)), dense_weight = contiguous(detach(weight)),
               dense_bias = bias ? contiguous(detach(bias)) : Tensor();
  Tensor out;
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const cpu::Patches<T> patches = patches_of<T>(dense, weight.shape()[2], weight.shape()[3], shape);
    out = Tensor::empty(x.device(), {x.shape()[0], outputs, patches.rows, patches.columns}, x.dtype());
    convolve(x.state(), patches, x.shape()[0], weight.elements() / std::max<std::int64_t>(outputs, 1),
             dense_weight.data<T>(), outputs, dense_bias ? dense_bias.data<T>() : nullptr,
             activation == Activation::relu, out.data<T>());
  });
  OpNumbers numbers = numbers_of(shape);
  numbers.flags = static_cast<int>(activation);
  if (bias) return record(convolution_rules, std::move(out), {&x, &weight, &bias}, numbers);
  return record(convolution_rules, std::move(out), {&x, &weight}, numbers);
}

Tensor conv2d_to_input(const Tensor& g, const Tensor& weight, std::int64_t height, std::int64_t width,
                       Convolution shape) {
  check_same("conv2d_to_input", g, weight);
  check_convolution("conv2d_to_input", g, shape);
  if (weight.rank() != 4 || weight.shape()[0] != g.shape()[1])
    fail("conv2d_to_input", "the shapes " + g.shape().text() + " and " + weight.shape().text() +
                                " do not fit; allowed are [n, out, height, width] and [out, channels, "
                                "height, width]");
  const std::int64_t channels = weight.shape()[1], ky = weight.shape()[2], kx = weight.shape()[3];
  check_kernel("conv2d_to_input", height, width, ky, kx, shape);
  if (g.shape()[2] != (height + 2 * shape.padding - ky) / shape.stride + 1 ||
      g.shape()[3] != (width + 2 * shape.padding - kx) / shape.stride + 1)
    fail("conv2d_to_input", "the shape " + g.shape().text() + " is no result of images of " +
                                std::to_string(height) + " × " + std::to_string(width));
  const Tensor dense = contiguous(detach(g)), dense_weight = contiguous(detach(weight));
  Tensor out = Tensor::empty(g.device(), {g.shape()[0], channels, height, width}, g.dtype());
  with_real_type(g.dtype(), [&](auto type) {
    using T = decltype(type);
    // A convolution of g, its pixels a stride apart, with the kernel turned round.
    cpu::Patches<T> patches = patches_of<T>(dense, ky, kx, {});
    patches.rows = height;
    patches.columns = width;
    patches.spacing = shape.stride;
    patches.padding_y = ky - 1 - shape.padding;
    patches.padding_x = kx - 1 - shape.padding;
    Scratch<T> turned(g.state(), weight.elements());
    turn(weight.shape(), dense_weight.data<T>(), turned.data());
    convolve<T>(g.state(), patches, g.shape()[0], weight.shape()[0] * ky * kx, turned.data(), channels,
                nullptr, false, out.data<T>());
  });
  return record(to_input_rules, std::move(out), {&g, &weight}, numbers_of(shape, height, width));
}

Tensor conv2d_to_weight(const Tensor& x, const Tensor& g, std::int64_t kernel_height,
                        std::int64_t kernel_width, Convolution shape) {
  check_same("conv2d_to_weight", x, g);
  check_convolution("conv2d_to_weight", x, shape);
  check_images("conv2d_to_weight", g);
  check_kernel("conv2d_to_weight", x.shape()[2], x.shape()[3], kernel_height, kernel_width, shape);
  const Tensor dense = contiguous(detach(x)), dense_g = contiguous(detach(g));
  const std::int64_t outputs = g.shape()[1], channels = x.shape()[1];
  const std::int64_t k = channels * kernel_height * kernel_width;
  Tensor by_patch = Tensor::empty(x.device(), {k, outputs}, x.dtype());
  with_real_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const cpu::Patches<T> patches = patches_of<T>(dense, kernel_height, kernel_width, shape);
    if (g.shape()[0] != x.shape()[0] || g.shape()[2] != patches.rows || g.shape()[3] != patches.columns)
      fail("conv2d_to_weight",
           "the shape " + g.shape().text() + " is no result of images of shape " + x.shape().text());
    correlate(x.state(), patches, x.shape()[0], k, dense_g.data<T>(), outputs, by_patch.data<T>());
  });
  const Tensor by_output = contiguous(transpose(by_patch));
  const Shape whole{outputs, channels, kernel_height, kernel_width};
  return record(to_weight_rules, by_output.view(whole, contiguous_strides(whole), 0), {&x, &g},
                numbers_of(shape, kernel_height, kernel_width));
}

}  // namespace reprise::tensor
