// Every study of own points on the sets that a sceptic would try: points without groups, copies, as many
// clusters as points, one far outlier, points on a line in the plane. What must hold holds, what cannot be
// proved is not, and every run ends.
#include "base/random.h"
#include "core/labs/study_runs.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace reprise {
namespace {

using testing::claim;
using testing::metric;
using testing::run_study;
using testing::verdict;

std::string row(double x, double y) {
  return std::to_string(x) + "," + std::to_string(y) + "\n";
}

struct Doubtful {
  const char* name;
  int clusters;
  std::string points;
  double certified_bound;  ///< of the fitted clustering, at a gap of 0
};

std::vector<Doubtful> doubtful_sets() {
  Random random(1, "points");
  Doubtful uniform = {"uniform", 3, "", 1}, copies = {"copies", 4, "", 0}, outlier = {"outlier", 2, "", 0},
           line = {"line", 2, "", 0};
  for (int i = 0; i < 100; ++i) uniform.points += row(random.uniform(), random.uniform());
  for (int i = 0; i < 40; ++i) copies.points += row(i % 4, i % 4 * (i % 4));
  for (int i = 0; i < 60; ++i) outlier.points += row(random.normal(), random.normal());
  outlier.points += row(1000, 1000);
  for (int i = 0; i < 60; ++i) {
    const double t = random.normal() + (i % 2 == 0 ? 0 : 9);
    line.points += row(t, 2 * t + 1);
  }
  return {uniform, copies, {"every point a cluster", 4, "0,0\n5,1\n9,4\n20,3\n", 0}, outlier, line};
}

Json run(const char* study, const char* selector, const char* clusters, const Doubtful& set) {
  std::string k = std::to_string(set.clusters);
  if (std::string(clusters) == "k_list") k = "[" + k + "]";
  return run_study(study,
                   R"({"standardise": false, ")" + std::string(selector) + R"(": "upload", ")" + clusters +
                       "\": " + k + "}",
                   {{"data", set.points}});
}

TEST(Sceptic, CertificateSaysWhatItCan) {
  for (const Doubtful& set : doubtful_sets()) {
    const Json report = run("certificate", "source", "k_list", set);
    EXPECT_EQ(metric(report, "bound"), set.certified_bound) << set.name;
    EXPECT_EQ(verdict(report, "certified"), set.certified_bound == 1 ? "fails" : "holds") << set.name;
    const std::string& reason = claim(report, "certified").at("reason").as_string();
    EXPECT_NE(reason.find(set.certified_bound == 1 ? "too close for a proof" : "at most 0 % of the labels"),
              std::string::npos)
        << set.name << ": " << reason;
  }
  const Json iris = run_study("certificate", R"({"source": "iris", "k_list": [2], "restarts": 5})");
  EXPECT_EQ(claim(iris, "certified").at("reason").as_string(), "clusters are 6.2 % too close for a proof");
}

TEST(Sceptic, NoSolutionBreaksABound) {
  for (const Doubtful& set : doubtful_sets()) {
    const Json gaps = run("gap-vs-error", "dataset", "k", set);
    EXPECT_EQ(verdict(gaps, "no-violation"), "holds") << set.name;
    EXPECT_EQ(verdict(gaps, "fixed-prototype-bound"), "holds") << set.name;
    const Json search = run("equally-good", "dataset", "k", set);
    EXPECT_EQ(verdict(search, "interval"), "holds") << set.name;
    EXPECT_EQ(metric(search, "certified_bound"), set.certified_bound) << set.name;
    EXPECT_EQ(metric(search, "found_error") > 0, set.certified_bound == 1) << set.name;
    EXPECT_EQ(verdict(search, "core"), set.certified_bound == 1 ? "left out" : "holds") << set.name;
    EXPECT_EQ(verdict(run("boundary-core", "dataset", "k", set), "tube"), "holds") << set.name;
  }
}

TEST(Sceptic, EverySolverEnds) {
  for (const Doubtful& set : doubtful_sets()) {
    const Json report = run("solvers", "dataset", "k", set);
    for (const char* id : {"accelerations-identical", "hartigan-monotone", "pam-local-optimum"})
      EXPECT_EQ(verdict(report, id), "holds") << set.name << ", " << id;
    if (set.clusters == 4) {  // as many places
      EXPECT_EQ(metric(report, "best_loss"), 0) << set.name;
    }
  }
}

}  // namespace
}  // namespace reprise
