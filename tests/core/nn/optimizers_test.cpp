// Numbers of PyTorch 1.13 in float64, and closed forms.
#include "nn/optimizers.h"

#include "base/error.h"
#include "core/tensor/test_tensors.h"
#include "nn/schedules.h"
#include "tensor/cpu/reference.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::nn {
namespace {

using tensor::DType;

/// Four steps from (1, −2, 0.5) with gradients (0.5(t + 1), −1, 0.25 t), learning rate 0.1.
template <class Make>
std::vector<double> four_steps(Make make, DType type = DType::float64) {
  const Device cpu = Device::cpu();
  const auto of = [&](std::vector<double> v) {
    if (type == DType::float64) return Tensor::from<double>(cpu, v, {3});
    return Tensor::from<float>(cpu, std::vector<float>(v.begin(), v.end()), {3});
  };
  Parameter parameter{"p", of({1, -2, 0.5})};
  auto optimizer = make(std::vector<Parameter*>{&parameter});
  for (int t = 0; t < 4; ++t) {
    const Tensor gradient = of({0.5 * (t + 1), -1, 0.25 * t});
    optimizer.step(std::span(&gradient, 1), 0.1);
  }
  if (type == DType::float64) return parameter.value.values<double>();
  const std::vector<float> values = parameter.value.values<float>();
  return {values.begin(), values.end()};
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance);
}

TEST(Optimizers, StepsOfPyTorch) {
  const auto adam = [](std::vector<Parameter*> p) {
    return Adam(p, {.beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.05});
  };
  const std::vector<double> adam_values = {0.6085576884673749, -1.6004811921055095, 0.14409871441516203};
  expect_near(four_steps(adam), adam_values, 1e-14);
  expect_near(four_steps(adam, DType::float32), adam_values, 1e-6);
  const auto adamw = [](std::vector<Parameter*> p) {
    return Adam(p, {.beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-3, .decoupled_decay = 0.05});
  };
  expect_near(four_steps(adamw), {0.5930205769077609, -1.563685627124126, 0.24030503869375178}, 1e-14);
  const auto sgd = [](std::vector<Parameter*> p) { return Sgd(p, {.momentum = 0.9, .weight_decay = 0.05}); };
  expect_near(four_steps(sgd), {0.032047794374999876, -1.0121980887499997, 0.24052433156249994}, 1e-14);
}

TEST(Optimizers, MomentsInDoubleKeepTinySquares) {
  // With one constant gradient Adam moves by the learning rate a step, however small the gradient.
  const Device cpu = Device::cpu();
  for (const DType type : {DType::float32, DType::float64}) {
    Parameter parameter{"p", Tensor::zeros(cpu, {1})};
    Adam adam({&parameter}, {.epsilon = 1e-25, .state_type = type});
    const Tensor gradient = Tensor::full(cpu, {1}, 1e-22);
    for (int t = 0; t < 5; ++t) adam.step(std::span(&gradient, 1), 0.01);
    if (type == DType::float64) {
      EXPECT_NEAR(parameter.value.item(), -0.05, 1e-4);
    } else {
      EXPECT_FALSE(std::abs(parameter.value.item() + 0.05) < 1e-3);  // the square underflowed
    }
  }
}

TEST(Optimizers, AdamIsThePlainLoopInBitsOnEveryInstructionSet) {
  for (const Device& device : tensor::all_devices()) {
    constexpr std::int64_t count = 103;
    std::vector<float> p = tensor::normal_values<float>(count, "p"), m(count), v(count);
    Parameter parameter{"p", Tensor::from<float>(device, p, {count})};
    Adam adam({&parameter}, {.beta2 = 0.98, .decoupled_decay = 0.1});
    for (int t = 1; t <= 3; ++t) {
      const Tensor gradient =
          tensor::normal_tensor<float>(device, {count}, "g", static_cast<std::uint64_t>(t));
      adam.step(std::span(&gradient, 1), 0.01);
      tensor::cpu::AdamStep step;
      step.beta1 = 0.9;
      step.beta2 = 0.98;
      step.step_size = 0.01 / (1 - std::pow(0.9, t));
      step.root_scale = 1 / std::sqrt(1 - std::pow(0.98, t));
      step.epsilon = 1e-8;
      step.keep = 1 - 0.01 * 0.1;
      tensor::cpu::reference::adam(count, step, gradient.data<float>(), m.data(), v.data(), p.data());
    }
    EXPECT_TRUE(tensor::same_bits(parameter.value.values<float>(), p));
  }
}

TEST(Optimizers, ClippingScalesToTheNorm) {
  const Device cpu = Device::cpu();
  std::vector<Tensor> gradients = {Tensor::from<float>(cpu, {3, 0}, {2}), Tensor::from<float>(cpu, {4}, {1})};
  EXPECT_EQ(clip_global_norm(gradients, 10), 5);
  EXPECT_EQ(gradients[1].item(), 4);
  EXPECT_EQ(clip_global_norm(gradients, 1), 5);
  EXPECT_NEAR(global_norm(gradients), 1, 1e-7);
  EXPECT_NEAR(gradients[1].item(), 0.8, 1e-7);
}

TEST(Optimizers, BadOptionsAreRefused) {
  EXPECT_THROW(Adam({}, {.beta1 = 1}), InputError);
  EXPECT_THROW(Adam({}, {.beta2 = -0.1}), InputError);
  EXPECT_THROW(Adam({}, {.epsilon = -1}), InputError);
  EXPECT_THROW(Sgd({}, {.momentum = 1}), InputError);
  const Device cpu = Device::cpu();
  Parameter parameter{"p", Tensor::zeros(cpu, {2})};
  Sgd sgd({&parameter});
  const Tensor gradient = Tensor::zeros(cpu, {3});
  EXPECT_THROW(sgd.step(std::span(&gradient, 1), 0.1), InputError);
}

TEST(Schedule, KnownPoints) {
  Schedule schedule;
  schedule.base = 0.4;
  schedule.warmup = 4;
  EXPECT_DOUBLE_EQ(schedule.at(0), 0.1);
  EXPECT_DOUBLE_EQ(schedule.at(3), 0.4);
  EXPECT_DOUBLE_EQ(schedule.at(1000), 0.4);
  schedule.warmup = 0;
  schedule.decay = Schedule::Decay::cosine;
  schedule.steps = 100;
  schedule.floor = 0.5;
  EXPECT_DOUBLE_EQ(schedule.at(0), 0.4);
  EXPECT_DOUBLE_EQ(schedule.at(50), 0.3);
  EXPECT_DOUBLE_EQ(schedule.at(200), 0.2);
  schedule.decay = Schedule::Decay::linear;
  EXPECT_DOUBLE_EQ(schedule.at(25), 0.35);
  schedule.decay = Schedule::Decay::stairs;
  schedule.milestones = {10, 20};
  EXPECT_DOUBLE_EQ(schedule.at(9), 0.4);
  EXPECT_DOUBLE_EQ(schedule.at(10), 0.04);
  EXPECT_NEAR(schedule.at(20), 0.004, 1e-17);
}

}  // namespace
}  // namespace reprise::nn
