// Every operation against central differences in float64: reverse rule, forward rule, and the rules of the
// rules.
#include "tensor/autodiff.h"

#include "base/error.h"
#include "core/tensor/test_tensors.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

namespace reprise::tensor {
namespace {

using Inputs = std::vector<Tensor>;

struct Case {
  const char* name;
  std::vector<Shape> shapes;
  TensorFunction function;
  bool positive = false;  // inputs in (0.5, 2.5)
};

std::int32_t index_values[] = {2, 0, 2, 1};
Tensor indices(const Tensor& like) {
  return Tensor::from<std::int32_t>(like.device(), std::span<const std::int32_t>(index_values), {2, 2});
}
Tensor labels(const Tensor& like) {
  return Tensor::from<std::int32_t>(like.device(), {2, 0, 1}, {3});
}

std::vector<Case> cases() {
  return {
      {"add", {{2, 3}, {3}}, [](const Inputs& x) { return add(x[0], x[1]); }},
      {"subtract", {{2, 1}, {1, 3}}, [](const Inputs& x) { return subtract(x[0], x[1]); }},
      {"multiply", {{2, 3}, {2, 1}}, [](const Inputs& x) { return multiply(x[0], x[1]); }},
      {"multiply by itself", {{3}}, [](const Inputs& x) { return multiply(x[0], x[0]); }},
      {"divide", {{2, 3}, {3}}, [](const Inputs& x) { return divide(x[0], x[1]); }, true},
      {"negate", {{4}}, [](const Inputs& x) { return negate(x[0]); }},
      {"scale", {{4}}, [](const Inputs& x) { return scale(x[0], -1.7); }},
      {"shift", {{4}}, [](const Inputs& x) { return shift(x[0], 3); }},
      {"relu", {{3, 5}}, [](const Inputs& x) { return relu(x[0]); }},
      {"where_positive", {{3, 5}, {3, 5}}, [](const Inputs& x) { return where_positive(x[0], x[1]); }},
      {"exp", {{7}}, [](const Inputs& x) { return exp(x[0]); }},
      {"log", {{7}}, [](const Inputs& x) { return log(x[0]); }, true},
      {"sqrt", {{7}}, [](const Inputs& x) { return sqrt(x[0]); }, true},
      {"square", {{7}}, [](const Inputs& x) { return square(x[0]); }},
      {"reciprocal", {{7}}, [](const Inputs& x) { return reciprocal(x[0]); }, true},
      {"tanh", {{7}}, [](const Inputs& x) { return tanh(x[0]); }},
      {"logistic", {{7}}, [](const Inputs& x) { return logistic(x[0]); }},
      {"sum", {{2, 3}}, [](const Inputs& x) { return sum(x[0]); }},
      {"sum over axes",
       {{2, 3, 2}},
       [](const Inputs& x) {
         return sum(x[0], {0, 2});
       }},
      {"mean", {{2, 3}}, [](const Inputs& x) { return mean(x[0], {1}); }},
      {"sum_to",
       {{2, 3}},
       [](const Inputs& x) {
         return sum_to(x[0], {1, 3});
       }},
      {"matmul", {{3, 4}, {4, 2}}, [](const Inputs& x) { return matmul(x[0], x[1]); }},
      {"matmul of views",
       {{4, 3}, {2, 4}},
       [](const Inputs& x) { return matmul(transpose(x[0]), transpose(x[1])); }},
      {"matmul, batched", {{2, 3, 4}, {2, 4, 2}}, [](const Inputs& x) { return matmul(x[0], x[1]); }},
      {"matmul, one matrix for a batch",
       {{2, 3, 4}, {4, 2}},
       [](const Inputs& x) { return matmul(x[0], x[1]); }},
      {"matmul, batch for one matrix",
       {{3, 4}, {2, 4, 2}},
       [](const Inputs& x) { return matmul(x[0], x[1]); }},
      {"linear", {{3, 4}, {2, 4}, {2}}, [](const Inputs& x) { return linear(x[0], x[1], x[2]); }},
      {"linear without bias", {{2, 3, 4}, {2, 4}}, [](const Inputs& x) { return linear(x[0], x[1]); }},
      {"linear with relu",
       {{5, 4}, {3, 4}, {3}},
       [](const Inputs& x) { return linear(x[0], x[1], x[2], Activation::relu); }},
      {"conv2d",
       {{2, 2, 4, 5}, {3, 2, 3, 3}, {3}},
       [](const Inputs& x) {
         return conv2d(x[0], x[1], x[2], {1, 1});
       }},
      {"conv2d with stride and relu",
       {{2, 1, 5, 4}, {2, 1, 3, 2}, {2}},
       [](const Inputs& x) {
         return conv2d(x[0], x[1], x[2], {2, 1}, Activation::relu);
       }},
      {"conv2d of one pixel without bias",
       {{1, 3, 2, 3}, {2, 3, 1, 1}},
       [](const Inputs& x) { return conv2d(x[0], x[1]); }},
      {"conv2d_to_input",
       {{2, 2, 2, 3}, {2, 3, 3, 3}},
       [](const Inputs& x) {
         return conv2d_to_input(x[0], x[1], 4, 5, {2, 1});
       }},
      {"conv2d_to_weight",
       {{2, 2, 4, 5}, {2, 3, 2, 3}},
       [](const Inputs& x) {
         return conv2d_to_weight(x[0], x[1], 3, 3, {2, 1});
       }},
      {"max_pool2d", {{2, 2, 5, 4}}, [](const Inputs& x) { return max_pool2d(x[0]); }},
      {"global average pooling",
       {{2, 3, 3, 2}},
       [](const Inputs& x) {
         return mean(x[0], {2, 3});
       }},
      {"batch_norm",
       {{3, 2, 2, 2}, {2}, {2}},
       [](const Inputs& x) { return batch_norm(x[0], x[1], x[2], 0.1); }},
      {"batch_norm of rows",
       {{4, 3}, {3}, {3}},
       [](const Inputs& x) { return batch_norm(x[0], x[1], x[2], 0.1); }},
      {"softmax", {{2, 5}}, [](const Inputs& x) { return softmax(x[0]); }},
      {"log_softmax", {{2, 5}}, [](const Inputs& x) { return log_softmax(x[0]); }},
      {"log_sum_exp", {{2, 5}}, [](const Inputs& x) { return log_sum_exp(x[0]); }},
      {"cross_entropy", {{3, 4}}, [](const Inputs& x) { return cross_entropy(x[0], labels(x[0])); }},
      {"gather", {{3, 2}}, [](const Inputs& x) { return gather(x[0], indices(x[0])); }},
      {"scatter_add", {{2, 2, 3}}, [](const Inputs& x) { return scatter_add(x[0], indices(x[0]), 4); }},
      {"concatenate", {{2, 2}, {2, 3}}, [](const Inputs& x) { return concatenate(x, 1); }},
      {"slice", {{3, 4}}, [](const Inputs& x) { return slice(x[0], 1, 1, 3); }},
      {"embed", {{3, 2}}, [](const Inputs& x) { return embed(x[0], 1, 1, 4); }},
      {"reshape",
       {{3, 4}},
       [](const Inputs& x) {
         return reshape(x[0], {2, 6});
       }},
      {"reshape of a view",
       {{3, 4}},
       [](const Inputs& x) {
         return reshape(transpose(x[0]), {2, 6});
       }},
      {"permute",
       {{2, 3, 4}},
       [](const Inputs& x) {
         return permute(x[0], {2, 0, 1});
       }},
      {"broadcast_to",
       {{3, 1}},
       [](const Inputs& x) {
         return broadcast_to(x[0], {2, 3, 4});
       }},
      {"contiguous", {{3, 2}}, [](const Inputs& x) { return contiguous(transpose(x[0])); }},
  };
}

Inputs draw(const Case& one, const Device& device, const char* name) {
  Inputs inputs;
  for (std::size_t i = 0; i < one.shapes.size(); ++i) {
    std::vector<double> values = normal_values<double>(one.shapes[i].elements(), name, i);
    if (one.positive) {
      for (double& value : values) value = 1.5 + std::tanh(value);
    }
    inputs.push_back(Tensor::from<double>(device, values, one.shapes[i]));
  }
  return inputs;
}

Inputs moved(const Inputs& inputs, const Inputs& direction, double by) {
  Inputs result;
  for (std::size_t i = 0; i < inputs.size(); ++i) result.push_back(add(inputs[i], scale(direction[i], by)));
  return result;
}

double dot(const Tensor& a, const Tensor& b) {
  return sum(multiply(a, b)).item();
}

/// Σ weight·f along a direction, differentiated by central differences.
double difference(const TensorFunction& f, const Inputs& at, const Inputs& direction, const Tensor& weight) {
  constexpr double h = 1e-5;
  return (dot(f(moved(at, direction, h)), weight) - dot(f(moved(at, direction, -h)), weight)) / (2 * h);
}

TEST(Derivatives, ReverseAndForwardAgreeWithDifferences) {
  const Device cpu = Device::cpu();
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const Inputs x = draw(one, cpu, "x");
    Case any = one;
    any.positive = false;
    const Inputs v = draw(any, cpu, "v");
    const Tensor y = one.function(x);
    const Tensor w = normal_tensor<double>(cpu, y.shape(), "w");
    // where_positive is constant in its condition.
    const double expected = difference(one.function, x, v, w);
    const auto [value, gradients] = vjp(one.function, x, w);
    double reverse = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(gradients[i].shape(), x[i].shape());
      reverse += dot(gradients[i], v[i]);
    }
    const auto [same_value, tangent] = jvp(one.function, x, v);
    ASSERT_EQ(tangent.shape(), y.shape());
    EXPECT_EQ(value.values<double>(), y.values<double>());
    EXPECT_EQ(same_value.values<double>(), y.values<double>());
    const double scale_of = 1 + std::abs(expected);
    EXPECT_NEAR(reverse, expected, 2e-8 * scale_of);
    EXPECT_NEAR(dot(tangent, w), expected, 2e-8 * scale_of);
    EXPECT_NEAR(dot(tangent, w), reverse, 1e-12 * scale_of);  // wᵀ(Jv) = (wᵀJ)v
    // One input with a tangent at a time.
    for (std::size_t only = 0; only < x.size() && x.size() > 1; ++only) {
      Inputs alone = v;
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (i != only) alone[i] = Tensor::zeros(cpu, x[i].shape(), DType::float64);
      }
      Tape tape(cpu);
      Inputs leaves = x;
      tape.set_tangent(leaves[only], v[only]);
      const Tensor part = tape.tangent(one.function(leaves));
      EXPECT_NEAR(dot(part, w), difference(one.function, x, alone, w), 2e-8 * scale_of);
    }
  }
}

