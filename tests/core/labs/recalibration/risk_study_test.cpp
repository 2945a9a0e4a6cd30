// The study population-risk: metrics with known values, maps as input, bad maps.
#include "base/error.h"
#include "labs/recalibration/studies.h"
#include "study/driver.h"

#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

namespace reprise::recal {
namespace {

Report run(const char* overrides, const std::string& map = "", bool sliced = false) {
  const std::unique_ptr<Study> study = make_population_risk();
  RunRequest request;
  request.study = study.get();
  request.config = study->resolve("widget", Json::parse(overrides));
  if (!map.empty()) {
    request.inputs["map"] = {"", "map.csv", map.size(), 2};
    const auto bytes = std::as_bytes(std::span(map.data(), map.size()));
    request.resources.add_input(
        "map", std::make_shared<MemorySource>(std::vector<std::byte>(bytes.begin(), bytes.end())));
  }
  RunHooks hooks;
  if (sliced) hooks.make_budget = [] { return std::make_unique<SingleStep>(); };
  return run_locally(std::move(request), hooks);
}

std::string refusal(const std::string& map) {
  try {
    run("{}", map);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(PopulationRiskStudy, KnownMetrics) {
  const Report report = run(R"({"n": 1000, "bins": 10})");
  const auto& metrics = report.metrics;
  EXPECT_NEAR(metrics.at("bayes_mse"), 0.01714935, 5e-9);
  EXPECT_NEAR(metrics.at("rank_slope_energy"), 0.93863, 5e-6);
  EXPECT_NEAR(metrics.at("optimal_bins"), 47.836, 5e-4);
  EXPECT_NEAR(metrics.at("max_rank_slope"), 18.5216, 1e-4);
  EXPECT_NEAR(metrics.at("bound_calibration"), 0.033839, 5e-7);
  EXPECT_NEAR(metrics.at("bound_sharpness"), 32, 1e-12);
  EXPECT_NEAR(metrics.at("bound_sharpness_sharp"), 400.0 / 1200, 1e-15);
  EXPECT_EQ(metrics.at("n_required_exact"), 90);
  EXPECT_EQ(metrics.at("n_required_chernoff"), 212);
  EXPECT_NEAR(metrics.at("calibration_risk"), 0, 1e-25);
  EXPECT_EQ(report.tables.at("bins").rows(), 10u);
  EXPECT_NEAR(report.tables.at("bins").reals("upper")[4], 0.5, 1e-15);  // symmetric model: the median is 1/2
  EXPECT_EQ(report.series.at("truth").x.size(), 201u);
  EXPECT_NEAR(report.series.at("truth").y[100], 0.5, 1e-15);
  EXPECT_TRUE(report.all_claims_hold());
  // target share 0.1: the value of the paper's description for the cost of estimating class shares
  EXPECT_NEAR(run(R"({"p": 0.1})").metrics.at("label_shift_kappa"), 0.0146137, 5e-8);
}

TEST(PopulationRiskStudy, InfiniteAndUndefinedConstants) {
  const Report rough = run(R"({"model": "beta01_4"})");
  EXPECT_TRUE(std::isinf(rough.metrics.at("rank_slope_energy")));
  EXPECT_TRUE(std::isinf(rough.metrics.at("max_rank_slope")));
  EXPECT_TRUE(std::isinf(rough.metrics.at("optimal_bins")));
  EXPECT_TRUE(std::isinf(rough.metrics.at("optimal_risk")));
  EXPECT_NE(write_report(rough, std::nullopt).json.find(R"("rank_slope_energy":"Infinity")"),
            std::string::npos);
  EXPECT_TRUE(std::isnan(run(R"({"mu": 0.5})").metrics.at("optimal_bins")));
  EXPECT_TRUE(std::isnan(run(R"({"lipschitz": 0})").metrics.at("bound_sharpness_sharp")));
}

// h*(z) = z and two halves with the right values ¼ and ¾: sharpness 1/48, Bayes 1/6; with ⅓ and 1 instead,
// calibration ½((1/12)² + (1/4)²).
TEST(PopulationRiskStudy, MapOfTheUser) {
  const Report good = run(R"({"model": "identity"})", "lower,upper,value\n0,0.5,0.25\n0.5,1,0.75\n");
  EXPECT_NEAR(good.metrics.at("sharpness_risk"), 1.0 / 48, 1e-15);
  EXPECT_NEAR(good.metrics.at("calibration_risk"), 0, 1e-28);
  EXPECT_NEAR(good.metrics.at("brier"), 1.0 / 48 + 1.0 / 6, 1e-14);
  const Report bad =
      run(R"({"model": "identity"})", "value,lower,upper\n0.3333333333333333,0,0.5\n1,0.5,1\n");
  EXPECT_NEAR(bad.metrics.at("calibration_risk"), (1.0 / 144 + 1.0 / 16) / 2, 1e-14);
  EXPECT_TRUE(bad.all_claims_hold());
  EXPECT_EQ(bad.tables.at("bins").rows(), 2u);
  EXPECT_EQ(bad.series.at("map").y[100], 1.0 / 3);  // score ½ belongs to the first bin
}

TEST(PopulationRiskStudy, BadMaps) {
  EXPECT_NE(refusal("lower,upper,value\n0,0.5,0.2\n0.6,1,0.8\n")
                .find("row 2: lower 0.6 leaves a gap after upper 0.5"),
            std::string::npos);
  EXPECT_NE(refusal("lower,upper,value\n0,0.5,0.2\n0.4,1,0.8\n").find("overlaps"), std::string::npos);
  EXPECT_NE(refusal("lower,upper,value\n0.1,1,0.2\n").find("the first lower has to be 0"), std::string::npos);
  EXPECT_NE(refusal("lower,upper,value\n0,0.9,0.2\n").find("the last upper has to be 1"), std::string::npos);
  const std::string several = refusal("lower,upper,value\n0,0.5,1.2\n0.5,1,-1\n");
  EXPECT_NE(several.find("row 1: value 1.2; allowed: 0…1"), std::string::npos);
  EXPECT_NE(several.find("row 2: value -1"), std::string::npos);
  EXPECT_NE(refusal("lower,upper,value,weight\n0,1,0.5,1\n").find("unknown column 'weight'"),
            std::string::npos);
  EXPECT_NE(refusal("lower,upper\n0,1\n"), "");
  EXPECT_NE(refusal("lower,upper,value\n"), "");
  EXPECT_NE(refusal("lower,upper,value\n0,1,nan\n"), "");
}

TEST(PopulationRiskStudy, CrossParameterRule) {
  const std::unique_ptr<Study> study = make_population_risk();
  const std::vector<Problem> problems =
      study->validate(study->resolve("widget", Json::parse(R"({"n": 80, "bins": 50})")), {});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].key, "bins");
  EXPECT_EQ(problems[0].message, "bins=50 needs at least 100 labels, got n=80; allowed 1…40");
}

// Shares outside (0, 1), a distance of the classes or a Lipschitz constant that is none, negative exponents:
// refused by their key wherever they are parameters.
TEST(PopulationRiskStudy, ParametersOutOfRange) {
  const auto refused_key = [](const Study& study, const char* overrides) -> std::string {
    try {
      study.resolve("", Json::parse(overrides));
    } catch (const InputError& error) {
      return error.problems().at(0).key;
    }
    return "none";
  };
  const std::pair<const char*, const char*> cases[] = {
      {R"({"p": 0})", "p"},         {R"({"p": 1})", "p"},         {R"({"mu": 0})", "mu"},
      {R"({"mu": -1})", "mu"},      {R"({"a": -0.1})", "a"},      {R"({"b": -2})", "b"},
      {R"({"delta": 0})", "delta"}, {R"({"delta": 1})", "delta"}, {R"({"lipschitz": -1})", "lipschitz"}};
  for (const auto& make : {make_population_risk, make_umb_rates, make_optimal_bins}) {
    const std::unique_ptr<Study> study = make();
    for (const auto& [overrides, key] : cases)
      EXPECT_EQ(refused_key(*study, overrides), key) << study->description().study << overrides;
    // several at once
    try {
      study->resolve("", Json::parse(R"({"p": 2, "mu": 0, "delta": -1})"));
      ADD_FAILURE();
    } catch (const InputError& error) {
      EXPECT_EQ(error.problems().size(), 3U);
    }
  }
  const std::unique_ptr<Study> shift = make_label_shift();
  EXPECT_EQ(refused_key(*shift, R"({"p_source": 0})"), "p_source");
  EXPECT_EQ(refused_key(*shift, R"({"p_target": 1})"), "p_target");
  EXPECT_EQ(refused_key(*shift, R"({"mu": 0})"), "mu");
  EXPECT_EQ(refused_key(*shift, R"({"pseudo": -1})"), "pseudo");
}

// Lists that do not increase, or have too few entries.
TEST(PopulationRiskStudy, ListsOfTheOtherStudies) {
  const std::unique_ptr<Study> study = make_umb_rates();
  for (const char* overrides : {R"({"n_list": [1000, 300]})", R"({"bins_list": [4, 4, 9]})",
                                R"({"n_list": [300]})", R"({"bins_list": [1, 5, 9]})"}) {
    EXPECT_THROW(study->resolve("", Json::parse(overrides)), InputError) << overrides;
  }
}

TEST(PopulationRiskStudy, SlicingChangesNothing) {
  const char* config = R"({"n": 100000, "bins": 5000, "model": "logistic44"})";
  EXPECT_EQ(write_report(run(config, "", true), std::nullopt).json,
            write_report(run(config), std::nullopt).json);
}

}  // namespace
}  // namespace reprise::recal
