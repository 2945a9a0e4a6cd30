// Samplers and bounds against numbers worked out independently, plain loops and closed forms.
#include "labs/discrete-diffusion-convergence/bounds.h"

#include "base/error.h"
#include "core/markov/dense_matrix.h"
#include "markov/integral_metrics.h"
#include "markov/target_laws.h"

#include <gtest/gtest.h>

namespace reprise::diffusion {
namespace {

using namespace markov;
using namespace reprise::testing;

constexpr FreezeMode score_mode = FreezeMode::Score;

// Two tokens, grid 2 → 1 → 0.5: values of an independent program.
TEST(Sampler, TwoSymbolsByHand) {
  const Sampler sampler(RankOneNoise::uniform(2), {{2, 1}, {0.7, 0.3}}, make_grid({2, 1, 0.5}));
  std::vector<double> q = sampler.start().p;
  EXPECT_NEAR(total_variation(q, sampler.marginal(0).p), 0.2 * std::exp(-2.0), 1e-15);
  sampler.kernel(0)->push(q);
  EXPECT_NEAR(q[0], 0.53423568, 5e-9);
  sampler.kernel(1)->push(q);
  EXPECT_NEAR(q[0], 0.57889529, 5e-9);
  EXPECT_NEAR(sampler.marginal(2).p[0], 0.62130613, 5e-9);
  EXPECT_NEAR(total_variation(q, sampler.marginal(2).p), 0.04241084, 5e-9);
  BoundIntegrator bounds(sampler, {}, score_mode, 64);
  EXPECT_NEAR(bounds.step(0).residual, 0.03899783, 5e-9);
  EXPECT_NEAR(bounds.step(1).residual, 0.02236897, 5e-9);
}

TEST(Sampler, AnyPrior) {
  const Sampler sampler(RankOneNoise::general({0.8, 0.2}), {{2, 1}, {0.3, 0.7}}, make_grid({2, 1, 0.5}));
  const std::vector<double> q = sampler.generate(sampler.start().p);
  EXPECT_NEAR(q[0], 0.6067913718, 5e-11);
  EXPECT_NEAR(sampler.marginal(2).p[0], 0.4967346701, 5e-11);
}

TEST(Sampler, EveryKernelOnThreeSymbols) {
  const double tv[4] = {0.0776544837, 0.0867136555, 0.0568915099, 0.0010130020};
  for (std::size_t kind = 0; kind < 4; ++kind) {
    Sampler sampler(RankOneNoise::uniform(3), {{3, 1}, {0.6, 0.3, 0.1}}, make_grid({3, 1, 0.4}));
    sampler.kind = static_cast<KernelKind>(kind);
    const std::vector<double> q = sampler.generate(sampler.start().p);
    EXPECT_NEAR(total_variation(q, sampler.marginal(2).p), tv[kind], 6e-11) << kernel_keys()[kind];
    if (kind > 0) continue;
    const double law[3] = {0.4344308619, 0.3226636112, 0.2429055269};
    for (std::size_t a = 0; a < 3; ++a) EXPECT_NEAR(q[a], law[a], 6e-11);
  }
}

TEST(Bounds, OfThreeSymbols) {
  const Sampler sampler(RankOneNoise::uniform(3), {{3, 1}, {0.6, 0.3, 0.1}}, make_grid({3, 1, 0.4}));
  BoundIntegrator bounds(sampler, {}, score_mode, 64, {true, true});
  const StepBounds first = bounds.step(0), second = bounds.step(1);
  EXPECT_NEAR(first.residual, 0.14547015, 5e-9);
  EXPECT_NEAR(second.residual, 0.05665350, 5e-9);
  const double start = kl_divergence(sampler.marginal(0).p, sampler.start().p);
  EXPECT_NEAR(start, 0.00046992, 5e-9);
  EXPECT_NEAR(start + first.path_kl + second.path_kl, 0.02224221, 5e-9);
  EXPECT_NEAR(first.max_score + second.max_score, 0.45375134, 5e-9);
  EXPECT_NEAR(explicit_initial_bound(3, 1) + explicit_step_bound(sampler.grid, 1, false), 9.18888147, 5e-9);
}

TEST(Bounds, MaxScoreIsTheDoubleLoop) {
  const Law law = sparse_law({16, 1});
  const Schedule schedule;
  const Sampler sampler(RankOneNoise::uniform(16), law, make_grid(schedule, 32));
  BoundIntegrator bounds(sampler, {}, score_mode, 8, {false, true});
  const stats::QuadratureRule rule = stats::gauss_legendre(8);
  double fast = 0, plain = 0;
  for (std::size_t k = 0; k < 32; ++k) {
    fast += bounds.step(k).max_score;
    const std::vector<double> w = sampler.marginal(k).p;
    plain += rule.integrate(sampler.grid.sigma[k + 1], sampler.grid.sigma[k], [&](double sigma) {
      const std::vector<double> p = noised(law, sampler.noise, sigma).p;
      double largest = 0;
      for (std::size_t y = 0; y < 16; ++y) {
        for (std::size_t x = 0; x < 16; ++x)
          largest = std::max(largest, std::fabs(w[x] / w[y] - p[x] / p[y]));
      }
      return 15.0 / 16 * largest;
    });
  }
  EXPECT_NEAR(fast, 3.0811039, 5e-8);
  EXPECT_NEAR(plain, fast, 1e-9);
}

// The residual of every axis line by a double loop over pairs of symbols.
double plain_residual(const Sampler& sampler, const ScoreFactors& score, const Law& p, double c) {
  const StateSpace& space = p.space;
  double sum = 0;
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    for (std::size_t y = 0; y < p.p.size(); ++y) {
      if (space.symbol(y, axis) != 0) continue;
      std::vector<double> w, marginal, a;
      for (std::size_t x = 0; x < space.symbols; ++x) {
        const std::size_t at = y + x * space.stride(axis);
        w.push_back(score.w.p[at]);
        marginal.push_back(p.p[at]);
        a.push_back(c * p.p[at] * score.r[at]);
      }
      sum += residual_of_line(w, marginal, a, sampler.noise.prior);
    }
  }
  return sum;
}

TEST(Bounds, SortedResidualIsTheDoubleLoop) {
  const std::vector<RankOneNoise> noises = {RankOneNoise::uniform(4), RankOneNoise::absorbing(3),
                                            RankOneNoise::general({0.4, 0.3, 0.2, 0.1})};
  const stats::QuadratureRule rule = stats::gauss_legendre(8);
  const Schedule schedule{ScheduleKind::Geometric, 0.02, 6};
  for (const RankOneNoise& noise : noises) {
    for (const std::size_t length : {1, 2}) {
      for (const double eta : {0.0, 0.3}) {
        Sampler sampler(noise, random_law({noise.tokens(), length}, 3), make_grid(schedule, 3));
        const std::size_t states = sampler.clean.p.size();
        if (eta > 0) sampler.error = {eta, random_numbers(states, 1), random_numbers(states, 2)};
        for (std::size_t k = 0; k < 3; ++k) {
          ScoreFactors score = exact_score(sampler.marginal(k));
          sampler.error.apply(score);
          const NoiseGrid& grid = sampler.grid;
          const double in_sigma = rule.integrate(grid.sigma[k + 1], grid.sigma[k], [&](double sigma) {
            return plain_residual(sampler, score, noised(sampler.clean, noise, sigma), 1);
          });
          const double in_time = rule.integrate(grid.t[k + 1], grid.t[k], [&](double t) {
            const double c = schedule.beta(grid.t[k]) / schedule.beta(t);
            return schedule.beta(t) *
                   plain_residual(sampler, score, noised(sampler.clean, noise, schedule.sigma(t)), c);
          });
          EXPECT_NEAR(BoundIntegrator(sampler, schedule, score_mode, 8).step(k).residual, in_sigma, 1e-12);
          EXPECT_NEAR(BoundIntegrator(sampler, schedule, FreezeMode::Rate, 8).step(k).residual, in_time,
                      1e-12 * (1 + in_time));
        }
      }
    }
  }
}

TEST(Bounds, ConstantSpeedMakesBothModesTheSame) {
  const Schedule schedule{ScheduleKind::Linear, 0.02, 6};
  const Sampler sampler(RankOneNoise::uniform(5), random_law({5, 2}, 1), make_grid(schedule, 6));
  for (std::size_t k = 0; k < 6; ++k) {
    EXPECT_NEAR(BoundIntegrator(sampler, schedule, score_mode, 8).step(k).residual,
                BoundIntegrator(sampler, schedule, FreezeMode::Rate, 8).step(k).residual, 1e-12);
  }
}

TEST(Bounds, PathKlIsTheSumOverAllJumps) {
  const Sampler sampler(RankOneNoise::uniform(3), random_law({3, 2}, 4), make_grid({2, 1.5}));
  const stats::QuadratureRule rule = stats::gauss_legendre(8);
  const Law w = sampler.marginal(0);
  const double plain = rule.integrate(1.5, 2, [&](double sigma) {
    const Law p = noised(sampler.clean, sampler.noise, sigma);
    double sum = 0;
    for (std::size_t y = 0; y < 9; ++y) {
      for (std::size_t x = 0; x < 9; ++x) {
        if ((x / 3 != y / 3) + (x % 3 != y % 3) != 1) continue;
        const double rate = p.p[x] / p.p[y] / 3, frozen = w.p[x] / w.p[y] / 3;
        sum += p.p[y] * (rate * std::log(rate / frozen) - rate + frozen);
      }
    }
    return sum;
  });
  EXPECT_NEAR(BoundIntegrator(sampler, {}, score_mode, 8, {true, false}).step(0).path_kl, plain, 1e-13);
}

TEST(Bounds, ExplicitIsAboveTheResidual) {
  for (const std::size_t symbols : {2, 7, 30}) {
    for (const std::size_t length : {1, 2}) {
      for (const std::size_t steps : {3, 20}) {
        const Sampler sampler(RankOneNoise::uniform(symbols), random_law({symbols, length}, steps),
                              make_grid(Schedule{}, steps));
        EXPECT_LE(BoundIntegrator(sampler, {}, score_mode, 8).residual_total(),
                  explicit_step_bound(sampler.grid, length, false));
        EXPECT_LE(total_variation(sampler.start().p, sampler.marginal(0).p),
                  explicit_initial_bound(6, length) + 1e-15);
      }
    }
  }
}

TEST(Bounds, PointMassStartsAsFarAsAnyLawOfOneToken) {
  Law point{{9, 1}, std::vector<double>(9, 0)};
  point.p[4] = 1;
  const Sampler sampler(RankOneNoise::uniform(9), point, make_grid({3, 1}));
  EXPECT_NEAR(total_variation(sampler.start().p, sampler.marginal(0).p), std::exp(-3.0) * 8 / 9, 1e-15);
}

TEST(Masked, ClosedForms) {
  const Sampler sampler(RankOneNoise::absorbing(2), {{2, 1}, {0.7, 0.3}}, make_grid({2, 1, 0.5}));
  EXPECT_NEAR(generated_mask_probability(sampler.grid, sampler.lengths), 0.63922038, 5e-9);
  EXPECT_NEAR(target_mask_probability(sampler.grid), 0.39346934, 5e-9);
  const std::vector<double> q = sampler.generate(sampler.start().p);
  EXPECT_NEAR(total_variation(q, sampler.marginal(2).p), 0.24575104, 5e-9);
  EXPECT_NEAR(total_variation(sampler.start().p, sampler.marginal(0).p), explicit_initial_bound(2, 1), 1e-15);
  EXPECT_TRUE(std::isinf(kl_divergence(sampler.marginal(0).p, sampler.start().p)));
}

TEST(Masked, ResidualIsItsClosedFormForAnyLaw) {
  const NoiseGrid grid = make_grid(Schedule{}, 8);
  EXPECT_NEAR(explicit_step_bound(grid, 2, true), 0.8197762839, 5e-11);
  for (const std::size_t tokens : {2, 5}) {
    const Sampler sampler(RankOneNoise::absorbing(tokens), random_law({tokens, 2}, 9), grid);
    EXPECT_NEAR(BoundIntegrator(sampler, {}, score_mode, 16).residual_total(), 0.8197762839, 5e-11);
    const std::vector<double> q = sampler.generate(sampler.start().p);
    EXPECT_NEAR(total_variation(q, sampler.marginal(8).p),
                binomial_total_variation(2, generated_mask_probability(grid, sampler.lengths),
                                         target_mask_probability(grid)),
                1e-14);
  }
}

TEST(Masked, UnusedSymbolsChangeNothing) {
  Law law = random_law({3, 2}, 5);
  Law wider{{4, 2}, std::vector<double>(16, 0)};
  for (std::size_t y = 0; y < 9; ++y) wider.p[y / 3 * 4 + y % 3] = law.p[y];
  const auto tv = [](const Law& one) {
    const Sampler sampler(RankOneNoise::absorbing(one.space.symbols), one, make_grid({3, 1, 0.2}));
    return total_variation(sampler.generate(sampler.start().p), sampler.marginal(2).p);
  };
  EXPECT_NEAR(tv(law), tv(wider), 1e-15);
}

TEST(Sampler, RelabellingAndPermutingChangeNothing) {
  const Law law = random_law({3, 2}, 6);
  Law other = law;
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) other.p[(2 - b) * 3 + (a + 1) % 3] = law.p[a * 3 + b];
  }
  const auto run = [](const Law& one) {
    const Sampler sampler(RankOneNoise::uniform(3), one, make_grid(Schedule{}, 5));
    BoundIntegrator bounds(sampler, {}, score_mode, 8);
    return std::pair(total_variation(sampler.generate(sampler.start().p), sampler.marginal(5).p),
                     bounds.residual_total());
  };
  EXPECT_NEAR(run(law).first, run(other).first, 1e-15);
  EXPECT_NEAR(run(law).second, run(other).second, 1e-14);
}

