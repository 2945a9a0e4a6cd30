// Frozen generators, their exponentials and the kernels of samplers against dense matrices and by hand.
#include "markov/step_kernel.h"

#include "base/error.h"
#include "core/markov/dense_matrix.h"
#include "markov/adjoint.h"
#include "markov/schedule.h"

#include <gtest/gtest.h>

namespace reprise::markov {
namespace {

using namespace reprise::testing;

struct Case {
  RankOneNoise noise;
  Law clean;
};

std::vector<Case> cases() {
  return {{RankOneNoise::uniform(3), random_law({3, 3}, 1)},
          {RankOneNoise::absorbing(3), with_mask(random_law({3, 2}, 2), RankOneNoise::absorbing(3))},
          {RankOneNoise::general({0.6, 0.1, 0.05, 0.25}), random_law({4, 2}, 3)}};
}

TEST(FrozenGenerator, IsTheDenseMatrix) {
  for (const Case& one : cases()) {
    FrozenGenerator generator(one.noise, noised(one.clean, one.noise, 0.4));
    const StateSpace& space = one.clean.space;
    const Matrix dense = frozen_matrix(space, one.noise.prior, generator.w(), generator.r());
    const std::vector<double> q = random_law(space, 8).p, u = random_numbers(space.size(), 9);
    std::vector<double> moved(q.size()), pulled(q.size());
    generator.apply_law(q, moved);
    generator.apply_observable(u, pulled);
    EXPECT_LE(largest_difference(moved, row_times(q, dense)), 1e-13);
    EXPECT_LE(largest_difference(pulled, times_column(dense, u)), 1e-12);
    EXPECT_NEAR(dot(moved, u), dot(q, pulled), 1e-13);  // adjoint
    generator.apply_observable(std::vector<double>(u.size(), 1), pulled);
    EXPECT_LE(oscillation(pulled), 1e-12);  // rows sum to 0
    double exit = 0;
    for (std::size_t y = 0; y < q.size(); ++y) exit = std::max(exit, -dense[y][y]);
    EXPECT_NEAR(generator.max_exit_rate(), exit, 1e-12 * exit);
  }
}

TEST(Uniformization, IsTheDenseExponential) {
  for (const Case& one : cases()) {
    for (const double sigma : {0.02, 1.0}) {
      FrozenGenerator generator(one.noise, noised(one.clean, one.noise, sigma));
      const StateSpace& space = one.clean.space;
      const Matrix dense =
          exponential(frozen_matrix(space, one.noise.prior, generator.w(), generator.r()), 0.9);
      std::vector<double> q = random_law(space, 8).p, u = random_numbers(space.size(), 9);
      const std::vector<double> expected_q = row_times(q, dense), expected_u = times_column(dense, u);
      push(generator, 0.9, q);
      pull(generator, 0.9, u);
      EXPECT_LE(largest_difference(q, expected_q), 1e-12);
      EXPECT_LE(largest_difference(u, expected_u), 1e-12);
    }
  }
  EXPECT_GT(uniformization_work(1000, 1).pieces, 33U);  // e^−1000 would be 0
}

TEST(ScoreTable, OfTheExactScoreIsTheFrozenGenerator) {
  for (const Case& one : cases()) {
    const StateSpace& space = one.clean.space;
    FrozenGenerator frozen(one.noise, noised(one.clean, one.noise, 0.3));
    const std::size_t tokens = one.noise.tokens();
    std::vector<double> score;
    for (std::size_t y = 0; y < space.size(); ++y) {
      for (std::size_t i = 0; i < space.length; ++i) {
        for (std::size_t a = 0; a < tokens; ++a) {
          score.push_back(frozen.w()[y + (a - space.symbol(y, i)) * space.stride(i)] * frozen.r()[y]);
        }
      }
    }
    ScoreTableGenerator table(one.noise, space, score);
    const std::vector<double> q = random_law(space, 8).p;
    std::vector<double> a(q.size()), b(q.size());
    frozen.apply_law(q, a);
    table.apply_law(q, b);
    EXPECT_LE(largest_difference(a, b), 1e-13);
    frozen.apply_observable(q, a);
    table.apply_observable(q, b);
    EXPECT_LE(largest_difference(a, b), 1e-13);
  }
}

TEST(StepKernels, AreStochasticAndAdjoint) {
  for (const Case& one : cases()) {
    for (const KernelKind kind :
         {KernelKind::FrozenCtmc, KernelKind::TauLeaping, KernelKind::Euler, KernelKind::Tweedie}) {
      const auto kernel =
          make_step_kernel(kind, one.noise, exact_score(noised(one.clean, one.noise, 0.5)), 0.3);
      const Law law = random_law(one.clean.space, 4);
      std::vector<double> q = law.p, u = random_numbers(law.p.size(), 5), ones(law.p.size(), 1);
      const std::vector<double> phi = u;
      kernel->push(q);
      kernel->pull(u);
      kernel->pull(ones);
      EXPECT_NEAR(dot(q, phi), dot(law.p, u), 1e-14);
      EXPECT_LE(largest_difference(ones, std::vector<double>(ones.size(), 1)), 1e-13);
      for (const double p : q) EXPECT_GE(p, -1e-16);
    }
  }
}

// Two tokens 0 and 1 at w = (0.6, 0.4): s(0)[1] = 2/3, s(1)[0] = 3/2, rates half of that, h = 0.2.
TEST(StepKernels, ByHand) {
  const auto from_zero = [](KernelKind kind) {
    std::vector<double> q = {1, 0};
    make_step_kernel(kind, RankOneNoise::uniform(2), exact_score({{2, 1}, {0.6, 0.4}}), 0.2)->push(q);
    return q[1];
  };
  EXPECT_NEAR(from_zero(KernelKind::Euler), 0.2 / 3, 1e-15);
  EXPECT_NEAR(from_zero(KernelKind::TauLeaping), 1 - std::exp(-0.2 / 3), 1e-15);
  const double earlier = std::exp(0.2) * 2 / 3 + (1 - std::exp(0.2)) / 2 * (5.0 / 3);  // p_{σ−h}(1)/p_σ(0)
  EXPECT_NEAR(from_zero(KernelKind::Tweedie), earlier * (1 - std::exp(-0.2)) / 2, 1e-15);
  // Two states with rates a = 1/3 and b = 3/4: probability of the other one a/(a + b)·(1 − e^−(a+b)h).
  const double a = 1.0 / 3, b = 0.75;
  EXPECT_NEAR(from_zero(KernelKind::FrozenCtmc), a / (a + b) * (1 - std::exp(-(a + b) * 0.2)), 1e-15);
}

TEST(ExactReverseStep, TakesTrueMarginalsToTrueMarginals) {
  for (const Case& one : cases()) {
    ExactReverseStep step(one.noise, one.clean, 1.5, 0.2);
    std::vector<double> q = noised(one.clean, one.noise, 1.5).p;
    step.push(q);
    EXPECT_LE(largest_difference(q, noised(one.clean, one.noise, 0.2).p), 1e-15);
    const Law law = {one.clean.space, noised(one.clean, one.noise, 1.5).p};
    std::vector<double> u = random_numbers(q.size(), 6);
    const double after = dot(q, u);
    step.pull(u);
    EXPECT_NEAR(dot(law.p, u), after, 1e-14);
  }
}

TEST(MatrixStep, RefusesWhatIsNotStochastic) {
  EXPECT_NO_THROW(MatrixStep(2, {0.5, 0.5, 0.1, 0.9}));
  try {
    MatrixStep(2, {0.5, 0.5, 0.1, 0.8});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "kernel row 2 sums to 0.9 instead of 1");
  }
  EXPECT_THROW(MatrixStep(2, {1.5, -0.5, 0, 1}), InputError);
}

TEST(ProductKernels, RefuseLargeSpaces) {
  const Law law = random_law({5000, 1}, 1);
  EXPECT_THROW(make_step_kernel(KernelKind::Euler, RankOneNoise::uniform(5000), exact_score(law), 0.1),
               InputError);
}

TEST(ScoreError, OfSizeZeroChangesNoBit) {
  const Law w = random_law({4, 2}, 3);
  ScoreFactors factors = exact_score(w);
  const std::vector<double> r = factors.r;
  ScoreError{0, random_numbers(16, 1), random_numbers(16, 2)}.apply(factors);
  EXPECT_EQ(factors.w.p, w.p);
  EXPECT_EQ(factors.r, r);
}

TEST(ErrorIdentity, IsExactForEveryKernel) {
  for (const Case& one : cases()) {
    const std::vector<double> sigma = {3, 1.2, 0.5, 0.1};
    ScoreError error{0.2, random_numbers(one.clean.p.size(), 20), random_numbers(one.clean.p.size(), 21)};
    for (const KernelKind kind :
         {KernelKind::FrozenCtmc, KernelKind::TauLeaping, KernelKind::Euler, KernelKind::Tweedie}) {
      std::vector<std::unique_ptr<StepKernel>> owned;
      std::vector<StepKernel*> kernels, exact;
      std::vector<Law> marginals;
      for (std::size_t k = 0; k < sigma.size(); ++k) {
        marginals.push_back(noised(one.clean, one.noise, sigma[k]));
        if (k + 1 == sigma.size()) break;
        ScoreFactors score = exact_score(marginals.back());
        owned.push_back(make_step_kernel(kind, one.noise, score, sigma[k] - sigma[k + 1]));
        exact.push_back(owned.back().get());
        error.apply(score);
        owned.push_back(make_step_kernel(kind, one.noise, score, sigma[k] - sigma[k + 1]));
        kernels.push_back(owned.back().get());
      }
      const Law start = prior_law(one.noise, one.clean.space.length);
      const std::vector<double> phi = random_numbers(start.p.size(), 30);
      const ErrorBudget budget = error_identity(kernels, exact, marginals, start, phi);
      EXPECT_LE(std::fabs(budget.residual), 1e-13);
      EXPECT_NE(budget.score[1], 0);
      const AdjointSolution adjoint = solve_adjoint(one.clean.space, kernels, phi);
      std::vector<double> q = start.p;
      for (StepKernel* kernel : kernels) kernel->push(q);
      EXPECT_NEAR(dot(q, phi), dot(start.p, adjoint.u[0]), 1e-13);
      for (std::size_t k = 0; k < kernels.size(); ++k) {
        EXPECT_LE(adjoint.oscillation[k], adjoint.oscillation[k + 1] + 1e-13);
      }
      const ErrorBudget constant =
          error_identity(kernels, {}, marginals, start, std::vector<double>(phi.size(), 2.5));
      EXPECT_NEAR(constant.total, 0, 1e-13);
    }
  }
}

TEST(Schedules, EndWhereTheyShouldAndGrow) {
  for (std::size_t kind = 0; kind < schedule_keys().size(); ++kind) {
    const Schedule schedule{*find_schedule(schedule_keys()[kind]), 0.02, 6};
    EXPECT_NEAR(schedule.sigma(0), 0.02, 1e-12);
    EXPECT_NEAR(schedule.sigma(1), 6, 1e-9);
    for (const double t : {0.1, 0.5, 0.9}) {
      const double slope = (schedule.sigma(t + 1e-6) - schedule.sigma(t - 1e-6)) / 2e-6;
      EXPECT_NEAR(schedule.beta(t), slope, 1e-6 * slope) << schedule_keys()[kind];
    }
    EXPECT_NO_THROW(check_schedule([&](double t) { return schedule.sigma(t); },
                                   [&](double t) { return schedule.beta(t); }));
  }
  // σ(½): the mean, the geometric mean, a + (b − a)/4, −ln of the mean of e^−σ.
  EXPECT_NEAR((Schedule{ScheduleKind::Linear, 0.02, 6}.sigma(0.5)), 3.01, 1e-14);
  EXPECT_NEAR((Schedule{ScheduleKind::Geometric, 0.02, 6}.sigma(0.5)), std::sqrt(0.12), 1e-14);
  EXPECT_NEAR((Schedule{ScheduleKind::Quadratic, 0.02, 6}.sigma(0.5)), 0.02 + 5.98 / 4, 1e-14);
  EXPECT_NEAR((Schedule{ScheduleKind::AlphaLinear, 0.02, 6}.sigma(0.5)),
              -std::log((std::exp(-0.02) + std::exp(-6.0)) / 2), 1e-14);
}

TEST(Schedules, RefuseWhatCannotBe) {
  EXPECT_THROW(make_grid(Schedule{ScheduleKind::Linear, 0.5, 0.5}, 4), InputError);
  EXPECT_THROW(make_grid(Schedule{ScheduleKind::Linear, 0, 4}, 4), InputError);
  EXPECT_THROW(make_grid(Schedule{}, 0), InputError);
  EXPECT_THROW(make_grid(Schedule{ScheduleKind::AlphaLinear, 0.02, INFINITY}, 4), InputError);
  EXPECT_THROW(make_grid({2, 1, 1}), InputError);
  EXPECT_THROW(make_grid({2, NAN}), InputError);
  EXPECT_THROW(make_grid({1, -0.5}), InputError);
  EXPECT_THROW(check_schedule([](double t) { return t; }, [](double) { return -1.0; }), InputError);
  EXPECT_THROW(check_schedule([](double t) { return 1 - t; }, [](double) { return 1.0; }), InputError);
  EXPECT_THROW(
      check_schedule([](double t) { return -std::log(1 - t); }, [](double t) { return 1 / (1 - t); }),
      InputError);  // unbounded
}

}  // namespace
}  // namespace reprise::markov
