// The network's gradients against differences of its loss, and what the update must conserve.
#include "labs/slingshot/trainer.h"

#include "tensor/ops.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <utility>

namespace reprise::slingshot {
namespace {

using tensor::Device;
using tensor::DType;
using tensor::Tensor;

Device portable() {
  return Device::cpu(tensor::NumericLevel::portable);
}

Examples small_table() {
  Examples table;
  table.rows = 12;
  table.inputs = 5;
  table.classes = 4;
  Random random(3, "table");
  for (int i = 0; i < 60; ++i) table.features.push_back(static_cast<float>(random.normal()));
  for (int i = 0; i < 12; ++i) table.labels.push_back(static_cast<std::int32_t>(random.below(4)));
  return table;
}

double loss_of(const Network& network, const Batch& batch) {
  return mean_true_loss(network(batch).logits, batch.labels());
}

void expect_gradients_of_the_loss(const Examples& examples, const char* arm) {
  const Device device = portable();
  const NetworkShape shape{examples.inputs, 6, examples.classes, examples.pairs()};
  Network network(device, shape, Random(1, "weights"), DType::float64);
  const Batch batch(device, examples, DType::float64);
  TrainerOptions options;
  options.arm = parse_arm(arm);
  Trainer trainer(network, options);
  StepRecord record;
  ASSERT_TRUE(trainer.compute_gradients(batch, record));
  EXPECT_NEAR(record.true_loss, loss_of(network, batch), 1e-14);
  const std::vector<nn::Parameter*> parameters = network.parameters();
  for (std::size_t layer = 0; layer < parameters.size(); ++layer) {
    const std::vector<double> gradient = trainer.gradients()[layer].values<double>();
    double* weights = parameters[layer]->value.data<double>();
    for (std::size_t i = 0; i < gradient.size(); i += 3) {
      const double kept = weights[i], h = 1e-6;
      weights[i] = kept + h;
      const double up = loss_of(network, batch);
      weights[i] = kept - h;
      const double down = loss_of(network, batch);
      weights[i] = kept;
      EXPECT_NEAR(gradient[i], (up - down) / (2 * h), 1e-8) << arm << " layer " << layer << " weight " << i;
    }
  }
}

TEST(Trainer, GradientsAreThoseOfTheLoss) {
  for (const char* arm : {"float64", "float64:log1p", "float64:recentred"}) {
    expect_gradients_of_the_loss(modular_addition(5, 0.6, Random(2, "split")).train, arm);
    expect_gradients_of_the_loss(small_table(), arm);
  }
}

/// Mean row of the classifier, in double.
std::vector<double> w_mean(const Network& network) {
  const Tensor& weight = network.classifier();
  const std::vector<double> values = weight.values<double>();
  const auto columns = static_cast<std::size_t>(weight.size(1));
  std::vector<double> mean(columns, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    mean[i % columns] += values[i] / static_cast<double>(weight.size(0));
  }
  return mean;
}

double largest_change(Update update, const char* arm, double rate) {
  const Device device = portable();
  const Split split = modular_addition(7, 0.5, Random(2, "split"));
  Network network(device, {14, 8, 7, true}, Random(1, "weights"), DType::float64);
  const Batch batch(device, split.train, DType::float64);
  TrainerOptions options;
  options.arm = parse_arm(arm);
  options.update = update;
  options.learning_rate = rate;
  Trainer trainer(network, options);
  const std::vector<double> before = w_mean(network);
  StepRecord record;
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(trainer.step(batch, record));
  const std::vector<double> after = w_mean(network);
  double change = 0;
  for (std::size_t i = 0; i < before.size(); ++i) change = std::max(change, std::fabs(after[i] - before[i]));
  return change;
}

TEST(Trainer, GradientDescentConservesTheMeanRowWhenGradientsSumToZero) {
  EXPECT_LT(largest_change(Update::sgd, "float64", 0.5), 1e-13);
  // A kernel of three bits rounds each class's gradient by itself: the sum is off, and the mean row drifts.
  EXPECT_GT(largest_change(Update::sgd, "float8_e5m2:log_softmax", 0.5), 1e-3);
  // Adam scales coordinates and does not conserve it even then.
  EXPECT_GT(largest_change(Update::adam, "float64", 0.01), 1e-3);
}

struct Trained {
  std::vector<float> classifier;
  StepRecord record;
  std::int64_t allocations = 0;
};

Trained train(TrainerOptions options, int steps, const char* arm = "float16:log_softmax") {
  const Device device = portable();
  const Split split = modular_addition(7, 0.5, Random(2, "split"));
  Network network(device, {14, 8, 7, true}, Random(1, "weights"));
  const Batch batch(device, split.train);
  options.arm = parse_arm(arm);
  Trainer trainer(network, options);
  Trained result;
  for (int i = 0; i < steps; ++i) {
    if (i == 5) result.allocations = device.system_allocations();
    EXPECT_TRUE(trainer.step(batch, result.record));
  }
  result.allocations = device.system_allocations() - result.allocations;
  result.classifier = network.classifier().values<float>();
  return result;
}

TEST(Trainer, RepeatsBitByBit) {
  const Trained one = train({}, 50), same = train({}, 50);
  EXPECT_EQ(one.classifier, same.classifier);
  EXPECT_EQ(one.record.true_loss, same.record.true_loss);
}

TEST(Trainer, ASteadyStepAsksTheSystemForNoMemory) {
  EXPECT_EQ(train({}, 50).allocations, 0);
  TrainerOptions orthogonal;
  orthogonal.orthogonal_gradient = true;
  orthogonal.epsilon = 1e-25;
  EXPECT_EQ(train(orthogonal, 50).allocations, 0);
}

TEST(Trainer, WeightDecayIsDecoupled) {
  // Gradients of 1e-30 and smaller leave only the factor 1 − ηλ; ε is far above them.
  TrainerOptions options;
  options.epsilon = 1;
  options.learning_rate = 1e-6;
  options.weight_decay = 10;
  const Trained before = train(options, 0), after = train(options, 1);
  for (std::size_t i = 0; i < before.classifier.size(); ++i) {
    const double kept = static_cast<double>(before.classifier[i]) * (1 - 1e-6 * 10);
    EXPECT_NEAR(static_cast<double>(after.classifier[i]), kept, 1e-6) << i;
  }
  EXPECT_NE(train({}, 1).classifier, before.classifier);
}

TEST(Trainer, LossScaleIsTakenOutAgain) {
  TrainerOptions scaled;
  scaled.loss_scale = 1024;  // a power of two: nothing is rounded by it
  EXPECT_EQ(train(scaled, 20, "float64").classifier, train({}, 20, "float64").classifier);
  // In a format whose smallest number is 2^−9 it keeps gradients of 1/24 · p from being rounded away.
  scaled.loss_scale = 8;
  EXPECT_NE(train(scaled, 20, "float8_e4m3:softmax").classifier,
            train({}, 20, "float8_e4m3:softmax").classifier);
}

TEST(Trainer, SmoothedLabelsGiveTheGradientOfTheSmoothedLoss) {
  // −Σ_k target_k log p_k with target (1 − ε) at the label plus ε/K everywhere: gradient p − target.
  const Device device = portable();
  const Examples table = small_table();
  const double epsilon = 0.2;
  const auto classifier_gradient = [&](double smoothing) {
    Network network(device, {5, 6, 4, false}, Random(1, "weights"), DType::float64);
    const Batch batch(device, table, DType::float64);
    TrainerOptions options;
    options.arm = parse_arm("float64");
    options.label_smoothing = smoothing;
    Trainer trainer(network, options);
    StepRecord record;
    EXPECT_TRUE(trainer.compute_gradients(batch, record));
    const Network::Output output = network(batch);
    return std::pair(trainer.gradients()[2].values<double>(), output.features.values<double>());
  };
  const auto [plain, features] = classifier_gradient(0);
  const std::vector<double> smooth = classifier_gradient(epsilon).first;
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t j = 0; j < 6; ++j) {
      double expected = plain[6 * k + j];
      for (std::size_t i = 0; i < 12; ++i) {
        const double target_shift = (table.labels[i] == static_cast<int>(k) ? epsilon : 0.0) - epsilon / 4;
        expected += target_shift * features[6 * i + j] / 12;
      }
      EXPECT_NEAR(smooth[6 * k + j], expected, 1e-14);
    }
  }
}