TEST(Sampler, ManyStepsFromTheTrueStartAreExact) {
  const Sampler coarse(RankOneNoise::uniform(3), random_law({3, 2}, 7), make_grid(Schedule{}, 50));
  const Sampler fine(RankOneNoise::uniform(3), random_law({3, 2}, 7), make_grid(Schedule{}, 800));
  const auto tv = [](const Sampler& sampler) {
    return total_variation(sampler.generate(sampler.marginal(0).p), sampler.marginal(sampler.steps()).p);
  };
  EXPECT_NEAR(tv(coarse) / tv(fine), 16, 2);  // first order
  EXPECT_LE(tv(fine), 1e-3);
}

// Independent tokens: every kernel moves each token by itself, so that the law of three is that of one,
// thrice.
TEST(Sampler, ProductLawsStayProducts) {
  const std::vector<double> one = {0.5, 0.3, 0.15, 0.05};
  const auto cube = [](const std::vector<double>& p) {
    std::vector<double> all;
    for (const double a : p) {
      for (const double b : p) {
        for (const double c : p) all.push_back(a * b * c);
      }
    }
    return all;
  };
  for (const RankOneNoise& noise :
       {RankOneNoise::uniform(4), RankOneNoise::absorbing(4), RankOneNoise::general({0.4, 0.3, 0.2, 0.1})}) {
    for (std::size_t kind = 0; kind < 4; ++kind) {
      Sampler single(noise, {{4, 1}, one}, make_grid({4, 1.5, 0.6, 0.1}));
      Sampler triple(noise, {{4, 3}, cube(one)}, single.grid);
      single.kind = triple.kind = static_cast<KernelKind>(kind);
      const std::vector<double> q = cube(single.generate(single.start().p)), p = cube(single.marginal(3).p);
      const std::vector<double> generated = triple.generate(triple.start().p);
      EXPECT_LE(largest_difference(generated, q), 1e-14) << kernel_keys()[kind];
      EXPECT_NEAR(total_variation(generated, triple.marginal(3).p), total_variation(q, p), 1e-14);
    }
  }
}

