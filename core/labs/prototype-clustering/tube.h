// Which points can change sides when prototypes move: the tube around the boundaries (derived form).
//
// Match the prototypes c of a solution to the reference c*, and let ρ_j = |c_j − c*_j|. A point i of cluster
// j keeps its label if r_i + ρ_j < min over l ≠ j of |x_i − c*_l| − ρ_l. Every disagreement between the two
// nearest-prototype partitions lies in the rest, the tube.
#pragma once

#include "clustering/points.h"

#include <cstdint>
#include <vector>

namespace reprise::protoclust {

struct Tube {
  std::vector<std::int64_t> match;   ///< solution prototype of each reference prototype
  std::vector<double> shifts;        ///< ρ_j
  std::vector<std::uint8_t> inside;  ///< per point: 1 in the tube
  std::vector<std::uint8_t> error;   ///< per point: 1 where the solution's label differs
};

/// Distances of every point to every reference prototype, once for many solutions.
class TubeReference {
 public:
  /// `labels`: the reference partition. All outlive it.
  TubeReference(const clustering::Points& points, const clustering::Labels& labels,
                const clustering::Points& prototypes);
  /// A solution with as many prototypes (std::logic_error otherwise), and the nearest of them to each point;
  /// the matching minimises the sum of distances between prototypes.
  Tube compare(const clustering::Points& solution, const clustering::Labels& nearest) const;
  /// Distance to the nearest other prototype less the own distance.
  double distance_margin(std::int64_t row) const;

 private:
  double distance(std::int64_t row, std::int64_t cluster) const {
    return distances_[static_cast<std::size_t>(row * prototypes_.rows + cluster)];
  }

  const clustering::Points& points_;
  const clustering::Labels& labels_;
  const clustering::Points& prototypes_;
  std::vector<double> distances_;  // [rows × clusters]
};

}  // namespace reprise::protoclust
