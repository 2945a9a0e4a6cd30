// Exact clustering of numbers on a line: optimal clusters are intervals of the sorted values, found by
// dynamic programming over their ends.
#pragma once

#include "clustering/points.h"
#include "labs/prototype-clustering/loss.h"

#include <cstdint>
#include <vector>

namespace reprise::protoclust {

/// The best clusterings into 1…most clusters at once.
struct ExactLine {
  std::vector<double> loss;  ///< loss[k − 1]
  std::vector<clustering::Labels>
      labels;  ///< of the points in their given order, clusters from left to right
};

/// Weights empty: all 1. k-means and k-medians in O(k n log n) by divide and conquer on the monotone split;
/// other convex losses likewise with a search for each prototype (slow: a few hundred values).
/// std::logic_error for the capped loss, whose optimal clusters need not be intervals.
ExactLine exact_line(const std::vector<double>& x, const std::vector<double>& weights, std::int64_t most,
                     const Loss& loss);
/// The same by trying every split, O(k n²): the reference for tests.
ExactLine exact_line_plain(const std::vector<double>& x, const std::vector<double>& weights,
                           std::int64_t most, const Loss& loss);

}  // namespace reprise::protoclust
