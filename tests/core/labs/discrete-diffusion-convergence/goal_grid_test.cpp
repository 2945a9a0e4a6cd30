// The grid that suits an observable: its prediction and the prediction's bar by hand, and the number of
// steps.
#include "core/labs/study_runs.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace reprise {
namespace {

using namespace reprise::testing;

const std::string law = "x1,p\n0,0.7\n1,0.3\n";
const std::string rates = "from,to,rate\n0,1,0.5\n1,0,0.5\n";

double first(double level) {
  return 0.5 + 0.2 * std::exp(-level);
}

// Probability of 0 at the end, seen from either symbol at that level: p_δ(0)·P(0 → x)/p(x).
std::array<double, 2> expected(double level, double end) {
  const double kept = std::exp(-(level - end)), stay = kept + (1 - kept) / 2;
  return {first(end) * stay / first(level), first(end) * (1 - stay) / (1 - first(level))};
}

TEST(GoalGrid, PredictionAndBarByHand) {
  const Json report = run_study("my-process", R"({"levels": 5, "sigma_max": 3, "sigma_min": 0.1})",
                                {{"law", law}, {"rates", rates}});
  const auto level = [&](std::size_t k) { return cell(report, "goal_grid", k, "sigma").as_number(); };
  const double end = level(5);
  EXPECT_EQ(level(0), 3);
  EXPECT_EQ(end, 0.1);
  double predicted = 0, bar = 0, distance = std::fabs(0.5 - first(3)), q = 0.5;
  for (std::size_t k = 0; k < 5; ++k) {
    const double high = level(k), low = level(k + 1), p = first(high);
    const double a = (1 - p) / p / 2, b = p / (1 - p) / 2;
    const double moved = (1 - std::exp(-(a + b) * (high - low))) / (a + b);
    const double jump0 = a * moved, jump1 = b * moved;
    const std::array<double, 2> u = expected(low, end), before = expected(high, end);
    const double wrong = p * (1 - jump0) + (1 - p) * jump1 - first(low);  // of symbol 0
    const double term = wrong * (u[0] - u[1]);
    EXPECT_NEAR(cell(report, "goal_grid", k, "predicted_term").as_number(), term, 1e-15);
    const double gap0 = (1 - jump0) * u[0] + jump0 * u[1] - before[0];
    const double gap1 = jump1 * u[0] + (1 - jump1) * u[1] - before[1];
    predicted += term;
    bar += distance * std::fabs(gap0 - gap1);
    distance += std::fabs(wrong);
    q = q * (1 - jump0) + (1 - q) * jump1;
  }
  const std::array<double, 2> start = expected(3, end);
  predicted += (0.5 - first(3)) * (start[0] - start[1]);
  EXPECT_NEAR(metric(report, "goal_predicted_error"), predicted, 1e-14);
  EXPECT_NEAR(metric(report, "goal_error_bar"), bar, 1e-14);
  EXPECT_NEAR(metric(report, "goal_error"), q - first(end), 1e-14);
  EXPECT_EQ(verdict(report, "goal-error-within-bar"), "holds");
  EXPECT_EQ(verdict(report, "goal-grid-smaller-terms"), "holds");
  EXPECT_EQ(verdict(report, "goal-within-tolerance"), "left out");
}

TEST(GoalGrid, TakesAsManyStepsAsTheToleranceAsks) {
  const auto run = [](const std::string& tolerance) {
    return run_study("my-process", R"({"goal_tolerance": )" + tolerance + "}");
  };
  const Json coarse = run("0.01"), fine = run("0.001");
  const double few = metric(coarse, "goal_steps"), many = metric(fine, "goal_steps");
  EXPECT_GT(many, 10 * (few - 1));  // the error falls like one over the number of steps
  EXPECT_LE(many, 10 * few);
  for (const Json* report : {&coarse, &fine}) {
    EXPECT_EQ(verdict(*report, "goal-within-tolerance"), "holds");
    EXPECT_EQ(verdict(*report, "goal-error-within-bar"), "holds");
    EXPECT_EQ(verdict(*report, "goal-grid-smaller-terms"), "left out");
  }
  EXPECT_LE(std::fabs(metric(fine, "goal_error") - metric(fine, "goal_init_term")), 0.001);
}

TEST(GoalGrid, ThePredictionHoldsForEveryLawAndObservable) {
  for (const char* target : {"sparse", "zipf", "dirichlet", "chain"}) {
    for (const char* observable : {"first_two_equal", "token_zero_count"}) {
      for (const char* start : {"stationary", "exact"}) {
        const Json report =
            run_study("my-process", std::string(R"({"length": 2, "vocabulary_size": 5, "levels": 6)") +
                                        R"(, "target": ")" + target + R"(", "observable": ")" + observable +
                                        R"(", "start": ")" + start + R"("})");
        EXPECT_EQ(verdict(report, "goal-error-within-bar"), "holds") << target << observable << start;
      }
    }
  }
  // A mask: states that nothing reaches count for nothing.
  const Json masked =
      run_study("my-process", R"({"levels": 6})", {{"law", law}, {"rates", "from,to,rate\n0,2,1\n1,2,1\n"}});
  EXPECT_EQ(verdict(masked, "goal-error-within-bar"), "holds");
}

