#include "stats/sort.h"

#include "base/random.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>
#include <utility>
#include <vector>

namespace reprise::stats {
namespace {

using Rows = std::vector<std::pair<double, std::uint8_t>>;

Rows sorted(const Rows& rows, std::size_t slice) {
  PairSorter sorter;
  for (const auto& [score, label] : rows) sorter.add(score, label);
  double before = -1;
  while (!sorter.step(slice)) {
    EXPECT_GE(sorter.progress(), before);
    before = sorter.progress();
  }
  EXPECT_EQ(sorter.progress(), 1);
  const std::vector<double> scores = sorter.take_scores();
  const std::vector<std::uint8_t> labels = sorter.take_labels();
  Rows result;
  for (std::size_t row = 0; row < scores.size(); ++row) result.emplace_back(scores[row], labels[row]);
  return result;
}

TEST(PairSorter, AgreesWithStableSortForEverySlice) {
  Random random(1, "rows", {});
  Rows rows;
  for (int k = 0; k < 5000; ++k) {
    // normal numbers of many magnitudes, with ties
    const double score = k % 3 == 0 ? static_cast<double>(random.below(50)) - 25 : random.normal() * 1e10;
    rows.emplace_back(score, static_cast<std::uint8_t>(random.below(2)));
  }
  rows.emplace_back(std::numeric_limits<double>::infinity(), 1);
  rows.emplace_back(-std::numeric_limits<double>::infinity(), 0);
  rows.emplace_back(5e-324, 1);
  rows.emplace_back(-5e-324, 0);
  Rows expected = rows;
  std::stable_sort(expected.begin(), expected.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  for (const std::size_t slice : {std::size_t{1}, std::size_t{7}, std::size_t{5000}, std::size_t{1} << 20}) {
    EXPECT_EQ(sorted(rows, slice), expected);
  }
}

// Scores that agree in all but their last bits: in a few long runs, and so many that the leading digits are
// of no use.
TEST(PairSorter, CrowdedScoresAreSortedByTheirLastBits) {
  for (const std::uint64_t crowd : {20, 500, 40000}) {
    Random random(2, "crowd", {crowd});
    Rows rows;
    for (int centre = 1; centre <= 3; ++centre) {
      for (std::uint64_t k = 0; k < crowd; ++k) {
        rows.emplace_back(centre * (1 + static_cast<double>(random.below(4000)) * 0x1p-52),
                          static_cast<std::uint8_t>(random.below(2)));
      }
    }
    Rows expected = rows;
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& left, const auto& right) { return left.first < right.first; });
    for (const std::size_t slice : {std::size_t{777}, std::size_t{1} << 20}) {
      EXPECT_EQ(sorted(rows, slice), expected) << crowd;
    }
  }
}

TEST(PairSorter, SmallCases) {
  EXPECT_TRUE(sorted({}, 10).empty());
  EXPECT_EQ(sorted({{.5, 1}}, 10), (Rows{{.5, 1}}));
  EXPECT_EQ(sorted({{0.0, 1}, {-0.0, 0}}, 10), (Rows{{0.0, 1}, {0.0, 0}}));  // zeros tie, order kept
}

}  // namespace
}  // namespace reprise::stats
