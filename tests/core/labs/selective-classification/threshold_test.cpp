// Thresholds, calibrators, audits and calibration error against closed forms and hand calculations.
#include "labs/selective-classification/threshold.h"

#include "base/error.h"
#include "base/math.h"
#include "base/random.h"
#include "labs/selective-classification/audit.h"
#include "labs/selective-classification/calibration_error.h"
#include "labs/selective-classification/calibrators.h"
#include "labs/selective-classification/curve.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::selective {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(Threshold, LowerBoundOfAllRightIsARoot) {
  EXPECT_NEAR(accuracy_lower_bound(59, 59, 0.05), std::pow(0.05, 1.0 / 59), 1e-12);
  EXPECT_NEAR(accuracy_lower_bound(59, 59, 0.05), 0.95049, 5e-6);
  EXPECT_NEAR(accuracy_lower_bound(58, 58, 0.05), 0.94966, 5e-6);
  EXPECT_EQ(accuracy_lower_bound(0, 10, 0.05), 0);
  EXPECT_TRUE(std::isnan(accuracy_lower_bound(0, 0, 0.05)));
  EXPECT_EQ(least_rows_for_risk(0.05, 0.05), 59);
}

TEST(Threshold, FixedSequenceBeginsAtTwiceTheLeastRows) {
  std::vector<double> score;
  for (int i = 0; i < 1000; ++i) score.push_back(-i);
  const Bytes correct(1000, 1);
  const ThresholdChoice choice =
      threshold_for_risk(score, correct, 0.05, 0.05, 1000, Correction::FixedSequence);
  for (const ThresholdCandidate& candidate : choice.candidates) {
    EXPECT_EQ(candidate.tested, candidate.rank >= 118) << candidate.rank;
    EXPECT_EQ(candidate.level, 0.05);
  }
  EXPECT_TRUE(choice.found);
  EXPECT_EQ(choice.accepted, 1000);
  EXPECT_EQ(choice.threshold, -std::numeric_limits<double>::infinity());
}

TEST(Threshold, StopsAtTheFirstFailureAndTheRuleIsStrict) {
  // 200 right, then 200 wrong: at rank 240 the bound fails, later ranks are not tested.
  std::vector<double> score;
  Bytes correct;
  for (int i = 0; i < 400; ++i) {
    score.push_back(400 - i);
    correct.push_back(i < 200 ? 1 : 0);
  }
  const ThresholdChoice choice =
      threshold_for_risk(score, correct, 0.05, 0.05, 20, Correction::FixedSequence);
  EXPECT_TRUE(choice.found);
  EXPECT_EQ(choice.rank, 200);
  EXPECT_EQ(choice.accepted, 200);
  EXPECT_EQ(choice.threshold, score[200]);  // of the row behind: "above" accepts exactly the first 200
  EXPECT_NEAR(choice.lower_bound, std::pow(0.05, 1.0 / 200), 1e-12);
  for (const ThresholdCandidate& candidate : choice.candidates) {
    EXPECT_EQ(candidate.tested, candidate.rank >= 120 && candidate.rank <= 220) << candidate.rank;
    EXPECT_NEAR(candidate.lower_bound,
                accuracy_lower_bound(std::min<std::int64_t>(candidate.rank, 200), candidate.rank, 0.05),
                1e-15);
  }
}

TEST(Threshold, BonferroniTestsAllAtASmallerLevel) {
  const std::vector<double> score = {5, 4, 3, 2, 1};
  const ThresholdChoice choice =
      threshold_for_risk(score, Bytes{1, 1, 1, 1, 0}, 0.7, 0.1, 100, Correction::Bonferroni);
  ASSERT_EQ(choice.candidates.size(), 5U);
  for (const ThresholdCandidate& candidate : choice.candidates) {
    EXPECT_TRUE(candidate.tested);
    EXPECT_DOUBLE_EQ(candidate.level, 0.02);
  }
  EXPECT_NEAR(choice.candidates[2].lower_bound, std::pow(0.02, 1.0 / 3), 1e-12);  // 0.271 < 0.3
  EXPECT_EQ(choice.rank, 4);                                                      // 0.02^¼ = 0.376
}

