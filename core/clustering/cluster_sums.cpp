#include "clustering/cluster_sums.h"

#include <algorithm>

namespace reprise::clustering {

namespace {

constexpr std::int64_t least_rows_of_a_block = 4096;
constexpr std::int64_t most_blocks = 64;
constexpr std::int64_t most_sums = std::int64_t{1} << 24;  // doubles over all blocks: 128 MB

std::int64_t blocks_of(const Points& points, std::int64_t clusters) {
  const std::int64_t by_rows =
      std::max<std::int64_t>(1, (points.rows + least_rows_of_a_block - 1) / least_rows_of_a_block);
  const std::int64_t by_memory =
      std::max<std::int64_t>(1, most_sums / std::max<std::int64_t>(1, clusters * points.dims));
  return std::min({by_rows, by_memory, most_blocks});
}

}  // namespace

ClusterSums::ClusterSums(const Points& points, std::int64_t clusters)
    : points_(points),
      clusters_(clusters),
      blocks_(blocks_of(points, clusters)),
      sums_(static_cast<std::size_t>(blocks_ * clusters * points.dims)),
      sizes_(static_cast<std::size_t>(blocks_ * clusters)) {}

std::int64_t ClusterSums::first_row(std::int64_t block) const {
  return points_.rows * block / blocks_;
}

void ClusterSums::add_block(std::int64_t block, const Labels& labels) {
  const std::int64_t dims = points_.dims;
  double* sums = sums_.data() + block * clusters_ * dims;
  std::int64_t* sizes = sizes_.data() + block * clusters_;
  std::fill(sums, sums + clusters_ * dims, 0.0);
  std::fill(sizes, sizes + clusters_, 0);
  for (std::int64_t i = first_row(block); i < first_row(block + 1); ++i) {
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    ++sizes[label];
    const double* row = points_.row(i);
    double* sum = sums + label * dims;
    for (std::int64_t j = 0; j < dims; ++j) sum[j] += row[j];
  }
}

void ClusterSums::finish() {
  const auto width = static_cast<std::size_t>(clusters_ * points_.dims);
  total_.assign(sums_.begin(), sums_.begin() + static_cast<std::ptrdiff_t>(width));
  total_sizes_.assign(sizes_.begin(), sizes_.begin() + clusters_);
  for (std::int64_t block = 1; block < blocks_; ++block) {
    const double* sums = sums_.data() + static_cast<std::size_t>(block) * width;
    for (std::size_t at = 0; at < width; ++at) total_[at] += sums[at];
    for (std::int64_t c = 0; c < clusters_; ++c)
      total_sizes_[static_cast<std::size_t>(c)] += sizes_[static_cast<std::size_t>(block * clusters_ + c)];
  }
}

void ClusterSums::write_means(Points& means) const {
  for (std::int64_t c = 0; c < clusters_; ++c) {
    const auto count = static_cast<double>(size(c));
    if (count == 0) continue;
    for (std::int64_t j = 0; j < points_.dims; ++j)
      means.row(c)[j] = total_[static_cast<std::size_t>(c * points_.dims + j)] / count;
  }
}

}  // namespace reprise::clustering
