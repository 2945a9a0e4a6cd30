// The study calibrators: claims and controls against the paper's description, and cases with known answers.
#include "labs/recalibration/studies.h"
#include "study/driver.h"

#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace reprise::recal {
namespace {

Report run(const char* overrides, const char* preset = "widget", int workers = 1, bool sliced = false) {
  const std::unique_ptr<Study> study = make_calibrators();
  RunRequest request;
  request.study = study.get();
  request.config = study->resolve(preset, Json::parse(overrides));
  request.seed = 1;
  request.workers = workers;
  RunHooks hooks;
  if (sliced) hooks.make_budget = [] { return std::make_unique<SingleStep>(); };
  return run_locally(std::move(request), hooks);
}

double cell(const Report& report, const std::string& model, const std::string& method, std::int64_t bins,
            const char* column) {
  const Table& risks = report.tables.at("risks");
  for (std::size_t row = 0; row < risks.rows(); ++row) {
    if (risks.texts("model")[row] == model && risks.texts("method")[row] == method &&
        risks.integers("bins")[row] == bins) {
      return risks.reals(column)[row];
    }
  }
  throw std::runtime_error("no such row");
}

// Means over 20 samples of 2000 and their ranges as described: 0.185–0.323, 0.395–0.527, 0.251–0.340, 7.5 in
// the mean.
TEST(CalibratorsStudy, WidgetPreset) {
  const Report report = run("{}");
  EXPECT_TRUE(report.all_claims_hold());
  EXPECT_NEAR(report.metrics.at("well_specified_platt_over_hybrid"), 0.247, 0.08);
  EXPECT_NEAR(report.metrics.at("well_specified_hybrid_over_umb"), 0.447, 0.08);
  EXPECT_NEAR(report.metrics.at("misspecified_umb_over_platt"), 0.292, 0.06);
  EXPECT_NEAR(report.metrics.at("small_over_large_bins"), 7.5, 1.5);
  EXPECT_EQ(report.metrics.at("small_bins_used"), 13);
  EXPECT_EQ(report.metrics.at("large_bins_used"), 60);
  EXPECT_EQ(report.tables.at("risks").rows(), 6u + 6u + 9u);
  EXPECT_EQ(report.tables.at("sweep").rows(), 0u);
  EXPECT_EQ(report.series.at("curve_truth").x.size(), 201u);
  EXPECT_EQ(report.series.at("curve_platt").y.size(), 201u);
  EXPECT_TRUE(std::isnan(cell(report, "gauss", "platt", 0, "published_p90")));
}

// Published 90th percentiles (n = 5000, 100 samples), in squared probability; ours over runs of 100 samples
// as described, three standard deviations.
TEST(CalibratorsStudy, PublishedPercentiles) {
  const Report report = run(R"({"sweep_bins": []})", "paper");
  const auto check = [&](const char* model, const char* method, std::int64_t bins, double ours,
                         double deviation, double published) {
    EXPECT_NEAR(cell(report, model, method, bins, "risk_p90") * 1000, ours, 3 * deviation) << model << method;
    EXPECT_NEAR(cell(report, model, method, bins, "published_p90") * 1000, published, 1e-12);
  };
  check("logistic44", "platt", 0, 0.115, 0.017, 0.122);
  check("logistic44", "scaling_binning", 34, 0.320, 0.016, 0.315);
  check("logistic44", "uniform_mass", 34, 0.817, 0.027, 0.839);
  check("logistic44", "uniform_width", 34, 0.795, 0.020, 0.855);
  check("beta01_4", "uniform_mass", 17, 0.782, 0.041, 0.797);
  check("beta01_4", "scaling_binning", 17, 3.328, 0.051, 3.360);
  check("beta01_4", "platt", 0, 3.636, 0.037, 3.682);
  check("gauss", "uniform_width", 17, 0.603, 0.027, 0.507);
  EXPECT_EQ(report.metrics.at("large_bins_used"), 82);
}

TEST(CalibratorsStudy, NegativeControls) {
  const Report swapped = run(R"({"well_specified_model": "beta01_4", "misspecified_model": "logistic44",
                                 "bin_count_model": "logistic44"})");
  for (const Claim& claim : swapped.claims) {
    EXPECT_EQ(claim.status,
              claim.id == "equal-mass-like-equal-width" ? ClaimStatus::Holds : ClaimStatus::Fails)
        << claim.id;
  }
  EXPECT_NEAR(swapped.metrics.at("small_over_large_bins"), 1.54, 0.15);
  // described, each model with its own number of bins: Platt has 1.15 times the risk of scaling-binning, bins
  // 9 times that of Platt (8 to 15 over seeds), equal mass 7 times that of equal width
  const Report own_bins = run(R"({"well_specified_model": "beta01_4", "misspecified_model": "logistic44",
                                  "well_specified_bins": 13, "misspecified_bins": 25})");
  EXPECT_NEAR(own_bins.metrics.at("well_specified_platt_over_hybrid"), 1.15, 0.06);
  EXPECT_NEAR(own_bins.metrics.at("misspecified_umb_over_platt"), 9, 4);
  EXPECT_NEAR(run(R"({"misspecified_model": "gauss"})").metrics.at("equal_mass_vs_equal_width"), 7, 2);
}

