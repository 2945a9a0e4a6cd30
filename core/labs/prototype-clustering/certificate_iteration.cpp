// Step 4 of the certificate: radii shrink, because every solution within the budget pays for a prototype that
// is off its mean and can win back only what points near a boundary give.
#include "labs/prototype-clustering/certificate_work.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::protoclust {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double least_shrink = 1e-6;  // relative

}  // namespace

using Work = CertificateRun::Work;

/// What s points of cluster j can win by changing to l when c_j is t off its mean and c_l at most v: concave
/// in s, 0 at s = 0.
double Work::pair_gain(std::int64_t j, std::int64_t l, double t, double v, std::int64_t s) const {
  const auto count = static_cast<double>(s);
  const auto size = static_cast<double>(members_[static_cast<std::size_t>(j)].size());
  const double spread = std::sqrt(count * (1 - count / size) * safe_first_[static_cast<std::size_t>(j)]);
  return -pair_sums(j, l)[static_cast<std::size_t>(s)] + 2 * (t + v) * spread +
         count * (t * t + 2 * v * (center_distance(j, l) + tau_) - v * v);
}

std::int64_t Work::best_count(std::int64_t j, std::int64_t l, double t, double v) const {
  const auto size = static_cast<std::int64_t>(members_[static_cast<std::size_t>(j)].size());
  if (pair_gain(j, l, t, v, 1) <= 0) return 0;
  std::int64_t low = 1, high = size;  // the maximum lies in [low, high]
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (pair_gain(j, l, t, v, middle + 1) <= pair_gain(j, l, t, v, middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

std::int64_t Work::last_count(std::int64_t j, std::int64_t l, double t, double v) const {
  const auto size = static_cast<std::int64_t>(members_[static_cast<std::size_t>(j)].size());
  if (pair_gain(j, l, t, v, 1) < 0) return 0;
  std::int64_t low = std::max<std::int64_t>(1, best_count(j, l, t, v)), high = size;
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (pair_gain(j, l, t, v, middle) >= 0) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

void Work::begin_iteration() {
  cluster_ = 0;
  cells_.assign(static_cast<std::size_t>(k_ * options_.grid), 0);
  least_.assign(static_cast<std::size_t>(k_), 0);
  next_radii_ = radii_;
}

void Work::iterate_cluster(std::int64_t j) {
  Certificate& certificate = certificates.back();
  const auto at = static_cast<std::size_t>(j);
  const double rho = radii_[at];
  // The tube: a core point stays one, since radii only shrink.
  std::vector<std::int64_t> still;
  std::vector<double> own, other;
  for (const std::int64_t i : tube_[at]) {
    double least = infinity;
    for (std::int64_t l = 0; l < k_; ++l) {
      if (l == j) continue;
      const double distance =
          std::sqrt(clustering::squared_distance(points_.row(i), geometry.prototypes.row(l), points_.dims));
      least = std::min(least, std::max(0.0, distance - tau_ - radii_[static_cast<std::size_t>(l)]));
    }
    const double r = own_distance_[static_cast<std::size_t>(i)];
    const bool core = r + rho < least;
    certificate.core[static_cast<std::size_t>(i)] = core ? 1 : 0;
    if (core) continue;
    still.push_back(i);
    own.push_back(r);
    other.push_back(least * least);
  }
  tube_[at] = std::move(still);

  std::int64_t movable = 0;
  for (std::int64_t l = 0; l < k_; ++l) {
    if (l != j) movable += last_count(j, l, rho, radii_[static_cast<std::size_t>(l)]);
  }
  certificate.uncertain[at] = std::min(static_cast<std::int64_t>(tube_[at].size()), movable);

  const int grid = options_.grid;
  const auto size = static_cast<double>(members_[at].size());
  const auto radius_of = [&](int a) { return rho * a / grid; };
  for (int a = 0; a < grid; ++a) {
    const double t = radius_of(a + 1);
    double by_points = 0;
    for (std::size_t i = 0; i < own.size(); ++i) {
      const double gain = (own[i] + t) * (own[i] + t) - other[i];
      if (gain > 0) by_points += gain;
    }
    double by_pairs = 0;
    if (by_points > 0) {
      for (std::int64_t l = 0; l < k_; ++l) {
        if (l == j) continue;
        const double v = radii_[static_cast<std::size_t>(l)];
        by_pairs += std::max(0.0, pair_gain(j, l, t, v, best_count(j, l, t, v)));
      }
    }
    const double from = radius_of(a);
    const double cost = size * from * from - std::min(by_points, by_pairs);
    cells_[static_cast<std::size_t>(j * grid + a)] = cost;
    least_[at] = std::min(least_[at], cost);
  }
}

bool Work::end_iteration() {
  Certificate& certificate = certificates.back();
  std::int64_t uncertain = 0;
  for (const std::int64_t count : certificate.uncertain) uncertain += count;
  certificate.history.push_back(uncertain);
  certificate.bound = static_cast<double>(uncertain) / static_cast<double>(points_.rows);
  const int grid = options_.grid;
  bool shrinks = false;
  for (std::int64_t j = 0; j < k_; ++j) {
    const auto at = static_cast<std::size_t>(j);
    double others = 0;
    for (std::size_t l = 0; l < least_.size(); ++l) others += l == at ? 0 : least_[l];
    const double allowed = slack_ - others;
    int last = 0;
    for (int a = grid - 1; a > 0; --a) {
      if (cells_[static_cast<std::size_t>(j * grid + a)] <= allowed) {
        last = a;
        break;
      }
    }
    next_radii_[at] = std::min(radii_[at], radii_[at] * (last + 1) / grid);
    shrinks = shrinks || next_radii_[at] < radii_[at] * (1 - least_shrink);
  }
  ++iteration_;
  if (shrinks && iteration_ < options_.max_iterations) {
    radii_ = next_radii_;
    return false;
  }
  const bool optimal = uncertain == 0 && certificate.epsilon == 0;
  end_epsilon(optimal ? CertificateStatus::Optimal : CertificateStatus::Certified);
  return true;
}

}  // namespace reprise::protoclust