TEST(Sampler, UniformDataIsNoWork) {
  const Sampler sampler(RankOneNoise::uniform(4), prior_law(RankOneNoise::uniform(4), 2),
                        make_grid(Schedule{}, 4));
  EXPECT_NEAR(total_variation(sampler.generate(sampler.start().p), sampler.marginal(4).p), 0, 1e-15);
  EXPECT_NEAR(BoundIntegrator(sampler, {}, score_mode, 8).residual_total(), 0, 1e-14);
}

TEST(OptimalGrid, HasASmallerBoundThanEverySchedule) {
  const Law law = zipf_law({64, 1});
  const RankOneNoise noise = RankOneNoise::uniform(64);
  const auto bound = [&](NoiseGrid grid) {
    const Sampler sampler(noise, law, std::move(grid));
    return BoundIntegrator(sampler, {}, score_mode, 8).residual_total();
  };
  const NoiseGrid best = optimal_grid(noise, law, 6, 0.02, 32, 8);
  EXPECT_EQ(best.sigma.front(), 6);
  EXPECT_EQ(best.sigma.back(), 0.02);
  for (const std::string& key : schedule_keys()) {
    EXPECT_LT(bound(best), 0.95 * bound(make_grid(Schedule{*find_schedule(key), 0.02, 6}, 32))) << key;
  }
}

TEST(ReverseRates, AreInfiniteAtTheEndWithoutNoise) {
  try {
    check_reverse_rates({{2, 2}, {0.5, 0.5, 0, 0}}, make_grid({1, 0}));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("state (1, 0) has probability 0"), std::string::npos);
  }
  EXPECT_NO_THROW(check_reverse_rates({{2, 1}, {0.5, 0.5}}, make_grid({1, 0})));
}

}  // namespace
}  // namespace reprise::diffusion
