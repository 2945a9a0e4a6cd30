// The study ece-bias: true errors, formula, claims and controls against the paper's description.
#include "labs/recalibration/studies.h"
#include "study/driver.h"

#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace reprise::recal {
namespace {

Report run(const char* overrides, int workers = 1, bool sliced = false) {
  const std::unique_ptr<Study> study = make_ece_bias();
  RunRequest request;
  request.study = study.get();
  request.config = study->resolve("widget", Json::parse(overrides));
  request.seed = 1;
  request.workers = workers;
  RunHooks hooks;
  if (sliced) hooks.make_budget = [] { return std::make_unique<SingleStep>(); };
  return run_locally(std::move(request), hooks);
}

double cell(const Report& report, std::int64_t n, std::int64_t bins, const std::string& kind,
            const char* column) {
  const Table& cells = report.tables.at("cells");
  for (std::size_t row = 0; row < cells.rows(); ++row) {
    if (cells.integers("n")[row] == n && cells.integers("bins")[row] == bins &&
        cells.texts("kind")[row] == kind) {
      return cells.reals(column)[row];
    }
  }
  throw std::runtime_error("no such cell");
}

TEST(EceBias, WidgetPreset) {
  const Report report = run("{}");
  EXPECT_TRUE(report.all_claims_hold());
  // true CE² of logistic44 and of the identity; the formula's value for 500 labels in 15 bins
  EXPECT_NEAR(cell(report, 500, 5, "miscalibrated", "ce2_true"), 0.0350406794, 5e-11);
  EXPECT_NEAR(cell(report, 500, 5, "calibrated", "ce2_true"), 0, 1e-30);
  EXPECT_NEAR(cell(report, 500, 15, "calibrated", "ece_l1_formula"), 0.0546, 5e-5);
  // means over 30 runs as described; 100 repeats have standard errors of 0.7, 0.8 and 1.1 %
  EXPECT_NEAR(report.metrics.at("debiased_error"), -0.018, 0.028);
  EXPECT_NEAR(report.metrics.at("few_bins_error"), -0.148, 0.03);
  EXPECT_NEAR(report.metrics.at("many_bins_error"), 0.17, 0.04);
  EXPECT_EQ(report.tables.at("cells").rows(), 24u);
  EXPECT_EQ(report.series.at("ece_n500").x.size(), 4u);
  EXPECT_EQ(report.series.at("formula_n10000").x.size(), 4u);
}

// Scores that are not calibrated: at least 1.3 times the formula in every cell.
TEST(EceBias, NegativeControls) {
  const Report wrong = run(R"({"calibrated_model": "logistic44", "repeats": 20})");
  EXPECT_EQ(wrong.claims[0].status, ClaimStatus::Fails);
  for (const std::int64_t n : {500, 2000, 10000}) {
    for (const std::int64_t bins : {5, 15, 50, 100}) {
      EXPECT_GE(cell(wrong, n, bins, "calibrated", "ece_l1_mean"),
                1.3 * cell(wrong, n, bins, "calibrated", "ece_l1_formula"));
    }
  }
  const Report fine = run(R"({"n_list": [500, 20000], "bins_list": [5, 30, 50], "repeats": 30})");
  const auto error = [&](std::int64_t n, std::int64_t bins) {
    return cell(fine, n, bins, "miscalibrated", "ce2_plugin_mean") / 0.0350406794 - 1;
  };
  EXPECT_NEAR(error(20000, 50), 0.0006, 0.01);
  EXPECT_NEAR(error(500, 30), 0.086, 0.05);
}

// One bin: plug-in CE² = (mean score − base rate)², whose mean over calibrated samples is (1/6)/n.
TEST(EceBias, OneBin) {
  const Report report = run(R"({"n_list": [50], "bins_list": [1], "repeats": 4000})");
  const double mean = cell(report, 50, 1, "calibrated", "ce2_plugin_mean");
  EXPECT_NEAR(mean * 50 * 6, 1, 4 * std::sqrt(2.0 / 4000));
  EXPECT_TRUE(std::isnan(report.metrics.at("debiased_error")));
}

TEST(EceBias, BadConfigs) {
  const std::unique_ptr<Study> study = make_ece_bias();
  const std::vector<Problem> problems =
      study->validate(study->resolve("widget", Json::parse(R"({"n_list": [100, 1000]})")), {});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].message.find("100 bins need at least 200 labels"), std::string::npos);
}

TEST(EceBias, SlicesWorkersAndRepeatsChangeNothing) {
  const char* config = R"({"n_list": [200, 5000], "bins_list": [3, 20], "repeats": 150})";
  const std::string one = write_report(run(config), std::nullopt).json;
  EXPECT_EQ(write_report(run(config, 3), std::nullopt).json, one);
  EXPECT_EQ(write_report(run(config, 1, true), std::nullopt).json, one);
  const std::unique_ptr<Study> study = make_ece_bias();
  const Json full = study->resolve("widget", Json::parse(config));
  EXPECT_EQ(study->plan(full, {}).at(0).count, 2 + 4);  // 100 + 50, 40 + 40 + 40 + 30
  EXPECT_EQ(study->task_key(full, "samples", 5).dump(), R"({"first_repeat":120,"n":5000})");
}

}  // namespace
}  // namespace reprise::recal
