// The study my-scores on small files: numbers by hand, every kind of column, every line of bad input.
#include "core/labs/study_runs.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise {
namespace {

using testing::cell;
using testing::metric;
using testing::verdict;

const std::string fast = R"({"bootstrap_replicates": 0})";

Json run(const std::string& csv, const std::string& settings = fast) {
  return testing::run_study("my-scores", settings, {{"scores", csv}});
}
std::string refused(const std::string& csv, const std::string& settings = fast) {
  return testing::refusal("my-scores", settings, {{"scores", csv}});
}
void expect_says(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(MyScores, FourRowsByHand) {
  const Json report = run("score,correct\n4,1\n3,0\n2,1\n1,0\n");
  EXPECT_EQ(metric(report, "e_aurc"), 0.125);
  EXPECT_NEAR(metric(report, "aurc"), 1.0 / 3, 1e-15);
  EXPECT_EQ(metric(report, "auroc"), 0.75);
  EXPECT_EQ(metric(report, "augrc"), 0.25);
  EXPECT_EQ(report.at("metrics").at("ece").dump(), "\"NaN\"");
  EXPECT_EQ(cell(report, "curve", 1, "gap").as_number(), 0.5);
  EXPECT_EQ(verdict(report, "e-aurc-identity"), "holds");
  EXPECT_EQ(verdict(report, "augrc-identity"), "holds");
  EXPECT_EQ(verdict(report, "strict-monotone-invariance"), "holds");
  EXPECT_EQ(verdict(report, "risk-target-certified"), "fails");
  EXPECT_EQ(verdict(report, "budget-adds-up"), "left out");
}

TEST(MyScores, ScoreLabelAndPredAreTheSame) {
  const Json report = run("label,pred,score\n1,1,4\n0,1,3\n2,2,2\n1,0,1\n");
  EXPECT_EQ(metric(report, "e_aurc"), 0.125);
}

TEST(MyScores, ProbabilitiesGiveScoresAndCalibrationError) {
  // MSP 0.9, 0.6, 0.8, right, wrong, right: ECE (|0.9 − 1| + |0.6 − 0| + |0.8 − 1|)/3.
  const Json report = run("label,p_0,p_1\n0,0.9,0.1\n1,0.6,0.4\n1,0.2,0.8\n");
  EXPECT_NEAR(metric(report, "ece"), (0.1 + 0.6 + 0.2) / 3, 1e-12);
  EXPECT_EQ(metric(report, "auroc"), 1);
  EXPECT_NEAR(metric(report, "nll"), -(std::log(0.9) + std::log(0.4) + std::log(0.8)) / 3, 1e-12);
  EXPECT_EQ(cell(report, "score_kinds", 1, "score").as_string(), "max-logit");
}

TEST(MyScores, SplitSeparatesThresholdAndCurve) {
  std::string csv = "score,correct,split\n";
  for (int i = 0; i < 200; ++i) csv += std::to_string(1000 - i) + ",1,val\n";
  for (int i = 0; i < 10; ++i) csv += std::to_string(i < 5 ? 900 : 1) + (i < 5 ? ",1,test\n" : ",0,test\n");
  const Json report = run(csv);
  EXPECT_EQ(metric(report, "n"), 10);
  EXPECT_EQ(metric(report, "n_val"), 200);
  EXPECT_EQ(metric(report, "threshold_found"), 1);
  EXPECT_EQ(metric(report, "threshold_accepted"), 200);
  EXPECT_NEAR(metric(report, "threshold_lower_bound"), std::pow(0.05, 1.0 / 200), 1e-12);
  EXPECT_EQ(metric(report, "threshold_test_coverage"), 1);
  EXPECT_EQ(metric(report, "threshold_test_accuracy"), 0.5);
  EXPECT_EQ(metric(report, "tied_share"), 1);
  EXPECT_NE(report.at("files").find("threshold.json"), nullptr);
  EXPECT_NE(report.at("files").find("curve.csv"), nullptr);
}

TEST(MyScores, AnUnattainableRiskIsReportedNotRefused) {
  const Json report =
      run("score,correct\n2,1\n1,0\n", R"({"bootstrap_replicates": 0, "target_risk": 0.001})");
  EXPECT_EQ(metric(report, "threshold_found"), 0);
  EXPECT_EQ(report.at("metrics").at("threshold").dump(), "\"Infinity\"");
}

TEST(MyScores, OneKindOfAnswerHasNoGap) {
  const Json report = run("score,correct\n2,1\n1,1\n", R"({"bootstrap_replicates": 100})");
  EXPECT_EQ(metric(report, "e_aurc"), 0);
  EXPECT_EQ(report.at("metrics").at("auroc").dump(), "\"NaN\"");
  EXPECT_EQ(verdict(report, "augrc-identity"), "left out");
  EXPECT_EQ(verdict(report, "score-beats-random"), "left out");
  expect_says(report.at("warnings").dump(), "Every prediction is right");
  const Json wrong = run("score,correct\n2,0\n1,0\n");
  EXPECT_EQ(metric(wrong, "e_aurc"), 0);
  EXPECT_EQ(wrong.at("metrics").at("auroc").dump(), "\"NaN\"");
  expect_says(wrong.at("warnings").dump(), "Every prediction is wrong");
}

TEST(MyScores, WarnsOfTiesAndOfFewErrors) {
  std::string tied = "score,correct\n", distinct = tied;
  for (int i = 0; i < 100; ++i) {
    const std::string right = i % 20 == 0 ? ",0\n" : ",1\n";  // five errors
    tied += std::to_string(i / 2) + right;
    distinct += std::to_string(i) + right;
  }
  const std::string settings = R"({"bootstrap_replicates": 200})";
  const std::string warnings = run(tied, settings).at("warnings").dump();
  expect_says(warnings, "100 % of the rows share their score");
  expect_says(warnings, "Only 5 wrong answers");
  expect_says(warnings, "±0.0");
  EXPECT_EQ(run(distinct, settings).at("warnings").size(), 1U);
  std::string many = "score,correct\n";
  for (int i = 0; i < 100; ++i) many += std::to_string(i) + (i % 5 == 0 ? ",0\n" : ",1\n");
  EXPECT_EQ(run(many, settings).find("warnings"), nullptr);
}

TEST(MyScores, WarnsOfATemperatureAtItsBound) {
  // Validation rows that can be separated: the sharper the better.
  std::string csv = "label,z_0,z_1,split\n";
  for (int i = 0; i < 60; ++i) csv += std::to_string(i % 2) + (i % 2 ? ",0,1,val\n" : ",1,0,val\n");
  csv += "0,1,0,test\n1,1,0,test\n";
  expect_says(
      run(csv, R"({"bootstrap_replicates": 0, "calibrators": ["temperature"]})").at("warnings").dump(),
      "temperature is at the bound");
}

TEST(MyScores, PosteriorGivesTheBudget) {
  const Json report = run("score,pred,label,posterior_0,posterior_1\n1,0,0,0.9,0.1\n2,1,1,0.7,0.3\n");
  EXPECT_NEAR(cell(report, "budget", 0, "ranking").as_number(), 0.6, 1e-12);
  EXPECT_EQ(cell(report, "identifiable", 0, "status").as_string(), "exact");
  EXPECT_EQ(verdict(report, "budget-adds-up"), "holds");
}

TEST(MyScores, AnnotatorsDisagree) {
  // Votes 2:1 and 3:0: plug-in ⅓ and 0; pairs that differ ⅔ and 0.
  const Json report = run("score,correct,label_1,label_2,label_3\n1,1,0,0,1\n2,0,1,1,1\n");
  EXPECT_NEAR(cell(report, "annotators", 0, "plug_in_bayes").as_number(), 1.0 / 6, 1e-15);
  EXPECT_NEAR(cell(report, "annotators", 0, "pairwise_disagreement").as_number(), 1.0 / 3, 1e-15);
}

TEST(MyScores, BinaryTemperatureKeepsTheOrder) {
  std::string csv = "label,z_0,z_1,split\n";
  for (int i = 0; i < 60; ++i) {
    csv += std::to_string(i % 7 < 3) + "," + std::to_string((i * 37 % 101) / 20.0) + "," +
           std::to_string((i * 53 % 103) / 20.0) + (i % 2 ? ",val\n" : ",test\n");
  }
  const Json report =
      run(csv, R"({"bootstrap_replicates": 0, "calibrators": ["isotonic", "temperature", "platt"]})");
  EXPECT_EQ(cell(report, "calibrators", 1, "method").as_string(), "temperature");
  EXPECT_EQ(cell(report, "calibrators", 1, "strictly_increasing").as_number(), 1);
  EXPECT_EQ(cell(report, "calibrators", 1, "e_aurc").as_number(), metric(report, "e_aurc"));
  EXPECT_EQ(cell(report, "calibrators", 3, "method").as_string(), "isotonic");
  EXPECT_EQ(cell(report, "calibrators", 3, "non_decreasing").as_number(), 1);
  EXPECT_EQ(cell(report, "audit", 0, "jaccard").as_number(), 0);
}

TEST(MyScores, RefusesBadRows) {
  expect_says(refused("score,correct\nNaN,1\n1,0\n"), "row 1, column score: NaN; finite number required");
  expect_says(refused("score,correct\n1,1\nInfinity,0\n"), "row 2, column score");
  expect_says(refused("score,correct\n1,1\n-inf,0\n"), "row 2, column score");
  expect_says(refused("score,correct\n1,2\n1,0\n"), "allowed: 0 or 1");
  expect_says(refused("label,z_0,z_1\n0,1,2\n2,1,2\n"), "allowed: whole numbers 0…1");
  expect_says(refused("score,label,pred\n1,0,-1\n1,0,0\n"), "is no class");
  expect_says(refused("label,p_0,p_1\n0,1.5,-0.5\n0,0.5,0.5\n"), "is no probability");
  expect_says(refused("label,p_0,p_1\n0,3,2\n0,0.5,0.5\n"), "look like logits");
  expect_says(refused("score,correct\n1,1\n"), "2 or more rows are needed, got 1");
  expect_says(refused("score,correct,split\n1,1,val\n2,0,val\n"), "no test row");
  expect_says(refused("score,correct,split\n1,1,test\n2,0,test\n"), "no val row");
  expect_says(refused("score,correct,split\n1,1,test\n2,0,cal\n"), "allowed: test or val");
  expect_says(refused("id,score,correct,split\na,1,1,test\na,2,0,val\n"), "is also in row 1");
  expect_says(refused("score,pred,label,posterior_0,posterior_1\n1,0,0,0.9,0.2\n2,1,1,0.7,0.3\n"),
              "sums to 1.1");
  expect_says(refused("label,p_0,p_1,z_0,z_1\n0,1,0,1,0\n0,1,0,1,0\n"), "allowed: one kind");
  expect_says(refused("label,p_0,p_2\n0,1,0\n0,1,0\n"), "no p_1");
  expect_says(refused("label,z_0,z_2\n0,1,0\n0,1,0\n"), "no z_1");
  expect_says(refused("score,pred,label,posterior_0,posterior_2\n1,0,0,0.5,0.5\n2,0,0,0.5,0.5\n"),
              "no posterior_1");
  expect_says(refused("label,p_0,p_1\n0,0.6,0.39\n0,0.5,0.5\n"), "renormalise the rows");
  expect_says(refused("score,correct,posterior_0,posterior_1\n1,1,0.5,0.5\n2,0,0.5,0.5\n"), "needs pred");
  expect_says(refused("score\n1\n2\n"), "needed are score and correct");
}

TEST(MyScores, RefusesWhatTheFileCannotGive) {
  const std::string plain = "score,correct\n1,1\n2,0\n";
  expect_says(refused(plain, R"({"calibrators": ["platt"]})"), "the file has no column split");
  const std::string split = "score,correct,split\n1,1,val\n2,0,test\n";
  expect_says(refused(split, R"({"calibrators": ["temperature"]})"), "needs the columns label and p_0");
  expect_says(refused(split, R"({"calibrators": ["correctness-head"]})"), "needs feature columns f_");
  expect_says(refused(split, R"({"calibrators": ["platt", "platt"]})"), "listed twice");
  expect_says(refused(plain, R"({"target_coverage": 0})"), "target_coverage");
  expect_says(refused(plain, R"({"target_coverage": 1.5})"), "target_coverage");
}

TEST(TwoMoonsBudget, RefusesWhatItCannotDo) {
  const auto says = [](const std::string& settings, const std::string& part) {
    expect_says(testing::refusal("two-moons-budget", settings), part);
  };
  says(R"({"sigma_list": [0.04]})", "sigma_list");
  says(R"({"models": ["mlp", "mlp"]})", "listed twice");
  says(R"({"n_test": 50})", "n_test");
}

TEST(TwoMoonsBudget, ANewNoiseLevelChangesNoOtherRow) {
  const std::string few = R"({"sigma_list": [0.8], "n_train": 60, "n_test": 300, "epochs": 2, "hidden": 4})";
  const std::string more =
      R"({"sigma_list": [0.2, 0.8], "n_train": 60, "n_test": 300, "epochs": 2, "hidden": 4})";
  const Json one = testing::run_study("two-moons-budget", few),
             two = testing::run_study("two-moons-budget", more);
  EXPECT_EQ(one.at("tables").at("cells").at("rows").as_array()[1].dump(),
            two.at("tables").at("cells").at("rows").as_array()[3].dump());
}

TEST(TwoMoonsBudget, UntrainedNetworksShowNoEffectOfCapacity) {
  // The negative control: with a learning rate of 1e-6 for one epoch the two models are about equally bad.
  const Json report = testing::run_study("two-moons-budget",
                                         R"({"sigma_list": [0.2], "n_train": 64, "n_test": 1000, "epochs": 1,
                                             "learning_rate": 1e-6, "repeats": 10})");
  EXPECT_EQ(verdict(report, "capacity-matters-at-low-noise"), "fails");
  EXPECT_EQ(verdict(report, "budget-adds-up"), "holds");
}

TEST(FeatureAwareHead, ShuffledTargetsGainNothing) {
  // The negative control: the head is worse than the classifier's own confidence.
  const Json report = testing::run_study(
      "feature-aware-head", R"({"head_targets": "permuted", "n_test": 1000, "head_epochs": 20})");
  EXPECT_EQ(verdict(report, "head-reorders-at-low-noise"), "fails");
  EXPECT_EQ(verdict(report, "head-reorders-at-medium-noise"), "fails");
  EXPECT_EQ(verdict(report, "calibration-cannot-reorder"), "holds");
  EXPECT_EQ(verdict(report, "head-not-above-oracle"), "holds");
}

TEST(FeatureAwareHead, RefusesWhatItCannotDo) {
  expect_says(testing::refusal("feature-aware-head", R"({"sigma_list": [0.01]})"), "sigma_list");
  expect_says(testing::refusal("feature-aware-head", R"({"head_targets": "random"})"), "head_targets");
  expect_says(testing::refusal("feature-aware-head", R"({"n_head": 10})"), "n_head");
}

}  // namespace
}  // namespace reprise
