// The study equally-good: intervals by hand, what it exports, what it says of sets that a sceptic would try.
#include "core/labs/study_runs.h"

#include <gtest/gtest.h>
#include <string>

namespace reprise {
namespace {

using testing::cell;
using testing::Files;
using testing::metric;
using testing::refusal;
using testing::request_for;
using testing::run_study;
using testing::verdict;

const std::string upload = R"({"dataset": "upload", "standardise": false, "searches": 6, "pushes": 6, )";

void expect_refusal(const std::string& found, const std::string& part) {
  EXPECT_NE(found.find(part), std::string::npos) << "found: " << found;
}

std::string warnings_of(const Json& report) {
  const Json* warnings = report.find("warnings");
  return warnings == nullptr ? "" : warnings->dump();
}

TEST(EquallyGood, FourPointsByHand) {
  // Up to a gap of 81 no label can change (see plateau_test.cpp); the certificate proves it up to 1.
  const Json report = run_study("equally-good", upload + R"("eps_list": [0, 1, 10], "max_gap": 1})",
                                {{"data", "0\n1\n10\n11\n"}, {"labels", "b\nb\na\na\n"}});
  EXPECT_EQ(metric(report, "benchmark_loss"), 1);
  EXPECT_EQ(metric(report, "found_error"), 0);
  EXPECT_EQ(metric(report, "certified_bound"), 0);
  EXPECT_EQ(cell(report, "intervals", 0, "status").as_string(), "optimal");
  EXPECT_EQ(cell(report, "intervals", 2, "found_error").as_number(), 0);
  EXPECT_EQ(metric(report, "core_points"), 4);
  EXPECT_EQ(metric(report, "solutions_within_gap"), 0);
  EXPECT_EQ(verdict(report, "interval"), "holds");
  EXPECT_EQ(verdict(report, "core"), "holds");
  EXPECT_EQ(verdict(report, "steep"), "left out");
  EXPECT_EQ(warnings_of(report), "");
}

TEST(EquallyGood, CertifiedPointsAreAFileOfLabels) {
  RunRequest request = request_for("equally-good", upload + R"("max_gap": 0.1})",
                                   {{"data", "0\n1\n10\n11\n"}, {"labels", "b\nb\na\na\n"}});
  const WrittenReport written = write_report(run_locally(std::move(request)), std::nullopt);
  const std::vector<std::byte>& bytes = written.files.at("stable-points.csv").bytes;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
            "index,label\n0,1\n1,1\n2,0\n3,0\n");
  // Where nothing is certified there is nothing to export.
  const Json none = run_study("equally-good", R"({"dataset": "iris", "searches": 2, "pushes": 2})");
  EXPECT_EQ(none.at("files").size(), 0U);
  EXPECT_EQ(metric(none, "core_points"), 0);
  EXPECT_EQ(verdict(none, "core"), "left out");
}

TEST(EquallyGood, ControlsHoldAndFailAsTheyMust) {
  const Json far = run_study("equally-good", "{}");
  EXPECT_EQ(verdict(far, "steep"), "holds");
  EXPECT_EQ(verdict(far, "core"), "holds");
  EXPECT_EQ(verdict(far, "interval"), "holds");
  const Json near = run_study("equally-good", R"({"sep": 4})");
  EXPECT_EQ(verdict(near, "steep"), "fails");
  EXPECT_EQ(verdict(near, "interval"), "holds");
  for (const char* dataset : {"uniform", "ring"}) {
    const Json flat = run_study("equally-good", R"({"dataset": ")" + std::string(dataset) + R"("})");
    EXPECT_EQ(verdict(flat, "plateau"), "holds") << dataset;
    EXPECT_EQ(metric(flat, "certified_bound"), 1) << dataset;  // vacuous, and said so
    EXPECT_NE(warnings_of(flat).find("too close for a proof"), std::string::npos) << dataset;
  }
}

TEST(EquallyGood, ABetterClusteringIsSaid) {
  // Means 5 and 6, loss 100; the best clustering has loss 1.
  const Json report = run_study("equally-good", upload + R"("max_gap": 0})",
                                {{"data", "0\n1\n10\n11\n"}, {"labels", "0\n1\n0\n1\n"}});
  EXPECT_EQ(metric(report, "benchmark_loss"), 100);
  EXPECT_NEAR(metric(report, "least_gap"), -0.99, 1e-12);
  EXPECT_EQ(metric(report, "found_error"), 0.5);
  EXPECT_NE(warnings_of(report).find("a loss 99 % lower was found"), std::string::npos)
      << warnings_of(report);
}

TEST(EquallyGood, MoreSearchesChangeNoEarlierOne) {
  const Json few = run_study("equally-good", R"({"dataset": "uniform", "searches": 3, "pushes": 3})");
  const Json more = run_study("equally-good", R"({"dataset": "uniform", "searches": 11, "pushes": 3})");
  for (std::size_t row = 0; row < 3; ++row)
    EXPECT_EQ(few.at("tables").at("searches").at("rows").as_array()[row].dump(),
              more.at("tables").at("searches").at("rows").as_array()[row].dump());
  EXPECT_GE(metric(more, "found_error"), metric(few, "found_error"));
}

TEST(EquallyGood, ThePointsTellTheSameStory) {
  const Json report = run_study("equally-good", R"({"sep": 5, "n": 120, "max_gap": 0.2})");
  std::int64_t different = 0, changing = 0;
  for (std::size_t row = 0; row < 120; ++row) {
    const bool farthest =
        cell(report, "points", row, "label").dump() != cell(report, "points", row, "farthest_label").dump();
    const std::int64_t changed = cell(report, "points", row, "changed").as_integer();
    different += farthest ? 1 : 0;
    changing += changed > 0 ? 1 : 0;
    if (farthest) {
      EXPECT_GT(changed, 0) << row;
    }
    EXPECT_LE(static_cast<double>(changed), metric(report, "solutions_within_gap"));
  }
  EXPECT_GT(different, 0);
  EXPECT_NEAR(static_cast<double>(different) / 120, metric(report, "found_error"), 1e-12);
  EXPECT_EQ(static_cast<double>(changing), metric(report, "changed_points"));
}

TEST(EquallyGood, WhatASceptic) {
  const std::string pair = upload + R"("k": 2})";
  // Two places, each twice: certain.
  const Json copies = run_study("equally-good", pair, {{"data", "0\n0\n9\n9\n"}});
  EXPECT_EQ(metric(copies, "benchmark_loss"), 0);
  EXPECT_EQ(metric(copies, "found_error"), 0);
  EXPECT_EQ(metric(copies, "core_points"), 4);
  // Equal points in two clusters: half of them can change, nothing is certified.
  const Json equal = run_study("equally-good", upload + R"("max_gap": 0})",
                               {{"data", "2\n2\n2\n2\n"}, {"labels", "0\n0\n1\n1\n"}});
  EXPECT_EQ(metric(equal, "found_error"), 0.5);
  EXPECT_EQ(metric(equal, "certified_bound"), 1);
  EXPECT_NE(warnings_of(equal).find("Nothing is certified"), std::string::npos);
  // Each point a cluster.
  const Json own = run_study("equally-good", upload + R"("k": 4})", {{"data", "0\n1\n10\n11\n"}});
  EXPECT_EQ(metric(own, "found_error"), 0);
  EXPECT_EQ(metric(own, "certified_bound"), 0);
  // One far outlier, alone in its cluster; the others on a line in the plane.
  const Json outlier = run_study("equally-good", pair, {{"data", "0,0\n1,1\n2,2\n3,3\n4,4\n900,900\n"}});
  EXPECT_EQ(metric(outlier, "found_error"), 0);
  EXPECT_EQ(metric(outlier, "core_points"), 6);
  // One cluster has one partition.
  const Json one =
      run_study("equally-good", upload + R"("k": 2})", {{"data", "0\n1\n5\n"}, {"labels", "a\na\na\n"}});
  EXPECT_EQ(metric(one, "certified_bound"), 0);
  EXPECT_NE(warnings_of(one).find("k=1 has only one partition"), std::string::npos);
  for (const Json* report : {&copies, &equal, &own, &outlier, &one})
    EXPECT_EQ(verdict(*report, "interval"), "holds");
}

TEST(EquallyGood, BadInput) {
  const auto refused = [](const std::string& settings, const Files& files = {}) {
    return refusal("equally-good", settings, files);
  };
  expect_refusal(refused(R"({"dataset": "upload"})"), "input 'data' is missing");
  expect_refusal(refused("{}", {{"data", "1\n2\n"}}), "does not read the input 'data'");
  expect_refusal(refused(R"({"d": 1})"), "d=1 has no polygon");
  expect_refusal(refused(R"({"eps_list": []})"), "0 entries");
  expect_refusal(refused(R"({"max_gap": -0.1})"), "max_gap");
  expect_refusal(refused(R"({"k": 1})"), "k");
  expect_refusal(refused(upload + R"("k": 5})", {{"data", "1,0\n1,0\n2,0\n3,1\n4,0\n"}}),
                 "k=5 but only 4 distinct points");
  expect_refusal(refused(upload + R"("k": 2})", {{"data", "1,0\n2,nan\n"}}), "not finite");
  expect_refusal(refused(upload + R"("k": 2})", {{"data", "1,0\n2,1\n"}, {"labels", "0\n"}}),
                 "1 labels for 2 rows");
  expect_refusal(refused(upload + R"("label_column": "group"})", {{"data", "x,y\n1,0\n2,1\n"}}), "group");
}

}  // namespace
}  // namespace reprise
