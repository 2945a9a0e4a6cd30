// The search for the most different clustering within a loss gap: against hand calculations, every partition
// of small sets, and the certificate.
#include "labs/prototype-clustering/plateau.h"

#include "base/random.h"
#include "clustering/agreement.h"
#include "labs/prototype-clustering/certificate.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/sources.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace reprise::protoclust {
namespace {

const Loss kmeans_loss;

/// The most different solutions of `searches` searches.
std::vector<DifferentSolution> farthest_of(const Plateau& plateau, std::int64_t searches,
                                           const PlateauOptions& options, ChangeCounts& counts) {
  std::vector<DifferentSolution> best;
  for (std::int64_t number = 0; number < searches; ++number) {
    PlateauSearch search(plateau, number, Random(1, "search", {static_cast<std::uint64_t>(number)}), options,
                         counts);
    while (!search.step()) {
    }
    best.resize(search.farthest().size());
    for (std::size_t e = 0; e < best.size(); ++e) {
      if (number == 0 || search.farthest()[e].error > best[e].error) best[e] = search.farthest()[e];
    }
  }
  return best;
}

std::vector<DifferentSolution> farthest_of(const Plateau& plateau, std::int64_t searches) {
  ChangeCounts counts;
  return farthest_of(plateau, searches, {}, counts);
}

TEST(Plateau, FourPointsByHand) {
  // {0, 1}, {10, 11}: loss 1. A solution that parts 0 from the rest has its boundary below 1: c₀ + c₁ <= 2.
  // The least loss c₀² + (1 − c₁)² + (10 − c₁)² + (11 − c₁)² under it is 82, at c = (−4, 6): a gap of 81.
  const Points points(4, 1, {0, 1, 10, 11});
  const Labels labels = {0, 0, 1, 1};
  const Plateau plateau(points, labels, 2, {0, 1, 80, 82});
  EXPECT_EQ(plateau.loss, 1);
  const std::vector<DifferentSolution> found = farthest_of(plateau, 6);
  for (const std::size_t e : {0, 1, 2}) EXPECT_EQ(found[e].error, 0) << plateau.epsilons[e];
  EXPECT_EQ(found[3].error, 0.25);
  EXPECT_GT(found[3].gap, 81);
  EXPECT_LE(found[3].gap, 82 * (1 + 1e-12));
}

TEST(Plateau, HalvesOfASquareCanBeTurned) {
  // A 6 × 6 grid: left and right halves, or upper and lower ones, have the same loss and share half their
  // points.
  Points grid(36, 2);
  Labels halves;
  for (std::int64_t i = 0; i < 36; ++i) {
    grid.row(i)[0] = static_cast<double>(i % 6) - 2.5;
    grid.row(i)[1] = static_cast<double>(i / 6) - 2.5;
    halves.push_back(i % 6 < 3 ? 0 : 1);
  }
  const Plateau plateau(grid, halves, 2, {0});
  const std::vector<DifferentSolution> found = farthest_of(plateau, 9);
  EXPECT_EQ(found[0].error, 0.5);
  EXPECT_NEAR(found[0].gap, 0, 1e-14);
  EXPECT_EQ(certify(grid, halves, 2, kmeans_loss, 0).status, CertificateStatus::NotCertified);
}

/// The largest error over all partitions into at most `clusters` parts whose own means have a loss of at most
/// (1 + ε)L: no solution within the gap can differ by more, since its prototypes cost at least as much as the
/// means of its labels.
double most_by_enumeration(const Points& points, const Labels& labels, std::int64_t clusters, double budget) {
  double most = 0;
  Labels partition(labels.size());
  for (;;) {
    const Points means = clustering::cluster_means(points, partition, clusters);
    if (assigned_loss(points, means, partition, kmeans_loss) <= budget)
      most = std::max(most, clustering::misclassification(partition, labels));
    std::size_t i = 0;
    while (i < partition.size() && ++partition[i] == clusters) partition[i++] = 0;
    if (i == partition.size()) return most;
  }
}

TEST(Plateau, NeverAboveEveryPartitionAndRarelyBelowTheirCentroids) {
  int equal = 0, reached = 0, compared = 0, certified = 0;
  const std::vector<double> epsilons = {0, 0.1, 0.5, 1};
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    const std::int64_t k = 2 + static_cast<std::int64_t>(seed % 2);
    Random random(seed, "sample");
    Points points =
        gaussian_groups(k == 2 ? 9 : 7, 2, k, 1 + static_cast<double>(seed % 8), {}, random).points;
    center_columns(points);
    const Labels labels = fit(points, k, kmeans_loss, {5, 300}, seed).labels;
    const Plateau plateau(points, labels, k, epsilons);
    const std::vector<DifferentSolution> found = farthest_of(plateau, 24);
    const std::vector<double> centroids = enumerated_max_error(points, labels, k, epsilons);
    for (std::size_t e = 0; e < epsilons.size(); ++e) {
      const double most = most_by_enumeration(points, labels, k, plateau.budgets[e]);
      const Certificate certificate = certify(points, labels, k, kmeans_loss, epsilons[e]);
      EXPECT_LE(found[e].error, most + 1e-12) << "seed " << seed << ", gap " << epsilons[e];
      EXPECT_LE(found[e].error, certificate.bound + 1e-12) << "seed " << seed << ", gap " << epsilons[e];
      ++compared;
      equal += found[e].error >= most - 1e-12 ? 1 : 0;
      reached += found[e].error >= centroids[e] - 1e-12 ? 1 : 0;
      certified += certificate.bound < 1 ? 1 : 0;
    }
  }
  EXPECT_EQ(reached, compared);  // so small that the search is exhaustive
  EXPECT_GE(equal, compared * 3 / 4);
  EXPECT_GT(certified, 0);
}

