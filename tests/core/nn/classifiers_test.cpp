// Convolutional networks: their sizes against published ones, running statistics against closed forms, and
// training that can be interrupted.
#include "nn/classifiers.h"

#include "base/error.h"
#include "core/tensor/test_tensors.h"
#include "nn/training.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace reprise::nn {
namespace {

using tensor::normal_tensor;

ClassifierOptions options_for(Architecture architecture, ImageSize image, std::int64_t classes) {
  return {architecture, {image.channels * image.height * image.width, classes}, image};
}

double parameters_in(Classifier& model) {
  double count = 0;
  for (const Parameter* parameter : model.parameters())
    count += static_cast<double>(parameter->value.elements());
  return count;
}

TEST(Classifiers, HaveAsManyParametersAsPublished) {
  const Device cpu = Device::cpu();
  const ClassifierOptions cnn = options_for(Architecture::Cnn, {1, 28, 28}, 10),
                          resnet = options_for(Architecture::ResNet18, {3, 32, 32}, 10),
                          wide = options_for(Architecture::Wrn50, {3, 32, 32}, 10);
  // (9 + 1)·8, (72 + 1)·16, (16·49 + 1)·32, 33·10.
  EXPECT_EQ(size_of(cnn).parameters, 80 + 1168 + 25120 + 330);
  EXPECT_EQ(parameters_in(*make_classifier(cpu, cnn, Random(1, "cnn"))), size_of(cnn).parameters);
  // The usual ResNet-18 for CIFAR-10.
  EXPECT_EQ(size_of(resnet).parameters, 11173962);
  EXPECT_EQ(parameters_in(*make_classifier(cpu, resnet, Random(1, "resnet"))), 11173962);
  EXPECT_NEAR(size_of(resnet).multiply_adds, 0.56e9, 0.005e9);
  // WideResNet-50-2 of torchvision has 68,883,240; other stem (1,728 for 9,408) and 10 classes for 1,000.
  EXPECT_EQ(size_of(wide).parameters, 68883240 - 9408 + 1728 - 2048 * 990 - 990);
  EXPECT_EQ(size_of(wide).features, 2048);
  EXPECT_EQ(size_of({Architecture::Mlp, {2, 16, 16, 2}, {}}).parameters, 3 * 16 + 17 * 16 + 17 * 2);
  EXPECT_EQ(size_of(cnn).multiply_adds, 784 * 72 + 196 * 72 * 16 + 784 * 32 + 320);
}

TEST(Classifiers, ShapesOfEveryLayerFit) {
  const Device cpu = Device::cpu();
  for (const ImageSize image : {ImageSize{1, 4, 4}, {1, 14, 14}, {3, 5, 7}}) {
    auto cnn = make_classifier(cpu, options_for(Architecture::Cnn, image, 3), Random(1, "cnn"));
    const Tensor x = normal_tensor<float>(cpu, {2, image.channels * image.height * image.width}, "x");
    EXPECT_EQ((*cnn)(x, Mode::Training).shape(), (Shape{2, 3}));
    EXPECT_EQ(cnn->features(x, Mode::Evaluation).shape(), (Shape{2, 32}));
  }
  for (const ImageSize image : {ImageSize{1, 8, 8}, {3, 13, 9}}) {
    auto resnet = make_classifier(cpu, options_for(Architecture::ResNet18, image, 5), Random(1, "resnet"));
    const Tensor x = normal_tensor<float>(cpu, {3, image.channels * image.height * image.width}, "x");
    EXPECT_EQ((*resnet)(x, Mode::Training).shape(), (Shape{3, 5}));
    EXPECT_EQ(resnet->features(x, Mode::Evaluation).shape(), (Shape{3, 512}));
  }
}

TEST(Classifiers, RefuseWhatIsNoImage) {
  const Device cpu = Device::cpu();
  const auto message = [&](Architecture architecture, ImageSize image) -> std::string {
    try {
      make_classifier(cpu, options_for(architecture, image, 2), Random(1, "x"));
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_NE(message(Architecture::Cnn, {}).find("cnn needs images"), std::string::npos);
  EXPECT_NE(message(Architecture::Cnn, {1, 3, 9}).find("3 × 9 pixels; allowed are 4 × 4"), std::string::npos);
  EXPECT_NE(message(Architecture::Wrn50, {1, 9, 7}).find("allowed are 8 × 8"), std::string::npos);
}

TEST(BatchNorm, RunningStatisticsFollowATenthOfTheWay) {
  const Device cpu = Device::cpu();
  BatchNorm2d layer(cpu, "norm", 1);
  // Mean 4; sum of squares 20, over n − 1 = 3.
  const Tensor x = Tensor::from<float>(cpu, {1, 3, 5, 7}, {4, 1, 1, 1});
  layer(x, Mode::Training);
  EXPECT_NEAR(layer.running_mean.value.item(), 0.4, 1e-6);
  EXPECT_NEAR(layer.running_variance.value.item(), 0.9 + 0.1 * 20 / 3, 1e-6);
  layer(x, Mode::Training);
  EXPECT_NEAR(layer.running_mean.value.item(), 0.76, 1e-6);
  layer.weight.value.data<float>()[0] = 2;
  layer.bias.value.data<float>()[0] = -1;
  const double variance = layer.running_variance.value.item();
  const std::vector<float> out = layer(x, Mode::Evaluation).values<float>();
  for (std::size_t i = 0; i < out.size(); ++i)
    EXPECT_NEAR(out[i], 2 * (1 + 2 * static_cast<double>(i) - 0.76) / std::sqrt(variance + 1e-5) - 1, 1e-5);
  EXPECT_NEAR(layer.running_mean.value.item(), 0.76, 1e-6);  // evaluation changes nothing
}

/// Stripes along x or along y, at random places: no single pixel tells them apart.
struct Stripes {
  Stripes(const Device& cpu, std::int64_t count, std::int64_t side, const char* name) {
    Random random(1, name);
    std::vector<float> pixels;
    std::vector<std::int32_t> classes;
    for (std::int64_t i = 0; i < count; ++i) {
      const bool along_x = random.uniform() < 0.5;
      const auto phase = static_cast<std::int64_t>(random.below(2));
      for (std::int64_t p = 0; p < side * side; ++p) {
        const std::int64_t across = along_x ? p / side : p % side;
        pixels.push_back(static_cast<float>((across + phase) % 2 == 0 ? 1 : -1) +
                         0.3f * static_cast<float>(random.normal()));
      }
      classes.push_back(along_x ? 1 : 0);
    }
    x = Tensor::from<float>(cpu, pixels, {count, side * side});
    labels = Tensor::from<std::int32_t>(cpu, classes, {count});
  }
  Tensor x, labels;
};

TEST(Classifiers, ConvolutionsTellStripesApart) {
  const Device cpu = Device::cpu(tensor::NumericLevel::portable);
  const Stripes train(cpu, 64, 8, "train"), test(cpu, 200, 8, "test");
  auto model = make_classifier(cpu, options_for(Architecture::Cnn, {1, 8, 8}, 2), Random(1, "init"));
  Adam adam(model->parameters());
  Training training(
      cpu, adam, [&](std::int64_t) { return cross_entropy((*model)(train.x, Mode::Training), train.labels); },
      {.steps = 60, .rate = Schedule::constant(0.01)});
  training.advance(UnlimitedBudget());
  const std::vector<float> z = (*model)(test.x, Mode::Evaluation).values<float>();
  const std::vector<std::int32_t> label = test.labels.values<std::int32_t>();
  int right = 0;
  for (std::size_t i = 0; i < label.size(); ++i) right += (z[2 * i + 1] > z[2 * i]) == (label[i] == 1);
  EXPECT_GT(right, 195);
}

struct ResNetRun {
  ResNetRun()
      : cpu(Device::cpu(tensor::NumericLevel::portable)),
        data(cpu, 6, 8, "train"),
        model(make_classifier(cpu, options_for(Architecture::ResNet18, {1, 8, 8}, 2), Random(1, "init"))),
        sgd(model->parameters(), {.momentum = 0.9, .weight_decay = 1e-4}),
        training(
            cpu, sgd,
            [this](std::int64_t) { return cross_entropy((*model)(data.x, Mode::Training), data.labels); },
            {.steps = 4, .rate = Schedule::constant(0.01)},
            [this](const Training::Step& step) { losses.push_back(step.loss); }) {
    for (auto& [name, value] : model->state()) training.keep(name, *value);
  }
  Device cpu;  // a device has one record of operations
  Stripes data;
  std::unique_ptr<Classifier> model;
  Sgd sgd;
  std::vector<double> losses;
  Training training;
};

TEST(Classifiers, AResNetInterruptedAndResumedGivesTheSameBits) {
  ResNetRun whole, first, second;
  whole.training.advance(UnlimitedBudget());
  EXPECT_LT(whole.losses.back(), whole.losses.front());
  first.training.step();
  first.training.step();
  second.training.resume(first.training.checkpoint());
  second.training.advance(UnlimitedBudget());
  EXPECT_EQ(second.training.checkpoint(), whole.training.checkpoint());
  // Evaluation, which only the running statistics enter, agrees as well.
  const auto answers = [](ResNetRun& run) {
    return (*run.model)(run.data.x, Mode::Evaluation).values<float>();
  };
  EXPECT_EQ(answers(second), answers(whole));
  EXPECT_NE(answers(first), answers(whole));
}

}  // namespace
}  // namespace reprise::nn