TEST(GoalGrid, HasNoAimWhereNothingDiffers) {
  const Json report = run_study("my-process", R"({"levels": 4})",
                                {{"law", law}, {"rates", rates}, {"observable", "x1,value\n0,2\n1,2\n"}});
  EXPECT_NEAR(metric(report, "goal_error"), 0, 1e-14);
  EXPECT_EQ(verdict(report, "goal-error-within-bar"), "left out");
}

// With the whole rate frozen: redraws alone are the uniform noise of the other studies.
TEST(FrozenRate, OfASchedulesTableIsThatOfItsFormula) {
  const std::string settings =
      R"({"target": "zipf", "vocabulary_size": 16, "length": 1, "levels": 8, "freeze": "rate")";
  const Json known = run_study("evaluate", settings + R"(, "schedule": "quadratic"})");
  // σ = 0.02 + 5.98·t², so β = 11.96·t.
  const Json table =
      run_study("my-process", settings + R"(, "neighbour_rate": 0})",
                {{"schedule.json", R"({"t": [0, 1], "beta": [0, 11.96], "sigma_min": 0.02, "levels": 8})"}});
  const Json named = run_study("my-process", settings + R"(, "neighbour_rate": 0, "schedule": "quadratic"})");
  for (const Json* own : {&table, &named}) {
    EXPECT_NEAR(metric(*own, "tv"), metric(known, "tv"), 1e-13);
    EXPECT_NEAR(metric(*own, "residual_bound"), metric(known, "residual_bound"), 1e-12);
    EXPECT_NEAR(metric(*own, "error"), metric(known, "error"), 1e-13);
  }
}

TEST(FrozenRate, OfAStraightLineIsTheFrozenScore) {
  const Files files = {{"law", law}, {"schedule.json", R"({"t": [0, 1], "sigma": [0.1, 3], "levels": 4})"}};
  const Json score = run_study("my-process", "{}", files);
  const Json rate = run_study("my-process", R"({"freeze": "rate"})", files);
  EXPECT_NEAR(metric(rate, "tv"), metric(score, "tv"), 1e-14);
  EXPECT_NEAR(metric(rate, "residual_bound"), metric(score, "residual_bound"), 1e-13);
  EXPECT_EQ(verdict(rate, "goal-grid-smaller-terms"), "left out");
  // A bend inside a step: speed 1 above it, 3 below; frozen at the noisy end, the step is shorter than its
  // noise.
  const Json bent = run_study(
      "my-process", R"({"freeze": "rate"})",
      {{"law", law}, {"schedule.json", R"({"t": [0, 0.5, 1], "sigma": [0.5, 2, 2.5], "levels": 1})"}});
  EXPECT_NEAR(cell(bent, "steps", 0, "h").as_number(), 1, 1e-15);
}

TEST(FrozenRate, NeedsTimes) {
  const std::string message =
      refusal("my-process", R"({"freeze": "rate"})", {{"law", law}, {"schedule", "sigma\n2\n1\n"}});
  EXPECT_NE(message.find("levels without times"), std::string::npos) << message;
}

}  // namespace
}  // namespace reprise
