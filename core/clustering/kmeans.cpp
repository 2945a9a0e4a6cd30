#include "clustering/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace reprise::clustering {

namespace {

constexpr double outward = 1e-12;  // relative widening of a bound after each update
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t rows_of_a_tile = 64;

}  // namespace

/// What Hamerly's and Elkan's methods remember of each point, and the distances between prototypes.
struct KMeans::Bounds {
  std::vector<double> upper;         // distance to the own prototype, at most
  std::vector<double> lower;         // Hamerly: to the second nearest, at least; Elkan: [rows × clusters]
  std::vector<double> between;       // Elkan: half the distances between prototypes, [clusters × clusters]
  std::vector<double> half_nearest;  // half the distance to the nearest other prototype
  std::vector<double> shift;         // how far each prototype moved in the last update, at most
  std::size_t farthest = 0, next_farthest = 0;  // the two that moved most
  bool fresh = true;                            // nothing is known yet

  double raise_upper(std::size_t row, std::int32_t label) {
    return upper[row] = (upper[row] + shift[static_cast<std::size_t>(label)]) * (1 + outward);
  }
  /// How much closer another prototype may have come to a point of this label.
  double other_shift(std::int32_t label) const {
    return shift[static_cast<std::size_t>(label) == farthest ? next_farthest : farthest];
  }
  void find_farthest();
};

void KMeans::Bounds::find_farthest() {
  farthest = 0;
  next_farthest = shift.size() > 1 ? 1 : 0;
  for (std::size_t c = 0; c < shift.size(); ++c) {
    if (shift[c] > shift[farthest]) {
      next_farthest = farthest;
      farthest = c;
    } else if (c != farthest && (next_farthest == farthest || shift[c] > shift[next_farthest])) {
      next_farthest = c;
    }
  }
}

KMeans::KMeans(const Points& points, Points start, const KMeansOptions& options)
    : points_(points), options_(options), sums_(points, start.rows) {
  result_.prototypes = std::move(start);
  result_.labels.assign(static_cast<std::size_t>(points.rows), -1);
  evaluations_.resize(static_cast<std::size_t>(sums_.blocks()));
  changed_.resize(static_cast<std::size_t>(sums_.blocks()));
  if (options_.method != KMeansMethod::Lloyd) {
    bounds_ = std::make_unique<Bounds>();
    const auto rows = static_cast<std::size_t>(points.rows);
    const auto clusters = static_cast<std::size_t>(result_.prototypes.rows);
    bounds_->upper.resize(rows);
    bounds_->lower.resize(options_.method == KMeansMethod::Elkan ? rows * clusters : rows);
    bounds_->between.resize(clusters * clusters);
    bounds_->half_nearest.resize(clusters);
    bounds_->shift.resize(clusters);
  }
  last_loss_ = infinity;
}

KMeans::~KMeans() = default;

void KMeans::begin_assignment() {
  centers_ = std::make_unique<Centers>(result_.prototypes, options_.kernels);
  block_ = 0;
  const std::int64_t clusters = result_.prototypes.rows;
  if (!bounds_) return;
  for (std::int64_t a = 0; a < clusters; ++a) {
    double nearest = infinity;
    for (std::int64_t b = 0; b < clusters; ++b) {
      if (a == b) continue;
      const double half =
          0.5 * (1 - outward) *
          std::sqrt(squared_distance(result_.prototypes.row(a), result_.prototypes.row(b), points_.dims));
      bounds_->between[static_cast<std::size_t>(a * clusters + b)] = half;
      nearest = std::min(nearest, half);
    }
    bounds_->half_nearest[static_cast<std::size_t>(a)] = nearest;
  }
  result_.distance_evaluations += static_cast<std::uint64_t>(clusters * (clusters - 1) / 2);
}

