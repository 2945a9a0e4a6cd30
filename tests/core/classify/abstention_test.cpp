#include "classify/abstention.h"

#include "base/error.h"
#include "classify/network.h"
#include "classify/scores.h"
#include "classify/two_moons.h"
#include "tensor/autodiff.h"
#include "tensor/ops.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>

namespace reprise::classify {
namespace {

using tensor::Device;
using tensor::Tensor;

std::vector<double> normals(std::size_t count, const char* name) {
  Random random(1, name);
  std::vector<double> values(count);
  for (double& value : values) value = random.normal();
  return values;
}

/// Derivatives of a loss by central differences in double.
void expect_gradient(const std::function<Tensor(const Tensor&)>& loss, const std::vector<double>& at,
                     const tensor::Shape& shape) {
  const Device cpu = Device::cpu(tensor::NumericLevel::portable);
  std::vector<double> gradient;
  {
    tensor::Tape tape(cpu);
    Tensor x = Tensor::from<double>(cpu, at, shape);
    tape.watch(x);
    tape.backward(loss(x));
    gradient = tape.gradient(x).values<double>();
  }
  const double h = 1e-5;
  for (std::size_t i = 0; i < at.size(); ++i) {
    std::vector<double> up = at, down = at;
    up[i] += h;
    down[i] -= h;
    const double difference = (loss(Tensor::from<double>(cpu, up, shape)).item() -
                               loss(Tensor::from<double>(cpu, down, shape)).item()) /
                              (2 * h);
    EXPECT_NEAR(gradient[i], difference, 1e-9) << i;
  }
}

/// −log softmax(z)[k].
double cross_entropy(std::span<const double> z, std::size_t k) {
  double sum = 0;
  for (const double value : z) sum += std::exp(value);
  return std::log(sum) - z[k];
}

TEST(SelfAdaptiveTraining, WithoutForgettingItIsCrossEntropyOverOneMoreClass) {
  const std::vector<std::int32_t> labels = {2, 0, 1, 1};
  const std::vector<double> z = normals(16, "logits");  // 4 rows, 3 classes and abstain
  SelfAdaptiveTargets targets(labels, 3, {.momentum = 1, .start_epoch = 0});
  const Device cpu = Device::cpu();
  const std::vector<std::int32_t> rows = {0, 1, 2, 3};
  for (int epoch = 0; epoch < 3; ++epoch) {
    double expected = 0;
    for (std::size_t i = 0; i < 4; ++i)
      expected +=
          cross_entropy(std::span<const double>(z).subspan(4 * i, 4), static_cast<std::size_t>(labels[i])) /
          4;
    EXPECT_NEAR(targets.loss(Tensor::from<double>(cpu, z, {4, 4}), rows, epoch).item(), expected, 1e-14);
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t k = 0; k < 3; ++k)
        EXPECT_EQ(targets.history(i)[k], static_cast<std::size_t>(labels[i]) == k ? 1 : 0);
  }
}

TEST(SelfAdaptiveTraining, BeforeItsStartItIsCrossEntropyOfTheClassesAlone) {
  const std::vector<std::int32_t> labels = {1, 0};
  const std::vector<double> z = {1, 2, 30, -1, 1, -20};
  SelfAdaptiveTargets targets(labels, 2, {.momentum = 0.5, .start_epoch = 1});
  const double expected = (std::log1p(std::exp(-1)) + std::log1p(std::exp(2))) / 2;
  EXPECT_NEAR(
      targets.loss(Tensor::from<double>(Device::cpu(), z, {2, 3}), std::vector<std::int32_t>{0, 1}, 0).item(),
      expected, 1e-14);
  EXPECT_EQ(targets.history(0)[1], 1);
}

TEST(SelfAdaptiveTraining, HistoryAndLossByHand) {
  // Row 1 of three, label 0, softmax of the classes (3/4, 1/4), abstain logit as large as the second class.
  SelfAdaptiveTargets targets(std::vector<std::int32_t>{1, 0, 1}, 2, {.momentum = 0.9, .start_epoch = 0});
  const std::vector<double> z = {std::log(3.0), 0, 0};  // q = (3/5, 1/5, 1/5)
  const Tensor loss =
      targets.loss(Tensor::from<double>(Device::cpu(), z, {1, 3}), std::vector<std::int32_t>{1}, 0);
  EXPECT_NEAR(targets.history(1)[0], 0.9 + 0.1 * 0.75, 1e-15);
  EXPECT_NEAR(targets.history(1)[1], 0.1 * 0.25, 1e-15);
  EXPECT_NEAR(loss.item(), -(0.975 * std::log(0.6) + 0.025 * std::log(0.2)), 1e-15);
  EXPECT_EQ(targets.history(0)[1], 1);  // rows that were not in the batch stay
}

TEST(SelfAdaptiveTraining, GradientsAreFiniteDifferences) {
  const std::vector<std::int32_t> labels = {2, 0, 1};
  expect_gradient(
      [&](const Tensor& z) {
        // The history takes no gradient: t is computed at the point itself, and a change of 1e-5 moves it
        // only by (1 − m)·1e-5, which m = 1 − 1e-12 keeps out.
        SelfAdaptiveTargets targets(labels, 3, {.momentum = 1 - 1e-12, .start_epoch = 0});
        return targets.loss(z, std::vector<std::int32_t>{0, 1, 2}, 0);
      },
      normals(12, "outputs"), {3, 4});
}

TEST(SelfAdaptiveTraining, LabelsMustBeClasses) {
  EXPECT_THROW(SelfAdaptiveTargets(std::vector<std::int32_t>{0, 3}, 3, {}), InputError);
  EXPECT_THROW(SelfAdaptiveTargets(std::vector<std::int32_t>{-1}, 3, {}), InputError);
}

TEST(SelectiveNet, LossByHand) {
  // One row of two classes: f = (0, log 3) with label 1, gate logit 0 (g = ½), auxiliary (log 4, 0).
  const std::vector<double> z = {0, std::log(3.0), 0, std::log(4.0), 0};
  const double selective = -std::log(0.75) + 32 * 0.3 * 0.3, auxiliary = -std::log(0.2);
  EXPECT_NEAR(
      selective_net_loss(Tensor::from<double>(Device::cpu(), z, {1, 5}), std::vector<std::int32_t>{1}, 0.8)
          .item(),
      (selective + auxiliary) / 2, 1e-14);
  // Enough coverage: no penalty.
  EXPECT_NEAR(
      selective_net_loss(Tensor::from<double>(Device::cpu(), z, {1, 5}), std::vector<std::int32_t>{1}, 0.4)
          .item(),
      (-std::log(0.75) + auxiliary) / 2, 1e-14);
}

TEST(SelectiveNet, GateWeighsTheRows) {
  // Gates ¾ and ¼: the selective risk is ¾ of the first row's loss and ¼ of the second's.
  const double l3 = std::log(3.0);
  const std::vector<double> z = {0, 1, l3, 0, 0, 2, 0, -l3, 0, 0};
  const double first = std::log1p(std::exp(1.0)), second = std::log1p(std::exp(-2.0));
  EXPECT_NEAR(
      selective_net_loss(Tensor::from<double>(Device::cpu(), z, {2, 5}), std::vector<std::int32_t>{0, 0}, 0.5)
          .item(),
      (0.75 * first + 0.25 * second + std::log(2.0)) / 2, 1e-14);
}

TEST(SelectiveNet, GradientsAreFiniteDifferences) {
  const std::vector<std::int32_t> labels = {2, 0, 1, 2};
  for (const double coverage : {0.2, 0.95}) {
    expect_gradient([&](const Tensor& z) { return selective_net_loss(z, labels, coverage); },
                    normals(28, "selective outputs"), {4, 7});
  }
  EXPECT_THROW(selective_net_loss(Tensor::from<double>(Device::cpu(), normals(8, "even"), {1, 8}),
                                  std::vector<std::int32_t>{0}, 0.8),
               InputError);
}

TEST(SelfAdaptiveTraining, LearnsToAbstainWhereLabelsAreRandom) {
  // Left half: label by the sign of x2; right half: a coin. After training the abstain output is larger
  // there.
  Random random(1, "points");
  std::vector<double> x;
  std::vector<std::int32_t> label;
  for (int i = 0; i < 800; ++i) {
    const double x1 = random.normal(), x2 = random.normal();
    x.insert(x.end(), {x1, x2});
    label.push_back(x1 < 0 ? (x2 > 0 ? 1 : 0) : static_cast<std::int32_t>(random.below(2)));
  }
  SelfAdaptiveTargets targets(label, 2, {.momentum = 0.9, .start_epoch = 10});
  const NetworkStreams streams{[] { return Random(1, "weights"); },
                               [](std::uint64_t epoch) { return Random(1, "order", {epoch}); }};
  NetworkTraining training(
      {.widths = {2, 16, 16, 3}, .epochs = 40}, x, label, streams,
      [&](const ModelInTraining& model, const Tensor& inputs, std::span<const std::int32_t> rows,
          std::int64_t epoch) { return targets.loss(model(inputs), rows, epoch); });
  while (!training.step()) {
  }
  const std::vector<double> z = training.logits(std::vector<double>{-1.5, 1.5, -1.5, -1.5, 1.5, 0, 2, 0.5});
  const auto abstain = [&](std::size_t row) {
    return log_odds(std::span<const double>(z).subspan(3 * row, 3), 2);
  };
  for (const std::size_t known : {0, 1})
    for (const std::size_t coin : {2, 3}) EXPECT_GT(abstain(coin), abstain(known) + 1);
}

}  // namespace
}  // namespace reprise::classify
