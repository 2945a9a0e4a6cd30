// Atoms against closed forms and brute force, the study loss-tradeoff, its bad input.
#include "core/labs/study_runs.h"
#include "labs/prototype-clustering/atoms.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace reprise::protoclust {
namespace {

using namespace reprise::testing;

constexpr double infinity = std::numeric_limits<double>::infinity();

void expect_refusal(const std::string& found, const std::string& part) {
  EXPECT_NE(found.find(part), std::string::npos) << "found: " << found;
}

TEST(Atoms, OnePrototypeForTwoByASearchOverItsPlace) {
  for (const char* name :
       {"kmeans", "kmedians", "power:1.5", "power:3", "huber:2", "logcosh:0.7", "capped:2"}) {
    const Loss loss = parse_loss(name);
    for (const double b : {0.05, 0.3, 0.7}) {
      for (const double distance : {0.5, 2.0, 7.0}) {
        const double a = 1 - b;
        double least = infinity;
        for (int i = 0; i <= 20000; ++i) {
          const double t = distance * i / 20000.0;
          least = std::min(least, a * loss.psi(t) + b * loss.psi(distance - t));
        }
        EXPECT_NEAR(pair_cost(loss, a, b, distance), least, 2e-7 * least) << name << b << distance;
        EXPECT_LE(pair_cost(loss, a, b, distance), least * (1 + 1e-12)) << name << b << distance;
      }
    }
  }
}

TEST(Atoms, ThresholdsByHand) {
  // q = 2: 1 + √((1 + p)/p); q = 1: 1/p. Outliers: 1 + √((1 + η)/4η), 1 + (1 − η)/2η.
  const auto two = [](const char* name, double share) {
    return measured_threshold(AtomInstance::TwoAtom, parse_loss(name), share);
  };
  const auto outlier = [](const char* name, double share) {
    return measured_threshold(AtomInstance::Outlier, parse_loss(name), share);
  };
  EXPECT_NEAR(two("kmeans", 0.2), 3.449490, 1e-6);
  EXPECT_NEAR(two("kmedians", 0.01), 100, 1e-6);
  EXPECT_NEAR(two("power:3", 0.01), 1 + std::cbrt(0.99 * std::pow(std::pow(0.495, -0.5) + 10, 2)), 1e-6);
  EXPECT_NEAR(outlier("kmeans", 0.01), 6.024938, 1e-6);
  EXPECT_NEAR(outlier("kmedians", 0.01), 50.5, 1e-6);
  EXPECT_EQ(outlier("capped:5", 0.001), infinity);  // η δ² = 0.025 against a merge cost near 1/4
  // Capped at 5: nothing below a share of 1/26.
  EXPECT_EQ(two("capped:5", 0.038), infinity);
  EXPECT_NEAR(two("capped:5", 0.039), 6.16, 0.01);
  EXPECT_EQ(closed_form_threshold(AtomInstance::TwoAtom, parse_loss("capped:5"), 0.038), infinity);
  EXPECT_TRUE(std::isnan(closed_form_threshold(AtomInstance::TwoAtom, parse_loss("capped:5"), 0.039)));
  // Huber is k-means while distances stay below δ (half of it: the threshold is the same).
  EXPECT_NEAR(two("huber:100", 0.1), two("kmeans", 0.1), 1e-6);
  EXPECT_NEAR(two("huber:0.001", 0.1), two("kmedians", 0.1), 0.02);
}

TEST(Tradeoff, AtomsFollowTheLaws) {
  const Json report = run_study("loss-tradeoff", "{}");
  EXPECT_EQ(verdict(report, "closed-form"), "holds");
  EXPECT_EQ(verdict(report, "slope-kmeans"), "holds");
  EXPECT_EQ(verdict(report, "slope-kmedians"), "holds");
  EXPECT_EQ(verdict(report, "capped-blind"), "holds");
  EXPECT_EQ(verdict(report, "discs-ratio"), "left out");
  EXPECT_NEAR(cell(report, "slopes", 0, "slope").as_number(), -0.494, 0.002);
  EXPECT_NEAR(cell(report, "slopes", 1, "slope").as_number(), -1.013, 0.002);
  EXPECT_NEAR(cell(report, "slopes", 2, "slope").as_number(), -0.96, 0.02);
  EXPECT_EQ(cell(report, "slopes", 3, "slope").as_string(), "NaN");  // capped: one finite threshold at most
  EXPECT_EQ(report.at("tables").at("recovery").at("rows").as_array().size(), 4u * 7 * 24);
  const Json outlier = run_study("loss-tradeoff", R"({"instance": "outlier"})");
  EXPECT_EQ(verdict(outlier, "closed-form"), "holds");
  EXPECT_EQ(verdict(outlier, "capped-blind"), "left out");
  // The words for the powers mean the same losses.
  const Json words = run_study("loss-tradeoff", R"({"losses": ["kmeans", "kmedians"]})");
  EXPECT_EQ(verdict(words, "slope-kmeans"), "holds");
  EXPECT_EQ(cell(words, "thresholds", 0, "measured").as_number(),
            cell(report, "thresholds", 0, "measured").as_number());
}

TEST(Tradeoff, SlopesNeedSharesThatReachFarDown) {
  const Json report = run_study("loss-tradeoff", R"({"shares": [0.05, 0.04, 0.03]})");
  EXPECT_EQ(verdict(report, "slope-kmeans"), "left out");
  EXPECT_EQ(verdict(report, "closed-form"), "holds");
}

TEST(Tradeoff, DiscsAndTheirNegativeControl) {
  const std::string common =
      R"("instance": "discs", "losses": ["power:2", "power:1"], "n": 200, "trials": 2, )";
  const Json small = run_study("loss-tradeoff", "{" + common + R"("shares": [0.02]})");
  EXPECT_EQ(verdict(small, "discs-ratio"), "holds");
  EXPECT_EQ(verdict(small, "closed-form"), "left out");
  EXPECT_EQ(small.at("tables").at("recovery").at("rows").as_array().size(), 2u * 24);
  const Json large = run_study("loss-tradeoff", "{" + common + R"("shares": [0.1]})");
  EXPECT_EQ(verdict(large, "discs-ratio"), "fails");  // at a tenth of the points the losses see alike
  EXPECT_LE(metric(large, "discs_ratio"), 1.5);
  // Another share changes no row of this one.
  const Json both = run_study("loss-tradeoff", "{" + common + R"("shares": [0.1, 0.02]})");
  EXPECT_EQ(both.at("tables").at("recovery").at("rows").as_array()[24].dump(),
            small.at("tables").at("recovery").at("rows").as_array()[0].dump());
}

TEST(Tradeoff, BadInput) {
  expect_refusal(refusal("loss-tradeoff", R"({"losses": []})"), "0 entries");
  expect_refusal(refusal("loss-tradeoff", R"({"shares": []})"), "0 entries");
  expect_refusal(refusal("loss-tradeoff", R"({"shares": [0.4]})"), "shares");
  expect_refusal(refusal("loss-tradeoff", R"({"shares": [0]})"), "shares");
  expect_refusal(refusal("loss-tradeoff", R"({"losses": ["power:0.5"]})"),
                 "losses: 'power:0.5': q lies in 1");
  expect_refusal(refusal("loss-tradeoff", R"({"losses": ["huber:0"]})"), "positive");
  expect_refusal(refusal("loss-tradeoff", R"({"losses": ["kmedians-l1"]})"), "kmedians on a line");
  expect_refusal(refusal("loss-tradeoff", R"({"losses": ["median"]})"), "unknown loss");
}

}  // namespace
}  // namespace reprise::protoclust
