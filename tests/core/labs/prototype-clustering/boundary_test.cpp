// The tube around boundaries by hand and by many random solutions; the study boundary-core.
#include "base/random.h"
#include "core/labs/study_runs.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/tube.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>

namespace reprise::protoclust {
namespace {

using namespace reprise::testing;

void expect_refusal(const std::string& found, const std::string& part) {
  EXPECT_NE(found.find(part), std::string::npos) << "found: " << found;
}

TEST(Tube, FourPointsByHand) {
  // Prototypes 0 and 10 move by 1 and 2: a point at x keeps its label when |x| + 1 < |x − 10| − 2.
  const Points points(5, 1, {0, 3, 4, 6.4, 10});
  const Labels labels = {0, 0, 0, 1, 1};
  const Points reference(2, 1, {0, 10});
  const TubeReference tubes(points, labels, reference);
  EXPECT_EQ(tubes.distance_margin(0), 10);
  EXPECT_NEAR(tubes.distance_margin(3), 6.4 - 3.6, 1e-15);
  const Points solution(2, 1, {12, 1});
  const Tube tube = tubes.compare(solution, nearest_labels(points, solution, parse_loss("kmeans")));
  EXPECT_EQ(tube.match, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(tube.shifts, (std::vector<double>{1, 2}));
  // 0: 1 < 8 safe. 3: 4 < 5 safe. 4: 5 < 4 no. 6.4: 3.6 + 2 < 6.4 − 1 no. 10: 2 < 9 safe.
  EXPECT_EQ(tube.inside, (std::vector<std::uint8_t>{0, 0, 1, 1, 0}));
  // The new boundary is 6.5: only 6.4 changes sides.
  EXPECT_EQ(tube.error, (std::vector<std::uint8_t>{0, 0, 0, 1, 0}));
}

TEST(Tube, HoldsEveryDisagreementOfRandomSolutions) {
  Random random(4, "points");
  for (int repeat = 0; repeat < 300; ++repeat) {
    const std::int64_t clusters = 1 + static_cast<std::int64_t>(random.below(5));
    Points points(60, 2), reference(clusters, 2), solution(clusters, 2);
    for (double& value : points.values) value = random.normal();
    for (double& value : reference.values) value = random.normal();
    const double size = random.uniform();
    for (std::size_t i = 0; i < solution.values.size(); ++i)
      solution.values[i] = reference.values[i] + size * random.normal();
    const Loss loss = parse_loss("kmeans");
    const Labels labels = nearest_labels(points, reference, loss);
    const Tube tube =
        TubeReference(points, labels, reference).compare(solution, nearest_labels(points, solution, loss));
    for (std::size_t i = 0; i < tube.error.size(); ++i) EXPECT_LE(tube.error[i], tube.inside[i]);
  }
}

TEST(Boundary, ErrorsLiveInTheTubeAndNearTheBoundary) {
  const Json report = run_study("boundary-core", "{}");
  for (const char* id : {"tube", "concentrate", "core"}) EXPECT_EQ(verdict(report, id), "holds") << id;
  EXPECT_EQ(verdict(report, "decreasing"), "left out");
  EXPECT_GT(metric(report, "errors_total"), 0);
  EXPECT_EQ(metric(report, "errors_outside_tube"), 0);
  // Errors of the solutions, of the points and of the deciles are the same errors.
  double by_solution = 0, by_point = 0, by_decile = 0;
  const auto used = static_cast<std::size_t>(metric(report, "solutions_used"));
  for (std::size_t row = 0; row < used; ++row)
    by_solution += 600 * cell(report, "solutions", row, "error").as_number();
  for (std::size_t row = 0; row < 600; ++row) by_point += cell(report, "points", row, "errors").as_number();
  for (std::size_t row = 0; row < 10; ++row) by_decile += cell(report, "deciles", row, "errors").as_number();
  EXPECT_NEAR(by_solution, metric(report, "errors_total"), 1e-6);
  EXPECT_EQ(by_point, metric(report, "errors_total"));
  EXPECT_EQ(by_decile, metric(report, "errors_total"));
  EXPECT_NEAR(cell(report, "deciles", 0, "error_rate").as_number(),
              cell(report, "deciles", 0, "errors").as_number() / (60 * static_cast<double>(used)), 1e-12);
}

TEST(Boundary, NegativeControlFails) {
  // No groups, runs that have not converged: errors are everywhere.
  const Json report = run_study(
      "boundary-core",
      R"({"sep": 0, "k": 5, "solutions": "lloyd", "lloyd_iterations": 3, "max_gap": 1, "perturbations": 40})");
  EXPECT_EQ(verdict(report, "concentrate"), "fails");
  EXPECT_EQ(verdict(report, "tube"), "holds");
  EXPECT_EQ(verdict(report, "core"), "left out");
}

TEST(Boundary, PrototypesOfOnesOwnAreTheOnlySolution) {
  const std::string settings = R"({"dataset": "upload", "standardise": false, "max_gap": 0})";
  const Json report =
      run_study("boundary-core", settings,
                {{"data", "0\n3\n4\n6.4\n10\n"}, {"labels", "a\na\na\nb\nb\n"}, {"prototypes", "12\n1\n"}});
  // Means 7/3 and 8.2 move to 1 and 12; the boundary from 5.27 to 6.5.
  EXPECT_EQ(metric(report, "solutions_used"), 1);  // whatever its gap
  EXPECT_EQ(metric(report, "errors_total"), 1);
  EXPECT_EQ(cell(report, "points", 3, "errors").as_number(), 1);
  EXPECT_NEAR(cell(report, "solutions", 0, "largest_shift").as_number(), 3.8, 1e-12);
  EXPECT_NEAR(cell(report, "points", 3, "margin").as_number(), (6.4 - 7.0 / 3) - (8.2 - 6.4), 1e-12);
  // Loss of the solution: 1 + 4 + 9 + 29.16 + 4; of the benchmark: 26/3 and 6.48.
  EXPECT_NEAR(cell(report, "solutions", 0, "gap").as_number(), 47.16 / (26.0 / 3 + 6.48) - 1, 1e-12);
  EXPECT_NEAR(cell(report, "points", 1, "x").as_number(), 3, 1e-12);
}

TEST(Boundary, MoreSolutionsChangeNoEarlierOne) {
  const Json few = run_study("boundary-core", R"({"n": 100, "perturbations": 9, "max_gap": 2})");
  const Json more = run_study("boundary-core", R"({"n": 100, "perturbations": 20, "max_gap": 2})");
  for (std::size_t row = 0; row < 5; ++row)
    EXPECT_EQ(few.at("tables").at("solutions").at("rows").as_array()[row].dump(),
              more.at("tables").at("solutions").at("rows").as_array()[row].dump());
}

TEST(Boundary, BadInput) {
  expect_refusal(refusal("boundary-core", R"({"dataset": "upload"})"), "input 'data' is missing");
  expect_refusal(refusal("boundary-core", "{}", {{"data", "1\n2\n"}}), "does not read the input 'data'");
  for (const char* study : {"boundary-core", "solvers"}) {  // as their paper presets are without a file
    const std::string said = refusal(study, R"({"dataset": "fashion-mnist"})");
    for (const char* part : {"Fashion-MNIST", "IDX file", "train-images-idx3-ubyte", "dataset-fashion-mnist",
                             "/usr/share/datasets/fashion-mnist", "gunzip"})
      expect_refusal(said, part);
  }
  expect_refusal(refusal("boundary-core", R"({"dataset": "fashion-mnist"})", {{"data", "\x1f\x8b\b"}}),
                 "compressed by gzip; allowed: the file unpacked");
  expect_refusal(refusal("boundary-core", R"({"max_gap": -1})"), "max_gap");
  expect_refusal(refusal("boundary-core", "{}", {{"prototypes", "1\n2\n"}}), "prototypes.csv has 1 columns");
  const auto refused = [](const Files& files) {
    return refusal("boundary-core", R"({"dataset": "upload", "k": 5})", files);
  };
  expect_refusal(refused({{"data", "1,0\n1,0\n2,0\n3,1\n4,0\n"}}), "k=5 but only 4 distinct points");
  expect_refusal(refused({{"data", "1,0\n2,nan\n"}}), "not finite");
  expect_refusal(refused({{"data", "1,0\n2,1\n"}, {"labels", "0\n"}}), "1 labels for 2 rows");
  expect_refusal(refused({{"data", "1,0\n2,1\n"}, {"labels", "0\n1\n"}, {"prototypes", "1,2\n"}}),
                 "1 prototypes; allowed: 2, one a label");
}

}  // namespace
}  // namespace reprise::protoclust