void KMeans::assign_rows_hamerly(std::int64_t first, std::int64_t last, std::uint64_t& evaluations) {
  Bounds& known = *bounds_;
  const std::int64_t dims = points_.dims;
  std::vector<std::int64_t> open;  // rows that the bounds leave open, in tiles
  std::vector<double> rows(static_cast<std::size_t>(rows_of_a_tile * dims));
  std::vector<double> others(static_cast<std::size_t>(rows_of_a_tile));
  Labels nearest(static_cast<std::size_t>(rows_of_a_tile));
  const auto compare_open = [&] {
    const auto count = static_cast<std::int64_t>(open.size());
    if (options_.screened_bounds) {
      centers_->nearest_and_others(rows.data(), count, nearest.data(), others.data());
    } else {
      centers_->nearest_two(rows.data(), count, nearest.data(), others.data());
    }
    evaluations += static_cast<std::uint64_t>(centers_->count() * count);
    for (std::size_t r = 0; r < open.size(); ++r) {
      const auto at = static_cast<std::size_t>(open[r]);
      result_.labels[at] = nearest[r];
      known.upper[at] = (1 + outward) * std::sqrt(squared_distance(points_.row(open[r]),
                                                                   centers_->points().row(nearest[r]), dims));
      known.lower[at] = (1 - outward) * others[r];
    }
    open.clear();
  };
  for (std::int64_t i = first; i < last; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::int32_t label = result_.labels[at];
    const double* row = points_.row(i);
    if (!known.fresh) {
      const double upper = known.raise_upper(at, label);
      known.lower[at] -= known.other_shift(label) + outward * upper;
      const double bound = std::max(known.lower[at], known.half_nearest[static_cast<std::size_t>(label)]);
      if (upper < bound) continue;
      known.upper[at] = (1 + outward) * std::sqrt(squared_distance(row, centers_->points().row(label), dims));
      if (known.upper[at] < bound) {
        ++evaluations;
        continue;
      }
    }
    std::copy(row, row + dims, rows.data() + static_cast<std::int64_t>(open.size()) * dims);
    open.push_back(i);
    if (open.size() == static_cast<std::size_t>(rows_of_a_tile)) compare_open();
  }
  if (!open.empty()) compare_open();
}

void KMeans::assign_rows_elkan(std::int64_t first, std::int64_t last, std::uint64_t& evaluations) {
  Bounds& known = *bounds_;
  const std::int64_t clusters = centers_->count();
  std::vector<double> distances(static_cast<std::size_t>(centers_->padded()));
  for (std::int64_t i = first; i < last; ++i) {
    const auto at = static_cast<std::size_t>(i);
    std::int32_t& label = result_.labels[at];
    const double* row = points_.row(i);
    double* lower = known.lower.data() + i * clusters;
    if (known.fresh) {
      centers_->squared_distances(row, 1, distances.data());
      evaluations += static_cast<std::uint64_t>(clusters);
      label = static_cast<std::int32_t>(std::min_element(distances.begin(), distances.begin() + clusters) -
                                        distances.begin());
      for (std::int64_t c = 0; c < clusters; ++c)
        lower[c] = (1 - outward) * std::sqrt(distances[static_cast<std::size_t>(c)]);
      known.upper[at] = (1 + outward) * std::sqrt(distances[static_cast<std::size_t>(label)]);
      continue;
    }
    const double upper = known.raise_upper(at, label);
    for (std::int64_t c = 0; c < clusters; ++c)
      lower[c] = std::max(0.0, lower[c] - known.shift[static_cast<std::size_t>(c)] - outward * upper);
    if (upper < known.half_nearest[static_cast<std::size_t>(label)]) continue;
    double own = -1;  // squared distance to the own prototype, once it is known
    for (std::int64_t c = 0; c < clusters; ++c) {
      if (c == label) continue;
      const auto skips = [&] {
        return known.upper[at] < lower[c] ||
               known.upper[at] < known.between[static_cast<std::size_t>(label * clusters + c)];
      };
      if (skips()) continue;
      if (own < 0) {
        own = squared_distance(row, centers_->points().row(label), points_.dims);
        ++evaluations;
        known.upper[at] = (1 + outward) * std::sqrt(own);
        lower[label] = (1 - outward) * std::sqrt(own);
        if (skips()) continue;
      }
      const double other = squared_distance(row, centers_->points().row(c), points_.dims);
      ++evaluations;
      lower[c] = (1 - outward) * std::sqrt(other);
      if (other < own || (other == own && c < label)) {
        own = other;
        label = static_cast<std::int32_t>(c);
        known.upper[at] = (1 + outward) * std::sqrt(own);
      }
    }
  }
}

