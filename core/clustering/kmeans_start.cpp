// Starts of k-means: k-means++ and random rows; and Hartigan's single-point moves after it.
#include "base/math.h"
#include "clustering/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace reprise::clustering {

namespace {

constexpr std::size_t rows_of_a_block = 1024;
constexpr double least_gain = 1e-12;  // relative

/// Costs with their sums over blocks of rows, so that a draw looks at one block only.
class BlockedCosts {
 public:
  explicit BlockedCosts(std::int64_t rows)
      : cost_(static_cast<std::size_t>(rows), std::numeric_limits<double>::infinity()),
        sums_(static_cast<std::size_t>((rows + rows_of_a_block - 1) / rows_of_a_block)) {}

  double& operator[](std::int64_t row) { return cost_[static_cast<std::size_t>(row)]; }
  double operator[](std::int64_t row) const { return cost_[static_cast<std::size_t>(row)]; }
  double add_up() {
    double total = 0;
    for (std::size_t block = 0; block < sums_.size(); ++block) {
      const std::size_t first = block * rows_of_a_block;
      const std::size_t last = std::min(first + rows_of_a_block, cost_.size());
      sums_[block] = std::accumulate(cost_.data() + first, cost_.data() + last, 0.0);
      total += sums_[block];
    }
    return total;
  }
  /// The first row whose running sum exceeds `target`; the last row with a cost when rounding leaves none.
  std::int64_t find(double target) const {
    std::size_t block = 0;
    while (block + 1 < sums_.size() && target >= sums_[block]) target -= sums_[block++];
    const auto first = static_cast<std::int64_t>(block * rows_of_a_block);
    const auto last = static_cast<std::int64_t>(std::min((block + 1) * rows_of_a_block, cost_.size()));
    std::int64_t found = -1;
    double sum = 0;
    for (std::int64_t row = first; row < last; ++row) {
      if (!((*this)[row] > 0)) continue;
      found = row;
      sum += (*this)[row];
      if (sum > target) return row;
    }
    if (found >= 0) return found;
    for (std::int64_t row = static_cast<std::int64_t>(cost_.size()) - 1; row > 0; --row) {
      if ((*this)[row] > 0) return row;
    }
    return 0;
  }

 private:
  std::vector<double> cost_, sums_;
};

}  // namespace

std::int64_t greedy_candidates(std::int64_t clusters) {
  return 2 + static_cast<std::int64_t>(std::floor(math::log(static_cast<double>(clusters))));
}

Points seed_plus_plus(const Points& points, std::int64_t clusters, Random& random, std::int64_t candidates,
                      const std::function<double(double)>& cost) {
  constexpr std::int64_t rows_of_a_tile = 64;
  Points seeds(clusters, points.dims);
  BlockedCosts costs(points.rows);
  std::vector<double> totals(static_cast<std::size_t>(candidates));
  for (std::int64_t seed = 0; seed < clusters; ++seed) {
    const double total = seed == 0 ? 0 : costs.add_up();
    Points tried(seed == 0 ? 1 : candidates, points.dims);
    for (std::int64_t c = 0; c < tried.rows; ++c) {
      const std::int64_t row =
          total > 0 ? costs.find(random.uniform() * total)
                    : static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(points.rows)));
      std::copy(points.row(row), points.row(row) + points.dims, tried.row(c));
    }
    const Centers centers(tried);
    const auto padded = centers.padded();
    std::vector<double> distances(static_cast<std::size_t>(rows_of_a_tile * padded));
    const auto cost_of = [&](double squared) { return cost ? cost(squared) : squared; };
    std::int64_t best = 0;
    if (tried.rows > 1) {  // which candidate leaves the least cost
      std::fill(totals.begin(), totals.end(), 0.0);
      for (std::int64_t first = 0; first < points.rows; first += rows_of_a_tile) {
        const std::int64_t count = std::min(rows_of_a_tile, points.rows - first);
        centers.squared_distances(points.row(first), count, distances.data());
        for (std::int64_t r = 0; r < count; ++r) {
          const double* of_row = distances.data() + r * padded;
          for (std::int64_t c = 0; c < candidates; ++c)
            totals[static_cast<std::size_t>(c)] += std::min(costs[first + r], cost_of(of_row[c]));
        }
      }
      best = std::min_element(totals.begin(), totals.end()) - totals.begin();
    }
    std::copy(tried.row(best), tried.row(best) + points.dims, seeds.row(seed));
    for (std::int64_t row = 0; row < points.rows; ++row)
      costs[row] =
          std::min(costs[row], cost_of(squared_distance(points.row(row), seeds.row(seed), points.dims)));
  }
  return seeds;
}