TEST(Derivatives, OfDerivativesReverseOverReverse) {
  const Device cpu = Device::cpu();
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const Inputs x = draw(one, cpu, "x");
    Case any = one;
    any.positive = false;
    const Inputs v = draw(any, cpu, "v");
    const Tensor w = normal_tensor<double>(cpu, one.function(x).shape(), "w");
    // s(x) = Σ vᵢ·∂(w·f)/∂xᵢ; its gradient against differences of s.
    const TensorFunction slope = [&](const Inputs& at) {
      const auto gradients = vjp(one.function, at, w).second;
      Tensor total = sum(multiply(gradients[0], v[0]));
      for (std::size_t i = 1; i < at.size(); ++i) total = add(total, sum(multiply(gradients[i], v[i])));
      return total;
    };
    const double expected = difference(slope, x, v, Tensor::full(cpu, {}, 1, DType::float64));
    Tape tape(cpu);
    Inputs leaves = x;
    for (Tensor& leaf : leaves) tape.watch(leaf);
    tape.backward(one.function(leaves), w, Tape::Record::differentiable);
    Tensor total;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Tensor part = sum(multiply(tape.gradient(leaves[i]), v[i]));
      total = total ? add(total, part) : part;
    }
    tape.backward(total);
    double second = 0;
    for (std::size_t i = 0; i < x.size(); ++i) second += dot(tape.gradient(leaves[i]), v[i]);
    EXPECT_NEAR(second, expected, 3e-8 * (1 + std::abs(expected)));
  }
}

