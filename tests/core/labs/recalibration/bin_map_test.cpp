// Histogram fits: the worked examples of the conventions, ties, scales, invariances, refusals.
#include "labs/recalibration/bin_map.h"

#include "base/error.h"
#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace reprise::recal {
namespace {

using Labels = std::vector<std::uint8_t>;
using Reals = std::vector<double>;
using Counts = std::vector<std::int64_t>;

TEST(FitHistogram, FourRowsTwoBins) {
  const BinMap map =
      fit_histogram(Reals{.1, .2, .3, .4}, Labels{0, 0, 1, 1}, 2, EdgeRule::OrderStatistic, TiePolicy::Merge);
  EXPECT_EQ(map.edges, (Reals{0, .2, 1}));
  EXPECT_EQ(map.value, (Reals{0, 1}));
  EXPECT_EQ(map.count, (Counts{2, 2}));
  EXPECT_EQ(map(.2), 0);
  EXPECT_EQ(map(.2000001), 1);
  EXPECT_EQ(map(0), 0);
  EXPECT_EQ(map(1), 1);
}

TEST(FitHistogram, TiedScoresMerge) {
  const Reals scores = {.2, .2, .2, .6, .6, .8};
  const Labels labels = {1, 0, 0, 1, 1, 0};
  const BinMap three = fit_histogram(scores, labels, 3, EdgeRule::OrderStatistic, TiePolicy::Merge);
  EXPECT_EQ(three.edges, (Reals{0, .2, .6, 1}));
  EXPECT_EQ(three.count, (Counts{3, 2, 1}));
  EXPECT_EQ(three.value, (Reals{1.0 / 3, 1, 0}));
  const BinMap two = fit_histogram(scores, labels, 2, EdgeRule::OrderStatistic, TiePolicy::Merge);
  EXPECT_EQ(two.edges, (Reals{0, .2, 1}));
  EXPECT_EQ(two.count, (Counts{3, 3}));
}

TEST(FitHistogram, EdgesThatCoincideMergeOrStayEmpty) {
  // raw edges z_(2) = z_(4) = .5, z_(6) = .7
  const Reals scores = {.5, .5, .5, .5, .7, .7, .9, .9};
  const Labels labels = {0, 0, 1, 0, 1, 1, 1, 1};
  const BinMap merged = fit_histogram(scores, labels, 4, EdgeRule::OrderStatistic, TiePolicy::Merge);
  EXPECT_EQ(merged.edges, (Reals{0, .5, .7, 1}));
  EXPECT_EQ(merged.count, (Counts{4, 2, 2}));
  const BinMap kept =
      fit_histogram(scores, labels, 4, EdgeRule::OrderStatistic, TiePolicy::KeepEmptyInterpolate);
  EXPECT_EQ(kept.edges, (Reals{0, .5, .5, .7, 1}));
  EXPECT_EQ(kept.count, (Counts{4, 0, 2, 2}));
  EXPECT_EQ(kept.value, (Reals{.25, .625, 1, 1}));
  EXPECT_EQ(kept(.5), .25);
  EXPECT_EQ(kept(.6), 1);
}

TEST(FitHistogram, EdgeWithNothingAboveIsDropped) {
  const BinMap map =
      fit_histogram(Reals{.1, .9, .9, .9}, Labels{0, 1, 1, 0}, 2, EdgeRule::OrderStatistic, TiePolicy::Merge);
  EXPECT_EQ(map.bins(), 1u);  // the only edge is z_(2) = .9, the largest score
  EXPECT_EQ(map.value, (Reals{.5}));
}

// numpy.quantile([.1, .2, .4, .8, .9], [1/3, 2/3]) = [4/15, 2/3]; floor at (n − 1) b/B.
TEST(FitHistogram, InterpolatedQuantiles) {
  const Reals scores = {.9, .1, .8, .2, .4, .95};
  const Labels labels = {1, 0, 1, 0, 1, 0};
  const BinMap map = fit_histogram(scores, labels, 3, EdgeRule::InterpolatedQuantile, TiePolicy::Merge);
  // ascending .1 .2 .4 .8 .9 .95; positions 5/3 and 10/3
  ASSERT_EQ(map.edges.size(), 4u);
  EXPECT_NEAR(map.edges[1], .2 + 2.0 / 3 * .2, 1e-15);
  EXPECT_NEAR(map.edges[2], .8 + 1.0 / 3 * .1, 1e-15);
  EXPECT_EQ(map.count, (Counts{2, 2, 2}));
  // bins are closed on the left
  EXPECT_EQ(map.bin_of(map.edges[1]), 1u);
  EXPECT_EQ(map.bin_of(std::nextafter(map.edges[1], 0.0)), 0u);
  EXPECT_EQ(map.bin_of(1), 2u);
}

TEST(FitHistogram, InterpolatedQuantilesWithTies) {
  // quantile edges .5 and 1; (0, .5 → position 1.5 between 0 and 1), then 1: nothing lies in [.5, 1)
  const Reals scores = {0, 0, 1, 1, 1, 1, 1, 1};
  const Labels labels = {0, 1, 1, 1, 1, 1, 1, 0};
  const BinMap merged = fit_histogram(scores, labels, 4, EdgeRule::InterpolatedQuantile, TiePolicy::Merge);
  EXPECT_EQ(merged.count, (Counts{2, 6}));
  for (const std::int64_t count : merged.count) EXPECT_GT(count, 0);
  const BinMap kept =
      fit_histogram(scores, labels, 4, EdgeRule::InterpolatedQuantile, TiePolicy::KeepEmptyInterpolate);
  EXPECT_EQ(std::accumulate(kept.count.begin(), kept.count.end(), std::int64_t{0}), 8);
  EXPECT_EQ(kept(1), 5.0 / 6);
}

TEST(FitHistogram, UniformWidth) {
  const Reals scores = {.05, .1, .25, .9, .95, 1};
  const Labels labels = {0, 0, 1, 1, 1, 0};
  const BinMap map = fit_histogram(scores, labels, 3, EdgeRule::UniformWidth, TiePolicy::Merge);
  EXPECT_EQ(map.count, (Counts{3, 0, 3}));
  EXPECT_EQ(map.value, (Reals{1.0 / 3, .5, 2.0 / 3}));
  EXPECT_EQ(map.bin_of(1.0 / 3), 0u);
}

TEST(FitHistogram, LogitScale) {
  const Reals logits = {-3, -1, 2, 5};
  const Labels labels = {0, 0, 1, 1};
  const BinMap map =
      fit_histogram(logits, labels, 2, EdgeRule::OrderStatistic, TiePolicy::Merge, false, ScoreScale::Logit);
  EXPECT_TRUE(std::isinf(map.edges.front()) && std::isinf(map.edges.back()));
  EXPECT_EQ(map(-1000), 0);
  EXPECT_EQ(map(-1), 0);
  EXPECT_EQ(map(40), 1);
  const BinMap width =
      fit_histogram(logits, labels, 2, EdgeRule::UniformWidth, TiePolicy::Merge, false, ScoreScale::Logit);
  EXPECT_EQ(width.edges[1], 0);  // logit of ½
}

TEST(FitHistogram, SampleSplitTakesEdgesFromTheFirstHalf) {
  const Reals scores = {.1, .2, .3, .4, .15, .25, .35, .45};
  const Labels labels = {0, 0, 0, 0, 1, 1, 0, 1};
  const BinMap map = fit_histogram(scores, labels, 2, EdgeRule::OrderStatistic, TiePolicy::Merge, true);
  EXPECT_EQ(map.edges, (Reals{0, .2, 1}));
  EXPECT_EQ(map.count, (Counts{1, 3}));
  EXPECT_EQ(map.value, (Reals{1, 2.0 / 3}));
}

TEST(FitHistogram, OneBinIsTheBaseRate) {
  const BinMap map = fit_histogram(Reals{.3, .3, .3, .3}, Labels{0, 1, 1, 1}, 1, EdgeRule::OrderStatistic,
                                   TiePolicy::KeepEmptyInterpolate);
  EXPECT_EQ(map.value, (Reals{.75}));
}

TEST(FitHistogram, EmptyBinsAtTheEndsTakeTheNearestValue) {
  BinMap map;
  map.count = {0, 0, 3, 0, 0, 0, 1, 0};
  map.value = {0, 0, .2, 0, 0, 0, .6, 0};
  fill_empty_bins(map);
  const Reals expected = {.2, .2, .2, .3, .4, .5, .6, .6};
  for (std::size_t b = 0; b < expected.size(); ++b) EXPECT_NEAR(map.value[b], expected[b], 1e-15);
}

struct Sample {
  Reals scores;
  Labels labels;
};
Sample make_sample(int rows, std::uint64_t seed) {
  Random random(seed, "rows", {});
  Sample sample;
  for (int k = 0; k < rows; ++k) {
    sample.scores.push_back(random.uniform());
    sample.labels.push_back(random.bernoulli(sample.scores.back()) ? 1 : 0);
  }
  return sample;
}

// Rank method: order of rows and increasing transforms change nothing; flipped scores and labels complement.
TEST(FitHistogram, Invariances) {
  const Sample sample = make_sample(400, 1);
  const BinMap map =
      fit_histogram(sample.scores, sample.labels, 16, EdgeRule::OrderStatistic, TiePolicy::Merge);

  Sample reversed = sample;
  std::reverse(reversed.scores.begin(), reversed.scores.end());
  std::reverse(reversed.labels.begin(), reversed.labels.end());
  const BinMap same =
      fit_histogram(reversed.scores, reversed.labels, 16, EdgeRule::OrderStatistic, TiePolicy::Merge);
  EXPECT_EQ(same.edges, map.edges);
  EXPECT_EQ(same.value, map.value);

  Sample squared = sample;
  for (double& score : squared.scores) score = score * score;
  EXPECT_EQ(
      fit_histogram(squared.scores, squared.labels, 16, EdgeRule::OrderStatistic, TiePolicy::Merge).value,
      map.value);

  Sample flipped = sample;
  for (double& score : flipped.scores) score = 1 - score;
  for (std::uint8_t& label : flipped.labels) label = label == 1 ? 0 : 1;
  const BinMap mirror =
      fit_histogram(flipped.scores, flipped.labels, 16, EdgeRule::OrderStatistic, TiePolicy::Merge);
  for (std::size_t b = 0; b < 16; ++b) EXPECT_NEAR(mirror.value[b], 1 - map.value[15 - b], 1e-15);
}

// Counting and averaging row by row, for every rule, with heavy ties.
TEST(FitHistogram, AgreesWithCountingRowByRow) {
  Sample sample = make_sample(300, 2);
  for (double& score : sample.scores) score = std::floor(score * 40) / 40;
  for (const EdgeRule rule :
       {EdgeRule::OrderStatistic, EdgeRule::InterpolatedQuantile, EdgeRule::UniformWidth}) {
    for (const TiePolicy ties : {TiePolicy::Merge, TiePolicy::KeepEmptyInterpolate}) {
      const BinMap map = fit_histogram(sample.scores, sample.labels, 60, rule, ties);
      Counts count(map.bins(), 0), positives(map.bins(), 0);
      for (std::size_t row = 0; row < sample.scores.size(); ++row) {
        const std::size_t bin = map.bin_of(sample.scores[row]);
        ++count[bin];
        positives[bin] += sample.labels[row];
      }
      EXPECT_EQ(count, map.count);
      for (std::size_t b = 0; b < map.bins(); ++b) {
        if (count[b] == 0) continue;
        EXPECT_EQ(map.value[b], static_cast<double>(positives[b]) / static_cast<double>(count[b]));
      }
      if (ties == TiePolicy::Merge && rule != EdgeRule::UniformWidth) {
        EXPECT_EQ(std::count(count.begin(), count.end(), 0), 0);
      }
    }
  }
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(SortedScoresTest, PositivesAmongTheFirstRows) {
  Random random(8, "positives", {});
  std::vector<double> z;
  std::vector<std::uint8_t> y;
  for (int row = 0; row < 333; ++row) {  // several blocks of 64 and a rest
    z.push_back(row);
    y.push_back(static_cast<std::uint8_t>(random.below(2)));
  }
  const SortedScores sample = SortedScores::from_sorted(z, y, ScoreScale::Logit);
  std::int64_t sum = 0;
  for (std::int64_t rows = 0; rows <= 333; ++rows) {
    EXPECT_EQ(sample.positives(rows), sum) << rows;
    if (rows < 333) sum += y[static_cast<std::size_t>(rows)];
  }
  EXPECT_EQ(SortedScores().positives(), 0);
}

TEST(FitHistogram, Refusals) {
  const Sample sample = make_sample(80, 3);
  const auto fit = [&](std::int64_t bins) {
    return refusal([&] {
      fit_histogram(sample.scores, sample.labels, bins, EdgeRule::OrderStatistic, TiePolicy::Merge);
    });
  };
  EXPECT_EQ(fit(50), "bins=50 needs at least 100 rows, got 80; allowed 1…40");
  EXPECT_EQ(fit(0), "bins=0 is not a number of bins; allowed 1…40");
  EXPECT_EQ(fit(40), "");
  EXPECT_EQ(refusal([] {
              SortedScores(Reals{.5, 3.7}, Labels{0, 1});
            }),
            "row 2: score 3.7; allowed 0…1 — use score_kind=logit for real-valued scores");
  EXPECT_NE(refusal([] { SortedScores(Reals{std::nan("")}, Labels{0}); }), "");
  EXPECT_NE(refusal([] { SortedScores(Reals{.5}, Labels{2}); }), "");
  EXPECT_NE(refusal([] {
              fit_histogram(Reals(10, .4), Labels(10, 1), 2, EdgeRule::OrderStatistic,
                            TiePolicy::KeepEmptyInterpolate);
            }),
            "");
  EXPECT_EQ(fit_histogram(Reals(10, .4), Labels(10, 1), 2, EdgeRule::OrderStatistic, TiePolicy::Merge).bins(),
            1u);
  const BinMap map =
      fit_histogram(sample.scores, sample.labels, 4, EdgeRule::OrderStatistic, TiePolicy::Merge);
  EXPECT_NE(refusal([&] { map(1.0001); }), "");
  EXPECT_NE(refusal([&] { map(std::nan("")); }), "");
}

}  // namespace
}  // namespace reprise::recal
