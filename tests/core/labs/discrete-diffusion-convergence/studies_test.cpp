// The sweeps: numbers that somebody else can derive, and what they refuse.
#include "core/labs/study_runs.h"

#include <cmath>

namespace reprise {
namespace {

using namespace reprise::testing;

double cell(const Json& report, const char* table, std::size_t row, std::size_t column) {
  return report.at("tables").at(table).at("rows").as_array().at(row).as_array().at(column).as_number();
}

TEST(SizeSweep, MaskedErrorKnowsNoVocabulary) {
  const Json report =
      run_study("size-sweep", R"({"prior": "masked", "masked_vocabulary_sizes": [2, 3, 10]})");
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_NEAR(cell(report, "masked", row, 1), 0.110518, 5e-7);
    EXPECT_NEAR(cell(report, "masked", row, 3), 1 - std::pow(1 - std::exp(-6.0), 2), 1e-15);
  }
  EXPECT_EQ(metric(report, "masked_kl_infinite"), 0);
}

TEST(SizeSweep, SparseLawsAsComputedElsewhere) {
  const Json report = run_study("size-sweep", R"({"prior": "uniform", "vocabulary_sizes": [16, 256, 4096]})");
  const double bound[3] = {0.1417, 0.1456, 0.1358};
  for (std::size_t row = 0; row < 3; ++row) EXPECT_NEAR(cell(report, "sizes", row, 5), bound[row], 5e-5);
  EXPECT_NEAR(cell(report, "sizes", 0, 8), 3.0811039, 5e-8);
}

TEST(SizeSweep, SpreadOutLawsHaveNoExtremeScore) {
  const Json report = run_study(
      "size-sweep", R"({"target": "dirichlet", "prior": "uniform", "vocabulary_sizes": [64, 512, 4096]})");
  EXPECT_EQ(verdict(report, "max-score-grows"), "fails");
  EXPECT_EQ(verdict(report, "kl-init-grows"), "fails");
  EXPECT_EQ(verdict(report, "residual-bound-s-free"), "holds");
}

TEST(SizeSweep, RefusesTooManyStates) {
  EXPECT_NE(refusal("size-sweep", R"({"length": 2})").find("50000^2 states"), std::string::npos);
  EXPECT_NE(refusal("size-sweep", R"({"sigma_max": 0.5, "sigma_min": 0.5})").find("sigma_min"),
            std::string::npos);
}

TEST(SizeSweep, AnotherSizeChangesNoOtherRow) {
  const Json few =
      run_study("size-sweep", R"({"target": "dirichlet", "vocabulary_sizes": [16, 256], "instances": 2})");
  const Json more = run_study(
      "size-sweep", R"({"target": "dirichlet", "vocabulary_sizes": [16, 64, 256], "instances": 2})");
  EXPECT_EQ(few.at("tables").at("sizes").at("rows").as_array()[1],
            more.at("tables").at("sizes").at("rows").as_array()[2]);
}

TEST(ErrorBudget, TheStartOfAPointMassIsExact) {
  // One token that is always 0, among 2: TV = e^−T/2.
  const Json report = run_study("error-budget", "{}", {{"law", "x1,p\n0,1\n"}});
  EXPECT_NEAR(cell(report, "initialisation", 0, 1), std::exp(-2.0) / 2, 1e-15);
  EXPECT_NEAR(metric(report, "init_rate"), 0, 1e-9);
}

TEST(ErrorBudget, UniformTokensStartTwiceAsFast) {
  // Two equal tokens, each uniform: only the pair is off, by e^−2T.
  const Json report = run_study("error-budget", "{}", {{"law", "x1,x2,p\n0,0,0.5\n1,1,0.5\n"}});
  EXPECT_NEAR(metric(report, "init_rate"), 1, 1e-6);
  EXPECT_EQ(verdict(report, "init-rate"), "fails");
}

TEST(ErrorBudget, FirstOrderAsComputedElsewhere) {
  const Json report = run_study("error-budget", R"({"target": "zipf", "vocabulary_size": 256, "length": 1,
                                                    "levels_list": [8, 16, 32, 64, 128]})");
  const double tv[5] = {0.1040, 0.0533, 0.0268, 0.0134, 0.0067};
  for (std::size_t row = 0; row < 5; ++row)
    EXPECT_NEAR(cell(report, "discretisation", row, 1), tv[row], 6e-5);
}

