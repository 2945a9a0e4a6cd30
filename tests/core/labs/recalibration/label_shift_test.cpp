// Correction for changed class shares: closed forms, a brute-force likelihood, and simulated targets.
#include "labs/recalibration/label_shift.h"

#include "base/error.h"
#include "base/math.h"
#include "base/random.h"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace reprise::recal {
namespace {

TEST(LabelShift, CorrectionInClosedForm) {
  // π_P = .5, π_Q = .1: w1 = .2, w0 = 1.8, so g(.5) = .1.
  const double shift = std::log(.2 / 1.8);
  EXPECT_NEAR(shifted(.5, shift), .1, 1e-15);
  EXPECT_NEAR(shifted(.7, shift), .2 * .7 / (.2 * .7 + 1.8 * .3), 1e-15);
  EXPECT_EQ(shifted(0, shift), 0);
  EXPECT_EQ(shifted(1, shift), 1);
  for (const double p : {1e-12, .01, .3, .5, .99}) {
    EXPECT_EQ(shifted(p, 0), p);
    EXPECT_NEAR(shifted(shifted(p, shift), -shift) / p, 1, 1e-12);
  }
}

TEST(LabelShift, TurnsTheSourceTruthIntoTheTargetTruth) {
  // X|Y ~ N(±2, 1): h*(x) = σ(4x + logit π) under both class shares.
  const double shift = std::log((.1 / .5) / (.9 / .5));
  for (double x = -3; x <= 3; x += .25) {
    EXPECT_NEAR(shifted(math::logistic(4 * x), shift), math::logistic(4 * x + math::logit(.1)), 1e-14);
  }
}

TEST(LabelShift, WeightsFromLabels) {
  const ClassShares plain = shares_from_labels(500, 1000, 10, 100, 0);
  EXPECT_NEAR(plain.weights.w1, .2, 1e-15);
  EXPECT_NEAR(plain.weights.w0, 1.8, 1e-15);
  EXPECT_NEAR(plain.weights.se_log_ratio, std::sqrt(1.0 / 10 + 1.0 / 90 + 2.0 / 500), 1e-15);
  const ClassShares smooth = shares_from_labels(500, 1000, 0, 4, .5);
  EXPECT_NEAR(smooth.target, .5 / 5, 1e-15);
  EXPECT_NEAR(smooth.source, .5, 1e-15);
  EXPECT_NEAR(smooth.weights.log_ratio(), std::log(.1 / .9), 1e-14);
  EXPECT_NEAR(smooth.weights.se_log_ratio, std::sqrt(1 / .5 + 1 / 4.5 + 2 / 500.5), 1e-14);
}

TEST(LabelShift, RefusesImpossibleCounts) {
  EXPECT_THROW(shares_from_labels(500, 1000, 0, 4, 0), InputError);
  EXPECT_THROW(shares_from_labels(0, 1000, 1, 4, 0), InputError);
  EXPECT_THROW(shares_from_labels(5, 10, 5, 4, .5), InputError);
  EXPECT_THROW(shares_from_labels(5, 10, 1, 4, -.5), InputError);
  try {
    shares_from_labels(500, 1000, 4, 4, 0);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.problems()[0].key, "pseudo");
    EXPECT_NE(std::string(error.what()).find("label 0"), std::string::npos);
  }
}

TEST(LabelShift, CompositeAppliesTheCorrectionToAnyMap) {
  const BinMap map =
      fit_histogram(std::vector<double>{.1, .2, .3, .4, .6, .8}, std::vector<std::uint8_t>{0, 0, 1, 0, 1, 1},
                    2, EdgeRule::OrderStatistic, TiePolicy::Merge);
  const ShiftWeights weights{1.8, .2, 0};
  const Composite<BinMap> composite = adapt(map, weights);
  const double source = 1.0 / 3;
  EXPECT_NEAR(composite(.2), .2 * source / (.2 * source + 1.8 * (1 - source)), 1e-15);
}

// The log likelihood written out.
double log_likelihood(const std::vector<CalibratedMass>& target, double source, double share) {
  double sum = 0;
  for (const CalibratedMass& mass : target) {
    const double p = mass.probability;
    sum +=
        static_cast<double>(mass.count) * std::log(share / source * p + (1 - share) / (1 - source) * (1 - p));
  }
  return sum;
}

const std::vector<CalibratedMass> target_bins = {{.02, 40}, {.2, 25}, {.55, 10}, {.9, 15}, {.98, 10}};