// Smooth maps have no sharpness risk; bins of equal width over uniform scores have one that no sample
// changes.
TEST(CalibratorsStudy, SharpnessByMethod) {
  const Report report =
      run(R"({"n": 400, "seeds": 3, "misspecified_model": "identity", "misspecified_bins": 8})");
  for (const char* method : {"platt", "temperature", "isotonic"}) {
    EXPECT_EQ(cell(report, "identity", method, 0, "sharpness_mean"), 0);
  }
  EXPECT_NEAR(cell(report, "identity", "uniform_width", 8, "sharpness_mean"), 1.0 / (12 * 64), 1e-14);
  // Platt's family holds the identity: its risk is of order 1/n
  EXPECT_LT(cell(report, "identity", "platt", 0, "risk_mean"), 0.005);
  // Brier score of the 90th percentile: Bayes 1/6 on top
  EXPECT_NEAR(cell(report, "identity", "platt", 0, "mse_p90"),
              cell(report, "identity", "platt", 0, "risk_p90") + 1.0 / 6, 1e-14);
}

// With n/2 bins, scaling-binning is Platt up to the width of the bins.
TEST(CalibratorsStudy, FineScalingBinningIsPlatt) {
  const Report report = run(R"({"n": 4000, "seeds": 2, "sweep_bins": [2000]})");
  const Table& sweep = report.tables.at("sweep");
  ASSERT_EQ(sweep.rows(), 9u);
  for (std::size_t row = 0; row < sweep.rows(); ++row) {
    if (sweep.texts("method")[row] != "scaling_binning" || sweep.texts("model")[row] != "logistic44")
      continue;
    const double platt = cell(report, "logistic44", "platt", 0, "risk_mean");
    // root mean squares differ by the slope (at most 4, root mean square 1.65) times half a bin's width
    EXPECT_NEAR(std::sqrt(sweep.reals("risk_mean")[row]), std::sqrt(platt), 1.65 / 2000);
  }
}

TEST(CalibratorsStudy, BadConfigs) {
  const std::unique_ptr<Study> study = make_calibrators();
  const auto problems = [&](const char* overrides) {
    return study->validate(study->resolve("widget", Json::parse(overrides)), {});
  };
  EXPECT_EQ(problems(R"({"n": 100, "small_bins": 51, "large_bins": 60})").size(), 2u);
  const std::vector<Problem> infinite = problems(R"({"bin_count_model": "beta01_4"})");
  ASSERT_EQ(infinite.size(), 1u);
  EXPECT_EQ(infinite[0].key, "large_bins");
  EXPECT_TRUE(problems(R"({"bin_count_model": "beta01_4", "large_bins": 40})").empty());
  EXPECT_THROW(study->resolve("widget", Json::parse(R"({"misspecified_model": "custom"})")),
               std::runtime_error);
}

// Samples of one class only: no Platt, NaN in its rows, a claim that fails, a warning, and the rest stands.
TEST(CalibratorsStudy, SamplesOfOneClass) {
  const Report report = run(R"({"n": 20, "seeds": 50})");
  EXPECT_TRUE(std::isnan(cell(report, "beta01_4", "platt", 0, "risk_mean")));
  EXPECT_TRUE(std::isfinite(cell(report, "beta01_4", "uniform_mass", 3, "risk_mean")));
  EXPECT_FALSE(report.warnings.empty());
}

TEST(CalibratorsStudy, SlicesAndWorkersChangeNothing) {
  const char* config = R"({"n": 300, "seeds": 2, "sweep_bins": [5, 50], "edge_rule": "interp"})";
  const std::string one = write_report(run(config), std::nullopt).json;
  EXPECT_EQ(write_report(run(config, "widget", 3), std::nullopt).json, one);
  EXPECT_EQ(write_report(run(config, "widget", 1, true), std::nullopt).json, one);
}

}  // namespace
}  // namespace reprise::recal