void KMeans::assign_block(std::int64_t block) {
  const std::int64_t first = sums_.first_row(block), last = sums_.first_row(block + 1);
  const auto at = static_cast<std::size_t>(block);
  const Labels before(result_.labels.begin() + first, result_.labels.begin() + last);
  evaluations_[at] = 0;
  if (options_.method == KMeansMethod::Hamerly) {
    assign_rows_hamerly(first, last, evaluations_[at]);
  } else if (options_.method == KMeansMethod::Elkan) {
    assign_rows_elkan(first, last, evaluations_[at]);
  } else {
    assign_nearest(points_, first, last, *centers_, result_.labels.data());
    evaluations_[at] = static_cast<std::uint64_t>((last - first) * centers_->count());
  }
  changed_[at] = !std::equal(before.begin(), before.end(), result_.labels.begin() + first);
  sums_.add_block(block, result_.labels);
}

bool KMeans::end_assignment(const ParallelFor& parallel) {
  ++result_.iterations;
  if (bounds_) bounds_->fresh = false;
  for (const std::uint64_t count : evaluations_) result_.distance_evaluations += count;
  const bool moved = std::any_of(changed_.begin(), changed_.end(), [](std::uint8_t c) { return c != 0; });
  bool small = false;
  if (options_.tolerance > 0) {
    const double loss = within_cluster_sum(points_, result_.prototypes, result_.labels, parallel);
    small = last_loss_ - loss < options_.tolerance * loss;
    last_loss_ = loss;
  }
  result_.converged = !moved || small;
  done_ = result_.converged || result_.iterations >= options_.max_iterations;
  if (!done_) move_prototypes();
  if (done_) result_.loss = within_cluster_sum(points_, result_.prototypes, result_.labels, parallel);
  block_ = -1;
  return done_;
}

void KMeans::fix_empty_clusters(Points& moved) {
  std::vector<double> cost;
  for (std::int64_t c = 0; c < moved.rows; ++c) {
    if (sums_.size(c) > 0) continue;
    if (cost.empty()) {
      for (std::int64_t i = 0; i < points_.rows; ++i)
        cost.push_back(squared_distance(points_.row(i),
                                        result_.prototypes.row(result_.labels[static_cast<std::size_t>(i)]),
                                        points_.dims));
    }
    const auto farthest = std::max_element(cost.begin(), cost.end());
    *farthest = -1;
    const double* row = points_.row(farthest - cost.begin());
    std::copy(row, row + points_.dims, moved.row(c));
    ++result_.empty_fixes;
  }
}

void KMeans::move_prototypes() {
  sums_.finish();
  Points moved = result_.prototypes;
  sums_.write_means(moved);
  fix_empty_clusters(moved);
  if (bounds_) {
    for (std::int64_t c = 0; c < moved.rows; ++c)
      bounds_->shift[static_cast<std::size_t>(c)] =
          (1 + outward) * std::sqrt(squared_distance(moved.row(c), result_.prototypes.row(c), points_.dims));
    bounds_->find_farthest();
  }
  result_.prototypes = std::move(moved);
}

bool KMeans::step() {
  if (done_) return true;
  if (!centers_ || block_ < 0) {
    begin_assignment();
    return false;
  }
  if (block_ < sums_.blocks()) {
    assign_block(block_++);
    return false;
  }
  return end_assignment(one_by_one);
}

bool KMeans::iterate(const ParallelFor& parallel) {
  if (done_) return true;
  begin_assignment();
  parallel(sums_.blocks(), [this](std::int64_t block) { assign_block(block); });
  return end_assignment(parallel);
}

Clustering KMeans::take() {
  return std::move(result_);
}

Clustering kmeans(const Points& points, Points start, const KMeansOptions& options,
                  const ParallelFor& parallel) {
  KMeans run(points, std::move(start), options);
  while (!run.iterate(parallel)) {
  }
  return run.take();
}

}  // namespace reprise::clustering
