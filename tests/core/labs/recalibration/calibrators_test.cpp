// Platt, temperature, isotonic, scaling-binning: against closed forms, brute force and other software.
#include "labs/recalibration/calibrators.h"

#include "base/error.h"
#include "base/math.h"
#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace reprise::recal {
namespace {

using Labels = std::vector<std::uint8_t>;

// Twelve rows with overlapping classes.
const std::vector<double> scores = {.05, .15, .2, .3, .35, .45, .5, .6, .65, .8, .9, .95};
const Labels labels = {0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1};

/// Rows whose label shares are exactly σ(slope · logit z + intercept): the noise-free limit.
struct NoiseFree {
  std::vector<double> z;
  Labels y;
};
NoiseFree noise_free(double slope, double intercept) {
  NoiseFree rows;
  for (int positives = 1; positives <= 19; ++positives) {
    const double z = math::logistic((math::logit(positives / 20.0) - intercept) / slope);
    for (int i = 0; i < 20; ++i) {
      rows.z.push_back(z);
      rows.y.push_back(i < positives ? 1 : 0);
    }
  }
  return rows;
}

TEST(Platt, RecoversFourAndZeroWithoutNoise) {
  const NoiseFree rows = noise_free(4, 0);
  const Platt platt = fit_platt(rows.z, rows.y);
  EXPECT_NEAR(platt.slope, 4, 1e-12);
  EXPECT_NEAR(platt.intercept, 0, 1e-12);
  const Platt falling = fit_platt(noise_free(-0.7, 1.5).z, noise_free(-0.7, 1.5).y);
  EXPECT_NEAR(falling.slope, -0.7, 1e-12);
  EXPECT_NEAR(falling.intercept, 1.5, 1e-12);
}

TEST(Platt, MatchesARootOfTheLikelihoodEquations) {
  // mpmath.findroot with 40 digits; scikit-learn's unpenalised LogisticRegression gives 1.0280368,
  // 0.05192933.
  const Platt platt = fit_platt(scores, labels);
  EXPECT_NEAR(platt.slope, 1.0280368011397501191, 1e-13);
  EXPECT_NEAR(platt.intercept, 0.051929326703395889961, 1e-13);
  EXPECT_NEAR(platt(.3), 1 / (1 + std::exp(-(platt.slope * std::log(.3 / .7) + platt.intercept))), 1e-15);
}

TEST(Platt, LogitsAndProbabilitiesGiveTheSameFit) {
  std::vector<double> logits;
  for (const double z : scores) logits.push_back(std::log(z / (1 - z)));
  const Platt from_logits = fit_platt(logits, labels, ScoreScale::Logit);
  EXPECT_NEAR(from_logits.slope, fit_platt(scores, labels).slope, 1e-12);
  // A shifted and stretched logit: slope/100, intercept moved along.
  for (double& x : logits) x = 1e4 + 100 * x;
  const Platt far = fit_platt(logits, labels, ScoreScale::Logit);
  EXPECT_NEAR(far.slope, from_logits.slope / 100, 1e-12);
  EXPECT_NEAR(far.slope * 1e4 + far.intercept, from_logits.intercept, 1e-8);
}

TEST(Platt, SlicingChangesNothing) {
  Random random(1, "platt");
  std::vector<double> logits;
  Labels y;
  for (int row = 0; row < 5000; ++row) {
    y.push_back(random.bernoulli(.3) ? 1 : 0);
    logits.push_back(random.normal() + (y.back() != 0 ? 1 : -1));
  }
  PlattFitter slow(logits, y, ScoreScale::Logit);
  int steps = 1;
  while (!slow.step(1)) ++steps;
  PlattFitter fast(logits, y, ScoreScale::Logit);
  while (!fast.step(1'000'000)) {
  }
  EXPECT_GT(steps, 50);
  EXPECT_EQ(slow.result().slope, fast.result().slope);
  EXPECT_EQ(slow.result().intercept, fast.result().intercept);
}

TEST(Platt, SeparatedLabelsAreCapped) {
  const Platt platt = fit_platt(std::vector<double>{.1, .2, .8, .9}, Labels{0, 0, 1, 1});
  EXPECT_TRUE(platt.capped);
  EXPECT_EQ(platt.slope, 1e6);
  EXPECT_NEAR(platt.linear(.5), 0, 1e-4);  // through the middle of the gap: logit ½
  EXPECT_EQ(platt(.2), 0);
  EXPECT_EQ(platt(.8), 1);
  EXPECT_EQ(fit_platt(std::vector<double>{.1, .9}, Labels{1, 0}).slope, -1e6);

  // Classes that touch in one score keep the label mean there.
  const Platt touching =
      fit_platt(std::vector<double>{-1, 0, 0, 0, 1}, Labels{0, 0, 1, 1, 1}, ScoreScale::Logit);
  EXPECT_TRUE(touching.capped);
  EXPECT_NEAR(touching(0), 2.0 / 3, 1e-12);
}

TEST(Platt, RefusesOneClassAndOneScore) {
  EXPECT_THROW(fit_platt(std::vector<double>{.1, .2}, Labels{1, 1}), InputError);
  EXPECT_THROW(fit_platt(std::vector<double>{.3, .3}, Labels{0, 1}), InputError);
}

TEST(Platt, ExtremeProbabilitiesAreClipped) {
  EXPECT_NEAR(logit_of_score(0, ScoreScale::Probability), std::log(1e-16), 1e-12);
  EXPECT_GT(logit_of_score(1, ScoreScale::Probability), 36);
  EXPECT_LT(logit_of_score(1, ScoreScale::Probability), 38);
  EXPECT_EQ(logit_of_score(-800, ScoreScale::Logit), -800);
}

TEST(Temperature, MatchesARootOfTheLikelihoodEquation) {
  const Temperature temperature = fit_temperature(scores, labels);
  EXPECT_NEAR(temperature.temperature, 0.97623751879791799547, 1e-13);  // mpmath
  EXPECT_FALSE(temperature.at_edge);
  EXPECT_NEAR(temperature(.8), math::logistic(std::log(4.0) / temperature.temperature), 1e-15);
}

TEST(Temperature, RecoversTheTruthWithoutNoise) {
  for (const double slope : {0.02, 0.5, 4.0, 60.0}) {
    const NoiseFree rows = noise_free(4, 0);
    std::vector<double> logits;
    for (const double z : rows.z) logits.push_back(math::logit(z) * 4 / slope);
    EXPECT_NEAR(fit_temperature(logits, rows.y, ScoreScale::Logit).temperature * slope, 1, 1e-9) << slope;
  }
}

TEST(Temperature, StopsAtItsEdges) {
  const Temperature hot = fit_temperature(std::vector<double>{.2, .8}, Labels{1, 0});
  EXPECT_TRUE(hot.at_edge);
  EXPECT_EQ(hot.temperature, 1e3);
  const Temperature cold = fit_temperature(std::vector<double>{.4999, .5001}, Labels{0, 1});
  EXPECT_TRUE(cold.at_edge);
  EXPECT_NEAR(cold.temperature, 1e-3, 1e-18);
  EXPECT_THROW(fit_temperature(std::vector<double>{.5, .5}, Labels{0, 1}), InputError);
  EXPECT_THROW(fit_temperature(std::vector<double>{.2, .5}, Labels{0, 0}), InputError);
}

TEST(Isotonic, MatchesScikitLearn) {
  // sklearn 1.2.1, IsotonicRegression(out_of_bounds='clip')
  const Isotonic isotonic = fit_isotonic(SortedScores(scores, labels));
  const std::vector<double> fitted = {0, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3, .5, .5, .5, .5, 1, 1, 1};
  for (std::size_t row = 0; row < scores.size(); ++row) EXPECT_EQ(isotonic(scores[row]), fitted[row]);
  EXPECT_EQ(isotonic(.1), 0);
  EXPECT_NEAR(isotonic(.17), 0.13333333333333333, 1e-15);
  EXPECT_NEAR(isotonic(.4), 0.41666666666666667, 1e-15);
  EXPECT_EQ(isotonic(.62), .5);
  EXPECT_EQ(isotonic(.99), 1);
}

// Least squares among all non-decreasing functions, by the min–max formula: f_i = max over j <= i of
// min over k >= i of the label mean of rows j…k, for rows without ties.
double min_max(const Labels& y, std::size_t i) {
  double best = 0;
  for (std::size_t j = 0; j <= i; ++j) {
    double least = 1;
    for (std::size_t k = i; k < y.size(); ++k) {
      double sum = 0;
      for (std::size_t row = j; row <= k; ++row) sum += y[row];
      least = std::min(least, sum / static_cast<double>(k - j + 1));
    }
    best = std::max(best, least);
  }
  return best;
}

TEST(Isotonic, IsTheLeastSquaresFitForEveryLabelling) {
  std::vector<double> z;
  for (int row = 0; row < 9; ++row) z.push_back(row / 10.0);
  for (unsigned bits = 0; bits < 512; ++bits) {
    Labels y;
    for (unsigned row = 0; row < 9; ++row) y.push_back((bits >> row) & 1u);
    const Isotonic isotonic = fit_isotonic(SortedScores(z, y));
    for (std::size_t row = 0; row < z.size(); ++row) {
      ASSERT_NEAR(isotonic(z[row]), min_max(y, row), 1e-15) << bits << " " << row;
    }
    ASSERT_TRUE(std::is_sorted(isotonic.value.begin(), isotonic.value.end()));
    ASSERT_EQ(std::adjacent_find(isotonic.value.begin(), isotonic.value.end()), isotonic.value.end());
  }
}

TEST(Isotonic, EqualScoresArePooledFirst) {
  const Isotonic isotonic =
      fit_isotonic(SortedScores(std::vector<double>{.2, .2, .2, .7, .7}, Labels{1, 0, 0, 1, 1}));
  EXPECT_NEAR(isotonic(.2), 1.0 / 3, 1e-15);
  EXPECT_EQ(isotonic(.7), 1);
  EXPECT_NEAR(isotonic(.45), 2.0 / 3, 1e-15);
  EXPECT_THROW(fit_isotonic(SortedScores()), InputError);
}

TEST(ScalingBinning, BinsAnswerWithTheMeanOfPlatt) {
  const ScalingBinning map = fit_scaling_binning(scores, labels, 3);
  const Platt platt = fit_platt(scores, labels);
  for (std::size_t bin = 0; bin < 3; ++bin) {
    double sum = 0;
    for (std::size_t row = 4 * bin; row < 4 * bin + 4; ++row) sum += platt(scores[row]);
    for (std::size_t row = 4 * bin; row < 4 * bin + 4; ++row) EXPECT_NEAR(map(scores[row]), sum / 4, 1e-15);
  }
  // Its edges on the scale of the score are the scores whose outputs are the edges.
  const std::vector<double> edges = map.score_edges();
  ASSERT_EQ(edges.size(), 4u);
  EXPECT_EQ(edges[0], 0);
  EXPECT_NEAR(edges[1], .3, 1e-14);
  EXPECT_NEAR(edges[2], .6, 1e-14);
  EXPECT_EQ(edges[3], 1);
}

TEST(ScalingBinning, WithTwoRowsABinItIsPlattUpToTheBinWidth) {
  Random random(3, "hybrid");
  std::vector<double> z;
  Labels y;
  for (int row = 0; row < 2000; ++row) {
    z.push_back(random.uniform_open());
    y.push_back(random.bernoulli(z.back()) ? 1 : 0);
  }
  const ScalingBinning map = fit_scaling_binning(z, y, 1000);
  double widest = 0;
  for (std::size_t b = 0; b < map.bins.bins(); ++b) {
    widest = std::max(widest, map.bins.edges[b + 1] - map.bins.edges[b]);
  }
  for (const double score : z) ASSERT_LE(std::fabs(map(score) - map.platt(score)), widest);
  EXPECT_LT(widest, .01);
}

TEST(ScalingBinning, FallingScoresWork) {
  Labels flipped;
  for (const std::uint8_t y : labels) flipped.push_back(static_cast<std::uint8_t>(1 - y));
  const ScalingBinning map = fit_scaling_binning(scores, flipped, 3);
  EXPECT_LT(map.platt.slope, 0);
  EXPECT_GT(map(.1), map(.9));
}

}  // namespace
}  // namespace reprise::recal