TEST(Threshold, TiesShrinkWhatIsAccepted) {
  const ThresholdChoice choice =
      threshold_for_coverage(std::vector<double>{3, 2, 2, 2, 1}, Bytes{1, 1, 1, 1, 0}, 0.4, 0.05);
  EXPECT_EQ(choice.rank, 2);
  EXPECT_EQ(choice.threshold, 2);
  EXPECT_EQ(choice.accepted, 1);
}

TEST(Threshold, AnUnattainableRiskIsNoError) {
  const ThresholdChoice choice =
      threshold_for_risk(std::vector<double>{2, 1}, Bytes{0, 1}, 0.01, 0.05, 20, Correction::FixedSequence);
  EXPECT_FALSE(choice.found);
  EXPECT_EQ(choice.threshold, std::numeric_limits<double>::infinity());
  EXPECT_EQ(choice.candidates.size(), 2U);
  EXPECT_THROW(threshold_for_risk({}, {}, 0.05, 0.05, 20, Correction::Bonferroni), InputError);
  EXPECT_THROW(threshold_for_coverage(std::vector<double>{1}, Bytes{1}, 1.5, 0.05), InputError);
}

TEST(Threshold, IsWrongAtMostAsOftenAsPromised) {
  // True accuracy of "score > t" for score uniform and P(right) = (1 + s)/2: the mean of (1 + s)/2 over s >
  // t.
  int violations = 0;
  const int sets = 400;
  for (std::uint64_t set = 0; set < sets; ++set) {
    Random random(7, "sets", {set});
    std::vector<double> score;
    Bytes correct;
    for (int i = 0; i < 400; ++i) {
      score.push_back(random.uniform());
      correct.push_back(random.bernoulli((1 + score.back()) / 2) ? 1 : 0);
    }
    const ThresholdChoice choice =
        threshold_for_risk(score, correct, 0.15, 0.1, 20, Correction::FixedSequence);
    const double t = std::max(choice.threshold, 0.0);
    if (choice.found && 0.5 + (1 + t) / 4 < 0.85) ++violations;
  }
  EXPECT_LE(violations, 0.1 * sets + 3 * std::sqrt(0.09 * sets));
}

TEST(Temperature, IsTheKnownScaleOfTheLogits) {
  // Labels drawn from softmax(z/2): the fitted temperature is near 2, and its loss is least.
  Random random(1, "temperature");
  std::vector<double> logits;
  std::vector<std::int32_t> label;
  for (int i = 0; i < 4000; ++i) {
    const double z = 4 * random.normal();
    logits.insert(logits.end(), {0, z});
    label.push_back(random.bernoulli(math::logistic(z / 2)) ? 1 : 0);
  }
  const classify::LogitsView view(logits, 2);
  const Temperature fitted = fit_temperature(view, label);
  EXPECT_NEAR(fitted.value, 2, 0.2);
  EXPECT_FALSE(fitted.at_bound);
  for (const double factor : {0.99, 1.01})
    EXPECT_GT(mean_log_loss(view, label, factor * fitted.value), mean_log_loss(view, label, fitted.value));
}

TEST(Temperature, SeparableRowsEndAtTheBound) {
  const std::vector<double> logits = {0, 1, 1, 0};
  const Temperature fitted =
      fit_temperature(classify::LogitsView(logits, 2), std::vector<std::int32_t>{1, 0});
  EXPECT_TRUE(fitted.at_bound);
  EXPECT_NEAR(fitted.value, smallest_temperature, 1e-4);
}

TEST(Temperature, OfTwoClassesLeavesTheCurveAlone) {
  Random random(2, "binary");
  std::vector<double> logits, scaled;
  Bytes correct;
  for (int i = 0; i < 300; ++i) {
    logits.insert(logits.end(), {random.normal(), random.normal()});
    correct.push_back(random.bernoulli(0.7) ? 1 : 0);
  }
  const auto base = classify::score_from_logits(classify::LogitsView(logits, 2), classify::ScoreKind::Msp);
  std::vector<double> p;
  for (const double s : base) p.push_back(math::logistic(s));
  for (const double temperature : {0.1, 7.0}) {
    scaled.clear();
    std::vector<double> q;
    for (const double z : logits) scaled.push_back(z / temperature);
    const auto changed =
        classify::score_from_logits(classify::LogitsView(scaled, 2), classify::ScoreKind::Msp);
    EXPECT_EQ(accuracy_coverage(changed, correct).gap, accuracy_coverage(base, correct).gap);
    for (const double s : changed) q.push_back(math::logistic(s));
    EXPECT_GT(std::fabs(calibration_error(equal_width_bins(q, correct, 15)) -
                        calibration_error(equal_width_bins(p, correct, 15))),
              0.01);
  }
}

