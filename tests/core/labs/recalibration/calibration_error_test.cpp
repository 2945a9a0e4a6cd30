// Calibration error and reliability bins, against hand calculation and expectation.
#include "labs/recalibration/calibration_error.h"

#include "base/error.h"
#include "base/random.h"

#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>

namespace reprise::recal {
namespace {

using Labels = std::vector<std::uint8_t>;

TEST(CalibrationError, HandExample) {
  // Bins (.1, .2), (.6, .8): means .15 and .7, label means 0 and ½.
  const EceReport report = ece(std::vector<double>{.8, .1, .6, .2}, Labels{1, 0, 0, 0}, 2);
  EXPECT_NEAR(report.l1, .5 * .15 + .5 * .2, 1e-15);
  EXPECT_NEAR(report.l2sq_plugin, .5 * .0225 + .5 * .04, 1e-15);
  EXPECT_NEAR(report.l2sq_debiased, .5 * .0225 + .5 * (.04 - .25), 1e-15);
  EXPECT_EQ(report.bins, 2);
}

TEST(CalibrationError, EqualPredictionsAreNeverSplit) {
  // Four equal predictions over a bin boundary: one bin with label mean ½, and (.9) with 1.
  const EceReport report = ece(std::vector<double>{.5, .5, .5, .5, .9}, Labels{1, 0, 1, 0, 1}, 5);
  EXPECT_EQ(report.bins, 2);
  EXPECT_NEAR(report.l1, .1 / 5, 1e-15);
  // The single row adds (p̄ − ȳ)²/n without correction.
  EXPECT_NEAR(report.l2sq_plugin, .01 / 5, 1e-15);
  EXPECT_NEAR(report.l2sq_debiased, .01 / 5 - .8 * .25 / 3, 1e-15);
}

TEST(CalibrationError, DeterministicCorrectScoresHaveNone) {
  const EceReport report = ece(std::vector<double>{0, 1, 1, 0, 1}, Labels{0, 1, 1, 0, 1}, 3);
  EXPECT_EQ(report.l2sq_debiased, 0);
  EXPECT_EQ(report.l1, 0);
}

TEST(CalibrationError, MoreBinsThanRowsIsOneRowABin) {
  const EceReport report = ece(std::vector<double>{.2, .4, .9}, Labels{0, 1, 1}, 1000);
  EXPECT_EQ(report.bins, 3);
  EXPECT_NEAR(report.l1, (.2 + .6 + .1) / 3, 1e-15);
}

TEST(CalibrationError, EqualWidthBins) {
  // (0, ½] holds .1, .5; (½, 1] holds .6.
  const EceReport report = ece(std::vector<double>{.1, .5, .6}, Labels{0, 1, 1}, 2, EdgeRule::UniformWidth);
  EXPECT_NEAR(report.l1, (2 * .2 + .4) / 3, 1e-15);
}

TEST(CalibrationError, RefusesWhatItCannotMeasure) {
  EXPECT_THROW(ece(std::vector<double>{.1, 1.2}, Labels{0, 1}, 2), InputError);
  EXPECT_THROW(ece(std::vector<double>{.1, .2}, Labels{0, 1}, 0), std::invalid_argument);
  EXPECT_THROW(ece(std::vector<double>{.1, .2}, Labels{0, 1}, 2, EdgeRule::InterpolatedQuantile),
               std::invalid_argument);
  EXPECT_TRUE(std::isnan(ece({}, {}, 3).l1));
}

TEST(CalibrationError, PerfectModelHasTheFormulasEceAndNoDebiasedError) {
  // Uniform calibrated scores, n = 500, B = 15: mean ECE near √(2B/(πn)) · mean √(q(1 − q)) = 0.0546, and
  // debiased CE² near 0.
  const int repeats = 300;
  double l1 = 0;
  double debiased = 0;
  for (std::uint64_t repeat = 0; repeat < repeats; ++repeat) {
    Random random(5, "calibrated", {repeat});
    std::vector<double> p;
    Labels y;
    for (int row = 0; row < 500; ++row) {
      p.push_back(random.uniform());
      y.push_back(random.bernoulli(p.back()) ? 1 : 0);
    }
    const EceReport report = ece(p, y, 15);
    l1 += report.l1 / repeats;
    debiased += report.l2sq_debiased / repeats;
  }
  EXPECT_NEAR(l1, 0.0546, 0.0025);
  EXPECT_NEAR(debiased, 0, 3e-4);
}

TEST(Reliability, DefaultNumberOfPoints) {
  EXPECT_EQ(default_reliability_bins(1), 1);
  EXPECT_EQ(default_reliability_bins(10), 3);
  EXPECT_EQ(default_reliability_bins(2499), 49);
  EXPECT_EQ(default_reliability_bins(1'000'000), 50);
}

TEST(Reliability, BinsOfEqualMass) {
  const std::vector<double> ascending = {.1, .2, .3, .4, .5};
  const std::vector<ReliabilityBin> bins = equal_mass_bins(ascending, Labels{0, 0, 1, 1, 1}, 2);
  ASSERT_EQ(bins.size(), 2u);  // ⌊5/2⌋ = 2 rows, then 3
  EXPECT_EQ(bins[0].count, 2);
  EXPECT_NEAR(bins[0].mean_prediction, .15, 1e-16);
  EXPECT_EQ(bins[1].count, 3);
  EXPECT_EQ(bins[1].label_mean(), 1);
}

}  // namespace
}  // namespace reprise::recal
