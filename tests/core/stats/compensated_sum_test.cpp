#include "stats/compensated_sum.h"

#include <gtest/gtest.h>

namespace reprise::stats {
namespace {

TEST(CompensatedSum, KeepsWhatPlainSummationLoses) {
  CompensatedSum sum;
  for (const double term : {1.0, 1e100, 1.0, -1e100}) sum.add(term);
  EXPECT_EQ(sum.value(), 2.0);  // Neumaier's own example; plain summation gives 0
}

TEST(CompensatedSum, MillionTenths) {
  CompensatedSum sum;
  for (int i = 0; i < 1'000'000; ++i) sum.add(0.1);
  EXPECT_EQ(sum.value(), 100000.0);
}

}  // namespace
}  // namespace reprise::stats
