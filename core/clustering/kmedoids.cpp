#include "clustering/kmedoids.h"

#include "clustering/distances.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace reprise::clustering {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double least_fall = 1e-12;  // relative
constexpr std::int64_t lookups_per_step = 2'000'000;

}  // namespace

Dissimilarities euclidean_dissimilarities(const Points& points, std::int64_t most) {
  Dissimilarities distances;
  distances.rows = std::min(points.rows, most);
  distances.values.resize(static_cast<std::size_t>(distances.rows * distances.rows));
  for (std::int64_t a = 0; a < distances.rows; ++a) {
    for (std::int64_t b = 0; b < a; ++b) {
      const double distance = std::sqrt(squared_distance(points.row(a), points.row(b), points.dims));
      distances.values[static_cast<std::size_t>(a * distances.rows + b)] = distance;
      distances.values[static_cast<std::size_t>(b * distances.rows + a)] = distance;
    }
  }
  return distances;
}

MedoidSearch::MedoidSearch(const Dissimilarities& distances, std::vector<std::int64_t> start, SwapRule rule)
    : distances_(distances),
      rule_(rule),
      medoids_(std::move(start)),
      is_medoid_(static_cast<std::size_t>(distances.rows)),
      nearest_(static_cast<std::size_t>(distances.rows)),
      second_(nearest_),
      nearest_distance_(nearest_.size()),
      second_distance_(nearest_.size()) {
  for (const std::int64_t row : medoids_) is_medoid_[static_cast<std::size_t>(row)] = 1;
  look_up_all();
}

void MedoidSearch::look_up_all() {
  for (std::int64_t point = 0; point < distances_.rows; ++point) find_nearest_two(point);
  sum_up();
}

void MedoidSearch::find_nearest_two(std::int64_t point) {
  const auto at = static_cast<std::size_t>(point);
  const double* row = distances_.row(point);
  double first = infinity, second = infinity;
  for (std::size_t m = 0; m < medoids_.size(); ++m) {
    const double distance = row[medoids_[m]];
    if (distance < first) {
      second = first;
      second_[at] = nearest_[at];
      first = distance;
      nearest_[at] = static_cast<std::int32_t>(m);
    } else if (distance < second) {
      second = distance;
      second_[at] = static_cast<std::int32_t>(m);
    }
  }
  nearest_distance_[at] = first;
  second_distance_[at] = second;
  lookups_ += medoids_.size();
}

void MedoidSearch::sum_up() {
  removal_.assign(medoids_.size(), 0);
  loss_ = 0;
  for (std::size_t point = 0; point < nearest_.size(); ++point) {
    loss_ += nearest_distance_[point];
    removal_[static_cast<std::size_t>(nearest_[point])] += second_distance_[point] - nearest_distance_[point];
  }
}

MedoidSearch::Swap MedoidSearch::best_swap_with(std::int64_t candidate) const {
  const double* row = distances_.row(candidate);
  double everywhere = 0;  // what the new medoid saves whoever leaves
  if (medoids_.size() == 1) {
    for (std::size_t point = 0; point < nearest_.size(); ++point)
      everywhere += row[point] - nearest_distance_[point];
    return {everywhere, 0};
  }
  std::vector<double> leaving = removal_;
  for (std::size_t point = 0; point < nearest_.size(); ++point) {
    const double distance = row[point], first = nearest_distance_[point], second = second_distance_[point];
    double& own = leaving[static_cast<std::size_t>(nearest_[point])];
    if (distance < first) {
      everywhere += distance - first;
      own += first - second;
    } else if (distance < second) {
      own += distance - second;
    }
  }
  const auto least = std::min_element(leaving.begin(), leaving.end());
  return {*least + everywhere, static_cast<std::size_t>(least - leaving.begin())};
}

