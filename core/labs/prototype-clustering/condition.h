// Condition numbers of a clustering and what a loss gap can hide when the prototypes stay (derived form).
//
// γ_i = min over other clusters of ψ(distance) less ψ(own distance): what moving point i costs at least.
#pragma once

#include "clustering/points.h"
#include "labs/prototype-clustering/loss.h"

#include <cstdint>
#include <span>
#include <vector>

namespace reprise::protoclust {

/// Own distance r_i and loss margin γ_i of rows [first, last), into r[first…] and margins[first…]. One
/// cluster: margins are infinite.
void loss_margins(const clustering::Points& points, const clustering::Labels& labels,
                  const clustering::Points& prototypes, const Loss& loss, std::int64_t first,
                  std::int64_t last, double* r, double* margins);

struct ConditionReport {
  double loss = 0, mean_loss = 0;  // Σψ(r_i), S
  double kappa = 0;                // S / min γ; infinite where the margin is not positive
  double kappa_alpha = 0;          // S / Q_α(γ)
  double kappa_rad = 0;            // ψ(r_max) / (ψ(D − r_max) − ψ(r_max)) where D > 2 r_max
  double kappa_loc = 0;            // S / (p_min ψ(D/2))
  double min_margin = 0, quantile_margin = 0;
  double smallest_center_distance = 0;  // D
};

/// All of them from the margins of every point. Order statistic ⌊αn + 10⁻⁹⌋ + 1, no interpolation.
ConditionReport condition_report(const clustering::Points& prototypes, const clustering::Labels& labels,
                                 const Loss& loss, std::span<const double> r, std::span<const double> margins,
                                 double alpha);
/// The same from the points.
ConditionReport condition(const clustering::Points& points, const clustering::Labels& labels,
                          const clustering::Points& prototypes, const Loss& loss, double alpha);

/// Most points that an assignment to the same prototypes can move with a total loss at most `gap_total`
/// above: the greatest m whose m smallest margins sum to at most that (+ 10⁻⁹ of `loss`). `sorted_margins`
/// ascending.
std::int64_t fixed_prototype_bound(std::span<const double> sorted_margins, double gap_total, double loss);

/// Mean of (b − a)/max(a, b) over points: a, b the mean Euclidean distances to the own and to the nearest
/// other cluster; 0 for a point alone in its cluster. O(n² d).
std::vector<double> silhouettes(const clustering::Points& points, const clustering::Labels& labels,
                                std::int64_t clusters, std::int64_t first, std::int64_t last);

/// From which distance (in radii r) the two-atom benchmark is optimal, ψ = t^q, small share p in (0, 1/3).
double two_atom_threshold(double q, double p);
/// From which distance an outlier group of share η steals a prototype, ψ = t^q.
double outlier_threshold(double q, double eta);

}  // namespace reprise::protoclust
