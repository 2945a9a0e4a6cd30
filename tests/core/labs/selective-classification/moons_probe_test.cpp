// The question of the interactive figure: its parts add up, and move the way they must.
#include "labs/selective-classification/moons_probe.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace reprise::selective {
namespace {

Json ask(const std::string& text) {
  return probe_moons(Json::parse(text));
}
double part(const Json& answer, const char* name) {
  return answer.at("parts").at(name).as_number();
}

TEST(MoonsProbe, PartsAddUpToTheMeasuredGap) {
  const Json answer = ask(R"({"sigma": 0.3, "model": "mlp", "rotation": 20, "labels": 400, "seed": 3})");
  EXPECT_NEAR(answer.at("gap").as_number(),
              part(answer, "bayes") + part(answer, "approximation") + part(answer, "ranking") -
                  part(answer, "discount") + part(answer, "shift") + part(answer, "statistical"),
              1e-12);
  EXPECT_EQ(answer.at("points").size(), 120U);
  EXPECT_EQ(answer.at("map").at("eta").size(), 576U);
  EXPECT_EQ(answer.at("curve").at("accuracy").size(), 50U);
}

TEST(MoonsProbe, NoiseRaisesBayesAndRotationRaisesShift) {
  const Json calm = ask(R"({"sigma": 0.2, "model": "mlp", "rotation": 0, "labels": 400, "seed": 1})");
  const Json noisy = ask(R"({"sigma": 0.8, "model": "mlp", "rotation": 0, "labels": 400, "seed": 1})");
  const Json turned = ask(R"({"sigma": 0.2, "model": "mlp", "rotation": 60, "labels": 400, "seed": 1})");
  EXPECT_GT(part(noisy, "bayes"), part(calm, "bayes") + 0.05);
  EXPECT_EQ(part(calm, "shift"), 0);
  EXPECT_GT(part(turned, "shift"), 0.05);
}

TEST(MoonsProbe, OwnPointsComeBack) {
  const Json answer = ask(R"({"sigma": 0.2, "model": "logreg", "rotation": 0, "labels": 50, "seed": 1,
                              "points": [[0, 1, 0], [1, -0.5, 1], [0.5, 0.9, 0]]})");
  EXPECT_EQ(answer.at("points").dump(), "[[0,1,0],[1,-0.5,1],[0.5,0.9,0]]");
}

TEST(MoonsProbe, RefusesWhatItCannotUse) {
  const std::string rest = R"("model": "mlp", "rotation": 0, "labels": 50, "seed": 1})";
  EXPECT_THROW(ask(R"({"sigma": 0.01, )" + rest), InputError);
  EXPECT_THROW(ask(R"({"sigma": 0.2, "points": [[0, 1, 0]], )" + rest), InputError);
  EXPECT_THROW(ask(R"({"sigma": 0.2, "points": [[0, 1]], )" + rest), InputError);
  EXPECT_THROW(ask(R"({"sigma": 0.2, "model": "svm", "rotation": 0, "labels": 50, "seed": 1})"), InputError);
  EXPECT_THROW(ask(R"({"sigma": 0.2, "model": "mlp", "rotation": 200, "labels": 50, "seed": 1})"),
               InputError);
}

}  // namespace
}  // namespace reprise::selective
