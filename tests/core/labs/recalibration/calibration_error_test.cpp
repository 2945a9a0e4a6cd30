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

// One bin: the estimate is |mean of p − y|, whose resamples are about normal with the deviation of a mean.
TEST(EceBootstrap, OneBinIsTheIntervalOfAMean) {
  Random random(5, "bootstrap", {});
  std::vector<double> p;
  std::vector<std::uint8_t> y;
  double sum = 0, squares = 0;
  for (int row = 0; row < 2000; ++row) {
    p.push_back(.5 + .5 * random.uniform());
    y.push_back(random.bernoulli(.4) ? 1 : 0);
    const double gap = p.back() - y.back();
    sum += gap;
    squares += gap * gap;
  }
  const double mean = sum / 2000;
  const double deviation = std::sqrt((squares / 2000 - mean * mean) / 2000);
  const EceIntervals found = ece_bootstrap(p, y, 1, .9, 2000, random);
  // The 5 % quantile of 2000 resamples scatters by a twentieth of the deviation.
  EXPECT_NEAR(found.l1.low, mean - 1.6449 * deviation, .2 * deviation);
  EXPECT_NEAR(found.l1.high, mean + 1.6449 * deviation, .2 * deviation);
  EXPECT_NEAR(found.l2sq_plugin.low, found.l1.low * found.l1.low, 1e-9);  // interpolated squares
  EXPECT_LT(found.l2sq_debiased.low, found.l2sq_plugin.low);
}

TEST(EceBootstrap, DeterministicCorrectScoresHaveNoSpread) {
  Random random(5, "bootstrap", {1});
  const std::vector<double> p = {0, 0, 0, 1, 1, 1, 1};
  const std::vector<std::uint8_t> y = {0, 0, 0, 1, 1, 1, 1};
  const EceIntervals found = ece_bootstrap(p, y, 3, .95, 50, random);
  EXPECT_EQ(found.l1.low, 0);
  EXPECT_EQ(found.l1.high, 0);
  EXPECT_EQ(found.l2sq_debiased.high, 0);
  EXPECT_THROW(ece_bootstrap(p, y, 3, 1, 50, random), std::invalid_argument);
  EXPECT_THROW(ece_bootstrap({}, {}, 3, .9, 50, random), std::invalid_argument);
}

// Labels 0 0 1 0 1 1 1 1: two bins have means ¼ and 1, three (rows 1–2, 3–5, 6–8) 0, ⅔, 1, four 0, ½, 1, 1.
TEST(MonotoneSweep, ByHand) {
  const std::vector<double> z = {.1, .2, .3, .4, .5, .6, .7, .8};
  EXPECT_EQ(monotone_sweep_bins(SortedScores(z, std::vector<std::uint8_t>{0, 0, 1, 0, 1, 1, 1, 1})), 4);
  EXPECT_EQ(monotone_sweep_bins(SortedScores(z, std::vector<std::uint8_t>{0, 0, 1, 0, 1, 1, 1, 1}), 3), 3);
  // ½ then ½; three bins: 1, ⅓, …
  EXPECT_EQ(monotone_sweep_bins(SortedScores(z, std::vector<std::uint8_t>{1, 1, 0, 0, 1, 1, 0, 0})), 2);
  EXPECT_EQ(monotone_sweep_bins(SortedScores(z, std::vector<std::uint8_t>{1, 1, 1, 1, 0, 0, 0, 0})), 1);
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
