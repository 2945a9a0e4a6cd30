// The study optimal-bins: its contract, its claims against the paper's description, and the engine's
// promises.
#include "base/error.h"
#include "labs/recalibration/score_models.h"
#include "labs/recalibration/studies.h"
#include "study/driver.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace reprise::recal {
namespace {

Report run(const Study& study, const Json& overrides, std::uint64_t seed = 1, int workers = 1,
           const RunHooks& hooks = {}) {
  RunRequest request;
  request.study = &study;
  request.config = study.resolve("widget", overrides);
  request.seed = seed;
  request.workers = workers;
  return run_locally(std::move(request), hooks);
}

Json small() {
  return Json::parse(R"({"n_list": [40, 200, 3000], "bins_list": [2, 3, 4, 6, 8, 11, 15, 20], "seeds": 3})");
}

const Claim& claim(const Report& report, std::string_view id) {
  for (const Claim& one : report.claims) {
    if (one.id == id) return one;
  }
  throw std::runtime_error("no claim " + std::string(id));
}

TEST(OptimalBins, Contract) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  const Description& about = study->description();
  EXPECT_EQ(about.study, "recalibration/optimal-bins");
  std::vector<std::string> keys;
  for (const Parameter& parameter : about.parameters) keys.push_back(parameter.key);
  EXPECT_EQ(keys, (std::vector<std::string>{"model", "mu", "p", "a", "b", "c", "n_list", "bins_list", "seeds",
                                            "edge_rule", "delta", "lipschitz", "bin_rule"}));
  const Json widget = study->resolve("widget", Json::object());
  EXPECT_EQ(widget.at("n_list").dump(), "[300,1000,3000,10000,30000]");
  EXPECT_EQ(widget.at("lipschitz").as_number(), 20);
  EXPECT_EQ(study->resolve("paper", Json::object()).at("n_list").dump(),
            "[100,681,4641,31622,215443,1467799,10000000]");
  EXPECT_EQ(study->resolve("paper", Json::object()).at("seeds").as_integer(), 10);
  EXPECT_EQ(study->resolve("browser", Json::object()).at("bins_list").size(), 20u);

  const Report report = run(*study, small());
  for (const char* name :
       {"optimal_bins_exponent", "optimal_risk_exponent", "optimal_bins_ratio", "optimal_bins_constant",
        "regret_plug_in", "regret_leave_one_out", "regret_cube_root", "regret_fixed_10", "regret_fixed_15",
        "data_driven_regret", "cube_root_over_data_driven"}) {
    EXPECT_EQ(report.metrics.count(name), 1u) << name;
  }
  for (const char* name : {"best_bins", "formula_bins", "best_risk", "formula_risk"}) {
    EXPECT_EQ(report.series.at(name).x.size(), 3u) << name;
  }
  EXPECT_EQ(report.tables.at("optimal").rows(), 3u);
  EXPECT_EQ(report.tables.at("rules").rows(), 15u);
  EXPECT_EQ(report.tables.at("risks").rows(), 24u);
  EXPECT_EQ(report.claims.size(), 5u);
}

// What the paper's description measured, Gaussian model: best number of bins 1.02 to 1.18 times the formula,
// n^⅓ 7.9 to 10.5 times the least risk.
TEST(OptimalBins, WidgetPreset) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  const Report report = run(*study, Json::object(), 1);
  EXPECT_TRUE(report.all_claims_hold());
  EXPECT_TRUE(report.warnings.empty());
  EXPECT_NEAR(report.metrics.at("optimal_bins_constant"), 4.7836, 5e-5);
  EXPECT_GE(report.metrics.at("optimal_bins_ratio"), 1.0);
  EXPECT_LE(report.metrics.at("optimal_bins_ratio"), 1.2);
  EXPECT_GE(report.metrics.at("regret_cube_root"), 7.5);
  EXPECT_LE(report.metrics.at("regret_cube_root"), 11);
}