TEST(Derivatives, ReverseOverForwardAndForwardOverReverse) {
  const Device cpu = Device::cpu();
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const Inputs x = draw(one, cpu, "x");
    Case any = one;
    any.positive = false;
    const Inputs v = draw(any, cpu, "v");
    const Tensor w = normal_tensor<double>(cpu, one.function(x).shape(), "w");
    const TensorFunction slope = [&](const Inputs& at) {
      return sum(multiply(jvp(one.function, at, v).second, w));
    };
    const double expected = difference(slope, x, v, Tensor::full(cpu, {}, 1, DType::float64));
    const double tolerance = 3e-8 * (1 + std::abs(expected));
    Tape tape(cpu);
    Inputs leaves = x;
    for (std::size_t i = 0; i < x.size(); ++i) tape.set_tangent(leaves[i], v[i]);
    const Tensor tangent = tape.tangent(one.function(leaves));
    tape.backward(tangent, w);
    double by_reverse = 0;
    for (std::size_t i = 0; i < x.size(); ++i) by_reverse += dot(tape.gradient(leaves[i]), v[i]);
    EXPECT_NEAR(by_reverse, expected, tolerance);

    for (std::size_t i = 0; i < x.size(); ++i) tape.set_tangent(leaves[i], v[i]);
    tape.backward(one.function(leaves), w, Tape::Record::differentiable);
    double by_forward = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      by_forward += dot(tape.tangent(tape.gradient(leaves[i])), v[i]);
    EXPECT_NEAR(by_forward, expected, tolerance);
  }
}

