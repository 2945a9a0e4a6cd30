// How far two labellings of the same points agree, whatever the clusters are called.
#pragma once

#include "clustering/points.h"

#include <cstdint>
#include <vector>

namespace reprise::clustering {

/// Least-cost assignment of rows to columns (Hungarian algorithm with potentials, O(n³)). `cost`: [size ×
/// size] row by row. Returns the column of each row.
std::vector<std::int64_t> least_cost_assignment(const std::vector<double>& cost, std::int64_t size);

/// Counts of (reference, found): [reference clusters × found clusters].
struct Contingency {
  std::int64_t reference_clusters = 0, found_clusters = 0;
  std::vector<std::int64_t> counts;
  Contingency(const Labels& found, const Labels& reference);
  std::int64_t at(std::int64_t reference, std::int64_t found) const {
    return counts[static_cast<std::size_t>(reference * found_clusters + found)];
  }
};

struct Agreement {
  double error = 0;                 ///< share of points outside the best one-to-one matching of clusters
  double balanced_error = 0;        ///< mean over reference clusters of the share outside, same matching
  std::vector<std::int64_t> match;  ///< found cluster of each reference cluster; −1: none is left
};
/// Labels 0-based; the numbers of clusters may differ. Empty reference clusters do not count in the mean.
Agreement agreement(const Labels& found, const Labels& reference);
/// The share of points that disagree under the best matching of clusters.
double misclassification(const Labels& found, const Labels& reference);
/// Rand index corrected for chance (Hubert and Arabie 1985); 1 when both are the same partition.
double adjusted_rand_index(const Labels& a, const Labels& b);

}  // namespace reprise::clustering
