#include "base/error.h"
#include "base/math.h"
#include "core/tensor/test_tensors.h"
#include "tensor/cpu/reference.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace reprise::tensor {
namespace {

TEST(Sum, SameBitsAsThePlainLoops) {
  for (const Device& device : all_devices()) {
    for (const std::int64_t count : {0, 1, 2, 15, 16, 17, 31, 100, 4096, 4097, 20000}) {
      const std::vector<float> x = normal_values<float>(count, "x");
      const std::vector<double> wide = normal_values<double>(count, "x");
      EXPECT_EQ(static_cast<float>(sum(Tensor::from<float>(device, x, {count})).item()),
                cpu::reference::sum(count, x.data()));
      EXPECT_EQ(sum(Tensor::from<double>(device, wide, {count})).item(),
                cpu::reference::sum(count, wide.data()));
    }
    for (const Shape& shape :
         {Shape{1, 1}, Shape{3, 5}, Shape{64, 16}, Shape{65, 67}, Shape{200, 130}, Shape{0, 3}}) {
      const Tensor x = normal_tensor<float>(device, shape, "x");
      std::vector<float> expected(static_cast<std::size_t>(shape[1]));
      cpu::reference::sum_rows(shape[0], shape[1], x.data<float>(), expected.data());
      EXPECT_TRUE(same_bits(sum(x, {0}).values<float>(), expected)) << shape.text();
    }
  }
}

TEST(Sum, OverAnyAxes) {
  const Device cpu = Device::cpu();
  std::vector<double> values(24);
  for (std::size_t i = 0; i < 24; ++i) values[i] = static_cast<double>(i);
  const Tensor x = Tensor::from<double>(cpu, values, {2, 3, 4});
  EXPECT_EQ(sum(x).item(), 276);
  EXPECT_EQ(sum(x, {2}).values<double>(), (std::vector<double>{6, 22, 38, 54, 70, 86}));
  EXPECT_EQ(sum(x, {-1, 1}).values<double>(), (std::vector<double>{66, 210}));
  EXPECT_EQ(sum(x, {0}).values<double>(),
            (std::vector<double>{12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34}));
  EXPECT_EQ(sum(x, {0, 2}).values<double>(), (std::vector<double>{60, 92, 124}));
  EXPECT_EQ(sum(x, {1}).values<double>(), (std::vector<double>{12, 15, 18, 21, 48, 51, 54, 57}));
  EXPECT_EQ(mean(x, {0, 1, 2}).item(), 11.5);
  EXPECT_EQ(sum_to(x, {3, 1}).values<double>(), (std::vector<double>{60, 92, 124}));
  EXPECT_EQ(sum(Tensor::zeros(cpu, {2, 0})).item(), 0);
  EXPECT_EQ(sum(Tensor::zeros(cpu, {2, 0}), {1}).values<float>(), (std::vector<float>{0, 0}));
  EXPECT_THROW(sum(x, {3}), InputError);
}

/// log Σ e^x and softmax in double, by the definition.
std::vector<double> softmax_by_definition(const std::vector<float>& x, double* log_total) {
  double largest = x[0];
  for (const float value : x) largest = std::max(largest, static_cast<double>(value));
  double total = 0;
  for (const float value : x) total += math::exp(static_cast<double>(value) - largest);
  std::vector<double> result;
  for (const float value : x) result.push_back(math::exp(static_cast<double>(value) - largest) / total);
  *log_total = largest + math::log(total);
  return result;
}

TEST(Softmax, AgreesWithTheDefinition) {
  for (const std::int64_t columns : {1, 2, 10, 16, 33, 1000}) {
    std::vector<std::vector<float>> first;
    for (const Device& device : all_devices()) {
      const Tensor x = scale(normal_tensor<float>(device, {7, columns}, "x"), 5);
      const std::vector<float> values = x.values<float>();
      const std::vector<std::vector<float>> results = {
          softmax(x).values<float>(), log_softmax(x).values<float>(), log_sum_exp(x).values<float>()};
      if (first.empty()) first = results;
      for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(same_bits(results[i], first[i]));
      for (std::int64_t row = 0; row < 7; ++row) {
        const std::vector<float> one(values.begin() + row * columns, values.begin() + (row + 1) * columns);
        double log_total = 0;
        const std::vector<double> exact = softmax_by_definition(one, &log_total);
        EXPECT_NEAR(results[2][static_cast<std::size_t>(row)], log_total, 3e-6);
        for (std::int64_t j = 0; j < columns; ++j) {
          const auto at = static_cast<std::size_t>(row * columns + j);
          EXPECT_NEAR(results[0][at], exact[static_cast<std::size_t>(j)], 1e-6);
          EXPECT_NEAR(results[1][at], static_cast<double>(one[static_cast<std::size_t>(j)]) - log_total,
                      3e-6);
        }
      }
    }
  }
}

TEST(Softmax, ExtremeLogits) {
  const Device cpu = Device::cpu();
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor x = Tensor::from<float>(cpu, {1e30f, 0, -1e30f, -inf, 0, 0}, {2, 3});
  EXPECT_EQ(softmax(x).values<float>(), (std::vector<float>{1, 0, 0, 0, 0.5f, 0.5f}));
  EXPECT_EQ(log_sum_exp(Tensor::from<float>(cpu, {-inf, -inf}, {1, 2})).item(), -inf);
  EXPECT_TRUE(std::isnan(softmax(Tensor::from<float>(cpu, {NAN, 1}, {1, 2})).values<float>()[1]));
  EXPECT_TRUE(std::isnan(log_sum_exp(Tensor::from<float>(cpu, {NAN, -inf}, {1, 2})).item()));
}

TEST(CrossEntropy, ClosedForms) {
  for (const Device& device : all_devices()) {
    // Equal logits: log K. Two logits that differ by d: log(1 + e^−d).
    const Tensor labels = Tensor::from<std::int32_t>(device, {0, 9}, {2});
    EXPECT_NEAR(cross_entropy(Tensor::zeros(device, {2, 10}), labels).item(), 2.302585093, 1e-6);
    const Tensor two = Tensor::from<double>(device, {0, 3}, {1, 2});
    EXPECT_NEAR(cross_entropy(two, Tensor::from<std::int32_t>(device, {1}, {1})).item(), 0.048587351573742,
                1e-14);
    EXPECT_NEAR(cross_entropy(two, Tensor::from<std::int32_t>(device, {0}, {1})).item(), 3.048587351573742,
                1e-14);
  }
}

TEST(CrossEntropy, BadLabelsAreNamedWithTheirRow) {
  const Device cpu = Device::cpu();
  const Tensor logits = Tensor::zeros(cpu, {2, 3});
  try {
    cross_entropy(logits, Tensor::from<std::int32_t>(cpu, {2, 3}, {2}));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "cross_entropy: label 3 in row 1; allowed are 0…2");
  }
  EXPECT_THROW(cross_entropy(logits, Tensor::from<std::int32_t>(cpu, {0}, {1})), InputError);
  EXPECT_THROW(cross_entropy(Tensor::zeros(cpu, {0, 3}), Tensor::zeros(cpu, {0}, DType::int32)), InputError);
  EXPECT_THROW(cross_entropy(logits, Tensor::zeros(cpu, {2})), InputError);
}

}  // namespace
}  // namespace reprise::tensor