void MedoidSearch::swap_in(std::int64_t candidate, std::size_t medoid) {
  is_medoid_[static_cast<std::size_t>(medoids_[medoid])] = 0;
  is_medoid_[static_cast<std::size_t>(candidate)] = 1;
  medoids_[medoid] = candidate;
  const double* row = distances_.row(candidate);
  const auto number = static_cast<std::int32_t>(medoid);
  for (std::int64_t point = 0; point < distances_.rows; ++point) {
    const auto at = static_cast<std::size_t>(point);
    if (nearest_[at] == number || second_[at] == number) {
      find_nearest_two(point);
      continue;
    }
    const double distance = row[point];
    ++lookups_;
    if (distance < nearest_distance_[at]) {
      second_[at] = nearest_[at];
      second_distance_[at] = nearest_distance_[at];
      nearest_[at] = number;
      nearest_distance_[at] = distance;
    } else if (distance < second_distance_[at]) {
      second_[at] = number;
      second_distance_[at] = distance;
    }
  }
  sum_up();
}

/// Swaps, unless the loss does not fall after all: what a swap saves is a difference of sums, and when next
/// to nothing is left to save, rounding could swap for ever.
bool MedoidSearch::keep_swap(std::int64_t candidate, std::size_t medoid) {
  const double before = loss_;
  const std::int64_t leaving = medoids_[medoid];
  swap_in(candidate, medoid);
  if (loss_ < before) {
    ++swaps_;
    return true;
  }
  swap_in(leaving, medoid);
  return false;
}

bool MedoidSearch::step() {
  const std::int64_t rows = distances_.rows;
  for (std::int64_t left = lookups_per_step; left > 0 && !done_; left -= rows) {
    if (!is_medoid(candidate_)) {
      const Swap swap = best_swap_with(candidate_);
      lookups_ += static_cast<std::uint64_t>(rows);
      const bool helps = loss_ > 0 && swap.change < -least_fall * loss_;
      if (rule_ == SwapRule::First) {
        if (helps && keep_swap(candidate_, swap.medoid)) without_swap_ = -1;
      } else if (helps && (best_candidate_ < 0 || swap.change < best_.change)) {
        best_ = swap;
        best_candidate_ = candidate_;
      }
    }
    ++without_swap_;
    candidate_ = candidate_ + 1 == rows ? 0 : candidate_ + 1;
    if (without_swap_ < rows) continue;
    if (rule_ == SwapRule::Best && best_candidate_ >= 0 && keep_swap(best_candidate_, best_.medoid)) {
      best_candidate_ = -1;
      without_swap_ = 0;
    } else {
      done_ = true;
    }
  }
  return done_;
}

double MedoidSearch::best_swap() const {
  double largest = -infinity;
  for (std::int64_t candidate = 0; candidate < distances_.rows; ++candidate) {
    if (is_medoid(candidate)) continue;
    const double change = best_swap_with(candidate).change;
    largest = std::max(largest, loss_ > 0 ? -change / loss_ : 0);
  }
  return largest == -infinity ? 0 : largest;
}

Medoids MedoidSearch::take() {
  std::sort(medoids_.begin(), medoids_.end());
  look_up_all();
  lookups_ -= static_cast<std::uint64_t>(distances_.rows) * medoids_.size();  // no part of the search
  Medoids found;
  found.rows = medoids_;
  found.labels.assign(nearest_.begin(), nearest_.end());
  found.loss = loss_;
  found.swaps = swaps_;
  found.lookups = lookups_;
  return found;
}

std::vector<std::int64_t> random_medoids(std::int64_t rows, std::int64_t count, Random& random) {
  std::vector<std::int64_t> chosen;
  for (std::int64_t last = rows - count; last < rows; ++last) {  // Floyd's sampling
    const auto row = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(last + 1)));
    const bool taken = std::find(chosen.begin(), chosen.end(), row) != chosen.end();
    chosen.push_back(taken ? last : row);
  }
  return chosen;
}

}  // namespace reprise::clustering