TEST(Em, FindsTheMaximumOfTheLikelihood) {
  const EmResult em = em_target_share(target_bins, 60, 100);
  EXPECT_FALSE(em.by_bisection);
  EXPECT_FALSE(em.at_boundary);
  const double best = log_likelihood(target_bins, .6, em.share);
  for (double step : {-1e-3, -1e-5, 1e-5, 1e-3}) {
    EXPECT_LT(log_likelihood(target_bins, .6, em.share + step), best);
  }
  // A plain search over a fine grid.
  double grid_best = 0;
  for (double share = 0; share <= 1; share += 1e-4) {
    if (log_likelihood(target_bins, .6, share) > log_likelihood(target_bins, .6, grid_best))
      grid_best = share;
  }
  EXPECT_NEAR(em.share, grid_best, 1e-4);
  EXPECT_NEAR(em.weights.w1, em.share / .6, 1e-15);
  EXPECT_NEAR(em.weights.w0, (1 - em.share) / .4, 1e-15);
  EXPECT_NEAR(target_log_likelihood(target_bins, .6, .3), log_likelihood(target_bins, .6, .3), 1e-12);
}

TEST(Em, ProfileIntervalIsWhereTheLikelihoodHasFallenByTheQuantile) {
  const EmResult em = em_target_share(target_bins, 60, 100, .95);
  const double floor = log_likelihood(target_bins, .6, em.share) - 3.841458820694124 / 2;  // χ²₁ at .95
  EXPECT_NEAR(log_likelihood(target_bins, .6, em.interval.low), floor, 1e-8);
  EXPECT_NEAR(log_likelihood(target_bins, .6, em.interval.high), floor, 1e-8);
  EXPECT_LT(em.interval.low, em.share);
  EXPECT_GT(em.interval.high, em.share);
}

TEST(Em, RowsAndMassesAgree) {
  std::vector<double> rows;
  for (const CalibratedMass& mass : target_bins)
    rows.insert(rows.end(), static_cast<std::size_t>(mass.count), mass.probability);
  EXPECT_NEAR(weights_em(rows, 60, 100).share, em_target_share(target_bins, 60, 100).share, 1e-9);
}

TEST(Em, RecoversTheShareFromExactPosteriors) {
  // X|Y ~ N(±1, 1), source share ½, so h_P(x) = σ(2x); the target has 15 % of class 1.
  Random random(11, "target");
  std::vector<double> posterior;
  for (int row = 0; row < 200000; ++row) {
    const bool positive = random.bernoulli(.15);
    posterior.push_back(math::logistic(2 * (random.normal() + (positive ? 1 : -1))));
  }
  const EmResult em = weights_em(posterior, 5000, 10000);
  EXPECT_NEAR(em.share, .15, .005);
  EXPECT_LT(em.interval.low, .15);
  EXPECT_GT(em.interval.high, .15);
  // The interval is about ± 1.96 standard errors of the share; those of the log ratio follow by the chain
  // rule.
  const double se = (em.interval.high - em.interval.low) / (2 * 1.959963984540054);
  const double expected = std::sqrt(std::pow(se / (em.share * (1 - em.share)), 2) + 2.0 / 5000);
  EXPECT_NEAR(em.weights.se_log_ratio / expected, 1, .02);
}

TEST(Em, SaysWhenItEndsAtTheBoundary) {
  const std::vector<CalibratedMass> all_negative = {{.01, 50}, {.1, 10}};
  const EmResult em = em_target_share(all_negative, 50, 100);
  EXPECT_TRUE(em.at_boundary);
  EXPECT_LT(em.share, 1e-6);
  EXPECT_EQ(em.interval.low, 0);
  EXPECT_TRUE(std::isnan(em.weights.se_log_ratio));
}

TEST(Em, SlowConvergenceEndsInBisection) {
  // Probabilities that say almost nothing: EM creeps, the exact maximum is found all the same.
  const std::vector<CalibratedMass> vague = {{.499, 480}, {.501, 520}};
  const EmResult em = em_target_share(vague, 50, 100);
  EXPECT_TRUE(em.by_bisection);
  EXPECT_EQ(em.share, 1);  // 4 % more rows above ½ than below would need a share beyond 1
  EXPECT_TRUE(em.at_boundary);
}

TEST(Em, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(em_target_share(target_bins, 0, 100), InputError);
  EXPECT_THROW(em_target_share(target_bins, 100, 100), InputError);
  EXPECT_THROW(em_target_share({}, 50, 100), InputError);
  EXPECT_THROW(em_target_share(target_bins, 60, 100, 1), InputError);
}

}  // namespace
}  // namespace reprise::recal
