#include "classify/scores.h"

#include "base/error.h"
#include "classify/blobs.h"
#include "classify/network.h"
#include "classify/two_moons.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::classify {
namespace {

TEST(Scores, ThreeClassesByHand) {
  const std::vector<double> z = {std::log(2.0), std::log(5.0), std::log(3.0)};  // p = 0.2, 0.5, 0.3
  EXPECT_NEAR(score_of(z, ScoreKind::Msp), std::log(0.5 / 0.5), 1e-14);
  EXPECT_NEAR(score_of(z, ScoreKind::MaxLogit), std::log(5.0), 1e-14);
  EXPECT_NEAR(score_of(z, ScoreKind::Margin), std::log(5.0 / 3), 1e-14);
  EXPECT_NEAR(score_of(z, ScoreKind::NegEntropy),
              0.2 * std::log(0.2) + 0.5 * std::log(0.5) + 0.3 * std::log(0.3), 1e-14);
  EXPECT_NEAR(score_of(z, ScoreKind::Gini), 0.04 + 0.25 + 0.09, 1e-14);
  EXPECT_NEAR(score_of(z, ScoreKind::Energy), std::log(10.0), 1e-14);
  EXPECT_EQ(predictions(LogitsView(z, 3)), std::vector<std::int32_t>{1});
}

TEST(Scores, NeverSaturate) {
  const std::vector<double> z = {0, 800, 0, 801};
  const std::vector<double> s = score_from_logits(LogitsView(z, 2), ScoreKind::Msp);
  EXPECT_EQ(s, (std::vector<double>{800, 801}));
}

TEST(Scores, SinglePrecisionSaturates) {
  const std::vector<double> z = {0, 18, 0, 19, std::log(3.0), 0};
  const LogitsView logits(z, 2);
  const std::vector<double> p = single_precision_msp(logits);
  EXPECT_EQ(p[0], 1);
  EXPECT_EQ(p[1], 1);
  EXPECT_NEAR(p[2], 0.75, 1e-7);
  EXPECT_LT(score_of(logits.row(0), ScoreKind::Msp), score_of(logits.row(1), ScoreKind::Msp));
}

TEST(Scores, TiesTakeTheLowestClassAndOneClassScoresZero) {
  const std::vector<double> z = {1, 1, 0};
  EXPECT_EQ(first_largest(z), 0U);
  EXPECT_EQ(score_of(z, ScoreKind::Margin), 0);
  const std::vector<double> alone = {3};
  EXPECT_EQ(score_of(alone, ScoreKind::Msp), 0);
  EXPECT_EQ(score_kind_named("neg-entropy"), ScoreKind::NegEntropy);
  EXPECT_THROW(score_kind_named("best"), InputError);
}

/// The posterior by the midpoint rule with very many nodes.
double brute_posterior(double x1, double x2, double sigma) {
  const int nodes = 200000;
  double density[2] = {0, 0};
  for (int i = 0; i < nodes; ++i) {
    const double t = 3.14159265358979323846 * (i + 0.5) / nodes;
    const double means[2][2] = {{std::cos(t), std::sin(t)}, {1 - std::cos(t), 0.5 - std::sin(t)}};
    for (int k = 0; k < 2; ++k) {
      const double d1 = x1 - means[k][0], d2 = x2 - means[k][1];
      density[k] += std::exp(-(d1 * d1 + d2 * d2) / (2 * sigma * sigma));
    }
  }
  return density[1] / (density[0] + density[1]);
}

TEST(TwoMoons, PosteriorAgreesWithBruteForce) {
  for (const double sigma : {0.1, 0.3, 1.0}) {
    const TwoMoonsPosterior eta(sigma);
    for (const auto& [x1, x2] : {std::pair{0.3, 0.2}, {1.2, 0.1}, {-0.8, 0.6}, {0.5, 0.4}})
      EXPECT_NEAR(eta(x1, x2), brute_posterior(x1, x2, sigma), 1e-9) << sigma;
  }
}

TEST(TwoMoons, PosteriorIsSymmetricAndHalfInTheMiddle) {
  for (const double sigma : {0.05, 0.2, 0.8}) {
    const TwoMoonsPosterior eta(sigma);
    EXPECT_DOUBLE_EQ(eta(0.5, 0.25), 0.5);
    for (const auto& [x1, x2] : {std::pair{0.3, 0.2}, {1.9, 1.1}, {-0.8, -0.6}})
      EXPECT_NEAR(eta(x1, x2) + eta(1 - x1, 0.5 - x2), 1, 1e-12);
  }
  EXPECT_NEAR(TwoMoonsPosterior(1000)(0.9, 0.7), 0.5, 1e-5);
  EXPECT_THROW(TwoMoonsPosterior(0.04), InputError);
}

TEST(TwoMoons, LabelsFollowThePosterior) {
  Random random(1, "moons");
  const LabelledPoints points = draw_two_moons(20000, 0.4, random);
  const TwoMoonsPosterior eta(0.4);
  double difference = 0, variance = 0;
  for (std::size_t i = 0; i < points.rows(); ++i) {
    const double p = eta(points.x[2 * i], points.x[2 * i + 1]);
    difference += points.label[i] - p;
    variance += p * (1 - p);
  }
  EXPECT_LT(std::fabs(difference), 4 * std::sqrt(variance));
}

NetworkStreams streams(std::uint64_t seed) {
  return {[=] { return Random(seed, "weights"); },
          [=](std::uint64_t epoch) { return Random(seed, "order", {epoch}); }};
}

TEST(Network, LearnsTwoMoons) {
  Random random(1, "train");
  const LabelledPoints train = draw_two_moons(500, 0.1, random);
  NetworkTraining training({.widths = {2, 16, 16, 2}, .epochs = 30}, train.x, train.label, streams(1));
  while (!training.step()) {
  }
  const std::vector<double> z = training.logits(train.x);
  const std::vector<std::int32_t> h = predictions(LogitsView(z, 2));
  int right = 0;
  for (std::size_t i = 0; i < h.size(); ++i) right += h[i] == train.label[i];
  EXPECT_GT(right, 490);
  EXPECT_EQ(training.features(train.x).size(), 500U * 16U);
  EXPECT_EQ(training.options().size().parameters, 3 * 16 + 17 * 16 + 17 * 2);
}

TEST(Network, OutputsInStepsAreThoseAtOnce) {
  Random random(1, "train");
  const LabelledPoints points = draw_two_moons(20000, 0.1, random);
  NetworkTraining training({.widths = {2, 8, 2}, .epochs = 0}, points.x, points.label, streams(1));
  training.step();
  for (const auto layer : {NetworkOutputs::Layer::Logits, NetworkOutputs::Layer::Features}) {
    NetworkOutputs outputs(training, points.x, layer);
    int steps = 1;
    while (!outputs.step()) ++steps;
    EXPECT_EQ(steps, 3);  // of 8192 rows
    EXPECT_EQ(outputs.take(), layer == NetworkOutputs::Layer::Logits ? training.logits(points.x)
                                                                     : training.features(points.x));
  }
}

TEST(Network, ResidualNetworksHalveTheirRateEvery25Epochs) {
  NetworkOptions options{.widths = {3072, 10}, .epochs = 200, .learning_rate = 0.01};
  EXPECT_EQ(learning_rate(options, 10).at(1999), 0.01);
  options.architecture = nn::Architecture::ResNet18;
  const nn::Schedule rate = learning_rate(options, 10);
  EXPECT_EQ(rate.at(0), 0.01);
  EXPECT_EQ(rate.at(249), 0.01);
  EXPECT_EQ(rate.at(250), 0.005);
  EXPECT_EQ(rate.at(1999), 0.01 / 128);
}

TEST(Network, ConvolutionsInStepsGiveWhatTheyGiveAtOnce) {
  Random random(1, "train");
  const Blobs blobs(2, 1, 64, 0.5, random);
  for (const auto architecture : {nn::Architecture::Cnn, nn::Architecture::ResNet18}) {
    const bool small = architecture == nn::Architecture::Cnn;
    const LabelledPoints points = blobs.draw(small ? 3000 : 20, random);
    NetworkOptions options{.widths = {64, 2}, .epochs = 1, .batch = small ? 64 : 8, .learning_rate = 0.01};
    options.architecture = architecture;
    options.image = {1, 8, 8};
    NetworkTraining training(options, points.x, points.label, streams(1));
    int steps = 1;
    while (!training.step()) ++steps;
    // 25,152 multiply-adds a row and 47 batches of the small one: 5 batches a step; 3 batches of the other.
    EXPECT_EQ(steps, small ? 10 : 3);
    for (const auto layer : {NetworkOutputs::Layer::Logits, NetworkOutputs::Layer::Features}) {
      NetworkOutputs outputs(training, points.x, layer);
      while (!outputs.step()) {
      }
      EXPECT_EQ(outputs.take(), layer == NetworkOutputs::Layer::Logits ? training.logits(points.x)
                                                                       : training.features(points.x));
    }
  }
}

TEST(Network, WithoutEpochsTheWeightsAreTheInitialOnes) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6};
  const std::vector<std::int32_t> label = {0, 1, 0};
  NetworkTraining one({.widths = {2, 4, 2}, .epochs = 0}, x, label, streams(3));
  NetworkTraining other({.widths = {2, 4, 2}, .epochs = 1, .learning_rate = 1e-3}, x, label, streams(3));
  EXPECT_TRUE(one.step());
  EXPECT_EQ(one.logits(x), other.logits(x));
  while (!other.step()) {
  }
  EXPECT_NE(one.logits(x), other.logits(x));
}

}  // namespace
}  // namespace reprise::classify
