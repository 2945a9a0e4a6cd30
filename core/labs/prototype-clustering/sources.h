// The data sets of the studies: generated clouds, and the bundled ones.
#pragma once

#include "base/random.h"
#include "clustering/points.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace reprise::protoclust {

struct LabelledPoints {
  clustering::Points points;
  clustering::Labels labels;  ///< the group that each was drawn from; empty where there is none
};

/// Unit-variance Gaussians with centres on a regular polygon of side `separation` in the first two
/// coordinates (k = 2: on the first axis). Point i belongs to group i mod k; with `shares` the first
/// ⌊shares[0]·n⌋ to group 1, the next to group 2, … and the rest to group 0.
LabelledPoints gaussian_groups(std::int64_t n, std::int64_t dims, std::int64_t groups, double separation,
                               const std::vector<double>& shares, Random& random);
/// The centres of those groups.
clustering::Points polygon_centers(std::int64_t dims, std::int64_t groups, double separation);
/// Radius 10, uniform angle, Gaussian noise 1 in the plane.
clustering::Points ring(std::int64_t n, Random& random);
/// Uniform in the unit square.
clustering::Points uniform_square(std::int64_t n, Random& random);
/// "iris", "wine" or "digits" in raw units with their classes.
LabelledPoints bundled(std::string_view name);
/// The first `rows` rows (all when there are fewer).
void keep_first(LabelledPoints& data, std::int64_t rows);

/// What standardising did to the columns: x ↦ (x − mean)/scale; dropped columns were constant.
struct Standardised {
  std::vector<double> mean, scale;
  std::vector<std::int64_t> kept;  ///< columns of the data
};
/// Mean 0 and variance 1 (divisor n); constant columns are left out.
Standardised standardise(clustering::Points& points);
/// The same for other points in the units of the data.
clustering::Points transformed(const clustering::Points& points, const Standardised& by);
/// Subtracts the column means; returns them.
std::vector<double> center_columns(clustering::Points& points);
/// Labels renamed to 0…k − 1 in the order of their values; returns k.
std::int64_t compact_labels(clustering::Labels& labels);

}  // namespace reprise::protoclust
