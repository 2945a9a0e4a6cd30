#include "stats/binomial.h"

#include "base/random.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::stats {
namespace {

// Sums of binomial probabilities, term by term.
TEST(Binomial, DistributionBySummation) {
  for (const int trials : {1, 7, 40}) {
    for (const double p : {0.02, 0.3, 0.5, 0.9}) {
      double term = std::pow(1 - p, trials);
      double sum = term;
      for (int k = 0; k < trials; ++k) {
        EXPECT_NEAR(binomial_cdf(k, trials, p), sum, 1e-13);
        term *= (trials - k) * p / ((k + 1) * (1 - p));
        sum += term;
      }
      EXPECT_EQ(binomial_cdf(trials, trials, p), 1);
      EXPECT_EQ(binomial_cdf(-1, trials, p), 0);
    }
  }
}

TEST(Binomial, QuantileInvertsTheDistribution) {
  Random random(1, "binomial", {});
  for (const std::int64_t trials : {1, 10, 1000, 1000000}) {
    for (const double p : {0.001, 0.1, 0.5, 0.98}) {
      for (int k = 0; k < 50; ++k) {
        const double u = random.uniform();
        const std::int64_t quantile = binomial_quantile(u, trials, p);
        EXPECT_GE(binomial_cdf(quantile, trials, p), u);
        if (quantile > 0) {
          EXPECT_LT(binomial_cdf(quantile - 1, trials, p), u);
        }
      }
    }
  }
  EXPECT_EQ(binomial_quantile(0, 10, 0.5), 0);
}

}  // namespace
}  // namespace reprise::stats
