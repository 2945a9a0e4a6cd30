// k-medoids against all sets of medoids and against every single swap.
#include "clustering/kmedoids.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <set>

namespace reprise::clustering {
namespace {

Points cloud(std::int64_t n, std::uint64_t seed) {
  Random random(seed, "cloud");
  Points points(n, 2);
  for (double& value : points.values) value = random.normal();
  return points;
}

double loss_of(const Dissimilarities& distances, const std::vector<std::int64_t>& medoids) {
  double sum = 0;
  for (std::int64_t i = 0; i < distances.rows; ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (const std::int64_t m : medoids) least = std::min(least, distances.row(i)[m]);
    sum += least;
  }
  return sum;
}

Medoids search(const Dissimilarities& distances, std::vector<std::int64_t> start, SwapRule rule) {
  MedoidSearch run(distances, std::move(start), rule);
  while (!run.step()) {
  }
  EXPECT_LE(run.best_swap(), 1e-12);
  return run.take();
}

TEST(KMedoids, TwoPairsByHand) {
  const Points points(4, 1, {0, 1, 10, 12});
  const Dissimilarities distances = euclidean_dissimilarities(points, 4);
  for (const SwapRule rule : {SwapRule::First, SwapRule::Best}) {
    const Medoids found = search(distances, {0, 1}, rule);
    EXPECT_EQ(found.loss, 3);  // one of 0 and 1, one of 10 and 12: 1 + 2
    EXPECT_EQ(found.labels, (Labels{0, 0, 1, 1}));
    EXPECT_EQ(found.swaps, 1);
    const Medoids one = search(distances, {0}, rule);
    EXPECT_EQ(one.loss, 21);  // medians: 1 + 0 + 9 + 11
    EXPECT_EQ(one.rows, std::vector<std::int64_t>{1});
  }
  EXPECT_EQ(search(distances, {0, 1, 2, 3}, SwapRule::First).loss, 0);
}

TEST(KMedoids, EndsWhereNoSingleSwapHelps) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Points points = cloud(60, seed);
    const Dissimilarities distances = euclidean_dissimilarities(points, 60);
    Random random(seed, "start");
    const std::vector<std::int64_t> start = random_medoids(60, 4, random);
    for (const SwapRule rule : {SwapRule::First, SwapRule::Best}) {
      const Medoids found = search(distances, start, rule);
      EXPECT_NEAR(found.loss, loss_of(distances, found.rows), 1e-12 * found.loss);
      EXPECT_LE(found.loss, loss_of(distances, start) * (1 + 1e-12));
      EXPECT_GT(found.lookups, 60u * 56u);  // the last pass at least
      for (std::size_t m = 0; m < 4; ++m) {
        for (std::int64_t candidate = 0; candidate < 60; ++candidate) {
          std::vector<std::int64_t> swapped = found.rows;
          swapped[m] = candidate;
          EXPECT_GE(loss_of(distances, swapped), found.loss * (1 - 1e-11));
        }
      }
    }
  }
}

TEST(KMedoids, NeverBelowTheBestOfAllSets) {
  const Points points = cloud(12, 3);
  const Dissimilarities distances = euclidean_dissimilarities(points, 12);
  double best = std::numeric_limits<double>::infinity();
  for (std::int64_t a = 0; a < 12; ++a) {
    for (std::int64_t b = 0; b < a; ++b) {
      for (std::int64_t c = 0; c < b; ++c) best = std::min(best, loss_of(distances, {a, b, c}));
    }
  }
  double least = std::numeric_limits<double>::infinity();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed, "start");
    const Medoids found = search(distances, random_medoids(12, 3, random), SwapRule::First);
    EXPECT_GE(found.loss, best * (1 - 1e-12));
    least = std::min(least, found.loss);
  }
  EXPECT_NEAR(least, best, 1e-12 * best);
}

TEST(KMedoids, EndsWhereRoundingIsAllThatIsLeft) {
  // As many places as medoids: the least loss is 0, or what one point a hair away costs.
  for (const double apart : {0.0, 1e-9}) {
    Points points(41, 2);
    for (std::int64_t i = 0; i < 41; ++i) {
      points.row(i)[0] = static_cast<double>(i % 4) / 3;
      points.row(i)[1] = static_cast<double>(i % 4 * (i % 4)) * 1e5 / 7;
    }
    points.row(40)[0] += apart;
    const Dissimilarities distances = euclidean_dissimilarities(points, 41);
    for (const SwapRule rule : {SwapRule::First, SwapRule::Best}) {
      for (std::uint64_t seed = 0; seed < 6; ++seed) {
        Random random(seed, "start");
        MedoidSearch search(distances, random_medoids(41, 4, random), rule);
        int steps = 0;
        while (!search.step() && ++steps < 10'000) {
        }
        EXPECT_LT(steps, 10'000);
        EXPECT_NEAR(search.take().loss, apart, 1e-12);
      }
    }
  }
}

TEST(KMedoids, RandomStartsAreDifferentRowsAllEquallyLikely) {
  std::vector<int> counts(5);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(seed, "start");
    const std::vector<std::int64_t> rows = random_medoids(5, 3, random);
    EXPECT_EQ(std::set<std::int64_t>(rows.begin(), rows.end()).size(), 3u);
    for (const std::int64_t row : rows) ++counts[static_cast<std::size_t>(row)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1200, 100);  // 3/5 of 2000, deviation 22
}

}  // namespace
}  // namespace reprise::clustering
