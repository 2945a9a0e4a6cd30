// k-means kernels: hand calculations, enumeration, and three methods that have to agree.
#include "clustering/kmeans.h"

#include "clustering/agreement.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <tuple>

namespace reprise::clustering {
namespace {

Points cloud(std::int64_t n, std::int64_t dims, std::int64_t groups, double apart, std::uint64_t seed) {
  Random random(seed, "cloud");
  Points points(n, dims);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < dims; ++j)
      points.row(i)[j] = random.normal() + (j == i % groups % dims ? apart : 0);
  }
  return points;
}

TEST(Distances, BlocksGiveTheBitsOfOnePair) {
  const Points points = cloud(131, 7, 3, 5, 1);
  Points prototypes(37, 7);
  for (std::int64_t c = 0; c < 37; ++c) std::copy_n(points.row(3 * c), 7, prototypes.row(c));
  const Centers centers(prototypes);
  std::vector<double> block(static_cast<std::size_t>(131 * centers.padded()));
  centers.squared_distances(points.row(0), 131, block.data());
  Labels labels(131);
  assign_nearest(points, 0, 131, centers, labels.data());
  for (std::int64_t i = 0; i < 131; ++i) {
    double least = std::numeric_limits<double>::infinity();
    std::int32_t nearest = 0;
    for (std::int64_t c = 0; c < 37; ++c) {
      const double distance = squared_distance(points.row(i), prototypes.row(c), 7);
      EXPECT_EQ(block[static_cast<std::size_t>(i * centers.padded() + c)], distance);
      if (distance < least) {
        least = distance;
        nearest = static_cast<std::int32_t>(c);
      }
    }
    EXPECT_EQ(labels[static_cast<std::size_t>(i)], nearest);
  }
}

TEST(Distances, BoundsOnOtherCentersAreCloseAndNeverAbove) {
  const Points points = cloud(200, 9, 3, 5, 2);
  Points prototypes(21, 9);
  for (std::int64_t c = 0; c < 21; ++c) std::copy_n(points.row(7 * c), 9, prototypes.row(c));
  const Centers centers(prototypes);
  Labels exact(200), screened(200);
  std::vector<double> second(200), others(200);
  centers.nearest_two(points.row(0), 200, exact.data(), second.data());
  centers.nearest_and_others(points.row(0), 200, screened.data(), others.data());
  EXPECT_EQ(exact, screened);
  for (std::int64_t i = 0; i < 200; ++i) {
    const auto at = static_cast<std::size_t>(i);
    double least = std::numeric_limits<double>::infinity();
    for (std::int64_t c = 0; c < 21; ++c) {
      if (c != exact[at])
        least = std::min(least, std::sqrt(squared_distance(points.row(i), prototypes.row(c), 9)));
    }
    EXPECT_EQ(second[at], least);
    EXPECT_LE(others[at], least);
    EXPECT_GE(others[at], least - 0.02);  // single precision
  }
}

TEST(Distances, TiesGoToTheSmallestIndexAndHugeNumbersAreCompared) {
  const Points points(4, 1, {0, 1, 2, 0.5});
  Labels labels(4);
  assign_nearest(points, 0, 4, Centers(Points(3, 1, {1, 0, 0})), labels.data());
  EXPECT_EQ(labels, (Labels{1, 0, 0, 0}));
  const Points huge(3, 1, {1e200, -1e200, 9e199});
  labels.resize(3);
  assign_nearest(huge, 0, 3, Centers(Points(2, 1, {-1e100, 1e100})), labels.data());
  EXPECT_EQ(labels, (Labels{0, 0, 0}));       // squares overflow: all infinite, ties to the smallest
  const Points far(2, 1, {1e9, 1e9 + 1e-6});  // far from the origin, single precision alone could not tell
  labels.resize(2);
  assign_nearest(far, 0, 2, Centers(Points(2, 1, {1e9 - 1e-6, 1e9 + 2e-6})), labels.data());
  EXPECT_EQ(labels, (Labels{0, 1}));
}

TEST(KMeans, FourPointsByHand) {
  const Points points(4, 1, {0, 1, 10, 11});
  const Clustering found = kmeans(points, Points(2, 1, {0, 1}));
  EXPECT_EQ(found.labels, (Labels{0, 0, 1, 1}));
  EXPECT_EQ(found.prototypes.values, (std::vector<double>{0.5, 10.5}));
  EXPECT_EQ(found.loss, 1);
  EXPECT_TRUE(found.converged);
}

