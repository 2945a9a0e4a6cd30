#include "labs/prototype-clustering/prototype.h"

#include "clustering/distances.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace reprise::protoclust {

namespace {

constexpr double least_move = 1e-10;  // relative
constexpr int most_steps = 500;
constexpr int most_halvings = 40;

/// One cluster while its prototype is sought.
class Search {
 public:
  Search(const Points& points, std::span<const double> weights, const Loss& loss)
      : points_(points), weights_(weights), loss_(loss) {}

  double weight(std::int64_t i) const { return weights_.empty() ? 1 : weights_[static_cast<std::size_t>(i)]; }
  std::vector<double> mean() const {
    std::vector<double> sum(static_cast<std::size_t>(points_.dims));
    double total = 0;
    for (std::int64_t i = 0; i < points_.rows; ++i) {
      total += weight(i);
      for (std::int64_t j = 0; j < points_.dims; ++j)
        sum[static_cast<std::size_t>(j)] += weight(i) * points_.at(i, j);
    }
    for (double& value : sum) value /= total;
    return sum;
  }
  double distance(std::int64_t i, const std::vector<double>& at) const {
    return loss_.distance(points_.row(i), at.data(), points_.dims);
  }
  double cost(const std::vector<double>& at) const {
    double sum = 0;
    for (std::int64_t i = 0; i < points_.rows; ++i) sum += weight(i) * loss_.psi(distance(i, at));
    return sum;
  }
  /// Mean weighted by w·ω(distance), points at distance 0 left out where ω is infinite there; their weight
  /// and the length of the pull of the others are left in at_point_ and pull_.
  std::vector<double> reweighted_mean(const std::vector<double>& at) {
    const bool singular = loss_.linear() || (loss_.kind == LossKind::Power && loss_.par < 2);
    std::vector<double> sum(at.size()), pull(at.size());
    double total = 0;
    at_point_ = 0;
    for (std::int64_t i = 0; i < points_.rows; ++i) {
      const double t = distance(i, at);
      if (t == 0 && singular) {
        at_point_ += weight(i);
        continue;
      }
      const double factor = weight(i) * loss_.irls_weight(t);
      total += factor;
      for (std::size_t j = 0; j < at.size(); ++j) {
        const double x = points_.at(i, static_cast<std::int64_t>(j));
        sum[j] += factor * x;
        pull[j] += factor * (x - at[j]);
      }
    }
    pull_ = 0;
    for (const double value : pull) pull_ += value * value;
    pull_ = std::sqrt(pull_);
    if (total == 0) return at;
    for (double& value : sum) value /= total;
    return sum;
  }
  double at_point() const { return at_point_; }
  double pull() const { return pull_; }
  /// Length that relative moves refer to.
  double scale(const std::vector<double>& center) const {
    double largest = 0;
    for (std::int64_t i = 0; i < points_.rows; ++i) largest = std::max(largest, distance(i, center));
    return largest;
  }
  /// The data point nearest to `at`.
  std::vector<double> nearest_point(const std::vector<double>& at) const {
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < points_.rows; ++i) {
      if (distance(i, at) < distance(best, at)) best = i;
    }
    return {points_.row(best), points_.row(best) + points_.dims};
  }

 private:
  const Points& points_;
  std::span<const double> weights_;
  const Loss& loss_;
  double at_point_ = 0, pull_ = 0;
};

double length_between(const std::vector<double>& a, const std::vector<double>& b) {
  return std::sqrt(clustering::squared_distance(a.data(), b.data(), static_cast<std::int64_t>(a.size())));
}

std::vector<double> coordinate_medians(const Points& points, std::span<const double> weights) {
  std::vector<double> medians;
  std::vector<std::pair<double, double>> values(static_cast<std::size_t>(points.rows));
  for (std::int64_t j = 0; j < points.dims; ++j) {
    double total = 0;
    for (std::int64_t i = 0; i < points.rows; ++i) {
      const auto at = static_cast<std::size_t>(i);
      values[at] = {points.at(i, j), weights.empty() ? 1.0 : weights[at]};
      total += values[at].second;
    }
    std::sort(values.begin(), values.end());
    double below = 0;
    std::size_t at = 0;
    while (at + 1 < values.size() && 2 * (below + values[at].second) < total) below += values[at++].second;
    medians.push_back(values[at].first);
  }
  return medians;
}

