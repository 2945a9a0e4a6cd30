// The study my-scores: what the kinds of own data change: splits, shifted labels, classes, formats, warnings.
#include "core/labs/recalibration/my_scores_runs.h"
#include "data/npy.h"

#include <cmath>

namespace reprise::recal {
namespace {

using namespace testing;

TEST(MyScores, FlippedLabelsGiveTheComplementaryMap) {
  const Report report = run(simulated(500, .4, 3), R"({"bins": 10, "folds": 0, "edge_rule": "interp"})");
  Random random(9, "my-scores", {3});
  std::string text = "score,label\n";
  for (int row = 0; row < 500; ++row) {
    const bool positive = random.bernoulli(.4);
    const double z = math::logistic(random.normal() + (positive ? 1 : -1));
    text += Json(1 - z).dump() + (positive ? ",0" : ",1") + "\n";
  }
  const Report flipped = run(text, R"({"bins": 10, "folds": 0, "edge_rule": "interp"})");
  for (std::size_t bin = 0; bin < 10; ++bin) {
    EXPECT_NEAR(cell(flipped, "bins", 9 - bin, "value"), 1 - cell(report, "bins", bin, "value"), 1e-15);
    EXPECT_NEAR(cell(flipped, "bins", 9 - bin, "lower"), 1 - cell(report, "bins", bin, "upper"), 1e-12);
  }
  EXPECT_NEAR(flipped.metrics.at("auc"), report.metrics.at("auc"), 1e-15);
  EXPECT_NEAR(flipped.metrics.at("platt_slope"), report.metrics.at("platt_slope"), 1e-9);
  EXPECT_NEAR(flipped.metrics.at("platt_intercept"), -report.metrics.at("platt_intercept"), 1e-9);
}

TEST(MyScores, SplitJudgesOnTestRows) {
  const Report report =
      run("score,label,split\n.1,0,cal\n.2,0,cal\n.8,1,cal\n.9,1,cal\n.4,1,cal\n.6,0,cal\n.3,0,test\n.7,1,"
          "test\n.5,,test\n",
          R"({"bins": 2})");
  EXPECT_EQ(report.metrics.at("rows"), 6);
  EXPECT_EQ(report.metrics.at("rows_judged"), 2);
  // Edge z_(3) = .4: label means 1/3 and 2/3.
  EXPECT_NEAR(cell(report, "methods", 4, "brier"), 1.0 / 9, 1e-15);
  EXPECT_NEAR(cell(report, "methods", 0, "brier"), .09, 1e-15);
  EXPECT_EQ(report.tables.at("recalibrated").rows(), 9u);
  EXPECT_NEAR(cell(report, "recalibrated", 8, "uniform_mass"), 2.0 / 3, 1e-15);
  EXPECT_TRUE(warned(report, "1 test rows have no label"));
  // The mean on the fitted rows is still the base rate.
  EXPECT_EQ(report.claims.size(), 2u);
}

TEST(MyScores, LabelShiftByLabels) {
  std::string text = "score,label,domain\n";
  for (int row = 0; row < 10; ++row)
    text += (row < 5 ? ".3," : ".7,") + std::string(row % 5 < (row < 5 ? 2 : 3) ? "1" : "0") + ",source\n";
  text += ".3,1,target\n.7,0,target\n.3,0,target\n.7,0,target\n.3,,target\n.3,,target\n";
  const Report report = run(text, R"({"bins": 2, "pseudo": 0, "folds": 0})");
  // Source 5 of 10, target 1 of 4.
  EXPECT_NEAR(report.metrics.at("pi_source"), .5, 1e-15);
  EXPECT_NEAR(report.metrics.at("pi_target"), .25, 1e-15);
  EXPECT_NEAR(report.metrics.at("weight_1"), .5, 1e-15);
  EXPECT_NEAR(report.metrics.at("weight_0"), 1.5, 1e-15);
  EXPECT_NEAR(report.metrics.at("log_ratio_se"), std::sqrt(1 + 1.0 / 3 + 2.0 / 5), 1e-14);
  ASSERT_EQ(report.tables.at("adapted").rows(), 6u);
  EXPECT_EQ(cell(report, "adapted", 0, "row"), 11);
  EXPECT_NEAR(cell(report, "adapted", 0, "source"), .4, 1e-15);
  EXPECT_NEAR(cell(report, "adapted", 0, "composite"), .5 * .4 / (.5 * .4 + 1.5 * .6), 1e-15);
  EXPECT_NEAR(cell(report, "adapted", 1, "label_shift_only"), .5 * .7 / (.5 * .7 + 1.5 * .3), 1e-15);
  // EM: four rows at .4, two at .6. The likelihood falls from π = 0 on: 4·(.8 − 1.2)/1.2 + 2·(1.2 − .8)/.8 <
  // 0.
  EXPECT_TRUE(warned(report, "boundary"));

  const Report by_default = run(text, R"({"bins": 2, "folds": 0})");
  EXPECT_NEAR(by_default.metrics.at("pi_target"), 1.5 / 5, 1e-15);
  EXPECT_NEAR(by_default.metrics.at("pi_source"), .5, 1e-15);
}

TEST(MyScores, LabelShiftByScoresAlone) {
  const std::string text = "score,label,domain\n" + simulated(20000, .5, 4, ",source", false);
  std::string target = simulated(20000, .2, 5, "", false);
  std::string unlabelled;
  for (std::size_t begin = 0; begin < target.size();) {
    const std::size_t end = target.find('\n', begin);
    unlabelled += target.substr(begin, target.find(',', begin) - begin) + ",,target\n";
    begin = end + 1;
  }
  const Report report = run(text + unlabelled, R"({"folds": 0})");
  EXPECT_NEAR(report.metrics.at("pi_target_em"), .2, .015);
  EXPECT_EQ(report.metrics.at("pi_target"), report.metrics.at("pi_target_em"));
  EXPECT_LT(report.metrics.at("pi_target_em_low"), report.metrics.at("pi_target_em"));
  EXPECT_NEAR(report.metrics.at("weight_1"), report.metrics.at("pi_target") / report.metrics.at("pi_source"),
              1e-12);
  // Adapted scores have about the target share as their mean.
  double mean = 0;
  for (const double p : report.tables.at("adapted").reals("composite")) mean += p / 20000;
  EXPECT_NEAR(mean, .2, .015);
}

TEST(MyScores, SeveralClasses) {
  const std::string text =
      "label,p_0,p_1,p_2\n0,.7,.2,.1\n1,.3,.4,.3\n2,.2,.2,.6\n1,.6,.3,.1\n0,.5,.25,.25\n2,.1,.8,.1\n0,.8,.1,."
      "1\n"
      "1,.2,.7,.1\n";
  const Report top = run(text, R"({"mode": "top_label", "bins": 1, "folds": 0})");
  EXPECT_EQ(top.metrics.at("positives"), 6);  // rows 4 and 6 are wrong
  EXPECT_EQ(cell(top, "recalibrated", 1, "score"), .4);
  const Report rest = run(text, R"({"mode": "one_vs_rest", "positive_class": 1, "bins": 1, "folds": 0})");
  EXPECT_EQ(rest.metrics.at("positives"), 3);
  EXPECT_EQ(cell(rest, "recalibrated", 5, "score"), .8);
}

TEST(MyScores, NpyAndCsvGiveTheSameReport) {
  const std::unique_ptr<Study> study = make_my_scores();
  const std::vector<double> values = {.1, 0, .2, 0, .3, 1, .4, 0, .5, 1, .6, 0, .7, 1, .8, 1, .9, 1, .95, 1};
  const auto file = std::make_shared<MemorySource>(write_npy(values, {10, 2}));
  const Report npy = run_locally(request_for(*study, file, Json::object(), "mine.npy"));
  EXPECT_EQ(write_report(npy, {}).json, write_report(run(ten_rows), {}).json);
}

TEST(MyScores, OneClassIsBinnedAllTheSame) {
  const Report report = run("score,label\n.1,1\n.2,1\n.3,1\n.4,1\n.5,1\n.6,1\n.7,1\n.8,1\n");
  EXPECT_TRUE(std::isnan(report.metrics.at("platt_slope")));
  EXPECT_TRUE(std::isnan(report.metrics.at("temperature")));
  EXPECT_TRUE(std::isnan(report.metrics.at("auc")));
  EXPECT_EQ(report.metrics.at("bins"), 2);
  EXPECT_EQ(cell(report, "bins", 0, "value"), 1);
  EXPECT_TRUE(std::isnan(cell(report, "methods", 1, "brier")));
  EXPECT_TRUE(std::isnan(cell(report, "methods", 6, "distinct_values")));
  EXPECT_EQ(cell(report, "methods", 3, "brier"), 0);
  EXPECT_TRUE(warned(report, "All labels are 1"));
  EXPECT_TRUE(warned(report, "Platt scaling cannot be fitted"));
  EXPECT_EQ(report.claims.size(), 1u);  // without Platt's slope that claim has no meaning
}

TEST(MyScores, EqualScoresAreOneBin) {
  const std::string text = "score,label\n.4,1\n.4,0\n.4,1\n.4,0\n.4,0\n.4,1\n.4,0\n.4,0\n";
  const Report report = run(text, R"({"bins": 4})");
  EXPECT_EQ(report.metrics.at("bins"), 4);
  EXPECT_EQ(report.metrics.at("effective_bins"), 1);
  EXPECT_EQ(cell(report, "bins", 0, "value"), 3.0 / 8);
  EXPECT_TRUE(warned(report, "All scores are equal"));
  EXPECT_TRUE(std::isnan(cell(report, "methods", 1, "brier")));
  expect_problem(problems_of(text, R"({"bins": 4, "tie_policy": "interpolate"})").at(0), "bins",
                 "all scores are equal");
  EXPECT_EQ(run(text, R"({"tie_policy": "interpolate"})").metrics.at("bins"), 1);
}

TEST(MyScores, WarningsTellWhatToBeCarefulAbout) {
  EXPECT_TRUE(
      warned(run("score,label\n.9,0\n.8,0\n.3,1\n.4,0\n.2,1\n.6,0\n.1,1\n.7,1\n"), "slope is not positive"));
  EXPECT_TRUE(
      warned(run("score,label\n.1,0\n.2,0\n.3,0\n.4,0\n.6,1\n.7,1\n.8,1\n.9,1\n"), "separates the labels"));
  EXPECT_TRUE(
      warned(run("score,label\n.1,0\n.2,0\n.2,1\n.2,0\n.6,1\n.7,0\n.8,1\n.9,1\n"), "37 % of the rows share"));
  const Report interpolated =
      run("score,label\n.2,0\n.2,0\n.2,1\n.6,0\n.6,1\n.8,1\n",
          R"({"bins": 3, "tie_policy": "interpolate", "folds": 0, "edge_rule": "width"})");
  EXPECT_EQ(interpolated.metrics.at("effective_bins"), 3);
  EXPECT_TRUE(warned(run("score,label\n.1,0\n.15,1\n.2,1\n.9,0\n.95,1\n.97,1\n",
                         R"({"bins": 3, "edge_rule": "width", "folds": 0})"),
                     "have no row"));
  // 1 bin needs 2 rows, 5 bins of 10 rows need more than 10.
  EXPECT_TRUE(warned(run(ten_rows, R"({"bins": 5, "folds": 0})"), "not guaranteed"));
  const Report shift = run("score,label,domain\n" + simulated(400, .5, 6, ",source", false) +
                           simulated(2000, .002, 7, ",target", false));
  EXPECT_TRUE(warned(shift, "more than 50-fold"));
  // All target scores are among the lowest: without labels the share of class 1 is estimated as 0.
  const Report boundary = run("score,label,domain\n" + simulated(400, .5, 6, ",source", false) +
                                  "0.001,,target\n0.001,,target\n0.001,,target\n",
                              R"({"folds": 0})");
  EXPECT_TRUE(warned(boundary, "ends at the boundary"));
  // Four bins over two values: merged by default, kept and filled in on demand.
  const std::string tied = "score,label\n.2,0\n.2,0\n.2,1\n.2,0\n.7,1\n.7,1\n.7,0\n.7,1\n";
  EXPECT_TRUE(warned(run(tied, R"({"bins": 4, "folds": 0})"), "2 of 4 bins are left"));
  EXPECT_TRUE(warned(run(tied, R"({"bins": 4, "folds": 0, "tie_policy": "interpolate"})"), "have no row"));
}

TEST(MyScores, SampleSplitUsesHalfForEdgesAndHalfForMeans) {
  // Edges from rows 1–4 (z_(2) = .4), means from rows 5–8: below (.1, .2): ½, above (.5, .9): 1.
  const Report report = run("score,label\n.3,0\n.4,0\n.6,1\n.7,1\n.1,0\n.2,1\n.5,1\n.9,1\n",
                            R"({"bins": 2, "sample_split": true, "folds": 0})");
  EXPECT_EQ(cell(report, "bins", 0, "upper"), .4);
  EXPECT_EQ(cell(report, "bins", 0, "value"), .5);
  EXPECT_EQ(cell(report, "bins", 0, "count"), 2);
  EXPECT_EQ(cell(report, "bins", 1, "value"), 1);
  for (const Claim& claim : report.claims) EXPECT_NE(claim.id, "mean-preserved-by-bins");
}

}  // namespace
}  // namespace reprise::recal