TEST(Plateau, WhatItReportsIsThere) {
  Random random(2, "sample");
  Points points = gaussian_groups(150, 2, 3, 5, {}, random).points;
  center_columns(points);
  const Clustering fitted = fit(points, 3, kmeans_loss, {5, 300}, 1);
  const Plateau plateau(points, fitted.labels, 3, {0, 0.02, 0.1, 0.3});
  ChangeCounts counts;
  counts.which = 2;
  const std::vector<DifferentSolution> found = farthest_of(plateau, 6, {}, counts);
  double last = 0;
  for (std::size_t e = 0; e < found.size(); ++e) {
    const Labels labels = nearest_labels(points, found[e].prototypes, kmeans_loss);
    const double loss = assigned_loss(points, found[e].prototypes, labels, kmeans_loss);
    EXPECT_EQ(clustering::misclassification(labels, fitted.labels), found[e].error);
    EXPECT_NEAR(loss / plateau.loss - 1, found[e].gap, 1e-12);
    EXPECT_LE(found[e].gap, plateau.epsilons[e] + 1e-12);
    EXPECT_GE(found[e].error, last);  // what a small gap allows, a larger one allows
    last = found[e].error;
  }
  EXPECT_GT(last, 0);
  // The most different solution is one of those counted.
  EXPECT_GT(counts.solutions, 0);
  const Labels changed =
      renamed_like(nearest_labels(points, found[2].prototypes, kmeans_loss), fitted.labels);
  for (std::size_t i = 0; i < changed.size(); ++i) {
    if (changed[i] != fitted.labels[i]) {
      EXPECT_GT(counts.changed[i], 0) << i;
    }
    EXPECT_LE(counts.changed[i], counts.solutions);
  }
}

TEST(Plateau, SearchingGoesFartherThanTrying) {
  // Pushing boundaries as far as the loss allows, against the starts and Lloyd's iteration alone.
  Random random(3, "sample");
  Points points = gaussian_groups(300, 2, 3, 4, {}, random).points;
  center_columns(points);
  const Labels labels = fit(points, 3, kmeans_loss, {5, 300}, 1).labels;
  const Plateau plateau(points, labels, 3, {0.05});
  ChangeCounts counts;
  PlateauOptions tries;
  tries.pushes = 0;
  const double tried = farthest_of(plateau, 12, tries, counts)[0].error;
  const double pushed = farthest_of(plateau, 12)[0].error;
  EXPECT_GT(pushed, 1.5 * tried);
}

TEST(Plateau, CertifiedBoundsAreNeverPassedAndCoresStay) {
  int informative = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed, "sample");
    Points points = gaussian_groups(120, 2, 2, 5 + 0.25 * static_cast<double>(seed % 6), {}, random).points;
    center_columns(points);
    const Labels labels = fit(points, 2, kmeans_loss, {5, 300}, seed).labels;
    for (const double epsilon : {0.1, 0.3, 0.5}) {
      const Certificate certificate = certify(points, labels, 2, kmeans_loss, epsilon);
      if (certificate.status == CertificateStatus::NotCertified) continue;
      const Plateau plateau(points, labels, 2, {epsilon});
      ChangeCounts counts;
      counts.by_place = true;
      const double found = farthest_of(plateau, 6, {}, counts)[0].error;
      EXPECT_LE(found, certificate.bound);
      informative += found > 0 && certificate.bound < 1 ? 1 : 0;
      for (std::size_t i = 0; i < labels.size(); ++i) {
        if (certificate.core[i] != 0) {
          EXPECT_EQ(counts.changed[i], 0) << "seed " << seed << ", point " << i;
        }
      }
    }
  }
  EXPECT_GT(informative, 2);
}

TEST(Plateau, SetsThatAreHardlySets) {
  // Every point its own cluster: loss 0, and nothing else has it. All points equal. One cluster.
  const Points four(4, 1, {0, 1, 10, 11});
  const Labels own = {0, 1, 2, 3};
  EXPECT_EQ(farthest_of(Plateau(four, own, 4, {0, 1}), 8)[1].error, 0);
  const Points equal(4, 1, {2, 2, 2, 2});
  const Labels halves = {0, 0, 1, 1};
  EXPECT_EQ(farthest_of(Plateau(equal, halves, 2, {0}), 8)[0].error, 0.5);  // ties go to one prototype
  const Labels one = {0, 0, 0, 0};
  EXPECT_EQ(farthest_of(Plateau(four, one, 1, {0, 1}), 8)[1].error, 0);
}

TEST(Plateau, NamesFollowTheClustering) {
  EXPECT_EQ(renamed_like({2, 2, 0, 0, 1}, {0, 0, 1, 1, 1}), (Labels{0, 0, 1, 1, 1 + 1}));
  EXPECT_EQ(renamed_like({1, 1, 1}, {0, 0, 1}), (Labels{0, 0, 0}));
}

}  // namespace
}  // namespace reprise::protoclust
