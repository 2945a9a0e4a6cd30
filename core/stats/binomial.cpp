#include "stats/binomial.h"

#include "base/math.h"
#include "stats/incomplete_beta.h"

#include <algorithm>
#include <cmath>

namespace reprise::stats {

double binomial_cdf(std::int64_t k, std::int64_t trials, double p) {
  if (k < 0) return 0;
  if (k >= trials || p <= 0) return 1;
  if (p >= 1) return 0;
  return regularized_incomplete_beta(static_cast<double>(trials - k), static_cast<double>(k + 1), 1 - p);
}

std::int64_t binomial_quantile(double u, std::int64_t trials, double p) {
  // Bracket by the normal approximation, widened until it holds the answer, then bisect.
  const double count = static_cast<double>(trials);
  const double deviation = std::sqrt(count * p * (1 - p));
  const double start = count * p + deviation * math::normal_quantile(std::clamp(u, 1e-16, 1 - 1e-16));
  std::int64_t width = static_cast<std::int64_t>(deviation / 8) + 2;
  std::int64_t low = static_cast<std::int64_t>(start) - width;  // P(X <= low) < u or low < 0
  std::int64_t high = std::max<std::int64_t>(static_cast<std::int64_t>(start) + width,
                                             0);  // P(X <= high) >= u or high >= trials
  while (low >= 0 && binomial_cdf(low, trials, p) >= u) low -= width *= 2;
  while (high < trials && binomial_cdf(high, trials, p) < u) high += width *= 2;
  low = std::max<std::int64_t>(low, -1);
  high = std::min(high, trials);
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (binomial_cdf(middle, trials, p) >= u ? high : low) = middle;
  }
  return high;
}

}  // namespace reprise::stats
