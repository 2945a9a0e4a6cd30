#include "labs/prototype-clustering/tube.h"

#include "clustering/agreement.h"
#include "clustering/distances.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace reprise::protoclust {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double rounding = 1e-12;  // relative: the tube is widened by what distances may be off

}  // namespace

TubeReference::TubeReference(const clustering::Points& points, const clustering::Labels& labels,
                             const clustering::Points& prototypes)
    : points_(points), labels_(labels), prototypes_(prototypes) {
  distances_.reserve(static_cast<std::size_t>(points.rows * prototypes.rows));
  for (std::int64_t i = 0; i < points.rows; ++i) {
    for (std::int64_t c = 0; c < prototypes.rows; ++c)
      distances_.push_back(
          std::sqrt(clustering::squared_distance(points.row(i), prototypes.row(c), points.dims)));
  }
}

double TubeReference::distance_margin(std::int64_t row) const {
  const std::int64_t own = labels_[static_cast<std::size_t>(row)];
  double nearest = infinity;
  for (std::int64_t c = 0; c < prototypes_.rows; ++c) {
    if (c != own) nearest = std::min(nearest, distance(row, c));
  }
  return nearest - distance(row, own);
}

Tube TubeReference::compare(const clustering::Points& solution, const clustering::Labels& nearest) const {
  const std::int64_t clusters = prototypes_.rows;
  if (solution.rows != clusters || solution.dims != points_.dims)
    throw std::logic_error("a tube compares as many prototypes of as many coordinates");
  std::vector<double> cost;
  for (std::int64_t c = 0; c < clusters; ++c) {
    for (std::int64_t other = 0; other < clusters; ++other)
      cost.push_back(
          std::sqrt(clustering::squared_distance(prototypes_.row(c), solution.row(other), points_.dims)));
  }
  Tube tube;
  tube.match = clustering::least_cost_assignment(cost, clusters);
  std::vector<std::int32_t> reference_of(static_cast<std::size_t>(clusters));
  for (std::int64_t c = 0; c < clusters; ++c) {
    const std::int64_t other = tube.match[static_cast<std::size_t>(c)];
    tube.shifts.push_back(cost[static_cast<std::size_t>(c * clusters + other)]);
    reference_of[static_cast<std::size_t>(other)] = static_cast<std::int32_t>(c);
  }
  for (std::int64_t i = 0; i < points_.rows; ++i) {
    const std::int32_t own = labels_[static_cast<std::size_t>(i)];
    const double reach = distance(i, own) + tube.shifts[static_cast<std::size_t>(own)];
    double free = infinity, scale = reach;
    for (std::int64_t c = 0; c < clusters; ++c) {
      if (c == own) continue;
      const double shift = tube.shifts[static_cast<std::size_t>(c)];
      free = std::min(free, distance(i, c) - shift);
      scale = std::max(scale, distance(i, c) + shift);
    }
    const bool safe = clusters == 1 || reach + rounding * scale < free;
    tube.inside.push_back(safe ? 0 : 1);
    tube.error.push_back(
        reference_of[static_cast<std::size_t>(nearest[static_cast<std::size_t>(i)])] != own ? 1 : 0);
  }
  return tube;
}

}  // namespace reprise::protoclust