Points seed_random_rows(const Points& points, std::int64_t clusters, Random& random) {
  std::vector<std::int64_t> chosen;
  while (static_cast<std::int64_t>(chosen.size()) < clusters) {
    const auto row = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(points.rows)));
    if (std::find(chosen.begin(), chosen.end(), row) == chosen.end()) chosen.push_back(row);
  }
  Points seeds(clusters, points.dims);
  for (std::size_t c = 0; c < chosen.size(); ++c)
    std::copy(points.row(chosen[c]), points.row(chosen[c]) + points.dims,
              seeds.row(static_cast<std::int64_t>(c)));
  return seeds;
}

std::int64_t hartigan_moves(const Points& points, Clustering& clustering, int max_sweeps) {
  const std::int64_t clusters = clustering.prototypes.rows, dims = points.dims;
  Points means = cluster_means(points, clustering.labels, clusters);
  std::vector<std::int64_t> sizes = cluster_sizes(clustering.labels, clusters);
  for (std::int64_t c = 0; c < clusters; ++c) {  // an empty cluster keeps its prototype
    if (sizes[static_cast<std::size_t>(c)] == 0)
      std::copy(clustering.prototypes.row(c), clustering.prototypes.row(c) + dims, means.row(c));
  }
  std::int64_t moves = 0;
  for (int sweep = 0; sweep < max_sweeps; ++sweep) {
    std::int64_t moved = 0;
    for (std::int64_t i = 0; i < points.rows; ++i) {
      std::int32_t& label = clustering.labels[static_cast<std::size_t>(i)];
      const auto own = static_cast<double>(sizes[static_cast<std::size_t>(label)]);
      if (own <= 1) continue;
      const double* row = points.row(i);
      const double saved = own / (own - 1) * squared_distance(row, means.row(label), dims);
      std::int64_t target = -1;
      double least = std::numeric_limits<double>::infinity();
      for (std::int64_t c = 0; c < clusters; ++c) {
        if (c == label) continue;
        const auto other = static_cast<double>(sizes[static_cast<std::size_t>(c)]);
        const double paid = other / (other + 1) * squared_distance(row, means.row(c), dims);
        if (paid < least) {
          least = paid;
          target = c;
        }
      }
      if (target < 0 || !(saved - least > least_gain * saved)) continue;
      const auto other = static_cast<double>(sizes[static_cast<std::size_t>(target)]);
      double* from = means.row(label);
      double* to = means.row(target);
      for (std::int64_t j = 0; j < dims; ++j) {
        from[j] -= (row[j] - from[j]) / (own - 1);
        to[j] += (row[j] - to[j]) / (other + 1);
      }
      --sizes[static_cast<std::size_t>(label)];
      ++sizes[static_cast<std::size_t>(target)];
      label = static_cast<std::int32_t>(target);
      ++moved;
    }
    moves += moved;
    if (moved == 0) break;
  }
  const Points exact = cluster_means(points, clustering.labels, clusters);
  for (std::int64_t c = 0; c < clusters; ++c) {
    if (sizes[static_cast<std::size_t>(c)] > 0)
      std::copy(exact.row(c), exact.row(c) + dims, clustering.prototypes.row(c));
  }
  clustering.loss = within_cluster_sum(points, clustering.prototypes, clustering.labels);
  return moves;
}

}  // namespace reprise::clustering
