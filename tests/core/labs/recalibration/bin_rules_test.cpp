// Rules for the number of bins, against brute force and formulas evaluated by hand.
#include "labs/recalibration/bin_rules.h"

#include "base/error.h"
#include "base/random.h"
#include "labs/recalibration/score_models.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace reprise::recal {
namespace {

SortedScores make_sample(const ScoreModel& model, int rows, std::uint64_t seed) {
  Random random(seed, "rows", {});
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
  for (int k = 0; k < rows; ++k) {
    const Draw draw = model.draw(random);
    scores.push_back(draw.score);
    labels.push_back(draw.label);
  }
  return SortedScores(scores, labels, model.scale());
}

TEST(IntegerCubeRoot, AroundEveryCube) {
  EXPECT_EQ(integer_cube_root(0), 0);
  for (std::int64_t k = 1; k <= 2000; ++k) {
    EXPECT_EQ(integer_cube_root(k * k * k), k);
    EXPECT_EQ(integer_cube_root(k * k * k - 1), k - 1);
  }
  EXPECT_EQ(integer_cube_root(1000), 10);
  EXPECT_EQ(integer_cube_root(1000000000000), 10000);
}

// Predict every row from the other rows of its bin.
TEST(LeaveOneOut, ClosedFormIsBruteForce) {
  const ScoreModel model = ScoreModel::beta(4, 4, 0);
  Random random(1, "rows", {});
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
  for (int k = 0; k < 237; ++k) {
    const Draw draw = model.draw(random);
    scores.push_back(draw.score);
    labels.push_back(draw.label);
  }
  for (const std::int64_t bins : {2, 5, 30, 59}) {
    const BinMap map = fit_histogram(scores, labels, bins, EdgeRule::OrderStatistic, TiePolicy::Merge);
    double sum = 0;
    for (std::size_t row = 0; row < scores.size(); ++row) {
      double others = 0, positives = 0;
      for (std::size_t other = 0; other < scores.size(); ++other) {
        if (other == row || map.bin_of(scores[other]) != map.bin_of(scores[row])) continue;
        ++others;
        positives += labels[other];
      }
      const double error = labels[row] - positives / others;
      sum += error * error;
    }
    EXPECT_NEAR(leave_one_out_brier(map), sum / static_cast<double>(scores.size()), 1e-14);
  }
}

TEST(LeaveOneOut, SingleRowsMakeItInfinite) {
  BinMap map;
  map.count = {3, 1, 0};
  map.value = {1.0 / 3, 1, .5};
  EXPECT_TRUE(std::isinf(leave_one_out_brier(map)));
  map.count = {3, 2, 0};
  // 27·(1/3)(2/3)/4 = 1.5; a bin of equal labels adds 0; five rows
  EXPECT_NEAR(leave_one_out_brier(map), 0.3, 1e-15);
}

TEST(LeaveOneOut, SlicesOfBinsAddUpToTheScoreOfTheMap) {
  Random random(4, "loo", {});
  std::vector<double> z;
  std::vector<std::uint8_t> y;
  for (int row = 0; row < 400; ++row) {
    z.push_back(static_cast<double>(random.below(150)) / 150);  // with ties
    y.push_back(static_cast<std::uint8_t>(random.below(2)));
  }
  const SortedScores sample(z, y);
  for (const EdgeRule rule : {EdgeRule::OrderStatistic, EdgeRule::InterpolatedQuantile}) {
    for (const std::int64_t bins : {1, 2, 17, 100, 200}) {
      LeaveOneOutBrier sliced(sample, bins, rule);
      while (!sliced.step(3)) {
      }
      EXPECT_EQ(sliced.value(), leave_one_out_brier(fit_histogram(sample, bins, rule, TiePolicy::Merge)));
    }
  }
}

TEST(LeaveOneOut, Grid) {
  // n = 1000: M = 250, 2·125^{k/29}, rounded: 2, 2.36, 2.79, 3.30, … → 2, 3, 4, 5, 6, …, 250
  const std::vector<std::int64_t> grid = leave_one_out_grid(1000);
  EXPECT_EQ(grid.front(), 2);
  EXPECT_EQ(grid.back(), 250);
  EXPECT_EQ((std::vector<std::int64_t>(grid.begin(), grid.begin() + 5)),
            (std::vector<std::int64_t>{2, 3, 4, 5, 6}));
  for (std::size_t k = 1; k < grid.size(); ++k) EXPECT_GT(grid[k], grid[k - 1]);
  EXPECT_EQ(leave_one_out_grid(8), (std::vector<std::int64_t>{2}));
  const SortedScores sample = make_sample(ScoreModel::gauss(2, 0.5), 3000, 2);
  const LeaveOneOutCurve curve = leave_one_out_curve(sample);
  double least = std::numeric_limits<double>::infinity();
  std::int64_t best = 0;
  for (std::size_t k = 0; k < curve.bins.size(); ++k) {
    if (curve.brier[k] < least) {
      least = curve.brier[k];
      best = curve.bins[k];
    }
  }
  EXPECT_EQ(curve.best_bins, best);
}

// Eight rows, four pilot bins of two: means 0, ½, ½, 1.
TEST(PlugIn, ByHand) {
  const std::vector<double> scores = {.1, .2, .3, .4, .5, .6, .7, .8};
  const std::vector<std::uint8_t> labels = {0, 0, 1, 0, 0, 1, 1, 1};
  const BinChoice choice = plug_in_bins(SortedScores(scores, labels));
  EXPECT_EQ(choice.pilot_bins, 4);
  // v̂_b = 0, ½, ½, 0 (¼ · 2/1), v̂ = 2(½ + ½)/8 = ¼
  EXPECT_NEAR(choice.label_variance, 0.25, 1e-15);
  // Σ: (¼ − ¼ − 0) + (0 − ¼ − ¼) + (¼ − 0 − ¼) = −½ → floor 4 v̂/n = ⅛
  EXPECT_NEAR(choice.rank_slope_energy, 0.125, 1e-15);
  EXPECT_EQ(choice.bins, 2);
}

TEST(PlugIn, EqualLabelsAndTies) {
  EXPECT_EQ(plug_in_bins(SortedScores(std::vector<double>(20, .5), std::vector<std::uint8_t>(20, 1))).bins,
            2);
  EXPECT_THROW(plug_in_bins(SortedScores(std::vector<double>(7, .5), std::vector<std::uint8_t>(7, 1))),
               InputError);
}

// With many rows v̂ and â find E[h*(1 − h*)] and E[(dh*/dF)²]/12.
TEST(PlugIn, EstimatesTheModel) {
  const ScoreModel model = ScoreModel::beta(4, 4, 0);
  const ModelConstants constants = model.constants();
  const BinChoice choice = plug_in_bins(make_sample(model, 300000, 3));
  EXPECT_NEAR(choice.label_variance / constants.bayes_mse, 1, 0.02);
  EXPECT_NEAR(choice.rank_slope_energy / constants.rank_slope_energy, 1, 0.05);
  const double formula = constants.optimal_bins_constant() * std::cbrt(300000.0);
  EXPECT_NEAR(static_cast<double>(choice.bins) / formula, 1, 0.03);
}

TEST(ChooseBins, Rules) {
  const SortedScores sample = make_sample(ScoreModel::gauss(2, 0.5), 1000, 4);
  EXPECT_EQ(choose_bins(sample, BinRule::CubeRoot), 10);
  EXPECT_EQ(choose_bins(sample, BinRule::Plugin), plug_in_bins(sample).bins);
  EXPECT_EQ(choose_bins(sample, BinRule::LeaveOneOut), leave_one_out_curve(sample).best_bins);
  EXPECT_GT(choose_bins(sample, BinRule::BoundMinimiser, 20),
            choose_bins(sample, BinRule::BoundMinimiser, 1));
}

}  // namespace
}  // namespace reprise::recal
