#include "clustering/points.h"

#include "clustering/cluster_sums.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>

namespace reprise::clustering {

std::vector<std::int64_t> cluster_sizes(const Labels& labels, std::int64_t clusters) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(clusters));
  for (const std::int32_t label : labels) ++sizes[static_cast<std::size_t>(label)];
  return sizes;
}

Points cluster_means(const Points& points, const Labels& labels, std::int64_t clusters) {
  ClusterSums sums(points, clusters);
  for (std::int64_t block = 0; block < sums.blocks(); ++block) sums.add_block(block, labels);
  sums.finish();
  Points means(clusters, points.dims);
  sums.write_means(means);
  return means;
}

std::int64_t distinct_rows(const Points& points, std::int64_t at_most) {
  const auto length = static_cast<std::size_t>(points.dims) * sizeof(double);
  std::set<std::string> seen;
  std::vector<double> row(static_cast<std::size_t>(points.dims));
  for (std::int64_t i = 0; i < points.rows && static_cast<std::int64_t>(seen.size()) < at_most; ++i) {
    for (std::int64_t j = 0; j < points.dims; ++j) row[static_cast<std::size_t>(j)] = points.at(i, j) + 0.0;
    std::string bytes(length, '\0');
    std::memcpy(bytes.data(), row.data(), length);
    seen.insert(std::move(bytes));
  }
  return static_cast<std::int64_t>(seen.size());
}

}  // namespace reprise::clustering
