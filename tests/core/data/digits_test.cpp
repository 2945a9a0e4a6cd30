// Counts that the data set's own documentation gives, and one image as it is printed there.
#include "data/digits.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

namespace reprise {
namespace {

TEST(Digits, ClassCountsOfTheSource) {
  const Digits digits = bundled_digits();
  ASSERT_EQ(digits.labels.size(), 1797u);
  ASSERT_EQ(digits.values.size(), 1797u * 64u);
  const std::vector<std::int64_t> counts = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
  for (int digit = 0; digit < 10; ++digit) {
    EXPECT_EQ(std::count(digits.labels.begin(), digits.labels.end(), digit),
              counts[static_cast<std::size_t>(digit)]);
  }
  EXPECT_EQ(*std::max_element(digits.values.begin(), digits.values.end()), 16);
  EXPECT_EQ(std::accumulate(digits.values.begin(), digits.values.end(), 0), 561718);
}

TEST(Digits, FirstImageIsTheZeroOfTheDocumentation) {
  const Digits digits = bundled_digits();
  EXPECT_EQ(digits.labels[0], 0);
  const std::vector<std::uint8_t> top = {0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0};
  EXPECT_TRUE(std::equal(top.begin(), top.end(), digits.values.begin()));
}

}  // namespace
}  // namespace reprise
