#include "labs/prototype-clustering/plateau.h"

#include "base/math.h"
#include "clustering/distances.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace reprise::protoclust {

using clustering::Agreement;
using clustering::Labels;
using clustering::Points;

namespace {

constexpr double unit = 0x1p-53;
constexpr double ln_ten = 2.302585092994045684;
constexpr std::int64_t neighbours = 3;  // clusters that a boundary is pushed towards
constexpr int most_doublings = 8, refinements = 4;
constexpr std::string_view starts[] = {"fresh seeds", "moved", "merged and split"};

Labels nearest(const Points& points, const Points& prototypes) {
  Labels labels(static_cast<std::size_t>(points.rows));
  clustering::assign_nearest(points, 0, points.rows, clustering::Centers(prototypes), labels.data());
  return labels;
}

/// Clusters by their distance to cluster `a`, the closest first, at most `neighbours`.
std::vector<std::int64_t> neighbours_of(const Points& prototypes, std::int64_t a) {
  std::vector<std::pair<double, std::int64_t>> order;
  for (std::int64_t b = 0; b < prototypes.rows; ++b) {
    if (b != a)
      order.emplace_back(clustering::squared_distance(prototypes.row(a), prototypes.row(b), prototypes.dims),
                         b);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::int64_t> list;
  for (const auto& [distance, b] : order) {
    if (static_cast<std::int64_t>(list.size()) < neighbours) list.push_back(b);
  }
  return list;
}

/// Means of the labels; empty clusters keep their prototypes.
Points means_of(const Points& points, const Labels& labels, const Points& prototypes) {
  Points means = clustering::cluster_means(points, labels, prototypes.rows);
  const std::vector<std::int64_t> sizes = clustering::cluster_sizes(labels, prototypes.rows);
  for (std::int64_t c = 0; c < means.rows; ++c) {
    if (sizes[static_cast<std::size_t>(c)] == 0)
      std::copy_n(prototypes.row(c), prototypes.dims, means.row(c));
  }
  return means;
}

}  // namespace

Plateau::Plateau(const Points& all_points, const Labels& given_labels, std::int64_t clusters,
                 std::vector<double> gaps)
    : points(all_points),
      labels(given_labels),
      means(clustering::cluster_means(all_points, given_labels, clusters)),
      sizes(clustering::cluster_sizes(given_labels, clusters)),
      loss(clustering::within_cluster_sum(all_points, means, given_labels)),
      epsilons(std::move(gaps)) {
  const double rounding = static_cast<double>(points.rows + points.dims + 16) * unit;
  for (const double epsilon : epsilons) budgets.push_back((1 + epsilon) * loss * (1 + rounding));
}

PlateauSearch::PlateauSearch(const Plateau& plateau, std::int64_t number, const Random& random,
                             const PlateauOptions& options, ChangeCounts& counts)
    : plateau_(plateau), number_(number), random_(random), options_(options), counts_(counts) {
  farthest_.assign(plateau.epsilons.size(), {0, 0, plateau.means});
  counts_.changed.resize(plateau.labels.size());
  options_.ceilings.resize(plateau.epsilons.size(), 1);
  clustering::KMeansOptions run_options;
  run_options.max_iterations = options.max_iterations;
  run_ = std::make_unique<clustering::KMeans>(plateau.points, first_prototypes(), run_options);
}

std::string_view PlateauSearch::start() const {
  return number_ == 0 ? "itself" : starts[number_ % 3];
}

double PlateauSearch::progress() const {
  if (stage_ == Stage::Done) return 1;
  if (stage_ == Stage::Lloyd) return 0;
  const auto pushes = static_cast<double>(std::max<std::int64_t>(1, options_.pushes));
  return 0.2 + 0.8 * (static_cast<double>(which_) + static_cast<double>(push_) / pushes) /
                   static_cast<double>(plateau_.epsilons.size());
}

Points PlateauSearch::first_prototypes() {
  Points start = plateau_.means;
  if (number_ == 0) return start;
  if (number_ % 3 == 0) return clustering::seed_plus_plus(plateau_.points, start.rows, random_);
  if (number_ % 3 == 1) {
    const double deviation = std::sqrt(plateau_.loss / static_cast<double>(plateau_.points.values.size()));
    const double size = deviation * math::exp(ln_ten * (-1 + 1.7 * random_.uniform()));
    for (double& value : start.values) value += size * random_.normal();
    return start;
  }
  // One prototype leaves for a point, chosen as k-means++ would; another cluster takes over its points.
  const auto leaving = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(start.rows)));
  const Points& points = plateau_.points;
  std::vector<double> running;
  double sum = 0;
  for (std::int64_t i = 0; i < points.rows; ++i) {
    const std::int32_t label = plateau_.labels[static_cast<std::size_t>(i)];
    if (label != leaving || start.rows == 1)
      sum += clustering::squared_distance(points.row(i), plateau_.means.row(label), points.dims);
    running.push_back(sum);
  }
  const auto chosen = std::upper_bound(running.begin(), running.end(), sum * random_.uniform());
  const std::int64_t row = std::min<std::int64_t>(chosen - running.begin(), points.rows - 1);
  std::copy_n(points.row(row), points.dims, start.row(leaving));
  return start;
}

