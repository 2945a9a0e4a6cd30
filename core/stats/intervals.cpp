#include "stats/intervals.h"

#include "stats/incomplete_beta.h"

#include <stdexcept>

namespace reprise::stats {

Interval clopper_pearson(std::int64_t successes, std::int64_t trials, double confidence) {
  if (successes < 0 || successes > trials || !(confidence > 0 && confidence < 1)) {
    throw std::invalid_argument("Clopper-Pearson interval: 0 <= successes <= trials, confidence in (0, 1)");
  }
  const double tail = (1 - confidence) / 2;
  const auto k = static_cast<double>(successes);
  const auto n = static_cast<double>(trials);
  // The upper end is the mirror image of the lower end of the failures: small tails keep their digits.
  const double low = successes == 0 ? 0 : inverse_regularized_incomplete_beta(k, n - k + 1, tail);
  const double high = successes == trials ? 1 : 1 - inverse_regularized_incomplete_beta(n - k, k + 1, tail);
  return {low, high};
}

}  // namespace reprise::stats
