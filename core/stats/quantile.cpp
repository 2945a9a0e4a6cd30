#include "stats/quantile.h"

#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::stats {

double sorted_quantile(std::span<const double> ascending, double p) {
  if (ascending.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double position = static_cast<double>(ascending.size() - 1) * p;
  const std::size_t below = std::min(static_cast<std::size_t>(position), ascending.size() - 1);
  const double fraction = position - static_cast<double>(below);
  if (fraction == 0 || below + 1 == ascending.size()) return ascending[below];
  return ascending[below] + fraction * (ascending[below + 1] - ascending[below]);
}

double quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return sorted_quantile(values, p);
}

double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

Spread spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {sorted_quantile(values, 0.1), sorted_quantile(values, 0.5), sorted_quantile(values, 0.9)};
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(values.size());
}

double geometric_mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += math::log(value);
  return values.empty() ? std::numeric_limits<double>::quiet_NaN()
                        : math::exp(sum / static_cast<double>(values.size()));
}

}  // namespace reprise::stats
