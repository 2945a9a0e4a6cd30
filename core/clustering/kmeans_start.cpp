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
constexpr std::int64_t rows_of_a_step = 4096;

/// Costs with their sums over blocks of rows, so that a draw looks at one block only.
class BlockedCosts {
 public:
  explicit BlockedCosts(std::int64_t rows)
      : cost_(static_cast<std::size_t>(rows), std::numeric_limits<double>::infinity()),
        sums_(static_cast<std::size_t>((rows + rows_of_a_block - 1) / rows_of_a_block)) {}

  double& operator[](std::int64_t row) { return cost_[static_cast<std::size_t>(row)]; }
  double operator[](std::int64_t row) const { return cost_[static_cast<std::size_t>(row)]; }
  std::int64_t blocks() const { return static_cast<std::int64_t>(sums_.size()); }
  std::int64_t first_row(std::int64_t block) const {
    return std::min(block * static_cast<std::int64_t>(rows_of_a_block),
                    static_cast<std::int64_t>(cost_.size()));
  }
  void add_up_block(std::int64_t block) {
    sums_[static_cast<std::size_t>(block)] =
        std::accumulate(cost_.data() + first_row(block), cost_.data() + first_row(block + 1), 0.0);
  }
  /// Of the blocks as they were added up last.
  double total() const { return std::accumulate(sums_.begin(), sums_.end(), 0.0); }
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

namespace {

/// Costs of the rows if one more seed were taken, for a few candidates at once.
class Trials {
 public:
  Trials(const Points& points, const std::function<double(double)>& cost, const ParallelFor& parallel,
         const cpu::RowKernels* kernels)
      : points_(points), cost_(cost), parallel_(parallel), kernels_(kernels) {}

  /// Which of the tried points leaves the least total cost, the first among equals; `costs` are updated with
  /// it. Total cost in `total`.
  std::int64_t take_best(const Points& tried, BlockedCosts& costs, double& total) {
    const Centers centers(tried, kernels_);
    const std::int64_t count = tried.rows, jobs = (costs.blocks() + blocks_of_a_job - 1) / blocks_of_a_job;
    of_rows_.resize(static_cast<std::size_t>(count > 1 ? points_.rows * count : 0));
    totals_.assign(static_cast<std::size_t>(costs.blocks() * count), 0);
    const auto each_block = [&](const std::function<void(std::int64_t)>& work) {
      parallel_(jobs, [&](std::int64_t job) {
        const std::int64_t last = std::min(costs.blocks(), (job + 1) * blocks_of_a_job);
        for (std::int64_t block = job * blocks_of_a_job; block < last; ++block) work(block);
      });
    };
    each_block([&](std::int64_t block) { compare(centers, block, costs); });
    std::int64_t best = 0;
    if (count > 1) {
      std::vector<double> sums(static_cast<std::size_t>(count));
      for (std::size_t at = 0; at < totals_.size(); ++at) sums[at % sums.size()] += totals_[at];
      best = std::min_element(sums.begin(), sums.end()) - sums.begin();
      each_block([&](std::int64_t block) {
        for (std::int64_t row = costs.first_row(block); row < costs.first_row(block + 1); ++row)
          costs[row] = std::min(costs[row], of_rows_[static_cast<std::size_t>(row * count + best)]);
        costs.add_up_block(block);
      });
    }
    total = costs.total();
    return best;
  }

 private:
  /// One candidate: the costs at once. Several: what each would cost, and the sums of the block.
  void compare(const Centers& centers, std::int64_t block, BlockedCosts& costs) {
    constexpr std::int64_t rows_of_a_tile = 64;
    const std::int64_t count = centers.count(), padded = centers.padded(), last = costs.first_row(block + 1);
    thread_local std::vector<double> distances;
    distances.resize(static_cast<std::size_t>(rows_of_a_tile * padded));
    double* totals = totals_.data() + block * count;
    for (std::int64_t first = costs.first_row(block); first < last; first += rows_of_a_tile) {
      const std::int64_t rows = std::min(rows_of_a_tile, last - first);
      centers.squared_distances(points_.row(first), rows, distances.data());
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < count; ++c) {
          double& squared = distances[static_cast<std::size_t>(r * padded + c)];
          if (cost_) squared = cost_(squared);
          if (count == 1) {
            costs[first + r] = std::min(costs[first + r], squared);
          } else {
            of_rows_[static_cast<std::size_t>((first + r) * count + c)] = squared;
            totals[c] += std::min(costs[first + r], squared);
          }
        }
      }
    }
    if (count == 1) costs.add_up_block(block);
  }

  static constexpr std::int64_t blocks_of_a_job = 16;
  const Points& points_;
  const std::function<double(double)>& cost_;
  const ParallelFor& parallel_;
  const cpu::RowKernels* kernels_;
  std::vector<double> of_rows_;  // [rows × candidates]
  std::vector<double> totals_;   // [blocks × candidates]
};

}  // namespace

