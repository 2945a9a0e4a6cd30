// The binomial distribution by the regularised incomplete beta function.
#pragma once

#include <cstdint>

namespace reprise::stats {

/// P(X <= k) for X ~ Bin(trials, p), trials >= 0, p in [0, 1].
double binomial_cdf(std::int64_t k, std::int64_t trials, double p);
/// Smallest k with P(X <= k) >= u, u in [0, 1): one uniform number makes one binomial draw.
std::int64_t binomial_quantile(double u, std::int64_t trials, double p);

}  // namespace reprise::stats
