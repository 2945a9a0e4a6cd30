#include "stats/intervals.h"

#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>

namespace reprise::stats {
namespace {

void expect_interval(std::int64_t successes, std::int64_t trials, double confidence, double low,
                     double high) {
  const Interval interval = clopper_pearson(successes, trials, confidence);
  EXPECT_NEAR(interval.low, low, 1e-13) << successes << "/" << trials;
  EXPECT_NEAR(interval.high, high, 1e-13) << successes << "/" << trials;
}

TEST(ClopperPearson, MatchesMpmath) {
  // Roots of the incomplete beta function with 30 digits. (SciPy's binomtest stops its root search at 2e-12.)
  expect_interval(1, 10, 0.95, 0.0025285785444617845, 0.44501611702819542);
  expect_interval(5, 10, 0.95, 0.187086028447398532, 0.812913971552601468);
  expect_interval(7, 50, 0.9, 0.0675966990035571908, 0.246935201731209216);
  expect_interval(813, 1000, 0.99, 0.77926577736095771, 0.84369953693337141);
  expect_interval(2, 1000000, 0.95, 2.42209370316003177e-7, 7.22466879438031702e-6);
}

TEST(ClopperPearson, ClosedFormsAtTheEnds) {
  // No success: the upper end solves (1 − p)^n = α/2.
  EXPECT_NEAR(clopper_pearson(0, 20, 0.9).high, 1 - std::pow(0.05, 1.0 / 20), 1e-15);
  EXPECT_EQ(clopper_pearson(0, 20, 0.9).low, 0);
  EXPECT_NEAR(clopper_pearson(20, 20, 0.9).low, std::pow(0.05, 1.0 / 20), 1e-15);
  EXPECT_EQ(clopper_pearson(20, 20, 0.9).high, 1);
  EXPECT_EQ(clopper_pearson(0, 0, 0.95).low, 0);
  EXPECT_EQ(clopper_pearson(0, 0, 0.95).high, 1);
}

TEST(ClopperPearson, RefusesImpossibleArguments) {
  EXPECT_THROW(clopper_pearson(3, 2, 0.95), std::invalid_argument);
  EXPECT_THROW(clopper_pearson(-1, 2, 0.95), std::invalid_argument);
  EXPECT_THROW(clopper_pearson(1, 2, 1.0), std::invalid_argument);
}

}  // namespace
}  // namespace reprise::stats
