// The probe behind the opening figure: what must hold wherever the groups are dragged.
#include "labs/prototype-clustering/groups_probe.h"

#include "core/labs/study_runs.h"
#include "labs/prototype-clustering/certificate.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>

namespace reprise::protoclust {
namespace {

Json ask(const std::string& centers) {
  return probe_groups(
      Json::parse(R"({"share": 0.33, "points": 150, "epsilon": 0, "seed": 1, "centers": )" + centers + "}"));
}

TEST(GroupsProbe, FarGroupsAreCertifiedAndNearOnesAreNot) {
  const Json far = ask("[[0,0],[12,0],[6,10]]");
  EXPECT_EQ(far.at("status").as_string(), "optimal");
  EXPECT_LT(far.at("ratio").as_number(), 1);
  EXPECT_EQ(far.at("bound").as_number(), 0);
  EXPECT_EQ(far.at("error").as_number(), 0);
  EXPECT_EQ(far.at("observed").as_number(), 0);
  const Json near = ask("[[0,0],[4,0],[2,3.4]]");
  EXPECT_EQ(near.at("status").as_string(), "not-certified");
  EXPECT_GE(near.at("ratio").as_number(), 1);
  EXPECT_EQ(near.at("bound").as_number(), 1);
}

TEST(GroupsProbe, BallsOverlapExactlyWhenTheRatioSaysSo) {
  for (const double side : {4.0, 6.0, 7.0, 8.0, 9.0, 12.0}) {
    const std::string text = std::to_string(side);
    const Json answer = ask("[[0,0],[" + text + ",0]]");
    const Json::Array& at = answer.at("prototypes").as_array();
    const Json::Array& radii = answer.at("radii").as_array();
    const double distance = std::hypot(at[0].as_array()[0].as_number() - at[1].as_array()[0].as_number(),
                                       at[0].as_array()[1].as_number() - at[1].as_array()[1].as_number());
    const double ratio = (radii[0].as_number() + radii[1].as_number()) / distance;
    EXPECT_NEAR(ratio, answer.at("ratio").as_number(), 1e-9) << side;
    EXPECT_EQ(ratio < 1, answer.at("status").as_string() != "not-certified") << side;
  }
}

TEST(GroupsProbe, WhatIsFoundNeverExceedsWhatIsProved) {
  for (const char* centers : {"[[0,0],[8,0],[4,7]]", "[[0,0],[9,0]]", "[[0,0],[9,0],[9,9],[0,9]]"}) {
    for (const char* epsilon : {"0", "0.02", "0.1", "0.3"}) {
      const Json answer =
          probe_groups(Json::parse(R"({"share": 0.3, "points": 200, "seed": 3, "epsilon": )" +
                                   std::string(epsilon) + R"(, "centers": )" + centers + "}"));
      EXPECT_LE(answer.at("observed").as_number(), answer.at("bound").as_number() + 1e-12);
      double unsafe = 0;
      for (const Json& point : answer.at("points").as_array()) unsafe += 1 - point.as_array()[4].as_number();
      if (answer.at("status").as_string() != "not-certified") {
        EXPECT_LE(answer.at("observed").as_number() * 200, unsafe + 1e-9);
      }
    }
  }
}

TEST(GroupsProbe, NoiseStaysWhenACentreMoves) {
  const Json here = ask("[[0,0],[12,0]]"), there = ask("[[0,0],[13,0]]");
  const auto coordinate = [](const Json& answer, std::size_t point, std::size_t j) {
    return answer.at("points").as_array()[point].as_array()[j].as_number();
  };
  EXPECT_EQ(coordinate(here, 0, 0), coordinate(there, 0, 0));
  EXPECT_NEAR(coordinate(there, 149, 0) - coordinate(here, 149, 0), 1, 1e-12);
  // ⌊0.33 · 150⌋ = 49 points in the first group.
  int first = 0;
  for (const Json& point : here.at("points").as_array())
    first += point.as_array()[2].as_number() == 0 ? 1 : 0;
  EXPECT_EQ(first, 49);
}

TEST(GroupsProbe, BadArguments) {
  const auto refuse = [](const char* key, const char* value) {
    Json arguments =
        Json::parse(R"({"share": 0.3, "points": 50, "epsilon": 0, "seed": 1, "centers": [[0,0],[9,0]]})");
    probe_groups(arguments);  // as it stands it is fine
    arguments[key] = Json::parse(value);
    EXPECT_THROW(probe_groups(arguments), InputError) << key << value;
  };
  refuse("centers", "[[0,0]]");
  refuse("centers", "[[0,0],[1]]");
  refuse("centers", "[[0,0],[1e9,0]]");
  refuse("epsilon", "-1");
  refuse("points", "5");
  refuse("share", "1");
  const Study& study = testing::registry().find("prototype-clustering/certificate");
  EXPECT_THROW(study.probe(study.resolve("", Json::object()), "nothing", Json::object()), InputError);
}

}  // namespace
}  // namespace reprise::protoclust
