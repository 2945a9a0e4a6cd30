// Bounds, required sample sizes and the bound minimiser against hand calculation and enumeration.
#include "labs/recalibration/bounds.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace reprise::recal {
namespace {

TEST(Bounds, ByHand) {
  const double expected = std::pow(std::sqrt(std::log(400.0) / 198) + 0.01, 2);
  EXPECT_NEAR(calibration_bound(1000, 10, 0.1), expected, 1e-15);
  EXPECT_NEAR(expected, 0.033839, 5e-7);
  EXPECT_NEAR(sharpness_bound(100, 20), 0.32, 1e-15);
  EXPECT_NEAR(sharpness_bound(100, 0), 0.02, 1e-15);
  EXPECT_NEAR(sharpness_bound(10, 4) / sharp_sharpness_bound(10, 4), 96, 1e-12);
  EXPECT_TRUE(std::isnan(sharp_sharpness_bound(10, 0)));
  EXPECT_TRUE(std::isnan(calibration_bound(19, 10, 0.1)));
}

TEST(Bounds, FloorOrReal) {
  // ⌊105/10⌋ = 10 against 10.5
  EXPECT_NEAR(calibration_bound(105, 10, 0.1), std::pow(std::sqrt(std::log(400.0) / 18) + 0.1, 2), 1e-15);
  EXPECT_NEAR(calibration_bound(105, 10, 0.1, false), std::pow(std::sqrt(std::log(400.0) / 19) + 1 / 10.5, 2),
              1e-15);
}

TEST(Bounds, RequiredSamples) {
  EXPECT_EQ(required_sample_exact(10, 0.1), 90);
  EXPECT_EQ(required_sample_exact(34, 0.1), 442);
  EXPECT_EQ(required_sample_exact(100, 0.1), 1700);
  EXPECT_EQ(required_sample_exact(2, 0.1), 4);
  EXPECT_EQ(required_sample_exact(1, 0.1), 2);
  EXPECT_EQ(required_sample_chernoff(10, 0.1), 212);
  EXPECT_EQ(required_sample_chernoff(34, 0.1), 888);
  EXPECT_EQ(required_sample_chernoff(100, 0.1), 3041);
  const Bound bound = umb_bound(441, 34, 0.1, 20);
  EXPECT_FALSE(bound.sample_size_ok);
  EXPECT_TRUE(umb_bound(442, 34, 0.1, 20).sample_size_ok);
}

// The condition itself by direct summation of binomial probabilities.
TEST(Bounds, RequiredSamplesByEnumeration) {
  const auto fails = [](int bins, int rows) {
    const int n = bins * rows;
    const double p = 2.0 / bins;
    double term = std::pow(1 - p, n);
    double sum = term;
    for (int k = 1; k <= rows - 1; ++k) {
      term *= (n - k + 1) * p / (k * (1 - p));
      sum += term;
    }
    return bins * sum > 0.05;
  };
  for (const int bins : {3, 5, 10, 20, 34}) {
    int rows = 60;
    while (rows >= 2 && !fails(bins, rows)) --rows;
    EXPECT_EQ(required_sample_exact(bins, 0.1), (rows + 1) * bins) << bins;
  }
}

TEST(Bounds, MinimiserByEnumeration) {
  for (const std::int64_t n : {20, 100, 1000, 20000}) {
    for (const double lipschitz : {0.0, 1.0, 20.0}) {
      std::int64_t best = 1;
      double least = std::numeric_limits<double>::infinity();
      for (std::int64_t bins = 1; bins <= n / 2; ++bins) {
        const double m = static_cast<double>(n / bins);
        const double b = static_cast<double>(bins);
        const double total = std::pow(std::sqrt(std::log(4 * b / 0.1) / (2 * (m - 1))) + 1 / m, 2) +
                             (lipschitz > 0 ? 8 * lipschitz * lipschitz / (b * b) : 2 / b);
        if (total < least) {
          least = total;
          best = bins;
        }
      }
      EXPECT_EQ(bound_minimiser(n, 0.1, lipschitz), best) << n << " " << lipschitz;
    }
  }
}

}  // namespace
}  // namespace reprise::recal