TEST(Trainer, OrthogonalGradient) {
  const Device device = portable();
  const Tensor weight = Tensor::from<double>(device, {3, 4}, {2});
  Tensor gradient = Tensor::from<double>(device, {5, 0}, {2});
  make_orthogonal(weight, gradient);
  // The part across (3, 4) is (16, −12)/5, of length 4; stretched to 5: (4, −3).
  EXPECT_NEAR(gradient.values<double>()[0], 4, 1e-14);
  EXPECT_NEAR(gradient.values<double>()[1], -3, 1e-14);
}

TEST(Trainer, StopsAtANumberThatIsNotFinite) {
  const Device device = portable();
  const Split split = modular_addition(13, 0.5, Random(2, "split"));
  Network network(device, {26, 32, 13, true}, Random(1, "weights"));
  const Batch batch(device, split.train);
  TrainerOptions options;
  options.arm = parse_arm("float16:log_softmax");  // logits above 65504 overflow
  options.learning_rate = 10;
  Trainer trainer(network, options);
  StepRecord record;
  int step = 0;
  while (step < 100 && trainer.step(batch, record)) ++step;
  EXPECT_LT(step, 100);
  EXPECT_EQ(record.step, step - 1);
  EXPECT_TRUE(std::isfinite(record.true_loss));
  EXPECT_EQ(trainer.updates(), step);
}

}  // namespace
}  // namespace reprise::slingshot
