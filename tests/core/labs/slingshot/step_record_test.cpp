// A batch of four samples by hand.
#include "labs/slingshot/step_record.h"

#include "tensor/ops.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace reprise::slingshot {
namespace {

TEST(StepMeter, CountsByHand) {
  //                                absorbed    silent      wrong       tie, lowest index wins
  const std::vector<double> logits = {9, 1, 0, /**/ 0, 8, 2, /**/ 1, 3, 0, /**/ 2, 2, 0};
  const std::vector<std::int32_t> labels = {0, 1, 0, 0};
  const std::vector<double> gradient = {0, 0.25, 0.25, 0, 0, 0, -0.5, 0.5, 0, -0.25, 0.25, 0};
  const std::vector<double> kernel_losses = {0, 0, 2, 1};
  StepMeter meter;
  StepRecord record;
  ASSERT_TRUE(meter.measure_loss(logits, gradient, kernel_losses, labels, record));
  EXPECT_EQ(record.train_accuracy, 0.75);
  EXPECT_EQ(record.absorbed, 0.25);
  EXPECT_EQ(record.silent, 0.25);
  EXPECT_EQ(record.zero_sum_defect, 0.5 / 2);      // |0.5| + 0 + 0 + 0 over 0.5 + 0 + 1 + 0.5
  EXPECT_EQ(record.median_margin, (0.0 + 6) / 2);  // margins 8, 6, −2, 0
  EXPECT_EQ(record.max_logit, 9);
  EXPECT_EQ(record.kernel_loss, 0.75);
  const double expected =
      (std::log1p(std::exp(-8.0) + std::exp(-9.0)) + std::log1p(std::exp(-6.0) + std::exp(-8.0)) +
       std::log(1 + std::exp(-2.0) + std::exp(-3.0)) + 2 + std::log1p(1 + std::exp(-2.0))) /
      4;
  EXPECT_NEAR(record.true_loss, expected, 1e-15);
}

TEST(StepMeter, TrueLossKeepsItsDigitsFarBelowOne) {
  // One competitor 40 below: log1p(e^−40) = e^−40, where 1 + e^−40 is 1 in double.
  StepMeter meter;
  StepRecord record;
  ASSERT_TRUE(meter.measure_loss(std::vector<double>{40, 0}, std::vector<double>{0, 0},
                                 std::vector<double>{0}, std::vector<std::int32_t>{0}, record));
  EXPECT_NEAR(record.true_loss / std::exp(-40.0), 1, 1e-14);
  EXPECT_EQ(record.zero_sum_defect, 0);  // nothing is left
  EXPECT_EQ(record.silent, 1);
}

TEST(StepMeter, NotFinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  StepMeter meter;
  StepRecord record;
  record.true_loss = 7;
  const std::vector<double> fine = {1, 0}, losses = {0};
  const std::vector<std::int32_t> labels = {0};
  EXPECT_FALSE(meter.measure_loss(std::vector<double>{infinity, 0}, fine, losses, labels, record));
  EXPECT_FALSE(meter.measure_loss(fine, std::vector<double>{NAN, 0}, losses, labels, record));
  EXPECT_EQ(record.true_loss, 7);
}

TEST(StepMeter, MeansByHand) {
  const tensor::Device device = tensor::Device::cpu();
  const auto features = tensor::Tensor::from<float>(device, {1, 0, 3, 8}, {2, 2});      // mean (2, 4)
  const auto classifier = tensor::Tensor::from<float>(device, {-1, 0, -2, 0}, {2, 2});  // mean (−1.5, 0)
  StepMeter meter;
  StepRecord record;
  meter.measure_means(features, classifier, record);
  EXPECT_DOUBLE_EQ(record.h_mean_norm, std::sqrt(20.0));
  EXPECT_DOUBLE_EQ(record.w_mean_norm, 1.5);
  EXPECT_DOUBLE_EQ(record.w_norm, std::sqrt(5.0));
  EXPECT_DOUBLE_EQ(record.cosine, -2 / std::sqrt(20.0));
}

}  // namespace
}  // namespace reprise::slingshot
