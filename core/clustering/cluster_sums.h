// Sums of the points of each cluster, in an order that the shape alone fixes: rows in blocks, blocks in
// order. Blocks can be summed in any order and on any thread; the result has the same bits.
#pragma once

#include "clustering/points.h"

#include <cstdint>
#include <vector>

namespace reprise::clustering {

class ClusterSums {
 public:
  ClusterSums(const Points& points, std::int64_t clusters);

  std::int64_t blocks() const { return blocks_; }
  std::int64_t first_row(std::int64_t block) const;
  /// Sums the rows of one block, forgetting what it held.
  void add_block(std::int64_t block, const Labels& labels);
  /// Adds up the blocks, once all of them are there.
  void finish();
  std::int64_t size(std::int64_t cluster) const { return total_sizes_[static_cast<std::size_t>(cluster)]; }
  /// Sum over size for each cluster that is not empty; rows of empty clusters stay as they are.
  void write_means(Points& means) const;

 private:
  const Points& points_;
  std::int64_t clusters_;
  std::int64_t blocks_;
  std::vector<double> sums_;         // [blocks × clusters × dims]
  std::vector<std::int64_t> sizes_;  // [blocks × clusters]
  std::vector<double> total_;
  std::vector<std::int64_t> total_sizes_;
};

}  // namespace reprise::clustering
