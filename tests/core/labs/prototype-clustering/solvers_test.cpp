// The study solvers: accelerations, exact answers, files of starts and dissimilarities, every line of bad
// input.
#include "core/labs/study_runs.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>

namespace reprise::protoclust {
namespace {

using namespace reprise::testing;

void expect_refusal(const std::string& found, const std::string& part) {
  EXPECT_NE(found.find(part), std::string::npos) << "found: " << found;
}

const std::string upload = R"({"dataset": "upload", "standardise": false, )";

std::size_t rows_of(const Json& report, const char* table) {
  return report.at("tables").at(table).at("rows").as_array().size();
}

TEST(Solvers, GroupsAreFoundAndAccelerationsChangeNoLabel) {
  const Json report = run_study("solvers", R"({"n": 400, "restarts": 4, "sep": 12, "k": 10})");
  EXPECT_EQ(verdict(report, "accelerations-identical"), "holds");
  EXPECT_EQ(verdict(report, "elkan-saves"), "holds");
  EXPECT_EQ(verdict(report, "hartigan-monotone"), "holds");
  EXPECT_EQ(verdict(report, "pam-local-optimum"), "holds");
  EXPECT_EQ(verdict(report, "exact-1d"), "left out");
  EXPECT_EQ(verdict(report, "digits-loss"), "left out");
  // Nine methods of ten, in the order of the parameter; exact-1d needs one coordinate.
  EXPECT_EQ(rows_of(report, "methods"), 9u);
  EXPECT_EQ(cell(report, "methods", 0, "method").as_string(), "lloyd");
  EXPECT_EQ(cell(report, "methods", 8, "method").as_string(), "pam");
  EXPECT_EQ(rows_of(report, "runs"), 36u);
  EXPECT_EQ(rows_of(report, "medoids"), 20u);
  EXPECT_EQ(rows_of(report, "prototypes"), 20u);
  // Lloyd computes rows × clusters distances an iteration.
  for (std::size_t row = 0; row < 4; ++row)
    EXPECT_EQ(cell(report, "runs", row, "distance_evaluations").as_number(),
              4000 * cell(report, "runs", row, "iterations").as_number());
  // The same start: the loss of the three is the same number.
  EXPECT_EQ(cell(report, "runs", 0, "loss").as_number(), cell(report, "runs", 4, "loss").as_number());
  EXPECT_EQ(cell(report, "methods", 0, "best_loss").as_number(),
            cell(report, "methods", 2, "best_loss").as_number());
  // 400 unit-variance points in the plane, each in its group: about 2 a point.
  EXPECT_NEAR(metric(report, "best_loss"), 780, 120);
}

TEST(Solvers, AnAccelerationThatFailsToSaveIsReportedAsSuch) {
  // Pure noise in many coordinates: bounds rarely help.
  const Json report =
      run_study("solvers", R"({"n": 400, "d": 300, "sep": 0, "restarts": 1, "methods": ["lloyd", "elkan"]})");
  EXPECT_EQ(verdict(report, "accelerations-identical"), "holds");
  EXPECT_GT(metric(report, "elkan_ratio"), 0.3);
  // An iteration limit: Lloyd has not converged, so savings are not judged.
  const Json cut = run_study(
      "solvers", R"({"n": 400, "restarts": 1, "max_iterations": 2, "methods": ["lloyd", "elkan"]})");
  EXPECT_EQ(verdict(cut, "elkan-saves"), "left out");
  EXPECT_EQ(verdict(cut, "accelerations-identical"), "holds");
}

TEST(Solvers, LineAgainstTheExactClustering) {
  const Json report =
      run_study("solvers", upload + R"("k": 3, "restarts": 20, "methods": ["lloyd", "exact-1d"]})",
                {{"data", "1\n2\n3\n10\n11\n12\n30\n"}});
  EXPECT_NEAR(metric(report, "exact_1d_loss"), 4, 1e-12);  // {1,2,3}, {10,11,12}, {30}
  EXPECT_NEAR(metric(report, "best_loss"), 4, 1e-12);
  EXPECT_EQ(verdict(report, "exact-1d"), "holds");
  EXPECT_EQ(cell(report, "methods", 1, "method").as_string(), "exact-1d");
  EXPECT_EQ(cell(report, "methods", 1, "distance_evaluations").as_string(), "NaN");
}

TEST(Solvers, StartsOfOnesOwn) {
  const Json report =
      run_study("solvers", upload + R"("k": 9, "restarts": 3, "methods": ["lloyd", "hamerly", "random"]})",
                {{"data", "0\n1\n10\n11\n"}, {"starts", "0\n1\n"}});
  EXPECT_EQ(rows_of(report, "runs"), 5u);  // one run from the starts for each of two, three from random rows
  EXPECT_EQ(metric(report, "best_loss"), 1);
  EXPECT_EQ(cell(report, "prototypes", 0, "value").as_number(), 0.5);  // in the units of the data
  EXPECT_EQ(cell(report, "prototypes", 1, "value").as_number(), 10.5);
  // {0}, {1, 10, 11} → {0, 1}, {10, 11} → the same: by hand three assignments of 4 × 2 distances.
  EXPECT_EQ(cell(report, "runs", 0, "iterations").as_number(), 3);
  EXPECT_EQ(cell(report, "runs", 0, "distance_evaluations").as_number(), 24);
  // Standardised, starts move along: the same partition.
  const Json standard = run_study("solvers", R"({"dataset": "upload", "methods": ["lloyd"], "k": 2})",
                                  {{"data", "0\n1\n10\n11\n"}, {"starts", "0\n1\n"}});
  EXPECT_EQ(standard.at("tables").at("labels").dump(), report.at("tables").at("labels").dump());
}

TEST(Solvers, DissimilaritiesInPlaceOfPoints) {
  const std::string matrix = "0,1,10,12\n1,0,9,11\n10,9,0,2\n12,11,2,0\n";
  const Json report = run_study("solvers", R"({"k": 2, "methods": ["fasterpam", "pam"], "restarts": 3})",
                                {{"dissimilarity", matrix}});
  EXPECT_EQ(cell(report, "methods", 0, "best_loss").as_number(), 3);
  EXPECT_EQ(cell(report, "methods", 1, "best_loss").as_number(), 3);
  EXPECT_EQ(cell(report, "medoids", 0, "loss").as_number() + cell(report, "medoids", 1, "loss").as_number(),
            3);
  EXPECT_EQ(verdict(report, "pam-local-optimum"), "holds");
  EXPECT_EQ(report.at("metrics").find("best_loss"), nullptr);
}

TEST(Solvers, ALabelColumnIsLeftOut) {
  const Json report =
      run_study("solvers", upload + R"("k": 3, "label_column": "g", "restarts": 2, "methods": ["lloyd"]})",
                {{"data", "x,g\n0,a\n1,a\n10,b\n11,b\n30,b\n"}});
  EXPECT_EQ(rows_of(report, "prototypes"), 3u);  // k of the settings, not the two labels
}

TEST(Solvers, ImagesInIdxAndPrincipalComponents) {
  // Four images of 1 × 2 pixels, in two pairs along the first pixel.
  const std::string images("\0\0\x08\x03\0\0\0\x04\0\0\0\x01\0\0\0\x02\x00\x05\x02\x05\xfc\x05\xff\x05", 24);
  const Json report = run_study(
      "solvers", R"({"dataset": "fashion-mnist", "k": 2, "restarts": 3, "methods": ["lloyd"], "n": 100})",
      {{"data.idx", images}});
  // Pixels/255: pairs 2 and 3 levels apart, ½(4 + 9)/255².
  EXPECT_NEAR(metric(report, "best_loss"), 6.5 / (255.0 * 255), 1e-12);
  const Json first = run_study(
      "solvers",
      R"({"dataset": "fashion-mnist", "k": 2, "restarts": 3, "methods": ["lloyd"], "n": 4, "d_pca": 1})",
      {{"data.idx", images}});
  EXPECT_NEAR(metric(first, "best_loss"), 6.5 / (255.0 * 255), 1e-12);  // all variance is in one direction
  EXPECT_EQ(rows_of(first, "prototypes"), 2u);
  const Json three = run_study(
      "solvers",
      R"({"dataset": "fashion-mnist", "k": 2, "restarts": 3, "methods": ["lloyd"], "n": 4, "medoid_limit": 2})",
      {{"data", "0,0\n0,2\n9,0\n9,2\n7,7\n"}});
  EXPECT_EQ(rows_of(three, "labels"), 4u);  // the first n rows of any file
  EXPECT_EQ(metric(three, "best_loss"), 4);
}

TEST(Solvers, MoreRestartsChangeNoEarlierRun) {
  const Json few = run_study("solvers", R"({"n": 200, "restarts": 2, "methods": ["greedy", "pam"]})");
  const Json more = run_study("solvers", R"({"n": 200, "restarts": 3, "methods": ["greedy", "pam"]})");
  for (std::size_t row = 0; row < 2; ++row) {
    EXPECT_EQ(few.at("tables").at("runs").at("rows").as_array()[row].dump(),
              more.at("tables").at("runs").at("rows").as_array()[row].dump());
    EXPECT_EQ(few.at("tables").at("runs").at("rows").as_array()[2 + row].dump(),
              more.at("tables").at("runs").at("rows").as_array()[3 + row].dump());
  }
}

TEST(Solvers, BadInput) {
  const auto refused = [](const std::string& settings, const Files& files) {
    return refusal("solvers", upload + settings + "}", files);
  };
  const auto refused_matrix = [](const std::string& matrix) {
    return refusal("solvers", R"({"k": 2, "methods": ["pam"]})", {{"dissimilarity", matrix}});
  };
  expect_refusal(refused(R"("k": 2)", {}), "input 'data' is missing");
  expect_refusal(refusal("solvers", R"({"dataset": "fashion-mnist"})"), "input 'data' is missing");
  expect_refusal(refused(R"("k": 5)", {{"data", "1,0\n1,0\n2,0\n3,1\n4,0\n"}}),
                 "k=5 but only 4 distinct points");
  expect_refusal(refused(R"("k": 2)", {{"data", "1,0\n2,inf\n"}}), "data.csv row 2, column 2");
  expect_refusal(refused(R"("k": 2)", {{"data", "1,0\n2,1\n"}, {"starts", "1\n2\n"}}),
                 "starts.csv has 1 columns; allowed: 2");
  expect_refusal(refused(R"("k": 3, "medoid_limit": 2, "methods": ["pam"])", {{"data", "1\n2\n3\n4\n"}}),
                 "k=3 but only 2 points for k-medoids");
  expect_refusal(refusal("solvers", R"({"d": 1})"), "d=1 has no polygon");
  expect_refusal(refusal("solvers", R"({"k": 1})"), "k");
  expect_refusal(refusal("solvers", R"({"methods": []})"), "0 entries");
  expect_refusal(refusal("solvers", R"({"methods": ["pam", "pam"]})"), "named twice");
  expect_refusal(refusal("solvers", R"({"methods": ["ward"]})"), "ward");
  expect_refusal(refusal("solvers", "{}", {{"dissimilarity", "0,1\n1,0\n"}}),
                 "lloyd needs points, but a dissimilarity matrix is given");
  expect_refusal(
      refusal("solvers", R"({"methods": ["pam"]})", {{"dissimilarity", "0,1\n1,0\n"}, {"data", "1\n"}}),
      "both given");
  expect_refusal(refused_matrix("0,1,2\n1,0,3\n"), "2 rows of 3 columns; allowed: a square matrix");
  expect_refusal(refused_matrix("0,-1,2\n-1,0,3\n2,3,0\n"), "entry (1, 2) is -1; allowed: no negative");
  expect_refusal(refused_matrix("0,1,2\n1,0.5,3\n2,3,0\n"),
                 "entry (2, 2) is 0.5; allowed: 0 on the diagonal");
  expect_refusal(refused_matrix("0,1,2\n1,0,3\n2,4,0\n"), "entry (2, 3) is 3 but entry (3, 2) is 4");
  expect_refusal(refused_matrix("a,b\n0,1\n"), "dissimilarity.csv row 1");
  expect_refusal(refused_matrix("0\n"), "k=2 but only 1 points");
}

}  // namespace
}  // namespace reprise::protoclust
