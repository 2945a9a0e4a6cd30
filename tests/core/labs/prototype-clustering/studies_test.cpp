// The studies with visitors' files: hand-made inputs, independent values, every line of bad input.
#include "core/labs/study_runs.h"
#include "data/npy.h"
#include "labs/prototype-clustering/condition.h"
#include "labs/prototype-clustering/report_tables.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace reprise::protoclust {
namespace {

using namespace reprise::testing;

void expect_refusal(const std::string& found, const std::string& part) {
  EXPECT_NE(found.find(part), std::string::npos) << "found: " << found;
}

const std::string raw = R"({"standardise": false})";

TEST(Evaluate, FourPointsByHand) {
  const Json report = run_study(
      "evaluate", raw,
      {{"data", "0\n1\n10\n11\n"}, {"labels", "4\n4\n7\n7\n"}, {"reference_labels", "b\nb\nb\na\n"}});
  EXPECT_EQ(metric(report, "loss"), 1);
  EXPECT_EQ(metric(report, "mean_loss"), 0.25);
  EXPECT_EQ(metric(report, "min_margin"), 90);
  EXPECT_NEAR(metric(report, "kappa"), 0.0027778, 1e-7);
  EXPECT_EQ(metric(report, "error"), 0.25);
  EXPECT_EQ(cell(report, "prototypes", 0, "value").as_number(), 0.5);
  EXPECT_EQ(cell(report, "points", 0, "margin").as_number(), 110);
  EXPECT_EQ(cell(report, "points", 2, "label").as_number(), 1);  // sorted distinct labels: 4, 7
  EXPECT_EQ(cell(report, "exact_1d", 1, "loss").as_number(), 1);
  EXPECT_EQ(verdict(report, "fixed-prototype-forms"), "holds");
  // A relative gap of 0.5 is 0.5 in loss: no label; the table's ε are relative.
  EXPECT_EQ(cell(report, "fixed_prototype_bound", 3, "points").as_number(), 0);
  const Json l1 = run_study("evaluate", R"({"standardise": false, "loss": "kmedians-l1"})",
                            {{"data", "0\n1\n10\n11\n"}, {"labels", "0\n0\n1\n1\n"}});
  EXPECT_EQ(metric(l1, "loss"), 2);
}

TEST(Evaluate, PrototypesAloneLabelThePoints) {
  const Json report =
      run_study("evaluate", raw, {{"data", "x,y\n0,0\n0,2\n9,0\n"}, {"prototypes", "0,1\n9,1\n"}});
  EXPECT_EQ(metric(report, "loss"), 3);
  EXPECT_EQ(cell(report, "points", 2, "label").as_number(), 1);
  EXPECT_EQ(cell(report, "points", 2, "silhouette").as_number(), 0);
}

TEST(Evaluate, StandardisingSubtractsMeansAndDividesByDeviations) {
  const Json report =
      run_study("evaluate", "{}", {{"data", "a,b,c\n1,10,5\n3,30,5\n"}, {"labels", "0\n0\n"}});
  // Two rows become (−1, −1) and (1, 1); the constant column is dropped.
  EXPECT_NEAR(metric(report, "loss"), 4, 1e-12);
  EXPECT_NE(report.at("warnings").dump().find("'c' is constant"), std::string::npos);
}

TEST(Evaluate, LineWithWeights) {
  const std::string data = "x,w\n1,1\n2,1\n3,1\n10,1\n11,1\n12,1\n30,1\n";
  const Json report =
      run_study("evaluate", R"({"standardise": false, "weight_column": "w", "k_max": 3})", {{"data", data}});
  EXPECT_NEAR(cell(report, "exact_1d", 2, "loss").as_number(), 4, 1e-12);
  EXPECT_EQ(report.at("metrics").find("loss"), nullptr);
  EXPECT_NEAR(cell(report, "closed_form", 3, "two_atom").as_number(), 1 + std::sqrt(6.0), 1e-12);
}

TEST(Evaluate, BadInput) {
  const auto refused = [](const std::string& data, const std::string& labels) {
    return refusal("evaluate", raw, {{"data", data}, {"labels", labels}});
  };
  expect_refusal(refused("mass,size\n1,2\nnan,3\n", "0\n1\n"),
                 "data.csv row 2, column 'mass': \"nan\" is not finite");
  expect_refusal(refused("1,2\n3,inf\n", "0\n1\n"), "data.csv row 2, column 2");
  expect_refusal(refused("1,2\n3,4\n", "0\n1\n1\n"), "labels.csv has 3 labels for 2 rows of data");
  expect_refusal(refused("1,2\n3,4\n", "0,1\n1,1\n"), "labels.csv: 2 columns");
  expect_refusal(
      refusal("evaluate", R"({"weight_column": "w"})", {{"data", "x,w\n1,0\n2,1\n"}, {"labels", "0\n0\n"}}),
      "weight 0; allowed are numbers above 0");
  expect_refusal(refusal("evaluate", raw, {{"data", "1,2\n3,4\n"}}), "needs a clustering");
  expect_refusal(refusal("evaluate", raw, {{"labels", "0\n1\n"}}), "input 'data' is missing");
  expect_refusal(refusal("evaluate", raw, {{"data", "1,2\n3,4\n"}, {"prototypes", "1\n"}}),
                 "prototypes.csv has 1 columns");
  expect_refusal(
      refusal("evaluate", raw, {{"data", "1,2\n3,4\n"}, {"labels", "0\n1\n"}, {"prototypes", "1,2\n"}}),
      "prototypes.csv has 1 prototypes; allowed: 2");
  expect_refusal(refusal("evaluate", R"({"label_column": "z"})", {{"data", "x,y\n1,2\n"}, {"labels", "0\n"}}),
                 "both given");
  expect_refusal(refusal("evaluate", "{}", {{"data", "5,5\n5,5\n"}, {"labels", "0\n0\n"}}),
                 "every column is constant");
  expect_refusal(refusal("evaluate", R"({"loss": "power:0.5"})"), "q lies in 1");
  expect_refusal(refusal("evaluate", R"({"loss": "huber:0"})"), "positive");
  for (const char* empty : {"gaps", "powers", "shares"})
    expect_refusal(refusal("evaluate", "{\"" + std::string(empty) + "\": []}"), "0 entries");
}

TEST(CertificateStudy, OwnLabelsAndNpy) {
  const std::string data = "x,y,g\n1,0,a\n-1,0,a\n0,1,a\n0,-1,a\n31,0,b\n29,0,b\n30,1,b\n30,-1,b\n";
  const Json report =
      run_study("certificate",
                R"({"source": "upload", "label_column": "g", "standardise": false, "eps_list": [0, 0.1]})",
                {{"data", data}});
  EXPECT_EQ(metric(report, "status_code"), 2);
  EXPECT_EQ(metric(report, "bound"), 0);
  EXPECT_NEAR(metric(report, "separation_ratio"), 0.113807, 1e-6);
  EXPECT_EQ(cell(report, "certificate", 0, "status").as_string(), "optimal");
  EXPECT_NEAR(cell(report, "clusters", 0, "lambda_1").as_number(), 2, 1e-12);
  EXPECT_NEAR(cell(report, "centers", 2, "value").as_number(), 30, 1e-12);  // in the units of the data
  EXPECT_EQ(verdict(report, "certified"), "holds");
  EXPECT_EQ(verdict(report, "valid"), "left out");

  RunRequest request =
      request_for("certificate", R"({"source": "upload", "standardise": false, "eps_list": [0, 0.1]})");
  const auto add = [&](const char* name, std::vector<std::byte> bytes) {
    const auto source = std::make_shared<MemorySource>(std::move(bytes));
    request.inputs[name] = inspect_input(*source, std::string(name) + ".npy");
    request.resources.add_input(name, source);
  };
  add("data", write_npy(std::vector<double>{1, 0, -1, 0, 0, 1, 0, -1, 31, 0, 29, 0, 30, 1, 30, -1}, {8, 2}));
  add("labels", write_npy(std::vector<double>{0, 0, 0, 0, 1, 1, 1, 1}, {8}));
  const Json npy = Json::parse(write_report(run_locally(std::move(request)), std::nullopt).json);
  EXPECT_EQ(npy.at("tables").dump(), report.at("tables").dump());
}

TEST(CertificateStudy, OneClusterIsNoError) {
  const Json report = run_study("certificate", R"({"source": "upload", "standardise": false})",
                                {{"data", "1,2\n3,4\n5,9\n"}, {"labels", "a\na\na\n"}});
  EXPECT_EQ(metric(report, "bound"), 0);
  EXPECT_NE(report.at("warnings").dump().find("k=1 has only one partition: bound 0"), std::string::npos);
}

TEST(CertificateStudy, ANewSeparationChangesNoOtherRow) {
  const Json few = run_study("certificate", R"({"sep_list": [7, 8], "trials": 3, "n": 60})");
  const Json more = run_study("certificate", R"({"sep_list": [6, 7, 8], "trials": 3, "n": 60})");
  EXPECT_EQ(few.at("tables").at("sweep").at("rows").as_array()[0].dump(),
            more.at("tables").at("sweep").at("rows").as_array()[1].dump());
}

TEST(ReportTables, AGapBetweenTwoHasTheBoundOfTheLarger) {
  const Series line = step_line({0, 0.1, 0.3}, {0, 0.2, 1});
  EXPECT_EQ(line.x, (std::vector<double>{0, 0, 0.1, 0.1, 0.3}));
  EXPECT_EQ(line.y, (std::vector<double>{0, 0.2, 0.2, 1, 1}));
}

TEST(GapStudy, NegativeControlsFailAsTheyMust) {
  // Overlapping groups: solutions within 5 % of the loss are not the same partition.
  const Json near = run_study("gap-vs-error", R"({"sep": 4, "n": 1000, "sep_sweep": [], "corruptions": 4})");
  EXPECT_EQ(verdict(near, "steep"), "fails");
  EXPECT_EQ(verdict(near, "no-violation"), "holds");
  EXPECT_EQ(verdict(near, "order"), "left out");
  const Json far = run_study("gap-vs-error", R"({"sep": 10, "sep_sweep": []})");
  EXPECT_EQ(metric(far, "max_error_at_gap"), 0);
  const Json uniform = run_study("gap-vs-error", R"({"dataset": "uniform"})");
  EXPECT_EQ(verdict(uniform, "plateau"), "holds");
  EXPECT_EQ(verdict(uniform, "fixed-prototype-tight"), "holds");
}

TEST(GapStudy, OwnLabelsAreTheBenchmark) {
  const Json report =
      run_study("gap-vs-error", R"({"dataset": "upload", "standardise": false, "candidates": 30})",
                {{"data", "0\n1\n10\n11\n"}, {"labels", "0\n1\n0\n1\n"}});
  EXPECT_EQ(metric(report, "benchmark_loss"), 100);      // means 5 and 6, each point 5 away
  EXPECT_NEAR(metric(report, "min_gap"), -0.99, 1e-12);  // the optimum has loss 1: negative gaps are shown
  EXPECT_GE(metric(report, "candidates_below_benchmark"), 1);
}

TEST(GapStudy, BadInput) {
  expect_refusal(refusal("gap-vs-error", R"({"dataset": "upload"})"), "input 'data' is missing");
  expect_refusal(refusal("gap-vs-error", R"({"d": 1})"), "d=1 has no polygon");
  expect_refusal(
      refusal("gap-vs-error", R"({"dataset": "upload", "k": 5})", {{"data", "1,0\n1,0\n2,0\n3,1\n4,0\n"}}),
      "k=5 but only 4 distinct points");
}

TEST(CertificateStudy, BadInput) {
  expect_refusal(refusal("certificate", R"({"source": "upload"})"), "input 'data' is missing");
  expect_refusal(refusal("certificate", R"({"source": "iris"})", {{"data", "1\n2\n"}}),
                 "does not read the input 'data'");
  expect_refusal(refusal("certificate", R"({"source": "upload", "k_list": [5]})",
                         {{"data", "1,0\n1,0\n2,0\n3,1\n4,0\n"}}),
                 "k_list=5 but only 4 distinct points");
  expect_refusal(refusal("certificate", R"({"source": "iris", "enumerate": true})"),
                 "the data has 150 points");
  expect_refusal(refusal("certificate", R"({"enumerate": true})"), "source=gmm-sweep");
  expect_refusal(refusal("certificate", R"({"eps_list": [-0.1]})"), "eps_list");
  expect_refusal(refusal("certificate", R"({"eps_list": []})"), "0 entries");
  expect_refusal(refusal("certificate", R"({"k_list": [5], "n": 4})"), "5 clusters of n=4");
  expect_refusal(refusal("certificate", R"({"shares": [0.001], "n": 100})"),
                 "leaves the small cluster empty");
  expect_refusal(refusal("certificate", R"({"d": 1})"), "d=1 has no polygon");
  expect_refusal(refusal("certificate", R"({"loss": "capped:-1"})"), "positive");
}

TEST(Claims, WhatTheySayToChooseHasThemJudged) {
  int tried = 0;
  for (const auto& study : testing::registry().studies()) {
    const Description& about = study->description();
    if (about.lab() != REPRISE_LAB) continue;
    for (const ClaimSpec& claim : about.claims) {
      EXPECT_EQ(claim.judged_with.is_object() && claim.judged_when.empty(), false) << claim.id;
      // thirty restarts on the digits: the contract's browser preset
      if (!claim.judged_with.is_object() || claim.id.rfind("digits-", 0) == 0) continue;
      const Json report = run_study(about.study.substr(about.study.find('/') + 1), claim.judged_with.dump());
      EXPECT_NE(verdict(report, claim.id), "left out") << about.study << ", " << claim.id;
      ++tried;
    }
  }
  EXPECT_GT(tried, 10);
}

}  // namespace
}  // namespace reprise::protoclust
