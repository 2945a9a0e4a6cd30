#include "labs/recalibration/bounds.h"

#include "base/math.h"
#include "stats/binomial.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::recal {

double calibration_bound(std::int64_t n, std::int64_t bins, double delta, bool use_floor) {
  if (n / bins < 2) return std::numeric_limits<double>::quiet_NaN();
  const double rows =
      use_floor ? static_cast<double>(n / bins) : static_cast<double>(n) / static_cast<double>(bins);
  const double root =
      std::sqrt(math::log(4 * static_cast<double>(bins) / delta) / (2 * (rows - 1))) + 1 / rows;
  return root * root;
}

double sharpness_bound(std::int64_t bins, double lipschitz) {
  const double count = static_cast<double>(bins);
  return lipschitz > 0 ? 8 * lipschitz * lipschitz / (count * count) : 2 / count;
}

double sharp_sharpness_bound(std::int64_t bins, double lipschitz) {
  const double count = static_cast<double>(bins);
  return lipschitz > 0 ? lipschitz * lipschitz / (12 * count * count)
                       : std::numeric_limits<double>::quiet_NaN();
}

std::int64_t required_sample_chernoff(std::int64_t bins, double delta) {
  const double count = static_cast<double>(bins);
  return static_cast<std::int64_t>(std::ceil(4 * count * math::log(2 * count / delta)));
}

std::int64_t required_sample_exact(std::int64_t bins, double delta) {
  if (bins <= 2) return 2 * bins;
  const double count = static_cast<double>(bins);
  // Beyond this many rows a bin the Chernoff bound vouches for the condition.
  const std::int64_t last = static_cast<std::int64_t>(std::ceil(4 * math::log(2 * count / delta))) + 1;
  std::int64_t rows = last;
  for (; rows >= 2; --rows) {
    if (count * stats::binomial_cdf(rows - 1, rows * bins, 2 / count) > delta / 2) break;
  }
  return (rows + 1) * bins;
}

std::int64_t bound_minimiser(std::int64_t n, double delta, double lipschitz, bool use_floor) {
  const std::int64_t most = n / 2;
  const std::int64_t most_integers = std::min(most, std::int64_t{1} << 21);
  std::int64_t best = 1;
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t bins = 1; bins <= most_integers; ++bins) {
    const double calibration = calibration_bound(n, bins, delta, use_floor);
    const double total = calibration + sharpness_bound(bins, lipschitz);
    if (total < least) {
      least = total;
      best = bins;
    }
    // The calibration part never falls below this, which grows with B: the rest cannot win.
    const double rows = static_cast<double>(n) / static_cast<double>(bins);
    if (math::log(4 * static_cast<double>(bins) / delta) / (2 * rows) > least) return best;
  }
  if (most_integers == most) return best;
  const double step = math::log(static_cast<double>(most) / static_cast<double>(most_integers)) / 400;
  for (int k = 1; k <= 400; ++k) {
    const double grid = static_cast<double>(most_integers) * math::exp(k * step);
    const std::int64_t bins = std::min(most, static_cast<std::int64_t>(grid + 0.5));
    const double total = calibration_bound(n, bins, delta, use_floor) + sharpness_bound(bins, lipschitz);
    if (total < least) {
      least = total;
      best = bins;
    }
  }
  return best;
}

Bound umb_bound(std::int64_t n, std::int64_t bins, double delta, double lipschitz, bool use_floor) {
  Bound bound;
  bound.calibration = calibration_bound(n, bins, delta, use_floor);
  bound.sharpness = sharpness_bound(bins, lipschitz);
  bound.total = bound.calibration + bound.sharpness;
  bound.n_required_exact = required_sample_exact(bins, delta);
  bound.n_required_chernoff = required_sample_chernoff(bins, delta);
  bound.sample_size_ok = n >= bound.n_required_exact;
  return bound;
}

}  // namespace reprise::recal