TEST(ErrorBudget, RefusesListsWithoutASlope) {
  EXPECT_NE(refusal("error-budget", R"({"score_error_list": [0.001, 0.01, 0.1]})").find("at least 3"),
            std::string::npos);
}

TEST(Schedules, AsComputedElsewhere) {
  const Json report = run_study("schedules", "{}");
  // levels 32: rows 11… (score, rate) of linear, geometric, quadratic, alpha_linear, cosine, then optimal.
  const double tv[6] = {0.0498, 0.0239, 0.0239, 0.0186, 0.0211, 0.0200};
  const double bound[6] = {0.115, 0.099, 0.079, 0.093, 0.115, 0.068};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(cell(report, "schedules", 11 + 2 * i, 3), tv[i], 5e-5);
    EXPECT_NEAR(cell(report, "schedules", 11 + 2 * i, 4), bound[i], 5e-4);
  }
  EXPECT_NEAR(metric(report, "absolute_bound_misses_cancellation"), 5.7, 0.05);
}

TEST(Schedules, SomeDoNotCancel) {
  EXPECT_EQ(verdict(run_study("schedules", R"({"schedule": "linear"})"), "rate-freeze-cancels"), "fails");
  EXPECT_EQ(verdict(run_study("schedules", R"({"schedule": "alpha_linear"})"), "rate-freeze-cancels"),
            "fails");
  // Uniform data: nothing to do, nothing to divide by.
  const Json uniform = run_study("schedules", "{}", {{"law", "x1,p\n0,0.5\n1,0.5\n"}});
  EXPECT_EQ(verdict(uniform, "optimal-grid-smallest-bound"), "fails");
}

TEST(Metrics, OwnSamples) {
  const std::string samples = "x1,x2\n0,0\n0,1\n1,1\n0,0\n", reference = "x1,x2\n0,0\n1,0\n";
  const Json report = run_study("metrics", "{}", {{"samples", samples}, {"reference", reference}});
  EXPECT_NEAR(metric(report, "sample_tv_plug_in"), 0.5, 1e-15);
  EXPECT_NEAR(metric(report, "sample_observable_difference"), 0.75 - 0.5, 1e-15);
  EXPECT_NEAR(metric(report, "sample_observable_se"), std::sqrt(0.75 * 0.25 / 4 + 0.25 / 2), 1e-15);
  // No law, nothing exact: the comparison is all there is.
  EXPECT_EQ(report.at("tables").size(), 1U);
  EXPECT_EQ(report.at("metrics").size(), 5U);
  EXPECT_EQ(report.at("claims").size(), 0U);
}

void expect_refusal(const Files& files, const std::string& part, const std::string& settings = "{}") {
  const std::string message = refusal("metrics", settings, files);
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(Metrics, RefusesSamplesThatDoNotFit) {
  const std::string two = "x1,x2\n0,0\n1,1\n";
  expect_refusal({{"samples", two}}, "'reference' is missing");
  expect_refusal({{"samples", two}, {"reference", "x1\n0\n1\n"}}, "sequences of 1 tokens");
  expect_refusal({{"samples", two}, {"reference", "x1,x2\n0,-1\n1,1\n"}}, "row 1, column x2: -1");
  expect_refusal({{"samples", two}, {"reference", "x1,x2\n0,0\n"}}, "at least 2");
  expect_refusal({}, "samples is 1", R"({"samples": 1})");
}

TEST(Metrics, TransportIsLeftOutOnLargeSpaces) {
  const Json report = run_study("metrics", R"({"vocabulary_size": 9, "samples": 0})");
  EXPECT_EQ(verdict(report, "tv-w1-bracket"), "left out");
  EXPECT_EQ(verdict(report, "all-ipm-bounded"), "holds");
}

TEST(Dimension, MaskedClosedFormAsComputedElsewhere) {
  const Json report =
      run_study("dimension-and-parallel", R"({"lengths": [1, 2, 3], "masked_levels_list": [32]})");
  const double tv[3] = {0.010086, 0.019671, 0.037413};
  for (std::size_t row = 0; row < 3; ++row) EXPECT_NEAR(cell(report, "masked", row, 2), tv[row], 5e-7);
}

TEST(Dimension, RefusesTooManyStates) {
  EXPECT_NE(
      refusal("dimension-and-parallel", R"({"vocabulary_size": 16, "lengths": [2, 3, 6]})").find("16^6"),
      std::string::npos);
}

}  // namespace
}  // namespace reprise
