// Convolution, pooling and batch normalisation against plain loops, numbers worked by hand and closed forms.
// Their derivatives are in the list of autodiff_test.cpp.
#include "base/error.h"
#include "core/tensor/test_tensors.h"
#include "tensor/autodiff.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace reprise::tensor {
namespace {

struct Size {
  std::int64_t images, channels, height, width, outputs, kernel_height, kernel_width, stride, padding;
};

/// Seven loops. Multiplies also with the zeros around the image, as padding says.
template <class T>
std::vector<T> plain_convolution(const Size& s, const std::vector<T>& x, const std::vector<T>& weight,
                                 const std::vector<T>& bias, bool fused) {
  const std::int64_t rows = (s.height + 2 * s.padding - s.kernel_height) / s.stride + 1,
                     columns = (s.width + 2 * s.padding - s.kernel_width) / s.stride + 1;
  std::vector<T> out;
  for (std::int64_t n = 0; n < s.images; ++n) {
    for (std::int64_t o = 0; o < s.outputs; ++o) {
      for (std::int64_t y = 0; y < rows; ++y) {
        for (std::int64_t i = 0; i < columns; ++i) {
          T sum = bias[static_cast<std::size_t>(o)];
          for (std::int64_t c = 0; c < s.channels; ++c) {
            for (std::int64_t ky = 0; ky < s.kernel_height; ++ky) {
              for (std::int64_t kx = 0; kx < s.kernel_width; ++kx) {
                const std::int64_t at_y = y * s.stride + ky - s.padding, at_x = i * s.stride + kx - s.padding;
                const bool inside = at_y >= 0 && at_y < s.height && at_x >= 0 && at_x < s.width;
                const T pixel = inside ? x[static_cast<std::size_t>(
                                             ((n * s.channels + c) * s.height + at_y) * s.width + at_x)]
                                       : T(0);
                const T w = weight[static_cast<std::size_t>(
                    ((o * s.channels + c) * s.kernel_height + ky) * s.kernel_width + kx)];
                sum = fused ? std::fma(w, pixel, sum) : sum + w * pixel;
              }
            }
          }
          out.push_back(sum);
        }
      }
    }
  }
  return out;
}

const std::vector<Size> sizes = {
    {1, 1, 3, 3, 1, 3, 3, 1, 0},    {1, 1, 5, 7, 2, 3, 3, 1, 1},   {3, 2, 5, 5, 4, 3, 3, 2, 1},
    {2, 3, 7, 6, 5, 3, 3, 1, 2},    {1, 1, 28, 28, 8, 3, 3, 1, 1}, {5, 8, 7, 7, 16, 3, 3, 1, 1},
    {2, 4, 9, 11, 3, 1, 1, 1, 0},   {2, 4, 9, 11, 3, 1, 1, 2, 0},  {1, 40, 8, 8, 33, 3, 3, 1, 1},
    {70, 3, 3, 3, 20, 3, 3, 2, 1},  {1, 2, 4, 4, 3, 2, 3, 1, 1},   {2, 2, 30, 33, 7, 5, 5, 3, 2},
    {1, 3, 25, 24, 6, 1, 1, 1, 0},  {0, 2, 4, 4, 3, 3, 3, 1, 1},   {2, 2, 4, 5, 2, 1, 1, 1, 1},
    {1, 5, 40, 40, 13, 3, 3, 1, 1}, {2, 2, 2, 2, 3, 5, 5, 1, 2},   {1, 3, 1, 4, 2, 3, 3, 1, 1},
    {3, 2, 6, 1, 2, 3, 3, 1, 1},    {2, 2, 9, 7, 3, 3, 5, 1, 2},   {2, 3, 19, 31, 2, 1, 5, 1, 2},
    {2, 2, 12, 9, 2, 7, 3, 1, 1}};

template <class T>
void compare_with_loops(const Device& device) {
  for (const Size& s : sizes) {
    const Tensor x = normal_tensor<T>(device, {s.images, s.channels, s.height, s.width}, "x"),
                 weight = normal_tensor<T>(device, {s.outputs, s.channels, s.kernel_height, s.kernel_width},
                                           "weight"),
                 bias = normal_tensor<T>(device, {s.outputs}, "bias");
    const std::vector<T> expected = plain_convolution(s, x.values<T>(), weight.values<T>(), bias.values<T>(),
                                                      device.level() == NumericLevel::fma);
    const Tensor out = conv2d(x, weight, bias, {s.stride, s.padding});
    EXPECT_TRUE(same_bits(out.values<T>(), expected))
        << name_of(device.instruction_set()) << " " << x.shape().text() << " " << weight.shape().text();
    EXPECT_TRUE(same_bits(conv2d(x, weight, bias, {s.stride, s.padding}, Activation::relu).values<T>(),
                          relu(out).values<T>()));
  }
}

TEST(Convolution, SameBitsAsSevenLoopsOnEveryInstructionSet) {
  for (const Device& device : all_devices()) {
    compare_with_loops<float>(device);
    compare_with_loops<double>(device);
  }
}

TEST(Convolution, ByHand) {
  const Device cpu = Device::cpu();
  const Tensor x = Tensor::from<float>(cpu, {1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 1, 3, 3});
  const Tensor weight = Tensor::from<float>(cpu, {1, 0, 0, -1}, {1, 1, 2, 2});
  // Every window is its upper left number less its lower right one: −4.
  EXPECT_EQ(conv2d(x, weight).values<float>(), (std::vector<float>{-4, -4, -4, -4}));
  // A mean filter with zeros around: the corner sums 1 + 2 + 4 + 5.
  const Tensor ones = Tensor::full(cpu, {1, 1, 3, 3}, 1);
  EXPECT_EQ(conv2d(x, ones, {}, {1, 1}).values<float>(),
            (std::vector<float>{12, 21, 16, 27, 45, 33, 24, 39, 28}));
  EXPECT_EQ(conv2d(x, ones, Tensor::full(cpu, {1}, 100), {2, 1}).values<float>(),
            (std::vector<float>{112, 116, 124, 128}));
  // What a pixel's gradient gathers: in how many windows it lies.
  EXPECT_EQ(conv2d_to_input(Tensor::full(cpu, {1, 1, 3, 3}, 1), ones, 3, 3, {1, 1}).values<float>(),
            (std::vector<float>{4, 6, 4, 6, 9, 6, 4, 6, 4}));
  EXPECT_EQ(conv2d_to_weight(x, Tensor::full(cpu, {1, 1, 2, 2}, 1), 2, 2).values<float>(),
            (std::vector<float>{1 + 2 + 4 + 5, 2 + 3 + 5 + 6, 4 + 5 + 7 + 8, 5 + 6 + 8 + 9}));
}

/// ⟨g, x ∗ w⟩ is linear in each of the three: the reverses must give the same number from the other sides.
TEST(Convolution, ReversesAreAdjoint) {
  for (const Device& device : all_devices()) {
    for (const Size& s : sizes) {
      const Tensor x = normal_tensor<double>(device, {s.images, s.channels, s.height, s.width}, "x"),
                   weight = normal_tensor<double>(
                       device, {s.outputs, s.channels, s.kernel_height, s.kernel_width}, "weight");
      const Convolution shape{s.stride, s.padding};
      const Tensor out = conv2d(x, weight, {}, shape);
      const Tensor g = normal_tensor<double>(device, out.shape(), "g");
      const double expected = sum(multiply(g, out)).item();
      const double scale = 1e-12 * (1 + std::fabs(expected) + static_cast<double>(out.elements()));
      EXPECT_NEAR(sum(multiply(x, conv2d_to_input(g, weight, s.height, s.width, shape))).item(), expected,
                  scale);
      EXPECT_NEAR(
          sum(multiply(weight, conv2d_to_weight(x, g, s.kernel_height, s.kernel_width, shape))).item(),
          expected, scale);
    }
  }
}

TEST(Convolution, TheSameBitsOnEveryInstructionSet) {
  for (const NumericLevel level : {NumericLevel::portable, NumericLevel::fma}) {
    std::vector<std::vector<float>> first;
    for (const Device& device : all_devices()) {
      if (device.level() != level) continue;
      std::vector<std::vector<float>> results;
      for (const Size& s : sizes) {
        const Tensor x = normal_tensor<float>(device, {s.images, s.channels, s.height, s.width}, "x"),
                     weight = normal_tensor<float>(
                         device, {s.outputs, s.channels, s.kernel_height, s.kernel_width}, "weight");
        const Convolution shape{s.stride, s.padding};
        const Tensor g = normal_tensor<float>(device, conv2d(x, weight, {}, shape).shape(), "g");
        results.push_back(conv2d_to_input(g, weight, s.height, s.width, shape).values<float>());
        results.push_back(conv2d_to_weight(x, g, s.kernel_height, s.kernel_width, shape).values<float>());
      }
      if (first.empty()) first = results;
      for (std::size_t i = 0; i < results.size(); ++i)
        EXPECT_TRUE(same_bits(results[i], first[i])) << name_of(device.instruction_set()) << " " << i;
    }
  }
}

TEST(Convolution, ViewsAreReadAsTheyStand) {
  const Device cpu = Device::cpu();
  const Tensor x = normal_tensor<float>(cpu, {2, 5, 4, 3}, "x"),
               weight = normal_tensor<float>(cpu, {2, 3, 3, 3}, "w");
  const Tensor turned = permute(x, {0, 3, 1, 2});
  EXPECT_EQ(conv2d(turned, weight).values<float>(), conv2d(contiguous(turned), weight).values<float>());
}

template <class Function>
void expect_message(Function function, const char* part) {
  try {
    function();
    ADD_FAILURE() << "accepted; expected: " << part;
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Convolution, ShapesThatDoNotFit) {
  const Device cpu = Device::cpu();
  const auto zeros = [&](const Shape& shape) { return Tensor::zeros(cpu, shape); };
  expect_message([&] { conv2d(zeros({2, 3, 4, 4}), zeros({1, 2, 3, 3})); }, "[2, 3, 4, 4] and [1, 2, 3, 3]");
  expect_message([&] { conv2d(zeros({3, 4, 4}), zeros({1, 3, 3, 3})); }, "allowed is [n, channels");
  expect_message([&] { conv2d(zeros({1, 1, 2, 4}), zeros({1, 1, 3, 3})); }, "3 × 3 does not fit");
  expect_message([&] { conv2d(zeros({1, 1, 4, 4}), zeros({1, 1, 3, 3}), {}, {0, 0}); }, "stride 0");
  expect_message([&] { conv2d(zeros({1, 1, 4, 4}), zeros({2, 1, 3, 3}), zeros({3})); }, "bias of shape [3]");
  expect_message([&] { conv2d_to_input(zeros({1, 2, 4, 4}), zeros({2, 1, 3, 3}), 9, 9); }, "no result");
  expect_message([&] { conv2d_to_weight(zeros({1, 1, 4, 4}), zeros({2, 2, 2, 2}), 3, 3); }, "no result");
  expect_message([&] { max_pool2d(zeros({1, 1, 1, 4})); }, "max_pool2d: the shape [1, 1, 1, 4]");
  expect_message([&] { batch_norm(zeros({2, 3}), zeros({2}), zeros({2}), 1e-5); }, "batch_norm");
  expect_message([&] { batch_norm(zeros({0, 3}), zeros({3}), zeros({3}), 1e-5); }, "no rows");
}

TEST(Pooling, TheFirstOfEqualsTakesTheGradient) {
  for (const Device& device : all_devices()) {
    Tensor x = Tensor::from<float>(device, {1, 1, 5, 0, 9,  //
                                            1, 1, 0, 5, 9,  //
                                            2, 3, 7, 7, 9,  //
                                            3, 1, 7, 6, 9,  //
                                            9, 9, 9, 9, 9},
                                   {1, 1, 5, 5});
    Tape tape(device);
    tape.watch(x);
    const Tensor out = max_pool2d(x);
    EXPECT_EQ(out.values<float>(), (std::vector<float>{1, 5, 3, 7}));
    tape.backward(sum(multiply(out, Tensor::from<float>(device, {1, 2, 3, 4}, {1, 1, 2, 2}))));
    EXPECT_EQ(tape.gradient(x).values<float>(), (std::vector<float>{1, 0, 2, 0, 0,  //
                                                                    0, 0, 0, 0, 0,  //
                                                                    0, 3, 4, 0, 0,  //
                                                                    0, 0, 0, 0, 0,  //
                                                                    0, 0, 0, 0, 0}));
  }
}

TEST(Pooling, NotANumberIsNotLost) {
  const Device cpu = Device::cpu();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t place = 0; place < 4; ++place) {
    std::vector<float> values = {1, 2, 3, 4};
    values[place] = nan;
    EXPECT_TRUE(std::isnan(max_pool2d(Tensor::from<float>(cpu, values, {1, 1, 2, 2})).item()));
  }
}

TEST(BatchNormalisation, ByHand) {
  for (const Device& device : all_devices()) {
    // Channel 0: 1, 3, 5, 7 with mean 4 and variance 5; channel 1: constant.
    Tensor x = Tensor::from<double>(device, {1, 3, 2, 2, 5, 7, 2, 2}, {2, 2, 1, 2});
    Tensor weight = Tensor::from<double>(device, {2, 3}, {2}),
           bias = Tensor::from<double>(device, {1, -1}, {2});
    ChannelMoments moments;
    const double epsilon = 4;  // √(5 + 4) = 3
    Tape tape(device);
    for (Tensor* leaf : {&x, &weight, &bias}) tape.watch(*leaf);
    const Tensor out = batch_norm(x, weight, bias, epsilon, &moments);
    EXPECT_EQ(moments.mean.values<double>(), (std::vector<double>{4, 2}));
    EXPECT_EQ(moments.variance.values<double>(), (std::vector<double>{5, 0}));
    const std::vector<double> values = out.values<double>(),
                              expected = {1 - 2.0, 1 - 2.0 / 3, -1, -1, 1 + 2.0 / 3, 1 + 2.0, -1, -1};
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-14);
    // The loss Σ g·out with g = (1, 0, 0, 0) in channel 0: to the bias 1, to the weight −1.
    tape.backward(sum(slice(reshape(out, {8}), 0, 0, 1)));
    EXPECT_NEAR(tape.gradient(bias).values<double>()[0], 1, 1e-14);
    EXPECT_NEAR(tape.gradient(weight).values<double>()[0], -1, 1e-14);
    // To x: w/3·(g − mean g − x̂ mean(g x̂)), x̂ = (−1, −1/3, 1/3, 1): mean g = 1/4, mean(g x̂) = −1/4.
    const std::vector<double> to_x = tape.gradient(x).values<double>();
    const std::vector<double> x_hat = {-1, -1.0 / 3, 1.0 / 3, 1};
    const std::vector<std::size_t> place = {0, 1, 4, 5};
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(to_x[place[i]], 2.0 / 3 * ((i == 0 ? 1.0 : 0.0) - 0.25 + 0.25 * x_hat[i]), 1e-14);
    for (const std::size_t other : {2U, 3U, 6U, 7U}) EXPECT_NEAR(to_x[other], 0, 1e-14);
  }
}

