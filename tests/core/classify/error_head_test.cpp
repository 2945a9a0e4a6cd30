#include "classify/error_head.h"

#include "base/error.h"
#include "tensor/autodiff.h"
#include "tensor/ops.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::classify {
namespace {

using tensor::Device;
using tensor::Tensor;

NetworkStreams streams() {
  return {[] { return Random(1, "weights"); },
          [](std::uint64_t epoch) { return Random(1, "order", {epoch}); }};
}

TEST(Standardisation, MeanZeroAndDeviationOne) {
  const std::vector<double> x = {1, 5, 3, 5, 5, 5};  // columns (1, 3, 5) and constant
  const Standardisation standard(x, 2);
  const double unit = std::sqrt(1.5);  // (5 − 3)/√(8/3)
  const std::vector<double> expected = {-unit, 0, 0, 0, unit, 0};
  const std::vector<double> found = standard(x);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(found[i], expected[i], 1e-15);
  EXPECT_NEAR(standard(std::vector<double>{7, 9})[0], 2 * unit, 1e-15);
}

TEST(HeadInputs, AreFeaturesLogitsAndConfidence) {
  const std::vector<double> features = {7, 8}, z = {std::log(3.0), 0, 0, 0};
  const std::vector<double> inputs = head_inputs(features, 1, LogitsView(z, 2));
  ASSERT_EQ(inputs.size(), 8U);
  EXPECT_EQ(inputs[0], 7);
  EXPECT_EQ(inputs[1], std::log(3.0));
  EXPECT_NEAR(inputs[3], std::log(3.0), 1e-15);
  EXPECT_EQ(inputs[7], 0);
  EXPECT_THROW(head_inputs(features, 2, LogitsView(z, 2)), InputError);
}

TEST(ErrorHead, LossesAndGradientsByHand) {
  const Device cpu = Device::cpu();
  tensor::Tape tape(cpu);
  Tensor z = Tensor::from<double>(cpu, {std::log(3.0), 0}, {2, 1});
  tape.watch(z);
  // σ(log 3) = ¾, σ(0) = ½; the first answer is wrong, the second right.
  const Tensor loss = binary_cross_entropy(z, std::vector<std::int32_t>{1, 0});
  EXPECT_NEAR(loss.item(), -(std::log(0.75) + std::log(0.5)) / 2, 1e-15);
  tape.backward(loss);
  EXPECT_NEAR(tape.gradient(z).values<double>()[0], (0.75 - 1) / 2, 1e-15);
  EXPECT_NEAR(tape.gradient(z).values<double>()[1], 0.5 / 2, 1e-15);
  const Tensor square = mean_squared_error(z, std::vector<double>{0, 2});
  EXPECT_NEAR(square.item(), (std::log(3.0) * std::log(3.0) + 4) / 2, 1e-15);
  tape.backward(square);
  EXPECT_NEAR(tape.gradient(z).values<double>()[1], -2, 1e-15);
}

TEST(ErrorHead, FindsWhereTheBaseErrs) {
  // Wrong on the right half of the line, whatever the confidence.
  Random random(1, "rows");
  std::vector<double> x, wrong;
  for (int i = 0; i < 600; ++i) {
    x.push_back(10 + 3 * random.normal());
    wrong.push_back(x.back() > 11 ? 1 : 0);
  }
  HeadOptions options;
  options.hidden = {8};
  options.epochs = 40;
  options.learning_rate = 0.01;
  ErrorHead head(HeadTarget::Wrong, x, 1, wrong, options, streams());
  while (!head.step()) {
  }
  const std::vector<double> score = head.scores(std::vector<double>{8, 10, 12, 14});
  EXPECT_GT(score[0], 2);
  EXPECT_GT(score[1], score[2]);
  EXPECT_LT(score[3], -2);
}

TEST(ErrorHead, LossPredictorLearnsTheMeanLoss) {
  Random random(2, "rows");
  std::vector<double> x, loss;
  for (int i = 0; i < 800; ++i) {
    x.push_back(random.normal());
    loss.push_back(1 + x.back() + 0.1 * random.normal());
  }
  HeadOptions options;
  options.learning_rate = 0.01;
  ErrorHead head(HeadTarget::Loss, x, 1, loss, options, streams());
  while (!head.step()) {
  }
  const std::vector<double> at = head.outputs(std::vector<double>{-1, 0, 1});
  EXPECT_NEAR(at[0], 0, 0.15);
  EXPECT_NEAR(at[1], 1, 0.15);
  EXPECT_NEAR(at[2], 2, 0.15);
}

TEST(ErrorHead, LossPredictionAdvantageByHand) {
  // p = (¾, ¼): entropy H; labels 0 and 1 lose log(4/3) and log 4. A predictor that knows both has error 0.
  const std::vector<double> z = {std::log(3.0), 0, std::log(3.0), 0};
  const LogitsView logits(z, 2);
  const std::vector<std::int32_t> label = {0, 1};
  const std::vector<double> losses = row_losses(logits, label);
  EXPECT_NEAR(losses[0], std::log(4.0 / 3), 1e-15);
  EXPECT_NEAR(losses[1], std::log(4.0), 1e-15);
  const double entropy = 0.75 * std::log(4.0 / 3) + 0.25 * std::log(4.0);
  const double own = (std::pow(entropy - losses[0], 2) + std::pow(entropy - losses[1], 2)) / 2;
  EXPECT_NEAR(loss_prediction_advantage(logits, label, losses), own, 1e-14);
  EXPECT_NEAR(loss_prediction_advantage(logits, label, std::vector<double>{entropy, entropy}), 0, 1e-14);
}

}  // namespace
}  // namespace reprise::classify
