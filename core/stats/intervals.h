// Confidence intervals for shares.
#pragma once

#include <cstdint>

namespace reprise::stats {

struct Interval {
  double low, high;
};

/// Clopper–Pearson interval of a binomial share: `successes` out of `trials`, coverage at least `confidence`
/// in (0, 1). No trials: [0, 1]. std::invalid_argument unless 0 <= successes <= trials.
Interval clopper_pearson(std::int64_t successes, std::int64_t trials, double confidence);

}  // namespace reprise::stats
