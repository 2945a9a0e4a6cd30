// Curves, budgets and bands against hand calculations, identities and enumeration.
#include "labs/selective-classification/curve.h"

#include "base/error.h"
#include "base/math.h"
#include "base/random.h"
#include "classify/two_moons.h"
#include "labs/selective-classification/bootstrap.h"
#include "labs/selective-classification/budget.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace reprise::selective {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Sample {
  std::vector<double> score;
  Bytes correct;
};
/// Right answers with probability σ(2 s); `levels` > 0 rounds the scores, which makes ties.
Sample sample(int rows, double levels, std::uint64_t seed) {
  Random random(seed, "sample");
  Sample result;
  for (int i = 0; i < rows; ++i) {
    const double s = random.normal();
    result.score.push_back(levels > 0 ? std::round(s * levels) / levels : s);
    result.correct.push_back(random.bernoulli(math::logistic(2 * s)) ? 1 : 0);
  }
  return result;
}

TEST(Curve, FourRowsByHand) {
  const Curve curve = accuracy_coverage(std::vector<double>{4, 3, 2, 1}, Bytes{1, 0, 1, 0});
  EXPECT_EQ(curve.accuracy, (std::vector<double>{1, 0.5, 2.0 / 3, 0.5}));
  EXPECT_EQ(curve.oracle, (std::vector<double>{1, 1, 2.0 / 3, 0.5}));
  EXPECT_EQ(curve.gap, (std::vector<double>{0, 0.5, 0, 0}));
  EXPECT_DOUBLE_EQ(curve.e_aurc, 0.125);
  EXPECT_DOUBLE_EQ(curve.aurc, 1.0 / 3);
  EXPECT_DOUBLE_EQ(curve.auroc, 0.75);
  EXPECT_DOUBLE_EQ(curve.augrc, 0.25);
}

TEST(Curve, EqualScoresGiveTheFlatCurve) {
  const Curve curve = accuracy_coverage(std::vector<double>(8, 1.0), Bytes{1, 0, 1, 0, 1, 1, 1, 0});
  for (const double accuracy : curve.accuracy) EXPECT_DOUBLE_EQ(accuracy, 5.0 / 8);
  EXPECT_DOUBLE_EQ(curve.auroc, 0.5);
  EXPECT_DOUBLE_EQ(curve.tied_share, 1);
  EXPECT_NEAR(curve.normalised_e_aurc(), 1, 1e-15);
  EXPECT_EQ(std::accumulate(curve.block_end.begin(), curve.block_end.end(), 0), 1);
}

TEST(Curve, TiesAreTheMeanOverAllOrdersInsideBlocks) {
  // Blocks {0, 1, 2} and {3, 4}: all 3!·2! orders, by hand as distinct scores.
  const Bytes correct = {1, 0, 0, 1, 0};
  std::vector<int> first = {0, 1, 2}, second = {3, 4};
  std::vector<double> mean(5, 0);
  int orders = 0;
  do {
    do {
      std::vector<int> order = first;
      order.insert(order.end(), second.begin(), second.end());
      int right = 0;
      for (std::size_t k = 0; k < 5; ++k) mean[k] += (right += correct[static_cast<std::size_t>(order[k])]);
      ++orders;
    } while (std::next_permutation(second.begin(), second.end()));
  } while (std::next_permutation(first.begin(), first.end()));
  const Curve curve = accuracy_coverage(std::vector<double>{2, 2, 2, 1, 1}, correct);
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_NEAR(curve.accuracy[k], mean[k] / orders / static_cast<double>(k + 1), 1e-15);
}

TEST(Curve, PerfectAndReversedScoresAreTheExtremes) {
  Sample rows = sample(200, 0, 3);
  std::vector<double> perfect(rows.correct.begin(), rows.correct.end()), reversed;
  for (const double s : perfect) reversed.push_back(-s);
  const Curve best = accuracy_coverage(perfect, rows.correct);
  EXPECT_EQ(*std::max_element(best.gap.begin(), best.gap.end()), 0);
  EXPECT_DOUBLE_EQ(best.auroc, 1);
  const double worst = accuracy_coverage(reversed, rows.correct).e_aurc;
  EXPECT_GT(worst, accuracy_coverage(rows.score, rows.correct).e_aurc);
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    EXPECT_LE(accuracy_coverage(sample(200, 0, 50 + seed).score, rows.correct).e_aurc, worst);
}

