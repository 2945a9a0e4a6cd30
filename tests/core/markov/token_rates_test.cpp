// Rates of a token that are not of rank one: against dense matrices, closed forms and hand calculation.
#include "markov/token_rates.h"

#include "base/error.h"
#include "core/markov/dense_matrix.h"
#include "markov/adjoint.h"
#include "markov/step_kernel.h"

#include <gtest/gtest.h>

namespace reprise::markov {
namespace {

using namespace reprise::testing;

Matrix dense(const TokenRates& rates) {
  const std::size_t n = rates.symbols();
  Matrix r(n, std::vector<double>(n, 0));
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) r[a][b] = rates.refresh() * rates.prior()[b];
  }
  rates.for_each_jump([&](std::size_t from, std::size_t to, double rate) { r[from][to] += rate; });
  for (std::size_t a = 0; a < n; ++a) {
    r[a][a] = 0;
    for (std::size_t b = 0; b < n; ++b) r[a][a] -= a == b ? 0 : r[a][b];
  }
  return r;
}

std::vector<TokenRates> examples() {
  return {TokenRates(4, 0.7, {0.4, 0.3, 0.2, 0.1}, {{0, 1, 2}, {2, 3, 0.5}, {3, 0, 1.5}}),
          TokenRates(3, 0, {1, 0, 0}, {{0, 1, 1}, {1, 2, 0.25}, {2, 0, 3}}),
          TokenRates::of(RankOneNoise::general({0.5, 0.2, 0.3}))};
}

TEST(TokenRates, NoiseIsTheMatrixExponential) {
  for (const TokenRates& rates : examples()) {
    const Law law = random_law({rates.symbols(), 1}, 3);
    for (const double sigma : {0.0, 0.02, 0.7, 6.0}) {
      const std::vector<double> expected = row_times(law.p, exponential(dense(rates), sigma));
      EXPECT_LE(largest_difference(noised(law, rates, sigma).p, expected), 1e-14);
    }
  }
}

TEST(TokenRates, EveryTokenByItself) {
  for (const TokenRates& rates : examples()) {
    const std::size_t n = rates.symbols();
    const Law a = random_law({n, 1}, 1), b = random_law({n, 1}, 2);
    Law pair{{n, 2}, {}};
    for (const double x : a.p) {
      for (const double y : b.p) pair.p.push_back(x * y);
    }
    const Law na = noised(a, rates, 0.4), nb = noised(b, rates, 0.4), joint = noised(pair, rates, 0.4);
    for (std::size_t y = 0; y < n * n; ++y) EXPECT_NEAR(joint.p[y], na.p[y / n] * nb.p[y % n], 1e-15);
  }
}

// Three symbols in a circle, one way: the eigenvalues of the rates are ω − 1, ω the cube roots of 1.
TEST(TokenRates, CircleByHand) {
  const TokenRates rates(3, 0, {1, 0, 0}, {{0, 1, 1}, {1, 2, 1}, {2, 0, 1}});
  const Law law = noised({{3, 1}, {1, 0, 0}}, rates, 0.8);
  const double decay = 2.0 / 3 * std::exp(-1.5 * 0.8), angle = std::sqrt(3.0) / 2 * 0.8;
  EXPECT_NEAR(law.p[0], 1.0 / 3 + decay * std::cos(angle), 1e-15);
  EXPECT_NEAR(law.p[1], 1.0 / 3 + decay * std::cos(angle - 2 * M_PI / 3), 1e-15);
}

TEST(TokenRates, MatricesShowTheirStructure) {
  const TokenRates redraw = TokenRates::from_matrix(3, {-0.5, 0.2, 0.3, 0.5, -0.8, 0.3, 0.5, 0.2, -0.7});
  EXPECT_TRUE(redraw.is_rank_one());
  EXPECT_NEAR(redraw.refresh(), 1, 1e-15);
  EXPECT_NEAR(redraw.prior()[1], 0.2, 1e-15);
  const TokenRates jumps = TokenRates::from_matrix(3, {0, 1, 0, 0, 0, 2, 0.5, 0, 0});
  EXPECT_EQ(jumps.jumps(), 3U);
  EXPECT_EQ(jumps.exit_rate(1), 2);
  // Two symbols: each column has one rate off the diagonal, stored as jumps.
  EXPECT_EQ(TokenRates::from_matrix(2, {-1, 1, 3, -3}).jumps(), 2U);
}

