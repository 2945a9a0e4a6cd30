// Quantiles by linear interpolation between order statistics (the usual default: position (n − 1)·p), medians
// and geometric means.
#pragma once

#include <span>
#include <vector>

namespace reprise::stats {

/// Quantile at p in [0, 1] of ascending values; NaN when there are none.
double sorted_quantile(std::span<const double> ascending, double p);
/// The same for values in any order (none of them NaN).
double quantile(std::vector<double> values, double p);
double median(std::vector<double> values);

/// Median with the 10th and the 90th percentile: what bands and error bars of repeats show.
struct Spread {
  double low, middle, high;
};
Spread spread(std::vector<double> values);

/// Arithmetic mean, summed in order; NaN when there are no values.
double mean(std::span<const double> values);
/// exp of the mean logarithm of positive values; NaN when there are none.
double geometric_mean(std::span<const double> values);

}  // namespace reprise::stats