Points seed_plus_plus(const Points& points, std::int64_t clusters, Random& random, std::int64_t candidates,
                      const std::function<double(double)>& cost, const ParallelFor& parallel,
                      const cpu::RowKernels* kernels) {
  Points seeds(clusters, points.dims);
  BlockedCosts costs(points.rows);
  Trials trials(points, cost, parallel, kernels);
  double total = 0;
  for (std::int64_t seed = 0; seed < clusters; ++seed) {
    Points tried(seed == 0 ? 1 : candidates, points.dims);
    for (std::int64_t c = 0; c < tried.rows; ++c) {
      const std::int64_t row =
          total > 0 ? costs.find(random.uniform() * total)
                    : static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(points.rows)));
      std::copy(points.row(row), points.row(row) + points.dims, tried.row(c));
    }
    const std::int64_t best = trials.take_best(tried, costs, total);
    std::copy(tried.row(best), tried.row(best) + points.dims, seeds.row(seed));
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

HartiganMoves::HartiganMoves(const Points& points, Clustering clustering, int max_sweeps)
    : points_(points),
      result_(std::move(clustering)),
      max_sweeps_(max_sweeps),
      means_(cluster_means(points, result_.labels, result_.prototypes.rows)),
      sizes_(cluster_sizes(result_.labels, result_.prototypes.rows)) {
  for (std::int64_t c = 0; c < means_.rows; ++c) {  // an empty cluster keeps its prototype
    if (sizes_[static_cast<std::size_t>(c)] == 0)
      std::copy_n(result_.prototypes.row(c), points.dims, means_.row(c));
  }
}

/// Squared distances from each mean to the nearest other one, and the least share n/(n + 1) of a cluster.
void HartiganMoves::begin_sweep() {
  drift_ = 0;
  smallest_ = *std::min_element(sizes_.begin(), sizes_.end());
  reach_.assign(sizes_.size(), std::numeric_limits<double>::infinity());
  for (std::int64_t a = 0; a < means_.rows; ++a) {
    for (std::int64_t b = 0; b < means_.rows; ++b) {
      double& reach = reach_[static_cast<std::size_t>(a)];
      if (a != b)
        reach = std::min(reach, std::sqrt(squared_distance(means_.row(a), means_.row(b), points_.dims)));
    }
  }
}

/// Whether every other mean is surely too far for a point that saves `saved` by leaving its own, `distance`
/// away: what it would pay is at least s/(s + 1) of the squared distance to the nearest other mean.
bool HartiganMoves::surely_stays(std::int32_t label, double distance, double saved) const {
  constexpr double outward = 1e-9;
  const double reach = reach_[static_cast<std::size_t>(label)];
  const double left = reach * (1 - outward) - drift_ * (1 + outward) - distance * (1 + outward);
  const auto size = static_cast<double>(smallest_);
  return left > 0 && size > 0 && size / (size + 1) * left * left >= saved * (1 + outward);
}

void HartiganMoves::look_at(std::int64_t i) {
  const std::int64_t dims = points_.dims;
  std::int32_t& label = result_.labels[static_cast<std::size_t>(i)];
  const auto own = static_cast<double>(sizes_[static_cast<std::size_t>(label)]);
  if (own <= 1) return;
  const double* row = points_.row(i);
  const double squared = squared_distance(row, means_.row(label), dims);
  const double saved = own / (own - 1) * squared;
  if (surely_stays(label, std::sqrt(squared), saved)) return;
  std::int64_t target = -1;
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t c = 0; c < means_.rows; ++c) {
    if (c == label) continue;
    const auto other = static_cast<double>(sizes_[static_cast<std::size_t>(c)]);
    const double paid = other / (other + 1) * squared_distance(row, means_.row(c), dims);
    if (paid < least) {
      least = paid;
      target = c;
    }
  }
  if (target < 0 || !(saved - least > least_gain * saved)) return;
  const auto other = static_cast<double>(sizes_[static_cast<std::size_t>(target)]);
  double* from = means_.row(label);
  double* to = means_.row(target);
  drift_ += std::sqrt(squared) / (own - 1) + std::sqrt(squared_distance(row, to, dims)) / (other + 1);
  for (std::int64_t j = 0; j < dims; ++j) {
    from[j] -= (row[j] - from[j]) / (own - 1);
    to[j] += (row[j] - to[j]) / (other + 1);
  }
  smallest_ = std::min(smallest_, --sizes_[static_cast<std::size_t>(label)]);
  ++sizes_[static_cast<std::size_t>(target)];
  label = static_cast<std::int32_t>(target);
  ++moved_;
}

bool HartiganMoves::step() {
  if (done_) return true;
  if (row_ == 0) begin_sweep();
  const std::int64_t last = std::min(points_.rows, row_ + rows_of_a_step);
  for (; row_ < last; ++row_) look_at(row_);
  if (row_ < points_.rows) return false;
  row_ = 0;
  moves_ += moved_;
  done_ = moved_ == 0 || ++sweep_ >= max_sweeps_;
  moved_ = 0;
  if (!done_) return false;
  const Points exact = cluster_means(points_, result_.labels, means_.rows);
  for (std::int64_t c = 0; c < means_.rows; ++c) {
    if (sizes_[static_cast<std::size_t>(c)] > 0)
      std::copy_n(exact.row(c), points_.dims, result_.prototypes.row(c));
  }
  result_.loss = within_cluster_sum(points_, result_.prototypes, result_.labels);
  return true;
}

std::int64_t hartigan_moves(const Points& points, Clustering& clustering, int max_sweeps) {
  HartiganMoves run(points, std::move(clustering), max_sweeps);
  while (!run.step()) {
  }
  clustering = run.take();
  return run.moves();
}

}  // namespace reprise::clustering