TEST(KMeans, AllMethodsGiveTheSameLabelsAtEveryIteration) {
  for (const auto& [n, dims, groups, k, apart] :
       {std::tuple{500, 2, 5, 7, 4.0}, {700, 16, 4, 23, 0.0}, {900, 3, 3, 3, 2.0}, {64, 2, 2, 20, 1.0}}) {
    const Points points = cloud(n, dims, groups, apart, 3);
    Random random(7, "start");
    const Points start = seed_plus_plus(points, k, random);
    for (int most = 1; most < 40; ++most) {
      KMeansOptions options;
      options.max_iterations = most;
      const Clustering plain = kmeans(points, start, options);
      for (const auto& [method, screened] : {std::pair{KMeansMethod::Hamerly, false},
                                             {KMeansMethod::Hamerly, true},
                                             {KMeansMethod::Elkan, false}}) {
        options.method = method;
        options.screened_bounds = screened;
        const Clustering bounded = kmeans(points, start, options);
        EXPECT_EQ(bounded.labels, plain.labels);
        EXPECT_EQ(bounded.prototypes.values, plain.prototypes.values);
        EXPECT_EQ(bounded.loss, plain.loss);
        EXPECT_EQ(bounded.iterations, plain.iterations);
      }
      if (plain.converged) break;
    }
  }
}

TEST(KMeans, DuplicatesAndTiesOnALatticeChangeNoLabelEither) {
  Points points(400, 2);  // 100 places, each four times: plenty of exact ties
  for (std::int64_t i = 0; i < 400; ++i) {
    points.row(i)[0] = static_cast<double>(i % 10);
    points.row(i)[1] = static_cast<double>(i / 10 % 10);
  }
  Random random(1, "start");
  const Points start = seed_random_rows(points, 9, random);
  const Clustering plain = kmeans(points, start, {});
  for (const KMeansMethod method : {KMeansMethod::Hamerly, KMeansMethod::Elkan}) {
    KMeansOptions options;
    options.method = method;
    EXPECT_EQ(kmeans(points, start, options).labels, plain.labels);
  }
}

TEST(KMeans, LossNeverRisesAndStepsAgreeWithIterations) {
  const Points points = cloud(9000, 4, 4, 3, 5);  // several blocks of rows
  Random random(2, "start");
  const Points start = seed_plus_plus(points, 8, random);
  double last = std::numeric_limits<double>::infinity();
  KMeans run(points, start, {});
  bool done = false;
  while (!done) {
    done = run.iterate([](std::int64_t count, const std::function<void(std::int64_t)>& job) {
      for (std::int64_t i = count; i-- > 0;) job(i);  // any order
    });
    const double loss = within_cluster_sum(points, run.state().prototypes, run.state().labels);
    EXPECT_LE(loss, last * (1 + 1e-12));
    last = loss;
  }
  const Clustering stepped = kmeans(points, start, {});
  EXPECT_EQ(run.state().labels, stepped.labels);
  EXPECT_EQ(run.state().loss, stepped.loss);
}

TEST(KMeans, EmptyClustersMoveToTheFarthestPoint) {
  const Points points(5, 1, {0, 1, 2, 3, 100});
  const Clustering found = kmeans(points, Points(3, 1, {1, 1, 1}));
  EXPECT_GE(found.empty_fixes, 1);
  EXPECT_EQ(cluster_sizes(found.labels, 3)[static_cast<std::size_t>(found.labels[4])], 1);
  EXPECT_NEAR(found.loss, 1, 1e-12);  // {0,1},{2,3},{100}
}

TEST(Seeds, AreDifferentRowsAndFollowTheCost) {
  const Points points(5, 1, {0, 0, 0, 0, 7});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed, "start");
    const Points seeds = seed_plus_plus(points, 2, random);
    EXPECT_EQ(seeds.values[0] + seeds.values[1], 7);  // the second is the other value
  }
  // P(second seed = 3 | first = 0) = 9/(1 + 9) on {0, 1, 3}; greedy with many candidates prefers the better
  // one.
  const Points three(3, 1, {0, 1, 3});
  int first_zero = 0, then_three = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Random random(seed, "start");
    const Points seeds = seed_plus_plus(three, 2, random);
    if (seeds.values[0] != 0) continue;
    ++first_zero;
    then_three += seeds.values[1] == 3 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(then_three) / first_zero, 0.9, 0.04);
}

TEST(Hartigan, MovesLowerTheLossToAPointWhereNoMoveHelps) {
  const Points points = cloud(300, 2, 3, 2, 9);
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Random random(seed, "start");
    Clustering found = kmeans(points, seed_random_rows(points, 5, random));
    const double before = found.loss;
    hartigan_moves(points, found);
    EXPECT_LE(found.loss, before * (1 + 1e-12));
    // Independent: move each point to each other cluster, recompute means and loss.
    const std::vector<std::int64_t> sizes = cluster_sizes(found.labels, 5);
    for (std::size_t i = 0; i < 300; i += 7) {
      for (std::int32_t c = 0; c < 5; ++c) {
        Labels moved = found.labels;
        if (moved[i] == c || sizes[static_cast<std::size_t>(moved[i])] == 1) continue;
        moved[i] = c;
        EXPECT_GE(within_cluster_sum(points, cluster_means(points, moved, 5), moved),
                  found.loss * (1 - 1e-9));
      }
    }
  }
}

