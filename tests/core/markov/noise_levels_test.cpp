// Laws at many noise levels at once against the law at one level, tokens mixed one by one.
#include "markov/noise_levels.h"

#include "core/markov/dense_matrix.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::markov {
namespace {

using namespace reprise::testing;

// p ← α·p + (1 − α)·π·Σp, token by token, with plain loops.
std::vector<double> plainly_noised(const Law& law, const std::vector<double>& prior, double sigma) {
  const StateSpace& space = law.space;
  const double kept = std::exp(-sigma), redrawn = -std::expm1(-sigma);
  std::vector<double> p = law.p;
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    const std::vector<double> before = p;
    const std::size_t stride = space.stride(axis);
    for (std::size_t y = 0; y < p.size(); ++y) {
      const std::size_t own = space.symbol(y, axis), base = y - own * stride;
      double sum = 0;
      for (std::size_t a = 0; a < space.symbols; ++a) sum += before[base + a * stride];
      p[y] = kept * before[y] + redrawn * prior[own] * sum;
    }
  }
  return p;
}

TEST(NoiseLevels, AreTheLawsOneByOne) {
  const std::vector<double> sigma = {7, 0.9, 0.02, 0};
  for (const StateSpace space : {StateSpace{2, 12}, StateSpace{3, 1}, StateSpace{5, 3}, StateSpace{8, 5},
                                 StateSpace{100, 2}, StateSpace{70, 1}, StateSpace{17, 3}}) {
    for (const RankOneNoise& noise :
         {RankOneNoise::uniform(space.symbols), RankOneNoise::absorbing(space.symbols - 1),
          RankOneNoise::general(random_law({space.symbols, 1}, 4).p)}) {
      const Law law = random_law(space, 5);
      const std::vector<Law> laws = NoiseLevels(law, noise).laws(sigma);
      for (std::size_t l = 0; l < sigma.size(); ++l) {
        const std::vector<double> plain = plainly_noised(law, noise.prior, sigma[l]);
        for (std::size_t y = 0; y < plain.size(); ++y) {
          ASSERT_NEAR(laws[l].p[y], plain[y], 1e-14 * plain[y]) << space.symbols << "^" << space.length;
        }
      }
    }
  }
}

// A point mass: each state's probability is a product, however small; nothing cancels.
TEST(NoiseLevels, KeepSmallProbabilities) {
  Law point{{8, 6}, std::vector<double>(262144, 0)};
  point.p[0] = 1;
  const double sigma = 1e-3, other = -std::expm1(-sigma) / 8;
  const std::vector<double> p = NoiseLevels(point, RankOneNoise::uniform(8)).laws({sigma})[0].p;
  EXPECT_NEAR(p.back(), std::pow(other, 6), 1e-14 * std::pow(other, 6));
  EXPECT_NEAR(p[0], std::pow(1 - 7 * other, 6), 1e-14);
}

}  // namespace
}  // namespace reprise::markov