TEST(OptimalBins, NegativeControls) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  // scores without information: no bins are ever worth it
  const Report noise = run(*study, Json::parse(R"({"model": "custom", "a": 0.01, "b": 0.01})"));
  EXPECT_EQ(claim(noise, "optimal-bins-exponent").status, ClaimStatus::Fails);
  EXPECT_EQ(claim(noise, "optimal-risk-exponent").status, ClaimStatus::Fails);
  EXPECT_NEAR(noise.metrics.at("optimal_bins_exponent"), 0.003, 0.05);
  EXPECT_NEAR(noise.metrics.at("optimal_risk_exponent"), -0.97, 0.12);
  const Report width = run(*study, Json::parse(R"({"edge_rule": "width"})"));
  EXPECT_EQ(claim(width, "asymptotic-constant").status, ClaimStatus::Fails);
  EXPECT_NEAR(width.metrics.at("optimal_bins_ratio"), 0.28, 0.04);
  const Report cube_root = run(*study, Json::parse(R"({"bin_rule": "cube_root"})"));
  EXPECT_EQ(claim(cube_root, "data-driven-bins-near-best").status, ClaimStatus::Fails);
  EXPECT_GE(cube_root.metrics.at("data_driven_regret"), 7.9);  // described: 9.2 [7.9, 10.5]
  EXPECT_LE(cube_root.metrics.at("data_driven_regret"), 10.7);
}

// Claims that make no sense for a model are not in its report.
TEST(OptimalBins, ClaimsOnlyWhereTheyApply) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  Json config = small();
  config["model"] = "identity";
  const Report identity = run(*study, config);
  EXPECT_EQ(identity.claims.size(), 4u);
  EXPECT_NEAR(identity.metrics.at("optimal_bins_constant"), 1, 1e-12);
  config["model"] = "beta01_4";
  const Report rough = run(*study, config);
  EXPECT_EQ(rough.claims.size(), 3u);
  EXPECT_EQ(rough.metrics.count("optimal_bins_ratio"), 0u);
  EXPECT_EQ(rough.series.count("formula_bins"), 0u);
  config["model"] = "gauss";
  config["mu"] = 1.5;
  EXPECT_EQ(run(*study, config).claims.size(), 4u);
  config["mu"] = 0.5;
  EXPECT_EQ(run(*study, config).claims.size(), 3u);
}

// From n_list's end to the report: a rule that asks for B bins and is on the grid has regret R(B)/min R, and
// the formula is (2a/v)^{1/3} n^{1/3}.
TEST(OptimalBins, TableEntriesFollowFromTheRisks) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  const Report report = run(*study, small());
  const Table& risks = report.tables.at("risks");
  double least = 1, fifteen = 0;
  for (std::size_t row = 0; row < risks.rows(); ++row) {
    if (risks.integers("n")[row] != 3000) continue;
    least = std::min(least, risks.reals("risk_median")[row]);
    if (risks.integers("bins")[row] == 15) fifteen = risks.reals("risk_median")[row];
  }
  EXPECT_NEAR(report.metrics.at("regret_fixed_15"), fifteen / least, 1e-12);
  EXPECT_NEAR(report.tables.at("optimal").reals("formula_bins")[2], 4.7836 * std::cbrt(3000.0), 1e-2);
  const Grid& map = report.grids.at("risk_map");
  EXPECT_EQ(map.values.size(), 24u);
  // dims (B, n): the last row of B = 15 is n = 3000
  EXPECT_EQ(map.values[6 * 3 + 2], fifteen);
}

TEST(OptimalBins, SmallestSamplesAndCoarseGrids) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  const Report report =
      run(*study, Json::parse(R"({"n_list": [20, 25, 2000], "bins_list": [2, 5, 50], "seeds": 2})"));
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("factor of 1.4"), std::string::npos);
  EXPECT_EQ(report.tables.at("rules").rows(), 4u + 4u + 5u);  // 15 bins need 30 rows

  const Json config =
      study->resolve("widget", Json::parse(R"({"n_list": [20, 30, 1000], "bins_list": [16, 20, 24]})"));
  const std::vector<Problem> problems = study->validate(config, {});
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0].key, "bins_list");
  EXPECT_NE(problems[1].message.find("n=30"), std::string::npos);
  EXPECT_THROW(study->resolve("widget", Json::parse(R"({"n_list": [10, 30], "mu": 0})")), InputError);
}