/// One sweep that looks at every other cluster of every point: the moves, in the textbook's order.
std::int64_t plain_sweep(const Points& points, Labels& labels, Points& means,
                         std::vector<std::int64_t>& sizes) {
  std::int64_t moved = 0;
  for (std::int64_t i = 0; i < points.rows; ++i) {
    std::int32_t& label = labels[static_cast<std::size_t>(i)];
    const auto own = static_cast<double>(sizes[static_cast<std::size_t>(label)]);
    if (own <= 1) continue;
    const double saved = own / (own - 1) * squared_distance(points.row(i), means.row(label), points.dims);
    std::int32_t target = -1;
    double least = std::numeric_limits<double>::infinity();
    for (std::int32_t c = 0; c < means.rows; ++c) {
      const auto other = static_cast<double>(sizes[static_cast<std::size_t>(c)]);
      const double paid = other / (other + 1) * squared_distance(points.row(i), means.row(c), points.dims);
      if (c == label || paid >= least) continue;
      least = paid;
      target = c;
    }
    if (target < 0 || !(saved - least > 1e-12 * saved)) continue;
    const auto other = static_cast<double>(sizes[static_cast<std::size_t>(target)]);
    for (std::int64_t j = 0; j < points.dims; ++j) {
      double &from = means.row(label)[j], &to = means.row(target)[j];
      from -= (points.at(i, j) - from) / (own - 1);
      to += (points.at(i, j) - to) / (other + 1);
    }
    --sizes[static_cast<std::size_t>(label)];
    ++sizes[static_cast<std::size_t>(target)];
    label = target;
    ++moved;
  }
  return moved;
}

TEST(Hartigan, PointsLeftInPlaceUnseenWouldNotHaveMoved) {
  std::int64_t moves = 0;
  for (const auto& [apart, k, converged] : {std::tuple{0.5, 6, true},
                                            {4.0, 5, true},
                                            {12.0, 4, false},
                                            {12.0, 12, false},
                                            {3.0, 3, false},
                                            {30.0, 3, false}}) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const Points points = cloud(5000, 3, 3, apart, seed);
      Random random(seed, "start");
      KMeansOptions options;
      if (!converged) options.max_iterations = 1;
      Clustering found = kmeans(points, seed_random_rows(points, k, random), options);
      Labels labels = found.labels;
      Points means = cluster_means(points, labels, k);
      std::vector<std::int64_t> sizes = cluster_sizes(labels, k);
      for (std::int64_t c = 0; c < k; ++c) {
        if (sizes[static_cast<std::size_t>(c)] == 0) std::copy_n(found.prototypes.row(c), 3, means.row(c));
      }
      std::int64_t plain = 0;
      for (int sweep = 0; sweep < 3; ++sweep) plain += plain_sweep(points, labels, means, sizes);
      EXPECT_EQ(hartigan_moves(points, found, 3), plain) << apart << ", " << k << ", " << seed;
      EXPECT_EQ(found.labels, labels) << apart << ", " << k << ", " << seed;
      moves += plain;
    }
  }
  EXPECT_GT(moves, 1000);
}

TEST(Agreement, ByHandAndByAllPermutations) {
  EXPECT_EQ(misclassification({1, 1, 0, 0}, {0, 0, 1, 1}), 0);
  EXPECT_EQ(misclassification({0, 0, 0, 1}, {0, 0, 1, 1}), 0.25);
  // Balanced: reference clusters of 3 and 1, found {0,0,0},{1} with one of the three wrong.
  EXPECT_NEAR(agreement({0, 0, 1, 1}, {0, 0, 0, 1}).balanced_error, (1.0 / 3 + 0) / 2, 1e-15);
  EXPECT_NEAR(adjusted_rand_index({0, 0, 1, 1}, {1, 1, 0, 0}), 1, 1e-15);
  EXPECT_NEAR(adjusted_rand_index({0, 0, 1, 2}, {0, 0, 1, 1}), 4.0 / 7, 1e-12);  // scikit-learn's example
  Random random(5, "labels");
  for (int repeat = 0; repeat < 50; ++repeat) {
    Labels a, b;
    for (int i = 0; i < 40; ++i) {
      a.push_back(static_cast<std::int32_t>(random.below(4)));
      b.push_back(random.bernoulli(0.5) ? a.back() : static_cast<std::int32_t>(random.below(4)));
    }
    std::vector<std::int32_t> names = {0, 1, 2, 3};
    int best = 0;
    do {
      int same = 0;
      for (std::size_t i = 0; i < a.size(); ++i)
        same += names[static_cast<std::size_t>(a[i])] == b[i] ? 1 : 0;
      best = std::max(best, same);
    } while (std::next_permutation(names.begin(), names.end()));
    EXPECT_DOUBLE_EQ(misclassification(a, b), 1 - best / 40.0);
  }
}

}  // namespace
}  // namespace reprise::clustering