TEST(Curve, IdentitiesHoldWithAndWithoutTies) {
  for (const double levels : {0.0, 4.0}) {
    const Sample rows = sample(977, levels, 5);
    const Curve curve = accuracy_coverage(rows.score, rows.correct);
    EXPECT_NEAR(curve.e_aurc, curve.aurc - curve.oracle_aurc, 1e-14);
    EXPECT_NEAR(curve.augrc, augrc_from_auroc(curve), 1e-14);
    EXPECT_EQ(curve.gap.back(), 0);
    EXPECT_GE(*std::min_element(curve.gap.begin(), curve.gap.end()), 0);
  }
}

TEST(Curve, IncreasingMapsAndPermutationsChangeNoBit) {
  const Sample rows = sample(500, 8, 7);
  const Curve curve = accuracy_coverage(rows.score, rows.correct);
  std::vector<double> cubed, mapped, affine, ranks, reversed(rows.score.rbegin(), rows.score.rend());
  std::vector<double> distinct = rows.score;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  for (const double s : rows.score) {
    cubed.push_back(s * s * s);
    mapped.push_back(math::exp(3 * s + 1));
    affine.push_back(0.25 * s - 7);
    ranks.push_back(
        static_cast<double>(std::lower_bound(distinct.begin(), distinct.end(), s) - distinct.begin()));
  }
  EXPECT_EQ(accuracy_coverage(affine, rows.correct).gap, curve.gap);
  EXPECT_EQ(accuracy_coverage(ranks, rows.correct).gap, curve.gap);
  EXPECT_EQ(accuracy_coverage(cubed, rows.correct).accuracy, curve.accuracy);
  EXPECT_EQ(accuracy_coverage(mapped, rows.correct).gap, curve.gap);
  EXPECT_EQ(accuracy_coverage(reversed, Bytes(rows.correct.rbegin(), rows.correct.rend())).accuracy,
            curve.accuracy);
}

TEST(Curve, OracleAreaForManyRows) {
  // r + (1 − r) ln(1 − r) for error share r.
  Sample rows = sample(200000, 0, 11);
  const CurveSummary summary = summarise(RankedOutcomes(rows.score, rows.correct));
  const double r = 1 - summary.accuracy;
  EXPECT_NEAR(summary.oracle_aurc, r + (1 - r) * std::log(1 - r), 1e-5);
}