TEST(PlattScaling, MatchesASampleOfItsOwnFamily) {
  Random random(3, "platt");
  std::vector<double> score;
  Bytes correct;
  for (int i = 0; i < 20000; ++i) {
    score.push_back(random.normal());
    correct.push_back(random.bernoulli(math::logistic(1.5 * score.back() - 0.5)) ? 1 : 0);
  }
  const Platt platt = fit_platt(score, correct);
  EXPECT_NEAR(platt.slope, 1.5, 0.08);
  EXPECT_NEAR(platt.intercept, -0.5, 0.06);
  double gradient = 0, by_score = 0;  // score equations of the likelihood
  for (std::size_t i = 0; i < score.size(); ++i) {
    gradient += platt(score[i]) - correct[i];
    by_score += (platt(score[i]) - correct[i]) * score[i];
  }
  EXPECT_NEAR(gradient, 0, 1e-5);
  EXPECT_NEAR(by_score, 0, 1e-5);
}

TEST(IsotonicRegression, PoolsViolators) {
  // 1,0 | 0 | 1,1 at scores 1…5: pools {1: 1, 2: 0, 3: 0} to 1/3.
  const Isotonic map = fit_isotonic(std::vector<double>{1, 2, 3, 4, 5}, Bytes{1, 0, 0, 1, 1});
  const double third = 1.0 / 3;
  EXPECT_EQ(map.value, (std::vector<double>{third, third, third, 1, 1}));
  EXPECT_EQ(map.blocks(), 2U);
  EXPECT_EQ(map(0), third);
  EXPECT_EQ(map(3.999), third);
  EXPECT_EQ(map(4), 1);
  EXPECT_EQ(map(9), 1);
  Isotonic linear = map;
  linear.interpolation = Interpolation::Linear;
  EXPECT_NEAR(linear(3.5), (third + 1) / 2, 1e-15);
}

TEST(IsotonicRegression, AnIncreasingSequenceIsKept) {
  const Isotonic map = fit_isotonic(std::vector<double>{3, 1, 2, 2, 3}, Bytes{1, 0, 1, 0, 1});
  EXPECT_EQ(map.score, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(map.value, (std::vector<double>{0, 0.5, 1}));
}

TEST(IsotonicRegression, AgreesWithTheBaseAtItsBlockEnds) {
  Random random(4, "isotonic");
  std::vector<double> score, test, calibrated;
  Bytes correct, test_correct;
  for (int i = 0; i < 2000; ++i) {
    const double s = random.normal();
    (i % 2 ? score : test).push_back(s);
    (i % 2 ? correct : test_correct).push_back(random.bernoulli(math::logistic(2 * s)) ? 1 : 0);
  }
  for (const Interpolation how : {Interpolation::Step, Interpolation::Linear}) {
    const Isotonic map = fit_isotonic(score, correct, how);
    calibrated.clear();
    for (const double s : test) calibrated.push_back(map(s));
    EXPECT_TRUE(monotonicity(test, calibrated).non_decreasing);
    const Curve base = accuracy_coverage(test, test_correct),
                curve = accuracy_coverage(calibrated, test_correct);
    for (std::size_t k = 0; k < curve.k.size(); ++k) {
      if (curve.block_end[k]) {
        EXPECT_NEAR(curve.accuracy[k], base.accuracy[k], 1e-15);
      }
    }
  }
}

TEST(UniformMassBins, EdgesAreScoresOfRows) {
  const UniformMass map = fit_uniform_mass(std::vector<double>{1, 2, 3, 4, 5, 6}, Bytes{0, 0, 1, 0, 1, 1}, 3);
  EXPECT_EQ(map.upper_edge, (std::vector<double>{2, 4, std::numeric_limits<double>::infinity()}));
  EXPECT_EQ(map.count, (std::vector<std::int64_t>{2, 2, 2}));
  EXPECT_EQ(map.value, (std::vector<double>{0, 0.5, 1}));
  EXPECT_EQ(map(2), 0);
  EXPECT_EQ(map(2.1), 0.5);
  EXPECT_EQ(map(100), 1);
  EXPECT_EQ(fit_uniform_mass(std::vector<double>{1, 1, 1}, Bytes{0, 1, 1}, 15).value.size(), 1U);
}

TEST(Audit, KendallByEnumeration) {
  Random random(5, "kendall");
  std::vector<double> a, b;
  for (int i = 0; i < 60; ++i) {
    a.push_back(static_cast<double>(random.below(8)));
    b.push_back(a.back() + static_cast<double>(random.below(6)));
  }
  double difference = 0, pairs_a = 0, pairs_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double da = a[i] - a[j], db = b[i] - b[j];
      difference += (da > 0) - (da < 0) == 0 ? 0 : ((da > 0) == (db > 0) ? 1 : -1) * (db != 0);
      pairs_a += da != 0;
      pairs_b += db != 0;
    }
  }
  EXPECT_NEAR(kendall_tau(a, b), difference / std::sqrt(pairs_a * pairs_b), 1e-14);
  EXPECT_TRUE(std::isnan(kendall_tau(a, std::vector<double>(60, 1))));
  EXPECT_DOUBLE_EQ(kendall_tau(a, a), 1);
}

