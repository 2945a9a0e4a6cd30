// Logs written by hand; what the detectors must say can be counted off.
#include "labs/slingshot/spike_detector.h"

#include "base/math.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace reprise::slingshot {
namespace {

std::vector<double> level(std::size_t rows, double value) {
  return std::vector<double>(rows, value);
}

TEST(SpikeDetector, StartPeakAndEnd) {
  std::vector<double> losses = level(100, 1e-4);
  losses[40] = 0.0101;  // above 100 · 1e-4
  losses[41] = 0.5;
  losses[42] = 0.005;   // not below 0.5/100
  losses[43] = 0.0049;  // below: over
  const SpikeDetector found = find_spikes(losses);
  ASSERT_EQ(found.raw().size(), 1u);
  EXPECT_EQ(found.raw()[0], (Spike{40, 43, 0.5}));
  EXPECT_EQ(found.slingshots(), found.raw());
  EXPECT_EQ(found.first_spike(), 40);
}

TEST(SpikeDetector, ExactlyTheRatioIsNoSpike) {
  std::vector<double> losses = level(60, 0.25);
  losses[30] = 25;  // 100 · 0.25, not above
  EXPECT_TRUE(find_spikes(losses).raw().empty());
  losses[30] = 25.125;
  EXPECT_EQ(find_spikes(losses).first_spike(), 30);
}

TEST(SpikeDetector, RunningMinimumAndFloor) {
  // The minimum is that of the rows since the last spike; below the floor it counts as 1e-9.
  std::vector<double> losses = level(100, 1);
  losses[30] = 1e-15;
  losses[50] = 0.9e-7;  // below 100 · 1e-9; the rows of 1 are spikes
  const SpikeDetector found = find_spikes(losses);
  EXPECT_EQ(found.first_spike(), 31);
  std::vector<double> quiet = level(100, 0.9e-7);
  quiet[30] = 1e-15;
  EXPECT_TRUE(find_spikes(quiet).raw().empty());
}

TEST(SpikeDetector, AfterASpikeTheMinimumIsItsLastLoss) {
  std::vector<double> losses = level(200, 1e-6);
  losses[40] = 1;
  losses[41] = 1e-3;  // ends the spike: the minimum is now 1e-3
  losses[42] = 0.09;  // not above 100 · 1e-3
  const SpikeDetector found = find_spikes(losses);
  EXPECT_EQ(found.raw().size(), 1u);
  losses[42] = 0.11;
  EXPECT_EQ(find_spikes(losses).raw().size(), 2u);
}

TEST(SpikeDetector, BurnInIsNotLookedAt) {
  std::vector<double> losses = level(60, 1);
  for (std::size_t i = 0; i < 19; ++i) losses[i] = 1e-9;
  EXPECT_TRUE(find_spikes(losses).raw().empty());
  SpikeRule rule;
  rule.burn_in = 0;
  EXPECT_EQ(find_spikes(losses, rule).first_spike(), 19);
}

TEST(SpikeDetector, StartsCloseTogetherAreOneSlingshot) {
  std::vector<double> losses = level(300, 1e-5);
  const auto spike_at = [&](std::size_t row, double peak) { losses[row] = peak; };
  spike_at(100, 0.1);
  spike_at(110, 0.4);
  spike_at(150, 0.2);  // 50 after the slingshot's start: still the same
  spike_at(151 + 50, 0.3);
  const SpikeDetector found = find_spikes(losses);
  EXPECT_EQ(found.raw().size(), 4u);
  ASSERT_EQ(found.slingshots().size(), 2u);
  EXPECT_EQ(found.slingshots()[0], (Spike{100, 151, 0.4}));
  EXPECT_EQ(found.slingshots()[1], (Spike{201, 202, 0.3}));
  // The gap is counted from the start of the slingshot, not from its last spike.
  losses = level(300, 1e-5);
  spike_at(100, 0.1);
  spike_at(140, 0.1);
  spike_at(151, 0.1);
  EXPECT_EQ(find_spikes(losses).slingshots().size(), 2u);
}

TEST(SpikeDetector, OpenSpike) {
  std::vector<double> losses = level(50, 1e-4);
  for (std::size_t i = 45; i < 50; ++i) losses[i] = 1;
  EXPECT_EQ(find_spikes(losses).slingshots()[0], (Spike{45, -1, 1}));
}

TEST(SpikeDetector, NotANumberIsPassedOver) {
  std::vector<double> losses = level(80, 1e-4);
  losses[30] = std::numeric_limits<double>::quiet_NaN();
  losses[50] = 1;
  const SpikeDetector found = find_spikes(losses);
  ASSERT_EQ(found.raw().size(), 1u);
  EXPECT_EQ(found.raw()[0], (Spike{50, 51, 1}));
}

TEST(SpikeDetector, FirstAbove) {
  const std::vector<double> share = {0, 0, 0.25, 0.26, 0.1, 0.6};
  EXPECT_EQ(first_above(share, 0), 2);
  EXPECT_EQ(first_above(share, 0.25), 3);
  EXPECT_EQ(first_above(share, 0.5), 5);
  EXPECT_EQ(first_above(share, 0.6), -1);
}

TEST(Growth, AnExponentialFitsItsLogarithm) {
  std::vector<double> x, values;
  for (int i = 0; i < 40; ++i) {
    x.push_back(2 * i);
    values.push_back(0.3 * math::exp(0.05 * 2 * i));
  }
  const GrowthFit fit = fit_growth(x, values);
  EXPECT_NEAR(fit.slope, 0.05, 1e-14);
  EXPECT_NEAR(fit.r2_exponential, 1, 1e-14);
  EXPECT_LT(fit.r2_linear, 0.9);
}

TEST(Growth, RSquaredByHand) {
  // Values 1 … 10 but the last is 14: Σdxdy = 82.5 + 4·4.5 = 100.5,
  // Σdy² = 82.5 + 2·4·4.5 + 16·0.9 = 132.9, R² = 100.5²/(82.5·132.9).
  std::vector<double> x, values;
  for (int i = 1; i <= 10; ++i) {
    x.push_back(i);
    values.push_back(i == 10 ? 14 : i);
  }
  EXPECT_NEAR(fit_growth(x, values).r2_linear, 100.5 * 100.5 / (82.5 * 132.9), 1e-14);
}

TEST(Growth, NothingToFit) {
  const std::vector<double> x = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<double> values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_FALSE(std::isnan(fit_growth(x, values).slope));
  EXPECT_TRUE(std::isnan(fit_growth(std::span(x).first(9), std::span(values).first(9)).slope));
  values[3] = 0;
  EXPECT_TRUE(std::isnan(fit_growth(x, values).r2_exponential));
}

TEST(Growth, WindowEndsWhereTheValueHasTripledOrAtTheSpike) {
  const std::vector<double> values = {1, 1, 2, 4, 5, 6, 7, 8};
  EXPECT_EQ(growth_window(values, 2, -1), (GrowthWindow{2, 5}));  // 6 = 3 · 2
  EXPECT_EQ(growth_window(values, 2, 4), (GrowthWindow{2, 4}));
  EXPECT_EQ(growth_window(values, 3, -1), (GrowthWindow{3, 8}));
  EXPECT_EQ(growth_window(values, 3, 2), (GrowthWindow{3, 3}));  // the spike came before
  EXPECT_EQ(growth_window(values, -1, 2), (GrowthWindow{-1, -1}));
}

}  // namespace
}  // namespace reprise::slingshot
