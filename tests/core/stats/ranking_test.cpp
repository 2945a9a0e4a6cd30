#include "stats/ranking.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>

namespace reprise::stats {
namespace {

double auc_by_enumeration(const std::vector<double>& score, const std::vector<std::uint8_t>& label) {
  double concordant = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < score.size(); ++i) {
    for (std::size_t j = 0; j < score.size(); ++j) {
      if (label[i] != 1 || label[j] != 0) continue;
      pairs += 1;
      concordant += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
    }
  }
  return concordant / pairs;
}

TEST(RankingCounterTest, PiecesMayCutGroupsOfTies) {
  const std::vector<double> score = {1, 2, 2, 2, 3, 3, 5};
  const std::vector<std::uint8_t> label = {0, 1, 0, 1, 1, 0, 1};
  const RankingCounts whole = ranking_of_sorted(score, label);
  EXPECT_EQ(whole.distinct_scores, 4);
  EXPECT_EQ(whole.tied_rows, 5);
  for (std::size_t piece = 1; piece <= score.size(); ++piece) {
    RankingCounter counter;
    for (std::size_t row = 0; row < score.size(); row += piece) {
      const std::size_t count = std::min(piece, score.size() - row);
      counter.add(std::span(score).subspan(row, count), std::span(label).subspan(row, count));
    }
    EXPECT_EQ(counter.counts().twice_concordant, whole.twice_concordant) << piece;
    EXPECT_EQ(counter.counts().distinct_scores, 4) << piece;
    EXPECT_EQ(counter.counts().tied_rows, 5) << piece;
  }
}

TEST(Auc, AgreesWithEnumerationOfPairs) {
  // A small multiplicative generator makes scores with many ties.
  std::uint32_t state = 12345;
  const auto next = [&state] { return (state = state * 1664525u + 1013904223u) >> 16; };
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::vector<double> score;
    std::vector<std::uint8_t> label = {0, 1};
    for (int row = 0; row < 40; ++row) score.push_back((next() % 9) / 8.0 - 0.5);
    while (label.size() < score.size()) label.push_back(static_cast<std::uint8_t>(next() % 2));
    EXPECT_NEAR(auc(score, label), auc_by_enumeration(score, label), 1e-15);
  }
}

TEST(Auc, HandValues) {
  const std::vector<double> score = {.1, .4, .35, .8};
  const std::vector<std::uint8_t> label = {0, 0, 1, 1};
  EXPECT_EQ(auc(score, label), 0.75);  // scikit-learn's own example of roc_auc_score
  EXPECT_EQ(auc(std::vector<double>{2, 2, 2}, std::vector<std::uint8_t>{0, 1, 1}), 0.5);
}

TEST(Auc, IsUndefinedForOneClass) {
  EXPECT_TRUE(std::isnan(auc(std::vector<double>{1, 2}, std::vector<std::uint8_t>{1, 1})));
  EXPECT_TRUE(std::isnan(auc({}, {})));
}

TEST(Ranking, CountsDistinctAndTiedRows) {
  const std::vector<double> score = {.1, .1, .2, .3, .3, .3, .9};
  const std::vector<std::uint8_t> label = {0, 1, 0, 1, 1, 0, 1};
  const RankingCounts counts = ranking_of_sorted(score, label);
  EXPECT_EQ(counts.distinct_scores, 4);
  EXPECT_EQ(counts.tied_rows, 5);
  EXPECT_EQ(counts.positives, 4);
  EXPECT_EQ(counts.negatives, 3);
  EXPECT_THROW(ranking_of_sorted(score, std::vector<std::uint8_t>{1}), std::invalid_argument);
}

}  // namespace
}  // namespace reprise::stats
