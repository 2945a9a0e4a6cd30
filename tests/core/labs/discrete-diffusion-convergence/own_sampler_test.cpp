// Study my-process with a sampler of one's own, told as matrices: its exact error by hand.
#include "core/labs/study_runs.h"
#include "data/npy.h"

#include <array>
#include <cmath>

namespace reprise {
namespace {

using namespace reprise::testing;

// Two symbols, p_0 = (0.7, 0.3), uniform redraws, noise 2 → 1 → 0.5.
const std::string law = "x1,p\n0,0.7\n1,0.3\n";
const std::string rates = "from,to,rate\n0,1,0.5\n1,0,0.5\n";
const std::string grid = R"({"sigma": [2, 1, 0.5]})";
const std::array<double, 3> sigma = {2, 1, 0.5};

double first(double level) {
  return 0.5 + 0.2 * std::exp(-level);
}  // probability of symbol 0

std::string kernel_file(const std::vector<double>& matrices, std::vector<std::int64_t> shape) {
  const std::vector<std::byte> bytes = write_npy(matrices, std::move(shape));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Json run_with(const std::string& kernel) {
  return run_study("my-process", "{}",
                   {{"law", law}, {"rates", rates}, {"schedule.json", grid}, {"kernel.npy", kernel}});
}

TEST(OwnSampler, ThatDoesNothingStaysAtTheStart) {
  const Json report = run_with(kernel_file({1, 0, 0, 1}, {2, 2}));
  EXPECT_NEAR(metric(report, "tv"), 0.2 * std::exp(-0.5), 1e-15);
  EXPECT_NEAR(metric(report, "tv_init"), 0.2 * std::exp(-2.0), 1e-15);
  // Each step misses what the true law moves by; all moves go one way, so that the bound is attained.
  EXPECT_NEAR(cell(report, "steps", 0, "residual").as_number(), first(1) - first(2), 1e-15);
  EXPECT_NEAR(cell(report, "steps", 1, "residual").as_number(), first(0.5) - first(1), 1e-15);
  EXPECT_NEAR(metric(report, "bound"), metric(report, "tv"), 1e-15);
  EXPECT_NEAR(cell(report, "steps", 0, "discretisation_term").as_number(), first(2) - first(1), 1e-15);
  EXPECT_NEAR(metric(report, "error"), 0.5 - first(0.5), 1e-15);
  EXPECT_EQ(verdict(report, "identity-exact"), "holds");
  EXPECT_EQ(verdict(report, "recommended-grid-smaller-bound"), "left out");
}

// The true reverse process: K(y, x) = p(x)·P(x → y)/p(y). Only the start is wrong.
TEST(OwnSampler, WithTheTrueReverseStepsKeepsTheStartsErrorAlone) {
  std::vector<double> matrices;
  double left = 0.5 - first(2);  // of symbol 0
  for (std::size_t k = 0; k < 2; ++k) {
    const double kept = std::exp(-(sigma[k] - sigma[k + 1])), stay = kept + (1 - kept) / 2;
    const double before = first(sigma[k]), after = first(sigma[k + 1]);
    const double from_zero = after * stay / before, from_one = after * (1 - stay) / (1 - before);
    matrices.insert(matrices.end(), {from_zero, 1 - from_zero, from_one, 1 - from_one});
    left *= from_zero - from_one;
  }
  const Json report = run_with(kernel_file(matrices, {2, 2, 2}));
  EXPECT_NEAR(metric(report, "discretisation_term"), 0, 1e-15);
  EXPECT_NEAR(metric(report, "residual_bound"), 0, 1e-15);
  EXPECT_NEAR(metric(report, "error"), left, 1e-15);
  EXPECT_NEAR(metric(report, "init_term"), left, 1e-15);
  EXPECT_EQ(verdict(report, "bound-valid"), "holds");
}

// Frozen rates as matrices: two states with rates a and b, jump probability a/(a + b)·(1 − e^−(a+b)h).
TEST(OwnSampler, AsFrozenRatesIsTheBuiltInSampler) {
  std::vector<double> matrices;
  for (std::size_t k = 0; k < 2; ++k) {
    const double p = first(sigma[k]), a = (1 - p) / p / 2, b = p / (1 - p) / 2;
    const double moved = (1 - std::exp(-(a + b) * (sigma[k] - sigma[k + 1]))) / (a + b);
    matrices.insert(matrices.end(), {1 - a * moved, a * moved, b * moved, 1 - b * moved});
  }
  const Json report = run_with(kernel_file(matrices, {2, 2, 2}));
  EXPECT_NEAR(metric(report, "tv"), 0.04241084, 5e-9);
  // Distances of single steps are a tighter bound than rates give.
  EXPECT_LE(metric(report, "residual_bound"), 0.03899783 + 0.02236897);
  EXPECT_EQ(verdict(report, "bound-valid"), "holds");
}

void expect_refusal(const std::string& settings, const std::string& kernel, const std::string& part) {
  const std::string message =
      refusal("my-process", settings,
              {{"law", law}, {"rates", rates}, {"schedule.json", grid}, {"kernel.npy", kernel}});
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(OwnSampler, RefusesWhatIsNoSampler) {
  expect_refusal("{}", kernel_file({1, 0, 0, 1, 0.5, 0.5, 0.5, 0.4}, {2, 2, 2}),
                 "step 1: kernel row 2 sums to 0.9 instead of 1");
  expect_refusal("{}", kernel_file({1.5, -0.5, 0, 1}, {2, 2}), "row 1, column 2: -0.5");
  expect_refusal("{}", kernel_file({NAN, 0, 0, 1}, {2, 2}), "row 1, column 1: NaN");
  expect_refusal("{}", kernel_file(std::vector<double>(9, 0), {3, 3}), "(2, 2, 2) (steps, states, states)");
  expect_refusal("{}", kernel_file(std::vector<double>(12, 0.5), {3, 2, 2}), "shape: (3, 2, 2)");
  expect_refusal(R"({"freeze": "rate"})", kernel_file({1, 0, 0, 1}, {2, 2}), "score with a sampler");
}

}  // namespace
}  // namespace reprise
