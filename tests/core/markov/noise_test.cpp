// Laws under noise: closed forms against matrix exponentials, and what a law may be.
#include "markov/noise.h"

#include "base/error.h"
#include "core/markov/dense_matrix.h"
#include "markov/target_laws.h"

#include <gtest/gtest.h>

namespace reprise::markov {
namespace {

using namespace reprise::testing;

Matrix token_generator(const std::vector<double>& prior) {
  Matrix r(prior.size(), prior);
  for (std::size_t i = 0; i < prior.size(); ++i) r[i][i] -= 1;
  return r;
}

std::vector<RankOneNoise> noises(std::size_t symbols) {
  std::vector<double> prior = random_law({symbols, 1}, 5).p;
  return {RankOneNoise::uniform(symbols), RankOneNoise::absorbing(symbols - 1), RankOneNoise::general(prior)};
}

TEST(RankOneNoise, GeneratorSquaresToItsNegative) {
  for (const RankOneNoise& noise : noises(4)) {
    const Matrix r = token_generator(noise.prior), squared = times(r, r);
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(squared[i][j], -r[i][j], 1e-15);
    }
  }
}

TEST(Noised, IsTheMatrixExponential) {
  for (std::size_t symbols = 2; symbols <= 6; ++symbols) {
    for (const RankOneNoise& noise : noises(symbols)) {
      const Law law = random_law({noise.symbols(), 1}, symbols);
      for (const double sigma : {0.0, 0.02, 0.7, 6.0}) {
        const Matrix dense = exponential(token_generator(noise.prior), sigma);
        EXPECT_LE(largest_difference(noised(law, noise, sigma).p, row_times(law.p, dense)), 1e-14);
      }
    }
  }
}

TEST(Noised, EveryTokenByItself) {
  const RankOneNoise noise = RankOneNoise::general({0.5, 0.2, 0.3});
  const Law a = random_law({3, 1}, 1), b = random_law({3, 1}, 2);
  Law pair{{3, 2}, {}};
  for (const double x : a.p) {
    for (const double y : b.p) pair.p.push_back(x * y);
  }
  const Law na = noised(a, noise, 0.4), nb = noised(b, noise, 0.4), joint = noised(pair, noise, 0.4);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(joint.p[i], na.p[i / 3] * nb.p[i % 3], 1e-16);
}

TEST(Noised, IsASemigroupWithThePriorAsItsLimit) {
  for (const RankOneNoise& noise : noises(3)) {
    const Law law = random_law({noise.symbols(), 3}, 7);
    EXPECT_LE(largest_difference(noised(noised(law, noise, 0.3), noise, 0.9).p, noised(law, noise, 1.2).p),
              1e-16);
    EXPECT_LE(largest_difference(noised(law, noise, 60).p, prior_law(noise, 3).p), 1e-15);
  }
}

TEST(Noised, BlocksOfLongSequencesChangeNothing) {
  // 8^6 states do not fit one block: against axis by axis with plain loops.
  const StateSpace space{8, 6};
  const Law law = random_law(space, 3);
  const Law fast = noised(law, RankOneNoise::uniform(8), 0.5);
  std::vector<double> plain = law.p;
  for (std::size_t axis = 0; axis < 6; ++axis) {
    const std::vector<double> before = plain;
    const std::size_t stride = space.stride(axis);
    for (std::size_t y = 0; y < plain.size(); ++y) {
      const std::size_t base = y - space.symbol(y, axis) * stride;
      double sum = 0;
      for (std::size_t a = 0; a < 8; ++a) sum += before[base + a * stride];
      plain[y] = std::exp(-0.5) * before[y] + (1 - std::exp(-0.5)) * sum / 8;
    }
  }
  EXPECT_LE(largest_difference(fast.p, plain), 1e-18);
}

TEST(Noised, ObservablesAreItsAdjoint) {
  for (const RankOneNoise& noise : noises(4)) {
    const Law law = random_law({noise.symbols(), 3}, 11);
    std::vector<double> u = random_numbers(law.p.size(), 12);
    const double after = dot(noised(law, noise, 0.8).p, u);
    observable_before_noise(law.space, noise, 0.8, u);
    EXPECT_NEAR(dot(law.p, u), after, 1e-15);
  }
}

TEST(Mask, HoldsNoData) {
  const Law law = with_mask({{2, 2}, {0.1, 0.2, 0.3, 0.4}}, RankOneNoise::absorbing(2));
  EXPECT_EQ(law.p, (std::vector<double>{0.1, 0.2, 0, 0.3, 0.4, 0, 0, 0, 0}));
  EXPECT_EQ(prior_law(RankOneNoise::absorbing(2), 2).p.back(), 1);
}

std::string refusal(const Law& law) {
  try {
    check_law(law);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CheckLaw, SaysWhatIsWrong) {
  EXPECT_EQ(refusal({{2, 2}, {0.25, 0.25, 0.25, 0.25}}), "accepted");
  EXPECT_EQ(refusal({{2, 2}, {0.5, 0.5, -0.1, 0.1}}),
            "the probability of state (1, 0) is -0.1; probabilities lie in 0…1");
  EXPECT_NE(refusal({{2, 1}, {NAN, 1}}).find("state (0) is NaN"), std::string::npos);
  EXPECT_EQ(refusal({{2, 1}, {0.5, 0.75}}), "the law sums to 1.25 instead of 1; divide every p by that sum");
}

TEST(RankOneNoise, PriorsOfOnesOwn) {
  EXPECT_THROW(RankOneNoise::general({1}), InputError);
  EXPECT_THROW(RankOneNoise::general({0.5, 0.6}), InputError);
  EXPECT_THROW(RankOneNoise::general({1.5, -0.5}), InputError);
  EXPECT_TRUE(RankOneNoise::uniform(7).is_uniform());
  EXPECT_FALSE(RankOneNoise::absorbing(7).is_uniform());
}

TEST(Targets, FollowTheirFormulas) {
  // Eight atoms at 3a + j·(S/8 + 1): S = 16 leaves them apart.
  const Law sparse = sparse_law({16, 1});
  EXPECT_NEAR(sparse.p[0], 128.0 / 255, 1e-15);
  EXPECT_NEAR(sparse.p[3], 64.0 / 255, 1e-15);
  EXPECT_NEAR(sparse.p[7 * 3 % 16], 1.0 / 255, 1e-15);
  const Law zipf = zipf_law({2, 2});  // 1, 1/2, 1/4, 1/2 before normalisation
  EXPECT_NEAR(zipf.p[0], 4.0 / 9, 1e-15);
  EXPECT_NEAR(zipf.p[2], 1.0 / 9, 1e-15);
  EXPECT_NEAR(zipf.p[3], 2.0 / 9, 1e-15);
  const Law chain = chain_law({3, 2}, Random(1, "chain"));
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_NEAR(chain.p[3 * row] + chain.p[3 * row + 1] + chain.p[3 * row + 2], 1.0 / 3, 1e-15);
  }
}

TEST(Gamma, HasItsMoments) {
  for (const double shape : {0.3, 1.0, 4.5}) {
    Random random(3, "gamma");
    double sum = 0, squares = 0;
    const int n = 40000;
    for (int i = 0; i < n; ++i) {
      const double x = draw_gamma(random, shape);
      sum += x;
      squares += x * x;
    }
    const double mean = sum / n;
    EXPECT_NEAR(mean, shape, 5 * std::sqrt(shape / n));
    EXPECT_NEAR(squares / n - mean * mean, shape, 0.1 * shape + 0.02);
  }
}

}  // namespace
}  // namespace reprise::markov
