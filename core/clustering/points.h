// Points in a Euclidean space: what every clustering routine takes. Row-major, so that a point is contiguous.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace reprise::clustering {

struct Points {
  std::int64_t rows = 0;
  std::int64_t dims = 0;
  std::vector<double> values;  ///< [rows × dims], point by point

  Points() = default;
  Points(std::int64_t row_count, std::int64_t dimensions)
      : rows(row_count), dims(dimensions), values(static_cast<std::size_t>(row_count * dimensions)) {}
  Points(std::int64_t row_count, std::int64_t dimensions, std::vector<double> data)
      : rows(row_count), dims(dimensions), values(std::move(data)) {}

  const double* row(std::int64_t index) const { return values.data() + index * dims; }
  double* row(std::int64_t index) { return values.data() + index * dims; }
  double at(std::int64_t index, std::int64_t coordinate) const {
    return values[static_cast<std::size_t>(index * dims + coordinate)];
  }
};

/// Cluster of each point, 0-based.
using Labels = std::vector<std::int32_t>;

/// Points per cluster.
std::vector<std::int64_t> cluster_sizes(const Labels& labels, std::int64_t clusters);
/// Means of the clusters, summed in blocks of rows whose size depends on the shape alone. An empty cluster
/// has the origin.
Points cluster_means(const Points& points, const Labels& labels, std::int64_t clusters);
/// Number of different rows, counted up to `at_most`.
std::int64_t distinct_rows(const Points& points, std::int64_t at_most);

}  // namespace reprise::clustering
