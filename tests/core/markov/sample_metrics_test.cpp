#include "markov/sample_metrics.h"

#include "base/error.h"
#include "core/markov/dense_matrix.h"
#include "markov/integral_metrics.h"

#include <gtest/gtest.h>

namespace reprise::markov {
namespace {

using namespace reprise::testing;

const StateSpace space{3, 2};

double similarity(std::size_t x, std::size_t y) {
  return std::exp(-0.7 * ((x / 3 != y / 3) + (x % 3 != y % 3)));
}

// The U-statistic as it is defined: means over pairs of different draws.
TEST(CompareSamples, MmdIsTheMeanOverPairs) {
  const std::vector<std::size_t> left = {0, 0, 4, 8, 2, 4}, right = {1, 4, 4, 7};
  std::vector<std::int64_t> a(9, 0), b(9, 0);
  for (const std::size_t x : left) ++a[x];
  for (const std::size_t x : right) ++b[x];
  double own = 0, other = 0, cross = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = 0; j < left.size(); ++j) own += i == j ? 0 : similarity(left[i], left[j]) / 30;
    for (const std::size_t y : right) cross += similarity(left[i], y) / 24;
  }
  for (std::size_t i = 0; i < right.size(); ++i) {
    for (std::size_t j = 0; j < right.size(); ++j) other += i == j ? 0 : similarity(right[i], right[j]) / 12;
  }
  std::vector<double> phi(9, 0);
  phi[4] = 1;
  const SampleComparison result =
      compare_samples(a, b, phi, [](std::vector<double>& v) { apply_hamming_kernel(space, 0.7, v); });
  EXPECT_NEAR(result.mmd_squared, own + other - 2 * cross, 1e-15);
  EXPECT_NEAR(result.difference, 2.0 / 6 - 2.0 / 4, 1e-15);
  EXPECT_NEAR(result.difference_se, std::sqrt(2.0 / 9 / 6 + 0.25 / 4), 1e-15);
  EXPECT_NEAR(result.tv_plug_in, 0.5 * (2.0 / 6 + 0.25 + 1.0 / 6 + 1.0 / 6 + 0.25 + 1.0 / 6), 1e-15);
}

TEST(CompareSamples, NeedsTwoOnEitherSide) {
  const auto kernel = [](std::vector<double>& v) { apply_hamming_kernel({2, 1}, 1, v); };
  EXPECT_THROW(compare_samples({1, 0}, {2, 3}, {0, 1}, kernel), InputError);
  EXPECT_NO_THROW(compare_samples({1, 1}, {2, 3}, {0, 1}, kernel));
}

// One by one, and by binomial draws: the shares are those of the law.
TEST(DrawCounts, FollowTheLaw) {
  const std::vector<double> law = {0.5, 0.3, 0, 0.2};
  for (const std::int64_t n : {6000, 100000}) {
    Random random(1, "draws");
    const std::vector<std::int64_t> counts = draw_counts(law, n, random);
    std::int64_t all = 0;
    for (std::size_t x = 0; x < 4; ++x) {
      all += counts[x];
      const double expected = law[x] * static_cast<double>(n);
      EXPECT_NEAR(static_cast<double>(counts[x]), expected, 5 * std::sqrt(expected));
    }
    EXPECT_EQ(all, n);
    EXPECT_EQ(counts[2], 0);
  }
}

}  // namespace
}  // namespace reprise::markov
