#include "markov/integral_metrics.h"

#include "core/markov/dense_matrix.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>

namespace reprise::markov {
namespace {

using namespace reprise::testing;

TEST(KlDivergence, ByHandAndAtTheEdges) {
  EXPECT_NEAR(kl_divergence({0.5, 0.5}, {0.25, 0.75}), 0.5 * std::log(2) + 0.5 * std::log(2.0 / 3), 1e-15);
  EXPECT_NEAR(kl_divergence({1, 0}, {0.25, 0.75}), std::log(4), 1e-15);
  EXPECT_TRUE(std::isinf(kl_divergence({0.5, 0.5}, {1, 0})));
  EXPECT_EQ(kl_divergence({0.5, 0.5}, {0.5, 0.5}), 0);
}

TEST(Mmd, IsTheDenseQuadraticForm) {
  const StateSpace space{3, 2};
  const Law q = random_law(space, 1), p = random_law(space, 2);
  for (const double gamma : {0.1, 1.0, 5.0}) {
    double form = 0;
    for (std::size_t x = 0; x < 9; ++x) {
      for (std::size_t y = 0; y < 9; ++y) {
        const int distance = (x / 3 != y / 3) + (x % 3 != y % 3);
        form += (q.p[x] - p.p[x]) * std::exp(-gamma * distance) * (q.p[y] - p.p[y]);
      }
    }
    EXPECT_NEAR(mmd_hamming(space, gamma, q.p, p.p), std::sqrt(form), 1e-14);
    EXPECT_LE(mmd_hamming(space, gamma, q.p, p.p),
              mmd_oscillation(2, gamma) * total_variation(q.p, p.p) + 1e-15);
  }
}

TEST(Mmd, LimitsOfTheKernel) {
  const StateSpace space{4, 2};
  const Law q = random_law(space, 3), p = random_law(space, 4);
  double squares = 0;
  for (std::size_t x = 0; x < 16; ++x) squares += (q.p[x] - p.p[x]) * (q.p[x] - p.p[x]);
  EXPECT_NEAR(mmd_hamming(space, 50, q.p, p.p), std::sqrt(squares), 1e-14);
  EXPECT_NEAR(mmd_hamming(space, 1e-12, q.p, p.p), 0, 2e-6);
}

TEST(Wasserstein, PointMassesAreTheirHammingDistanceApart) {
  const StateSpace space{2, 5};
  for (const std::size_t target : {0U, 1U, 7U, 31U}) {
    std::vector<double> q(32, 0), p(32, 0);
    q[0] = 1;
    p[target] = 1;
    EXPECT_EQ(w1_hamming(space, q, p), static_cast<int>(std::popcount(target)));
  }
}

TEST(Wasserstein, OneTokenIsTotalVariation) {
  const Law q = random_law({9, 1}, 5), p = random_law({9, 1}, 6);
  EXPECT_EQ(w1_hamming(q.space, q.p, p.p), total_variation(q.p, p.p));
}

// Product laws with ordered differences: W1 of independent bits is the sum of the bits' distances.
TEST(Wasserstein, ProductsOfBitsAddUp) {
  const double a[3] = {0.3, 0.8, 0.55}, b[3] = {0.5, 0.7, 0.9};
  std::vector<double> q(8), p(8);
  for (std::size_t x = 0; x < 8; ++x) {
    q[x] = p[x] = 1;
    for (std::size_t i = 0; i < 3; ++i) {
      const bool set = (x >> (2 - i)) & 1;
      q[x] *= set ? a[i] : 1 - a[i];
      p[x] *= set ? b[i] : 1 - b[i];
    }
  }
  EXPECT_NEAR(w1_hamming({2, 3}, q, p), 0.2 + 0.1 + 0.35, 1e-14);
}

TEST(Wasserstein, LiesBetweenTotalVariationAndItsMultiple) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Law q = random_law({4, 3}, 10 + seed), p = random_law({4, 3}, 20 + seed);
    const double tv = total_variation(q.p, p.p), w1 = w1_hamming(q.space, q.p, p.p);
    EXPECT_GE(w1, tv - 1e-14);
    EXPECT_LE(w1, 3 * tv);
  }
}

TEST(Wasserstein, OrderedSymbols) {
  // All mass moves from 0 to 2 of four symbols: half of the range.
  EXPECT_NEAR(w1_ordered({1, 0, 0, 0}, {0, 0, 1, 0}), 0.5, 1e-16);
}

}  // namespace
}  // namespace reprise::markov