std::vector<double> geometric_median(Search& search, std::vector<double> center) {
  const double scale = search.scale(center);
  for (int step = 0; step < most_steps; ++step) {
    std::vector<double> next = search.reweighted_mean(center);
    if (search.at_point() > 0) {
      const double stay = search.pull() > 0 ? std::min(1.0, search.at_point() / search.pull()) : 1;
      for (std::size_t j = 0; j < next.size(); ++j) next[j] = (1 - stay) * next[j] + stay * center[j];
    }
    const double move = length_between(next, center);
    center = std::move(next);
    if (move <= least_move * scale) break;
  }
  std::vector<double> point = search.nearest_point(center);  // Weiszfeld only creeps up to a data point
  return search.cost(point) <= search.cost(center) ? point : center;
}

/// c ← c + s(T − c), s halved while the loss rises.
std::vector<double> reweighted_least_squares(Search& search, const Loss& loss, std::vector<double> center) {
  const double scale = search.scale(center);
  const double full = loss.kind == LossKind::Power ? 1 / std::max(1.0, loss.par - 1) : 1;
  double cost = search.cost(center);
  for (int step = 0; step < most_steps; ++step) {
    const std::vector<double> target = search.reweighted_mean(center);
    std::vector<double> next(center.size());
    double share = full, next_cost = cost;
    for (int halving = 0; halving < most_halvings; ++halving, share /= 2) {
      for (std::size_t j = 0; j < next.size(); ++j) next[j] = center[j] + share * (target[j] - center[j]);
      next_cost = search.cost(next);
      if (next_cost <= cost) break;
    }
    if (next_cost > cost) break;
    const double move = length_between(next, center);
    center = std::move(next);
    cost = next_cost;
    if (move <= least_move * scale) break;
  }
  return center;
}

}  // namespace

std::vector<double> prototype_of(const Points& points, std::span<const double> weights, const Loss& loss,
                                 std::span<const double> start) {
  Search search(points, weights, loss);
  if (loss.manhattan()) return coordinate_medians(points, weights);
  std::vector<double> mean = search.mean();
  if (loss.squared()) return mean;
  if (loss.linear()) return geometric_median(search, std::move(mean));
  if (loss.kind == LossKind::Capped && !start.empty()) mean.assign(start.begin(), start.end());
  return reweighted_least_squares(search, loss, std::move(mean));
}

Points prototypes_of(const Points& points, const Labels& labels, std::int64_t clusters, const Loss& loss,
                     const Points* start) {
  if (loss.squared()) {
    Points means = clustering::cluster_means(points, labels, clusters);
    const auto sizes = clustering::cluster_sizes(labels, clusters);
    for (std::int64_t c = 0; start != nullptr && c < clusters; ++c) {
      if (sizes[static_cast<std::size_t>(c)] == 0) std::copy_n(start->row(c), points.dims, means.row(c));
    }
    return means;
  }
  Points prototypes(clusters, points.dims);
  std::vector<Points> members(static_cast<std::size_t>(clusters), Points(0, points.dims));
  for (std::int64_t i = 0; i < points.rows; ++i) {
    Points& cluster = members[static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])];
    cluster.values.insert(cluster.values.end(), points.row(i), points.row(i) + points.dims);
    ++cluster.rows;
  }
  for (std::int64_t c = 0; c < clusters; ++c) {
    std::span<const double> from;
    if (start != nullptr) from = {start->row(c), static_cast<std::size_t>(points.dims)};
    const Points& cluster = members[static_cast<std::size_t>(c)];
    if (cluster.rows == 0) {
      if (!from.empty()) std::copy(from.begin(), from.end(), prototypes.row(c));
      continue;
    }
    const std::vector<double> best = prototype_of(cluster, {}, loss, from);
    std::copy(best.begin(), best.end(), prototypes.row(c));
  }
  return prototypes;
}