TEST(Curve, RanksAreWholeNumbers) {
  EXPECT_EQ(rank_at(0.6, 600), 360);
  EXPECT_EQ(rank_at(1e-9, 600), 1);
  EXPECT_EQ(rank_at(1, 600), 600);
  EXPECT_EQ(grid_ranks(5, 100), (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(grid_ranks(1000, 4), (std::vector<std::int64_t>{250, 500, 750, 1000}));
}

TEST(Curve, RefusesWhatIsNoRanking) {
  EXPECT_THROW(RankedOutcomes({}, {}), InputError);
  EXPECT_THROW(RankedOutcomes(std::vector<double>{1, 2}, Bytes{1}), InputError);
  EXPECT_THROW(RankedOutcomes(std::vector<double>{1, std::nan("")}, Bytes{1, 0}), InputError);
}

TEST(ExactBudget, AddsUpAndStaysBelowThePapersBound) {
  Random random(1, "budget");
  const std::size_t n = 700, classes = 3;
  std::vector<double> posterior, score;
  std::vector<std::int32_t> prediction;
  for (std::size_t i = 0; i < n; ++i) {
    double row[3], sum = 0;
    for (double& p : row) sum += p = random.uniform();
    for (const double p : row) posterior.push_back(p / sum);
    prediction.push_back(static_cast<std::int32_t>(random.below(classes)));
    score.push_back(std::round(random.normal() * 10));
  }
  const Budget budget = exact_budget(classify::LogitsView(posterior, classes), prediction, score);
  EXPECT_LT(budget.residual, 1e-13);
  EXPECT_GE(budget.least_slack, -1e-13);
  EXPECT_GE(*std::min_element(budget.ranking.begin(), budget.ranking.end()), -1e-13);
  EXPECT_NEAR(budget.mean_gap,
              budget.mean_bayes + budget.mean_approximation + budget.mean_ranking - budget.mean_discount,
              1e-13);
  EXPECT_NEAR(budget.gap.back(), 0, 1e-13);
  EXPECT_EQ(budget.misordered_mass.back(), 0);
}

TEST(ExactBudget, TwoRowsByHand) {
  // η_h = 0.9 and 0.3 (η* = 0.7), ranked the wrong way round.
  const std::vector<double> posterior = {0.9, 0.1, 0.7, 0.3};
  const Budget budget = exact_budget(classify::LogitsView(posterior, 2), std::vector<std::int32_t>{0, 1},
                                     std::vector<double>{1, 2});
  EXPECT_NEAR(budget.gap[0], 1 - 0.3, 1e-15);
  EXPECT_NEAR(budget.bayes[0], 0.1, 1e-15);
  EXPECT_NEAR(budget.approximation[0], 0, 1e-15);
  EXPECT_NEAR(budget.ranking[0], 0.6, 1e-15);
  EXPECT_NEAR(budget.bayes[1], (0.1 + 0.3) / 2, 1e-15);
  EXPECT_NEAR(budget.approximation[1], 0.4 / 2, 1e-15);
  EXPECT_NEAR(budget.discount[1], (2 - 1.2) / 2, 1e-15);
  EXPECT_NEAR(budget.misordered_mass[0], 1, 1e-15);
  EXPECT_NEAR(budget.paper_bound[0], 0.7 + 0.6, 1e-15);
}

TEST(ExactBudget, TheBayesClassifierHasNoiseAlone) {
  Random random(2, "moons");
  const classify::LabelledPoints points = classify::draw_two_moons(500, 0.4, random);
  const classify::TwoMoonsPosterior eta(0.4);
  std::vector<double> posterior, score;
  std::vector<std::int32_t> prediction;
  for (std::size_t i = 0; i < points.rows(); ++i) {
    const double p = eta(points.x[2 * i], points.x[2 * i + 1]);
    posterior.insert(posterior.end(), {1 - p, p});
    prediction.push_back(p > 0.5 ? 1 : 0);
    score.push_back(std::max(p, 1 - p));
  }
  const Budget budget = exact_budget(classify::LogitsView(posterior, 2), prediction, score);
  for (std::size_t k = 0; k < budget.k.size(); ++k) {
    EXPECT_NEAR(budget.approximation[k], 0, 1e-14);
    EXPECT_NEAR(budget.ranking[k], 0, 1e-14);
    EXPECT_NEAR(budget.gap[k], budget.bayes[k] - budget.discount[k], 1e-14);
  }
}

TEST(ExactBudget, OneClassHasNoGap) {
  const std::vector<double> posterior = {1, 1, 1};
  const Budget budget = exact_budget(classify::LogitsView(posterior, 1), std::vector<std::int32_t>{0, 0, 0},
                                     std::vector<double>{3, 1, 2});
  EXPECT_EQ(budget.mean_gap, 0);
  EXPECT_EQ(budget.mean_bayes, 0);
  EXPECT_EQ(budget.mean_ranking, 0);
}

TEST(ExactBudget, ChecksPosteriors) {
  const std::vector<std::int32_t> prediction = {0};
  const std::vector<double> score = {1};
  const auto residual = [&](std::vector<double> posterior) {
    return exact_budget(classify::LogitsView(posterior, 2), prediction, score).accuracy_full;
  };
  EXPECT_NEAR(residual({0.6005, 0.4}), 0.6005 / 1.0005, 1e-15);
  EXPECT_THROW(residual({0.6, 0.41}), InputError);
}

/// The naive bootstrap: row indices one by one.
std::vector<double> naive_band(const Sample& rows, const std::vector<std::int64_t>& ranks, int replicates,
                               double level, bool upper) {
  Random random(99, "naive");
  std::vector<std::vector<double>> values(ranks.size());
  for (int r = 0; r < replicates; ++r) {
    Sample drawn;
    for (std::size_t i = 0; i < rows.score.size(); ++i) {
      const std::size_t row = random.below(rows.score.size());
      drawn.score.push_back(rows.score[row]);
      drawn.correct.push_back(rows.correct[row]);
    }
    const Curve curve = accuracy_coverage(drawn.score, drawn.correct);
    for (std::size_t j = 0; j < ranks.size(); ++j)
      values[j].push_back(curve.accuracy[static_cast<std::size_t>(ranks[j]) - 1]);
  }
  std::vector<double> ends;
  for (std::vector<double>& at : values) {
    std::sort(at.begin(), at.end());
    const double position = (replicates - 1) * (upper ? (1 + level) / 2 : (1 - level) / 2);
    const auto below = static_cast<std::size_t>(position);
    ends.push_back(at[below] + (position - static_cast<double>(below)) * (at[below + 1] - at[below]));
  }
  return ends;
}

TEST(Bootstrap, IsTheMultinomialOfDrawingRows) {
  // 3000 rows: several leaves and a segment that is no power of two; with and without ties across leaves.
  for (const double levels : {0.0, 2.0}) {
    const Sample rows = sample(3000, levels, 13);
    const std::vector<std::int64_t> ranks = grid_ranks(3000, 10);
    Random random(1, "bootstrap");
    const Band band = bootstrap_band(RankedOutcomes(rows.score, rows.correct), ranks, 2000, 0.8, random);
    const auto low = naive_band(rows, ranks, 2000, 0.8, false),
               high = naive_band(rows, ranks, 2000, 0.8, true);
    for (std::size_t j = 0; j < ranks.size(); ++j) {
      const double width = high[j] - low[j];
      EXPECT_NEAR(band.low[j], low[j], 0.1 * width) << "levels " << levels << ", rank " << ranks[j];
      EXPECT_NEAR(band.high[j], high[j], 0.1 * width) << "levels " << levels << ", rank " << ranks[j];
    }
  }
}

TEST(Bootstrap, MeanAndVarianceOfFullCoverageAreBinomial) {
  const Sample rows = sample(5000, 0, 17);
  const RankedOutcomes outcomes(rows.score, rows.correct);
  CurveBootstrap bootstrap(outcomes, {5000}, true);
  Random random(1, "bootstrap");
  const int replicates = 4000;
  double sum = 0, squares = 0, auroc = 0;
  for (int r = 0; r < replicates; ++r) {
    bootstrap.draw(random);
    EXPECT_NEAR(bootstrap.gap()[0], 0, 1e-15);
    const double error = bootstrap.accuracy()[0] - outcomes.accuracy();
    sum += error;
    squares += error * error;
    auroc += bootstrap.auroc();
  }
  const double variance = outcomes.accuracy() * (1 - outcomes.accuracy()) / 5000;
  EXPECT_NEAR(sum / replicates, 0, 4 * std::sqrt(variance / replicates));
  EXPECT_NEAR(squares / replicates / variance, 1, 4 * std::sqrt(2.0 / replicates));
  EXPECT_NEAR(auroc / replicates, outcomes.auroc(), 2e-3);
}

TEST(Bootstrap, ConstantScoreKeepsTheLineFlat) {
  const std::vector<double> score(900, 2.0);
  Bytes correct(900, 1);
  for (std::size_t i = 0; i < 300; ++i) correct[3 * i] = 0;
  CurveBootstrap bootstrap(RankedOutcomes(score, correct), {1, 450, 900}, true);
  Random random(3, "bootstrap");
  for (int r = 0; r < 20; ++r) {
    bootstrap.draw(random);
    EXPECT_NEAR(bootstrap.accuracy()[0], bootstrap.accuracy()[2], 1e-12);
    EXPECT_NEAR(bootstrap.accuracy()[1], bootstrap.accuracy()[2], 1e-12);
    EXPECT_NEAR(bootstrap.auroc(), 0.5, 1e-12);
  }
}

TEST(Bootstrap, BinomialDrawsHaveTheirMoments) {
  Random random(5, "bits");
  FastBits bits(random);
  const int draws = 20000;
  double sum = 0, squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double x = bits.binomial(100, 3, 10);
    sum += x;
    squares += (x - 30) * (x - 30);
  }
  EXPECT_NEAR(sum / draws, 30, 4 * std::sqrt(21.0 / draws));
  EXPECT_NEAR(squares / draws, 21, 21 * 4 * std::sqrt(2.0 / draws));
  EXPECT_EQ(bits.binomial(70, 0, 5), 0U);
  EXPECT_EQ(bits.binomial(70, 5, 5), 70U);
}

TEST(UniformBand, FollowsItsFormula) {
  EXPECT_NEAR(uniform_half_width(0.5, 1000, 0.05), 6 * std::sqrt(std::log(80.0) / 2000), 1e-15);
}

}  // namespace
}  // namespace reprise::selective
