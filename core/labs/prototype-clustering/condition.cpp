#include "labs/prototype-clustering/condition.h"

#include "base/math.h"
#include "clustering/distances.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::protoclust {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t rows_of_a_tile = 64;
constexpr double gap_slack = 1e-9;  // relative: a gap computed in floating point

double ratio(double above, double below) {
  return below > 0 ? above / below : infinity;
}

}  // namespace

void loss_margins(const clustering::Points& points, const clustering::Labels& labels,
                  const clustering::Points& prototypes, const Loss& loss, std::int64_t first,
                  std::int64_t last, double* r, double* margins) {
  const clustering::Centers centers(prototypes);
  const std::int64_t clusters = prototypes.rows, padded = centers.padded();
  std::vector<double> distances(static_cast<std::size_t>(rows_of_a_tile * padded));
  for (std::int64_t begin = first; begin < last; begin += rows_of_a_tile) {
    const std::int64_t count = std::min(rows_of_a_tile, last - begin);
    if (!loss.manhattan()) centers.squared_distances(points.row(begin), count, distances.data());
    for (std::int64_t i = begin; i < begin + count; ++i) {
      double* of_row = distances.data() + (i - begin) * padded;
      if (loss.manhattan()) {
        for (std::int64_t c = 0; c < clusters; ++c)
          of_row[c] = loss.distance(points.row(i), prototypes.row(c), points.dims);
      }
      const std::int32_t own = labels[static_cast<std::size_t>(i)];
      double nearest = infinity;
      for (std::int64_t c = 0; c < clusters; ++c) {
        if (c != own) nearest = std::min(nearest, of_row[c]);
      }
      const double own_distance = loss.manhattan() ? of_row[own] : std::sqrt(of_row[own]);
      r[i] = own_distance;
      if (loss.squared()) {
        margins[i] = nearest - of_row[own];
      } else if (clusters == 1) {
        margins[i] = infinity;
      } else {
        margins[i] = loss.psi(loss.manhattan() ? nearest : std::sqrt(nearest)) - loss.psi(own_distance);
      }
    }
  }
}

ConditionReport condition_report(const clustering::Points& prototypes, const clustering::Labels& labels,
                                 const Loss& loss, std::span<const double> r, std::span<const double> margins,
                                 double alpha) {
  ConditionReport report;
  const auto rows = static_cast<double>(labels.size());
  double largest = 0;
  for (const double distance : r) {
    report.loss += loss.psi(distance);
    largest = std::max(largest, distance);
  }
  report.mean_loss = report.loss / rows;
  std::vector<double> values(margins.begin(), margins.end());
  const auto place = std::min(static_cast<std::ptrdiff_t>(values.size()) - 1,
                              static_cast<std::ptrdiff_t>(std::floor(alpha * rows + 1e-9)));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  report.quantile_margin = values[static_cast<std::size_t>(place)];
  report.min_margin = *std::min_element(values.begin(), values.begin() + place + 1);
  report.kappa = ratio(report.mean_loss, report.min_margin);
  report.kappa_alpha = ratio(report.mean_loss, report.quantile_margin);

  double nearest = infinity;
  for (std::int64_t a = 0; a < prototypes.rows; ++a) {
    for (std::int64_t b = 0; b < a; ++b)
      nearest = std::min(nearest, loss.distance(prototypes.row(a), prototypes.row(b), prototypes.dims));
  }
  report.smallest_center_distance = nearest;
  const double own = loss.psi(largest);
  report.kappa_rad = nearest > 2 * largest ? ratio(own, loss.psi(nearest - largest) - own) : infinity;
  const auto sizes = clustering::cluster_sizes(labels, prototypes.rows);
  const double smallest = static_cast<double>(*std::min_element(sizes.begin(), sizes.end())) / rows;
  report.kappa_loc = ratio(report.mean_loss, smallest * loss.psi(nearest / 2));
  if (prototypes.rows == 1) report.kappa = report.kappa_alpha = report.kappa_rad = report.kappa_loc = 0;
  return report;
}

ConditionReport condition(const clustering::Points& points, const clustering::Labels& labels,
                          const clustering::Points& prototypes, const Loss& loss, double alpha) {
  std::vector<double> r(labels.size()), margins(labels.size());
  loss_margins(points, labels, prototypes, loss, 0, points.rows, r.data(), margins.data());
  return condition_report(prototypes, labels, loss, r, margins, alpha);
}

std::int64_t fixed_prototype_bound(std::span<const double> sorted_margins, double gap_total, double loss) {
  const double allowed = gap_total + gap_slack * loss;
  double sum = 0;
  std::int64_t most = 0, moved = 0;
  for (const double margin : sorted_margins) {
    sum += margin;
    ++moved;
    if (sum <= allowed) most = moved;
    if (margin > 0 && sum > allowed) break;
  }
  return most;
}

std::vector<double> silhouettes(const clustering::Points& points, const clustering::Labels& labels,
                                std::int64_t clusters, std::int64_t first, std::int64_t last) {
  const auto sizes = clustering::cluster_sizes(labels, clusters);
  std::vector<double> result, sums(static_cast<std::size_t>(clusters));
  for (std::int64_t i = first; i < last; ++i) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (std::int64_t other = 0; other < points.rows; ++other)
      sums[static_cast<std::size_t>(labels[static_cast<std::size_t>(other)])] +=
          std::sqrt(clustering::squared_distance(points.row(i), points.row(other), points.dims));
    const auto own = static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]);
    double between = infinity;
    for (std::size_t c = 0; c < sums.size(); ++c) {
      if (c != own && sizes[c] > 0) between = std::min(between, sums[c] / static_cast<double>(sizes[c]));
    }
    if (sizes[own] <= 1 || between == infinity) {
      result.push_back(0);
      continue;
    }
    const double within = sums[own] / static_cast<double>(sizes[own] - 1);
    const double larger = std::max(within, between);
    result.push_back(larger > 0 ? (between - within) / larger : 0);
  }
  return result;
}

namespace {

/// (m^(−s) + p^(−s))^(q−1) with s = 1/(q − 1), by logarithms: s is large near q = 1.
double log_mixed(double q, double m, double p) {
  const double s = 1 / (q - 1);
  const double a = -s * math::log(m), b = -s * math::log(p);
  const double larger = std::max(a, b);
  return (q - 1) * (larger + math::log1p(math::exp(-std::fabs(a - b))));
}

}  // namespace

double two_atom_threshold(double q, double p) {
  if (q == 1) return 1 / p;
  return 1 + math::exp((math::log(1 - p) + log_mixed(q, (1 - p) / 2, p)) / q);
}

double outlier_threshold(double q, double eta) {
  const double m = (1 - eta) / 2;
  if (q == 1) return 1 + m / eta;
  return 1 + math::exp((math::log(2 * m) - q * math::log(2) + log_mixed(q, m, eta)) / q);
}

}  // namespace reprise::protoclust