TEST(BatchNormalisation, MeanNoughtAndDeviationOneWhateverTheScale) {
  const Device cpu = Device::cpu();
  const Tensor x = shift(scale(normal_tensor<float>(cpu, {7, 3, 19, 23}, "x"), 50), 3000);
  const Tensor out = batch_norm(x, Tensor::full(cpu, {3}, 1), Tensor::zeros(cpu, {3}), 1e-5);
  const Tensor mean_of = mean(out, {0, 2, 3}), square_of = mean(square(out), {0, 2, 3});
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(mean_of.values<float>()[c], 0, 1e-4);
    EXPECT_NEAR(square_of.values<float>()[c], 1, 1e-4);
  }
}

TEST(BatchNormalisation, TheSameBitsOnEveryInstructionSet) {
  std::vector<float> first;
  for (const Device& device : all_devices()) {
    Tensor x = normal_tensor<float>(device, {3, 2, 37, 131}, "x");  // planes of more than one block
    Tape tape(device);
    tape.watch(x);
    const Tensor out =
        batch_norm(x, normal_tensor<float>(device, {2}, "w"), normal_tensor<float>(device, {2}, "b"), 1e-5);
    tape.backward(sum(multiply(out, normal_tensor<float>(device, out.shape(), "g"))));
    std::vector<float> all = out.values<float>();
    const std::vector<float> gradient = tape.gradient(x).values<float>();
    all.insert(all.end(), gradient.begin(), gradient.end());
    if (first.empty()) first = all;
    EXPECT_TRUE(same_bits(all, first)) << name_of(device.instruction_set());
  }
}

}  // namespace
}  // namespace reprise::tensor