TEST(Audit, ANonDecreasingMapSwapsNothing) {
  const std::vector<double> base = {5, 4, 3, 2, 1}, flat = {1, 1, 0, 0, 0};
  const Bytes correct = {1, 0, 1, 0, 1};
  for (const RankChange& change : audit_ranks(base, flat, correct, std::vector<double>{0.2, 0.6, 1})) {
    EXPECT_EQ(change.swapped(), 0);
    EXPECT_EQ(change.jaccard, 0);
    EXPECT_EQ(change.mcnemar_p, 1);
  }
  EXPECT_TRUE(monotonicity(base, flat).non_decreasing);
  EXPECT_FALSE(monotonicity(base, flat).strictly_increasing);
  EXPECT_TRUE(monotonicity(base, std::vector<double>{9, 8, 7, 6, 5}).strictly_increasing);
  EXPECT_FALSE(monotonicity(base, std::vector<double>{1, 2, 3, 4, 5}).non_decreasing);
  EXPECT_FALSE(monotonicity(std::vector<double>{1, 1}, std::vector<double>{1, 2}).non_decreasing);
}

TEST(Audit, CountsSwaps) {
  const std::vector<double> base = {4, 3, 2, 1}, turned = {1, 2, 3, 4};
  const RankChange change = audit_ranks(base, turned, Bytes{1, 0, 1, 1}, std::vector<double>{0.5}).front();
  EXPECT_EQ(change.k, 2);
  EXPECT_EQ(change.swapped_in_correct, 2);
  EXPECT_EQ(change.swapped_out_correct, 1);
  EXPECT_EQ(change.swapped_out_wrong, 1);
  EXPECT_EQ(change.jaccard, 1);
  EXPECT_DOUBLE_EQ(change.mcnemar_p, 1);
  EXPECT_NEAR(mcnemar_p(0, 5), 2.0 / 32, 1e-13);
  EXPECT_NEAR(mcnemar_p(1, 7), 2 * 9.0 / 256, 1e-13);
}

TEST(CalibrationError, BinsAreRightClosed) {
  const std::vector<double> p = {0, 0.2, 0.21, 1};
  const Bytes correct = {0, 1, 0, 1};
  const std::vector<ReliabilityBin> bins = equal_width_bins(p, correct, 5);
  EXPECT_EQ(bins[0].count, 2);
  EXPECT_EQ(bins[1].count, 1);
  EXPECT_EQ(bins[4].count, 1);
  // 2/4 · |0.1 − 0.5| + 1/4 · |0.21 − 0|
  EXPECT_NEAR(calibration_error(bins), 0.2 + 0.0525, 1e-15);
  // Halves: |0.1 − 0.5|/2 + |0.605 − 0.5|/2
  EXPECT_NEAR(calibration_error(equal_mass_bins(p, correct, 2)), 0.2 + 0.0525, 1e-15);
}

}  // namespace
}  // namespace reprise::selective