/// Remembers the solution where it is the most different one; its loss.
double PlateauSearch::consider(const Points& prototypes, const Labels& labels) {
  const double loss = clustering::within_cluster_sum(plateau_.points, prototypes, labels);
  if (!(loss <= plateau_.budgets.back())) return loss;
  const double gap = loss == plateau_.loss ? 0 : (loss - plateau_.loss) / plateau_.loss;
  const Agreement compared = clustering::agreement(labels, plateau_.labels);
  counts_.least_gap = std::min(counts_.least_gap, gap);
  for (std::size_t e = 0; e < farthest_.size(); ++e) {
    DifferentSolution& best = farthest_[e];
    if (loss > plateau_.budgets[e]) continue;
    if (compared.error > best.error || (compared.error == best.error && gap < best.gap))
      best = {compared.error, gap, prototypes};
  }
  if (loss <= plateau_.budgets[counts_.which] && compared.error > 0) count(prototypes, labels, compared);
  return loss;
}

void PlateauSearch::count(const Points& prototypes, const Labels& labels, const Agreement& compared) {
  std::vector<std::int64_t> match = compared.match;
  if (counts_.by_place) {
    const Labels placed = nearest(plateau_.means, prototypes);
    match.assign(placed.begin(), placed.end());
  }
  ++counts_.solutions;
  for (std::size_t i = 0; i < labels.size(); ++i)
    counts_.changed[i] += labels[i] != match[static_cast<std::size_t>(plateau_.labels[i])] ? 1 : 0;
}

bool PlateauSearch::step() {
  switch (stage_) {
    case Stage::Lloyd: {
      const Points before = run_->state().prototypes;  // the labels belong to these
      const bool ended = run_->iterate(clustering::one_by_one);
      consider(ended ? run_->state().prototypes : before, run_->state().labels);
      if (!ended) return false;
      end_ = run_->state().prototypes;
      run_.reset();
      stage_ = options_.pushes > 0 ? Stage::Direction : Stage::Done;
      return stage_ == Stage::Done;
    }
    case Stage::Direction:
      if (is_closed()) push_ = options_.pushes;
      if (push_ < options_.pushes && choose_direction()) {
        looks_ = 0;
        stage_ = Stage::Grow;
        return false;
      }
      next_push();
      return stage_ == Stage::Done;
    case Stage::Grow:
      if (look_along(outside_)) {
        inside_ = outside_;
        outside_ *= 2;
        if (++looks_ >= most_doublings) next_push();
      } else {
        looks_ = 0;
        stage_ = Stage::Refine;
      }
      return stage_ == Stage::Done;
    case Stage::Refine: {
      const double middle = 0.5 * (inside_ + outside_);
      (look_along(middle) ? inside_ : outside_) = middle;
      if (++looks_ >= refinements) next_push();
      return stage_ == Stage::Done;
    }
    case Stage::Done:
      break;
  }
  return true;
}

/// Whether as much was found as can be, but for rounding of shares.
bool PlateauSearch::is_closed() const {
  return farthest_[which_].error >= options_.ceilings[which_] - 1e-12;
}

void PlateauSearch::next_push() {
  stage_ = Stage::Direction;
  if (++push_ < options_.pushes) return;
  push_ = 0;
  if (++which_ == farthest_.size()) stage_ = Stage::Done;
}

