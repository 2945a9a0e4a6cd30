#include "stats/quantile.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::stats {
namespace {

// numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [0, .1, .25, .5, .9, 1])
TEST(Quantile, AgreesWithNumpy) {
  const std::vector<double> values = {3, 1, 4, 1, 5, 9, 2, 6};
  EXPECT_EQ(quantile(values, 0), 1);
  EXPECT_NEAR(quantile(values, 0.1), 1, 1e-15);
  EXPECT_NEAR(quantile(values, 0.25), 1.75, 1e-15);
  EXPECT_NEAR(median(values), 3.5, 1e-15);
  EXPECT_NEAR(quantile(values, 0.9), 6.9, 1e-14);
  EXPECT_EQ(quantile(values, 1), 9);
  const Spread all = spread(values);
  EXPECT_EQ(all.low, quantile(values, 0.1));
  EXPECT_EQ(all.middle, median(values));
  EXPECT_EQ(all.high, quantile(values, 0.9));
}

TEST(Quantile, FewValues) {
  EXPECT_TRUE(std::isnan(median({})));
  EXPECT_EQ(quantile({7}, 0.3), 7);
  EXPECT_NEAR(quantile({1, 2}, 0.9), 1.9, 1e-15);
}

TEST(Means, ByHand) {
  EXPECT_EQ(mean(std::vector<double>{1, 2, 6}), 3);
  EXPECT_NEAR(geometric_mean(std::vector<double>{1, 10, 100}), 10, 1e-13);
  EXPECT_TRUE(std::isnan(mean({})));
  EXPECT_TRUE(std::isnan(geometric_mean({})));
}

}  // namespace
}  // namespace reprise::stats