// Slices of any length append the same rows.
TEST(OptimalBins, SlicingChangesNothing) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  const Json config = study->resolve("widget", small());
  const Resources resources;
  for (const std::int64_t index : {0, 8}) {
    std::vector<std::vector<std::byte>> bytes;
    for (const bool sliced : {false, true}) {
      TaskContext context(5, {}, resources);
      const auto stepper = study->start(config, "samples", index, context);
      int slices = 1;
      double before = 0;
      const SingleStep single;
      const UnlimitedBudget unlimited;
      while (!stepper->advance(sliced ? static_cast<const Budget&>(single) : unlimited)) {
        ++slices;
        EXPECT_GE(stepper->progress(), before);
        before = stepper->progress();
      }
      EXPECT_EQ(slices > 1, sliced);
      bytes.push_back(context.partial().to_bytes());
    }
    EXPECT_EQ(bytes[0], bytes[1]);
  }
}

TEST(OptimalBins, WorkersChangeNothing) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  const std::string one = write_report(run(*study, small(), 9, 1), std::nullopt).json;
  EXPECT_EQ(write_report(run(*study, small(), 9, 2), std::nullopt).json, one);
  EXPECT_EQ(write_report(run(*study, small(), 9, 3), std::nullopt).json, one);
}

// A new n changes no other task's rows, and neither do new bins those of the old.
TEST(OptimalBins, NewGridPointsLeaveOthersAlone) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  Json more = small();
  more["n_list"] = Json::parse("[40, 100, 200, 3000]");
  more["bins_list"] = Json::parse("[2, 3, 4, 5, 6, 8, 11, 15, 20]");
  const Report before = run(*study, small());
  const Report after = run(*study, more);
  const Table& old_risks = before.tables.at("risks");
  const Table& new_risks = after.tables.at("risks");
  std::size_t found = 0;
  for (std::size_t i = 0; i < old_risks.rows(); ++i) {
    for (std::size_t k = 0; k < new_risks.rows(); ++k) {
      if (old_risks.integers("n")[i] != new_risks.integers("n")[k] ||
          old_risks.integers("bins")[i] != new_risks.integers("bins")[k]) {
        continue;
      }
      ++found;
      EXPECT_EQ(old_risks.reals("risk_median")[i], new_risks.reals("risk_median")[k]);
    }
  }
  EXPECT_EQ(found, old_risks.rows());
}

// A picture of an unfinished run: whatever is there, and no verdicts.
TEST(OptimalBins, ReducesUnfinishedRuns) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  const Json config = study->resolve("widget", small());
  const Resources resources;
  Results results;
  results.seed = 1;
  results.plan = study->plan(config, {});
  EXPECT_EQ(study->reduce(config, results).tables.at("optimal").rows(), 0u);
  TaskContext context(1, {}, resources);
  const auto stepper = study->start(config, "samples", 8, context);
  for (int step = 0; step < 2; ++step) stepper->advance(SingleStep());
  results.partials["samples"][8] = context.partial();
  const Report early = study->reduce(config, results);
  for (const Claim& one : early.claims) EXPECT_EQ(one.status, ClaimStatus::NotEvaluated);
  stepper->advance(UnlimitedBudget());
  results.partials["samples"][8] = context.partial();
  const Report later = study->reduce(config, results);
  EXPECT_EQ(later.tables.at("optimal").rows(), 1u);
  EXPECT_EQ(later.series.at("best_bins").x, (std::vector<double>{3000}));
}

TEST(OptimalBins, TaskKeys) {
  const std::unique_ptr<Study> study = make_optimal_bins();
  const Json config = study->resolve("widget", small());
  EXPECT_EQ(study->plan(config, {}).at(0).count, 9);
  EXPECT_EQ(study->task_key(config, "samples", 0).dump(), R"({"n":40,"repeat":0})");
  EXPECT_EQ(study->task_key(config, "samples", 5).dump(), R"({"n":200,"repeat":2})");
}

}  // namespace
}  // namespace reprise::recal