Labels nearest_labels(const Points& points, const Points& prototypes, const Loss& loss) {
  Labels labels(static_cast<std::size_t>(points.rows));
  if (!loss.manhattan()) {
    clustering::assign_nearest(points, 0, points.rows, clustering::Centers(prototypes), labels.data());
    return labels;
  }
  for (std::int64_t i = 0; i < points.rows; ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (std::int64_t c = 0; c < prototypes.rows; ++c) {
      const double distance = loss.distance(points.row(i), prototypes.row(c), points.dims);
      if (distance >= least) continue;
      least = distance;
      labels[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(c);
    }
  }
  return labels;
}

double assigned_loss(const Points& points, const Points& prototypes, const Labels& labels, const Loss& loss) {
  if (loss.squared()) return clustering::within_cluster_sum(points, prototypes, labels);
  double sum = 0;
  for (std::int64_t i = 0; i < points.rows; ++i)
    sum += loss.psi(
        loss.distance(points.row(i), prototypes.row(labels[static_cast<std::size_t>(i)]), points.dims));
  return sum;
}

namespace {

/// Empty clusters move to the points with the largest loss.
int fix_empty(const Points& points, const Labels& labels, const Points& before, const Loss& loss,
              Points& prototypes) {
  const auto sizes = clustering::cluster_sizes(labels, prototypes.rows);
  std::vector<double> cost;
  int fixes = 0;
  for (std::int64_t c = 0; c < prototypes.rows; ++c) {
    if (sizes[static_cast<std::size_t>(c)] > 0) continue;
    if (cost.empty()) {
      for (std::int64_t i = 0; i < points.rows; ++i)
        cost.push_back(
            loss.distance(points.row(i), before.row(labels[static_cast<std::size_t>(i)]), points.dims));
    }
    const auto farthest = std::max_element(cost.begin(), cost.end());
    *farthest = -1;
    std::copy_n(points.row(farthest - cost.begin()), points.dims, prototypes.row(c));
    ++fixes;
  }
  return fixes;
}

}  // namespace

Clustering lloyd(const Points& points, Points start, const Loss& loss, int max_iterations) {
  if (loss.squared()) {
    clustering::KMeansOptions options;
    options.max_iterations = max_iterations;
    return clustering::kmeans(points, std::move(start), options);
  }
  Clustering result;
  result.prototypes = std::move(start);
  while (result.iterations < max_iterations) {
    Labels labels = nearest_labels(points, result.prototypes, loss);
    ++result.iterations;
    result.distance_evaluations += static_cast<std::uint64_t>(points.rows * result.prototypes.rows);
    result.converged = labels == result.labels;
    result.labels = std::move(labels);
    if (result.converged || result.iterations == max_iterations) break;
    Points moved = prototypes_of(points, result.labels, result.prototypes.rows, loss, &result.prototypes);
    result.empty_fixes += fix_empty(points, result.labels, result.prototypes, loss, moved);
    result.prototypes = std::move(moved);
  }
  result.loss = assigned_loss(points, result.prototypes, result.labels, loss);
  return result;
}

FitRun::FitRun(const Points& points, std::int64_t clusters, const Loss& loss, Random random,
               int max_iterations)
    : points_(points), clusters_(clusters), loss_(loss), random_(random), max_iterations_(max_iterations) {}

bool FitRun::step() {
  clustering::KMeansOptions options;
  options.max_iterations = max_iterations_;
  switch (stage_) {
    case Stage::Seeds: {
      if (!loss_.squared()) {
        const auto cost = [this](double squared) { return loss_.psi(std::sqrt(squared)); };
        found_ = lloyd(points_, clustering::seed_plus_plus(points_, clusters_, random_, 1, cost), loss_,
                       max_iterations_);
        stage_ = Stage::Done;
        return true;
      }
      Points seeds = clustering::seed_plus_plus(points_, clusters_, random_);
      lloyd_ = std::make_unique<clustering::KMeans>(points_, std::move(seeds), options);
      stage_ = Stage::Lloyd;
      return false;
    }
    case Stage::Lloyd:
      if (!lloyd_->step()) return false;
      moves_ = std::make_unique<clustering::HartiganMoves>(points_, lloyd_->take());
      stage_ = Stage::Moves;
      return false;
    case Stage::Moves:
      if (!moves_->step()) return false;
      found_ = moves_->take();
      stage_ = moves_->moves() > 0 ? Stage::Again : Stage::Done;
      if (stage_ == Stage::Again)
        lloyd_ = std::make_unique<clustering::KMeans>(points_, found_.prototypes, options);
      return stage_ == Stage::Done;
    case Stage::Again:
      if (!lloyd_->step()) return false;
      add_counts_of(found_);
      stage_ = Stage::Done;
      return true;
    case Stage::Done:
      break;
  }
  return true;
}

void FitRun::add_counts_of(const Clustering& before) {
  Clustering again = lloyd_->take();
  again.distance_evaluations += before.distance_evaluations;
  again.iterations += before.iterations;
  again.empty_fixes += before.empty_fixes;
  found_ = std::move(again);
}

Clustering fit_once(const Points& points, std::int64_t clusters, const Loss& loss, Random random,
                    int max_iterations) {
  FitRun run(points, clusters, loss, random, max_iterations);
  while (!run.step()) {
  }
  return run.take();
}

Clustering fit(const Points& points, std::int64_t clusters, const Loss& loss, const FitOptions& options,
               std::uint64_t seed, std::vector<std::uint64_t> coordinates) {
  Clustering best;
  coordinates.push_back(0);
  for (std::int64_t restart = 0; restart < options.restarts; ++restart) {
    coordinates.back() = static_cast<std::uint64_t>(restart);
    Clustering found = fit_once(points, clusters, loss, Random(seed, "start", std::span(coordinates)),
                                options.max_iterations);
    if (restart == 0 || found.loss < best.loss) best = std::move(found);
  }
  return best;
}

}  // namespace reprise::protoclust