TEST(Derivatives, RoundingPassesStraightThrough) {
  const Device cpu = Device::cpu();
  const FloatFormat half = *find_format("float16");
  const Tensor x = Tensor::from<double>(cpu, {0.1, 3}, {2});
  const Tensor w = Tensor::from<double>(cpu, {5, 7}, {2});
  const auto [value, gradients] = vjp([&](const Inputs& at) { return round_to(at[0], half); }, {x}, w);
  EXPECT_EQ(value.values<double>(), (std::vector<double>{0.0999755859375, 3}));
  EXPECT_EQ(gradients[0].values<double>(), (std::vector<double>{5, 7}));
}

TEST(Tape, GradientsOfSeveralPathsAdd) {
  const Device cpu = Device::cpu();
  Tape tape(cpu);
  Tensor x = Tensor::from<double>(cpu, {3}, {});
  Tensor unused = Tensor::from<double>(cpu, {1, 2}, {2});
  tape.watch(x);
  tape.watch(unused);
  const Tensor square = multiply(x, x);
  tape.backward(add(multiply(square, x), square));  // x³ + x²
  EXPECT_EQ(tape.gradient(x).item(), 33);
  EXPECT_EQ(tape.gradient(unused).values<double>(), (std::vector<double>{0, 0}));
  EXPECT_EQ(tape.recorded(), 0u);
}

TEST(Tape, RecordCanBeKept) {
  const Device cpu = Device::cpu();
  Tape tape(cpu);
  Tensor x = Tensor::from<double>(cpu, {2}, {});
  tape.watch(x);
  const Tensor y = exp(x);
  tape.backward(y, Tape::Record::keep);
  const double first = tape.gradient(x).item();
  tape.backward(y);
  EXPECT_EQ(tape.gradient(x).item(), first);
}

TEST(Tape, NothingIsRecordedWithoutNeed) {
  const Device cpu = Device::cpu();
  Tensor x = Tensor::full(cpu, {2}, 1);
  const Tensor constant = Tensor::full(cpu, {2}, 2);
  {
    Tape tape(cpu);
    tape.watch(x);
    add(constant, constant);
    EXPECT_EQ(tape.recorded(), 0u);
    {
      const Unrecorded pause(cpu);
      add(x, constant);
    }
    EXPECT_EQ(tape.recorded(), 0u);
    add(x, constant);
    EXPECT_EQ(tape.recorded(), 1u);
    EXPECT_THROW(Tape second(cpu), std::logic_error);
    EXPECT_THROW(tape.gradient(constant), std::logic_error);
    EXPECT_THROW(tape.backward(add(x, constant)), InputError);  // not a single number
  }
  const Tape other(cpu);
  EXPECT_EQ(sum(add(x, constant)).item(), 6);  // x is a plain tensor again
  EXPECT_EQ(other.recorded(), 0u);
}

}  // namespace
}  // namespace reprise::tensor