TEST(TokenRates, StationaryLawsByHand) {
  // Birth and death on a line: π_{a+1}/π_a = up/down.
  std::vector<TokenRates::Jump> line;
  for (std::size_t a = 0; a + 1 < 2000; ++a) {
    line.push_back({a, a + 1, 0.99});
    line.push_back({a + 1, a, 1});
  }
  const std::vector<double> geometric =
      TokenRates(2000, 0, std::vector<double>(2000, 1.0 / 2000), line).stationary();
  const double first = 0.01 / (1 - std::pow(0.99, 2000));
  EXPECT_NEAR(geometric[0], first, 1e-12);
  EXPECT_NEAR(geometric[1500] / first, std::pow(0.99, 1500), 1e-12);
  // One way round a circle: time spent is one over the rate out.
  const std::vector<double> circle =
      TokenRates(3, 0, {1, 0, 0}, {{0, 1, 1}, {1, 2, 0.25}, {2, 0, 0.5}}).stationary();
  EXPECT_NEAR(circle[0], 1.0 / 7, 1e-15);
  EXPECT_NEAR(circle[1], 4.0 / 7, 1e-15);
  // A symbol that is left for good holds nothing: everything ends in the mask.
  const std::vector<double> mask = TokenRates(3, 0, {0, 0, 1}, {{0, 2, 1}, {1, 2, 1}}).stationary();
  EXPECT_EQ(mask, (std::vector<double>{0, 0, 1}));
}

TEST(TokenRates, StationaryLawsAreTheirsForEveryStructure) {
  std::vector<TokenRates> all = examples();
  // Jumps that keep the prior; and more symbols than are eliminated where an iteration will do.
  all.emplace_back(3, 0.5, std::vector<double>(3, 1.0 / 3),
                   std::vector<TokenRates::Jump>{{0, 1, 2}, {1, 0, 2}});
  std::vector<TokenRates::Jump> circle;
  for (std::size_t a = 0; a < 300; ++a) circle.push_back({a, (a + 1) % 300, 1 + static_cast<double>(a % 3)});
  all.emplace_back(300, 0.1, random_law({300, 1}, 9).p, circle);
  for (const TokenRates& rates : all) {
    const std::vector<double> law = rates.stationary();
    const std::vector<double> flow = row_times(law, dense(rates));
    for (const double change : flow) EXPECT_NEAR(change, 0, 1e-15);
    EXPECT_LE(largest_difference(noised({{rates.symbols(), 1}, law}, rates, 3).p, law), 1e-14);
  }
}

// Rates y → y^{i→a} of the reverse process: rate(a → y_i)·w(y^{i→a})/w(y).
Matrix reverse_matrix(const TokenRates& rates, const Law& w) {
  const Matrix forward = dense(rates);
  const StateSpace& space = w.space;
  Matrix q(w.p.size(), std::vector<double>(w.p.size(), 0));
  for (std::size_t y = 0; y < w.p.size(); ++y) {
    for (std::size_t i = 0; i < space.length; ++i) {
      const std::size_t own = space.symbol(y, i);
      for (std::size_t a = 0; a < space.symbols; ++a) {
        if (a == own || w.p[y] == 0) continue;
        const std::size_t x = y + (a - own) * space.stride(i);
        const double rate = forward[a][own] * w.p[x] / w.p[y];
        q[y][x] += rate;
        q[y][y] -= rate;
      }
    }
  }
  return q;
}

TEST(FrozenJumps, AreTheDenseReverseMatrix) {
  for (const TokenRates& rates : examples()) {
    const Law w = noised(random_law({rates.symbols(), 2}, 5), rates, 0.4);
    FrozenJumps frozen(rates, w);
    const Matrix q = reverse_matrix(rates, w);
    std::vector<double> law = random_law(w.space, 6).p, u = random_numbers(w.p.size(), 7);
    const std::vector<double> expected_law = row_times(law, exponential(q, 0.9)),
                              expected_u = times_column(exponential(q, 0.9), u);
    push(frozen, 0.9, law);
    pull(frozen, 0.9, u);
    EXPECT_LE(largest_difference(law, expected_law), 1e-13);
    EXPECT_LE(largest_difference(u, expected_u), 1e-13);
  }
}

