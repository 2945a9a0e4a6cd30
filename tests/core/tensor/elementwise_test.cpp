#include "base/error.h"
#include "base/math.h"
#include "core/tensor/test_tensors.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace reprise::tensor {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

/// Units in the last place of float32 between a computed and an exact value.
double ulps(float computed, double exact) {
  if (static_cast<float>(exact) == computed) return 0;
  const auto rounded = static_cast<float>(std::abs(exact));
  const double unit = static_cast<double>(std::nextafter(rounded, kInf)) - static_cast<double>(rounded);
  return std::abs(static_cast<double>(computed) - exact) / unit;
}

/// Arguments in the usual range, log-uniform ones of both signs, and every special value.
std::vector<float> arguments() {
  Random random(5, "arguments");
  std::vector<float> values;
  for (int i = 0; i < 40000; ++i) values.push_back(static_cast<float>(20 * random.uniform() - 10));
  for (int i = 0; i < 40000; ++i) values.push_back(static_cast<float>(200 * random.uniform() - 110));
  for (int i = 0; i < 40000; ++i) {
    const double size = math::exp(176 * random.uniform() - 100);
    values.push_back(static_cast<float>(random.bernoulli(0.5) ? size : -size));
  }
  return values;
}

double worst(const std::vector<float>& x, const std::vector<float>& y, double (*exact)(double)) {
  double result = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double value = exact(static_cast<double>(x[i]));
    if (std::abs(value) > 3.4e38 || value != value) continue;
    const double error = ulps(y[i], value);
    if (!(error <= result)) result = error;
  }
  return result;
}

TEST(Elementwise, FunctionsAreAccurateAndTheSameBitsOnEveryInstructionSet) {
  struct Function {
    const char* name;
    Tensor (*compute)(const Tensor&);
    double (*exact)(double);
    double bound;
  };
  const Function functions[] = {
      {"exp", exp, math::exp, 1.1},
      {"log", log, math::log, 1.0},
      {"tanh", tanh, math::tanh, 2.0},
      {"logistic", logistic, math::logistic, 2.5},
      {"sqrt", sqrt, [](double x) { return std::sqrt(x); }, 0.5},
      {"reciprocal", reciprocal, [](double x) { return 1 / x; }, 0.5},
      {"square", square, [](double x) { return x * x; }, 0.5},
  };
  const std::vector<float> x = arguments();
  const Shape shape{static_cast<std::int64_t>(x.size())};
  for (const Function& function : functions) {
    std::vector<float> first;
    for (const Device& device : all_devices()) {
      const std::vector<float> y = function.compute(Tensor::from<float>(device, x, shape)).values<float>();
      if (first.empty()) {
        first = y;
        EXPECT_LE(worst(x, y, function.exact), function.bound) << function.name;
      }
      EXPECT_TRUE(same_bits(first, y)) << function.name << " " << name_of(device.instruction_set());
    }
  }
}

TEST(Elementwise, SpecialValues) {
  const Device cpu = Device::cpu();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto of = [&](Tensor (*f)(const Tensor&), float x) {
    return f(Tensor::from<float>(cpu, {x}, {1})).item();
  };
  EXPECT_EQ(of(exp, -kInf), 0);
  EXPECT_EQ(of(exp, kInf), kInf);
  EXPECT_EQ(of(exp, 0), 1);
  EXPECT_EQ(of(exp, 88.8f), kInf);
  EXPECT_EQ(of(exp, -103.0f), static_cast<double>(0x1p-149f));  // subnormal results are kept
  EXPECT_TRUE(std::isnan(of(exp, nan)));
  EXPECT_EQ(of(log, 0), -kInf);
  EXPECT_EQ(of(log, 1), 0);
  EXPECT_EQ(of(log, kInf), kInf);
  EXPECT_TRUE(std::isnan(of(log, -1)));
  EXPECT_TRUE(std::isnan(of(log, nan)));
  EXPECT_EQ(of(tanh, kInf), 1);
  EXPECT_EQ(of(tanh, -kInf), -1);
  EXPECT_TRUE(std::isnan(of(tanh, nan)));
  EXPECT_EQ(of(logistic, -kInf), 0);
  EXPECT_EQ(of(relu, -1), 0);
  EXPECT_EQ(of(relu, 2), 2);
  EXPECT_TRUE(std::isnan(of(relu, nan)));
  EXPECT_EQ(of(step, 0), 0);
  EXPECT_EQ(of(step, 1e-30f), 1);
}

TEST(Elementwise, BroadcastingIsThatOfIndices) {
  const std::vector<std::pair<Shape, Shape>> pairs = {
      {{2, 3}, {2, 3}}, {{2, 3}, {3}},      {{2, 3}, {2, 1}},    {{2, 1}, {1, 3}},       {{}, {4}},
      {{5}, {}},        {{2, 0}, {1}},      {{2, 1, 3}, {4, 1}}, {{1, 1, 1}, {3, 1, 2}}, {{0, 3}, {1, 3}},
      {{40, 1}, {37}},  {{2, 3, 4}, {3, 1}}};
  for (const Device& device : all_devices()) {
    for (const auto& [sa, sb] : pairs) {
      const Tensor a = normal_tensor<float>(device, sa, "a");
      const Tensor b = normal_tensor<float>(device, sb, "b");
      const Tensor out = subtract(a, b);
      const Shape shape = broadcast_shape("subtract", sa, sb);
      ASSERT_EQ(out.shape(), shape);
      const std::vector<float> av = a.values<float>(), bv = b.values<float>(), ov = out.values<float>();
      for (std::int64_t i = 0; i < shape.elements(); ++i) {
        std::int64_t rest = i, ia = 0, ib = 0, step_a = 1, step_b = 1;
        for (int axis = 0; axis < shape.rank(); ++axis) {
          const std::int64_t index = rest % shape.back(axis);
          rest /= shape.back(axis);
          if (sa.back(axis) > 1) ia += index * step_a;
          if (sb.back(axis) > 1) ib += index * step_b;
          step_a *= sa.back(axis);
          step_b *= sb.back(axis);
        }
        EXPECT_EQ(ov[static_cast<std::size_t>(i)],
                  av[static_cast<std::size_t>(ia)] - bv[static_cast<std::size_t>(ib)]);
      }
    }
  }
}

TEST(Elementwise, StridedOperands) {
  const Device cpu = Device::cpu();
  const Tensor a = normal_tensor<double>(cpu, {4, 5}, "a");
  const Tensor b = normal_tensor<double>(cpu, {5, 4}, "b");
  const std::vector<double> direct = add(a, contiguous(transpose(b))).values<double>();
  EXPECT_EQ(add(a, transpose(b)).values<double>(), direct);
  EXPECT_EQ(add(transpose(b), a).values<double>(), direct);
  EXPECT_EQ(exp(transpose(b)).values<double>(), exp(contiguous(transpose(b))).values<double>());
  EXPECT_EQ(negate(slice(a, 1, 1, 3)).values<double>(),
            scale(contiguous(slice(a, 1, 1, 3)), -1).values<double>());
}

TEST(Elementwise, ErrorsNameTheOperationAndBothShapes) {
  const Device cpu = Device::cpu();
  try {
    add(Tensor::zeros(cpu, {2, 3}), Tensor::zeros(cpu, {4}));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "add: the shapes [2, 3] and [4] do not fit; axes counted from the end must be equal, or one "
                 "of them 1");
  }
}

}  // namespace
}  // namespace reprise::tensor
