#include "labs/recalibration/edge_probe.h"

#include "base/error.h"
#include "base/random.h"

#include <gtest/gtest.h>

namespace reprise::recal {
namespace {

const ScoreModel identity = ScoreModel::named("identity", 2, 0.5, 1, 1, 0);

TEST(EdgeProbe, RisksOfTheIdentityModelFollowFromTheAnswerItself) {
  // Z uniform, h*(z) = z: a bin (u, v] has mass v − u, truth (u + v)/2 and sharpness (v − u)³/12.
  const Json answer = probe_edges(identity, {7, 500, 2, {0.2, 0.5, 0.6}});
  const double ends[] = {0, 0.2, 0.5, 0.6, 1};
  double calibration = 0, sharpness = 0;
  std::int64_t rows = 0;
  for (std::size_t b = 0; b < 4; ++b) {
    const Json& bin = answer.at("bins").as_array()[b];
    const double width = ends[b + 1] - ends[b], middle = (ends[b] + ends[b + 1]) / 2;
    EXPECT_NEAR(bin.at("truth").as_number(), middle, 1e-12);
    EXPECT_NEAR(bin.at("sharpness").as_number(), width * width * width / 12, 1e-12);
    const double gap = bin.at("value").as_number() - middle;
    EXPECT_NEAR(bin.at("calibration").as_number(), width * gap * gap, 1e-12);
    calibration += width * gap * gap;
    sharpness += width * width * width / 12;
    rows += bin.at("count").as_integer();
  }
  EXPECT_EQ(rows, 500);
  EXPECT_NEAR(answer.at("risk").as_number(), calibration + sharpness, 1e-12);
}

TEST(EdgeProbe, CountsThoseOfTheStudysOwnSample) {
  Random random(7, "sample", {500, 2});
  std::int64_t rows = 0, positives = 0;
  for (int i = 0; i < 500; ++i) {
    const Draw draw = identity.draw(random);
    if (draw.score <= 0.2) {
      ++rows;
      positives += draw.label;
    }
  }
  const Json bin = probe_edges(identity, {7, 500, 2, {0.2}}).at("bins").as_array()[0];
  EXPECT_EQ(bin.at("count").as_integer(), rows);
  EXPECT_DOUBLE_EQ(bin.at("value").as_number(), static_cast<double>(positives) / static_cast<double>(rows));
}

TEST(EdgeProbe, WithoutEdgesTheMapIsOneNumber) {
  // Sharpness risk is then the variance of h*: 1/12 for the identity model.
  const Json answer = probe_edges(identity, {1, 100, 0, {}});
  EXPECT_EQ(answer.at("bins").size(), 1U);
  EXPECT_NEAR(answer.at("sharpness").as_number(), 1.0 / 12, 1e-12);
}

TEST(EdgeProbe, BinsWithoutRowsLieBetweenTheirNeighbours) {
  const Json answer = probe_edges(identity, {1, 1, 0, {0.25, 0.5, 0.75}});
  const Json::Array& bins = answer.at("bins").as_array();
  for (const Json& bin : bins) EXPECT_EQ(bin.at("value"), bins[0].at("value"));
}

TEST(EdgeProbe, BadQuestionsAreNamed) {
  for (const char* arguments :
       {R"({"seed":1,"n":100,"repeat":0,"ranks":[0.5,0.5]})", R"({"seed":1,"n":100,"repeat":0,"ranks":[1]})",
        R"({"seed":1,"n":100,"repeat":0,"ranks":["a"]})", R"({"seed":1,"n":20001,"repeat":0,"ranks":[]})",
        R"({"seed":1,"n":100.5,"repeat":0,"ranks":[]})", R"({"seed":1,"n":100,"ranks":[]})", "[]"}) {
    EXPECT_THROW(EdgeQuestion::from_json(Json::parse(arguments)), InputError) << arguments;
  }
}

}  // namespace
}  // namespace reprise::recal