/// Where to move which prototypes, and how far the loss surely allows. False when it allows nothing.
bool PlateauSearch::choose_direction() {
  const DifferentSolution& from = farthest_[which_];
  const bool towards_end = push_ == 0 && number_ > 0;
  base_ = plateau_.means;
  base_sizes_ = plateau_.sizes;
  Labels labels = plateau_.labels;
  if (!towards_end && from.error > 0) {
    labels = nearest(plateau_.points, from.prototypes);
    base_ = means_of(plateau_.points, labels, from.prototypes);
    base_sizes_ = clustering::cluster_sizes(labels, base_.rows);
  }
  direction_ = Points(base_.rows, base_.dims);
  const double kind = random_.uniform();
  if (towards_end) {
    point_away(end_, nearest(plateau_.points, end_), false);
  } else if (kind < 0.15 && from.error > 0) {
    point_away(base_, labels, true);
  } else if (kind < 0.3) {
    for (std::int64_t c = 0; c < base_.rows; ++c) {
      const auto size =
          static_cast<double>(std::max<std::int64_t>(1, base_sizes_[static_cast<std::size_t>(c)]));
      for (std::int64_t j = 0; j < base_.dims; ++j) direction_.row(c)[j] = random_.normal() / std::sqrt(size);
    }
  } else {
    push_boundaries(kind < 0.75);
  }
  // With labels as they are, moving by t costs t² Σ n|u|²: so far surely.
  const double slack =
      plateau_.budgets[which_] - clustering::within_cluster_sum(plateau_.points, base_, labels);
  double cost = 0;
  for (std::int64_t c = 0; c < base_.rows; ++c) {
    const auto size = static_cast<double>(base_sizes_[static_cast<std::size_t>(c)]);
    for (std::int64_t j = 0; j < base_.dims; ++j) cost += size * direction_.row(c)[j] * direction_.row(c)[j];
  }
  inside_ = 0;
  outside_ = slack > 0 && cost > 0 ? std::sqrt(slack / cost) : 0;
  return outside_ > 0 && std::isfinite(outside_);
}

/// Moves the boundary between neighbours: both prototypes to the same side, the smaller cluster's farther,
/// which costs least. One pair, or a pair for every cluster.
void PlateauSearch::push_boundaries(bool single) {
  const std::int64_t clusters = base_.rows;
  if (clusters < 2) return;
  const auto only = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(clusters)));
  for (std::int64_t a = single ? only : 0; a < (single ? only + 1 : clusters); ++a) {
    const std::vector<std::int64_t> near = neighbours_of(base_, a);
    const std::int64_t b = near[static_cast<std::size_t>(random_.below(near.size()))];
    const double weight = single ? (random_.bernoulli(0.5) ? 1.0 : -1.0) : random_.normal();
    const double distance = std::sqrt(clustering::squared_distance(base_.row(a), base_.row(b), base_.dims));
    if (!(distance > 0)) continue;
    const auto share = [&](std::int64_t c) {
      return weight / (distance * static_cast<double>(
                                      std::max<std::int64_t>(1, base_sizes_[static_cast<std::size_t>(c)])));
    };
    for (std::int64_t j = 0; j < base_.dims; ++j) {
      const double step = base_.row(b)[j] - base_.row(a)[j];
      direction_.row(a)[j] += share(a) * step;
      direction_.row(b)[j] += share(b) * step;
    }
  }
}

/// From the mean of each cluster to the prototype that has most of its points; one row a cluster, or in the
/// order of `to`.
void PlateauSearch::point_away(const Points& to, const Labels& labels_of_to, bool own_order) {
  const Agreement compared = clustering::agreement(labels_of_to, plateau_.labels);
  for (std::size_t c = 0; c < compared.match.size(); ++c) {
    if (compared.match[c] < 0 || compared.match[c] >= to.rows) continue;
    const auto cluster = static_cast<std::int64_t>(c);
    double* step = direction_.row(own_order ? compared.match[c] : cluster);
    for (std::int64_t j = 0; j < to.dims; ++j)
      step[j] = to.at(compared.match[c], j) - plateau_.means.at(cluster, j);
  }
}

bool PlateauSearch::look_along(double length) {
  Points moved = base_;
  for (std::size_t i = 0; i < moved.values.size(); ++i) moved.values[i] += length * direction_.values[i];
  return consider(moved, nearest(plateau_.points, moved)) <= plateau_.budgets[which_];
}

Labels renamed_like(const Labels& labels, const Labels& reference) {
  const Agreement compared = clustering::agreement(labels, reference);
  std::vector<std::int32_t> names(
      labels.empty() ? 0 : static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end())) + 1, -1);
  for (std::size_t j = 0; j < compared.match.size(); ++j) {
    if (compared.match[j] >= 0)
      names[static_cast<std::size_t>(compared.match[j])] = static_cast<std::int32_t>(j);
  }
  auto next = static_cast<std::int32_t>(compared.match.size());
  for (std::int32_t& name : names) {
    if (name < 0) name = next++;
  }
  Labels renamed;
  for (const std::int32_t label : labels) renamed.push_back(names[static_cast<std::size_t>(label)]);
  return renamed;
}

}  // namespace reprise::protoclust