TEST(FrozenJumps, OfRankOneIsTheFrozenGenerator) {
  const RankOneNoise noise = RankOneNoise::absorbing(3);
  const Law clean = with_mask(random_law({3, 2}, 8), noise);
  const TokenRates rates = TokenRates::of(noise);
  const Law w = noised(clean, noise, 0.6);
  EXPECT_LE(largest_difference(noised(clean, rates, 0.6).p, w.p), 1e-16);
  FrozenJumps jumps(rates, w);
  FrozenGenerator generator(noise, w);
  std::vector<double> a = prior_law(noise, 2).p, b = a;
  push(jumps, 0.5, a);
  push(generator, 0.5, b);
  EXPECT_LE(largest_difference(a, b), 1e-15);
}

// Reverse in time with the true rates, in many short steps: back to the data.
TEST(FrozenJumps, ManyShortStepsLeadBackToTheLaw) {
  const TokenRates rates = examples()[1];
  const Law clean = random_law({3, 2}, 9);
  std::vector<double> error;
  for (const int steps : {40, 80}) {
    const auto sigma = [&](int k) { return 2 * std::pow(0.1 / 2, static_cast<double>(k) / steps); };
    std::vector<double> q = noised(clean, rates, 2).p;
    for (int k = 0; k < steps; ++k) {
      FrozenJumps frozen(rates, noised(clean, rates, sigma(k)));
      push(frozen, sigma(k) - sigma(k + 1), q);
    }
    error.push_back(largest_difference(q, noised(clean, rates, 0.1).p));
  }
  EXPECT_LE(error[0], 0.02);
  EXPECT_NEAR(error[0] / error[1], 2, 0.2);  // first order
}

std::string refusal(std::size_t symbols, double refresh, std::vector<double> prior,
                    std::vector<TokenRates::Jump> jumps) {
  try {
    TokenRates(symbols, refresh, std::move(prior), std::move(jumps)).stationary();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(TokenRates, RefuseWhatCannotBe) {
  const std::vector<double> half = {0.5, 0.5};
  EXPECT_EQ(refusal(2, 1, half, {{0, 1, 1}}), "accepted");
  EXPECT_NE(refusal(1, 1, {1}, {}).find("the number of symbols is 1"), std::string::npos);
  EXPECT_NE(refusal(2, -1, half, {}).find("the refresh rate is -1"), std::string::npos);
  EXPECT_NE(refusal(2, 1, {1}, {}).find("the prior's length is 1"), std::string::npos);
  EXPECT_NE(refusal(2, 1, {0.5, 0.6}, {}).find("sums to 1.1"), std::string::npos);
  EXPECT_NE(refusal(2, 0, half, {{0, 2, 1}}).find("a symbol is 2; allowed: 0…1"), std::string::npos);
  EXPECT_NE(refusal(2, 0, half, {{0, 1, -2}}).find("the rate from 0 to 1 is -2"), std::string::npos);
  EXPECT_NE(refusal(2, 0, half, {{0, 1, NAN}}).find("the rate from 0 to 1 is NaN"), std::string::npos);
  EXPECT_NE(refusal(2, 0, half, {{1, 1, 2}}).find("between different symbols"), std::string::npos);
  EXPECT_NE(refusal(2, 0, half, {{0, 1, 1}, {0, 1, 1}}).find("given twice"), std::string::npos);
  EXPECT_NE(refusal(2, 0, half, {{0, 1, 0}}).find("every rate is 0"), std::string::npos);
  EXPECT_NE(refusal(4, 0, std::vector<double>(4, 0.25), {{0, 1, 1}, {1, 0, 1}, {2, 3, 1}, {3, 2, 1}})
                .find("neither from symbol 0 nor from symbol 2"),
            std::string::npos);
  std::vector<TokenRates::Jump> circle;
  for (std::size_t a = 0; a < 1500; ++a) circle.push_back({a, (a + 1) % 1500, 1});
  EXPECT_NE(refusal(1500, 0, std::vector<double>(1500, 1.0 / 1500), circle)
                .find("1500 symbols without detailed balance"),
            std::string::npos);
  EXPECT_THROW(TokenRates::from_matrix(2, {-1, 2, 1, -1}), InputError);
  EXPECT_THROW(TokenRates::from_matrix(2, {0, -2, 1, 0}), InputError);
  EXPECT_THROW(with_symbols({{3, 1}, {1, 0, 0}}, 2), InputError);
}

TEST(WithSymbols, OthersHoldNothing) {
  const Law wider = with_symbols({{2, 2}, {0.1, 0.2, 0.3, 0.4}}, 3);
  EXPECT_EQ(wider.p, (std::vector<double>{0.1, 0.2, 0, 0.3, 0.4, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace reprise::markov
