// What the opening figure is told, against hand calculation.
#include "labs/slingshot/sample_probe.h"

#include "base/error.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>

namespace reprise::slingshot {
namespace {

Json ask(const std::string& format, const std::string& form, double margin) {
  return probe_sample(Json::object({{"format", format},
                                    {"form", form},
                                    {"margin", margin},
                                    {"offsets", Json(std::vector<double>{1, 2})},
                                    {"max_margin", 20},
                                    {"points", 41}}));
}

double at(const Json& list, std::size_t place) {
  return list.as_array().at(place).as_number();
}

TEST(SampleProbe, SumInTheFormat) {
  const Json answer = ask("float16", "log_softmax", 8);
  EXPECT_EQ(answer.at("logits").dump(), "[0,-8,-9,-10]");
  EXPECT_EQ(answer.at("terms").as_array().at(0).as_number(), 1);
  EXPECT_NEAR(at(answer.at("terms"), 1), std::exp(-8.0), std::exp(-8.0) / 2048);
  EXPECT_EQ(answer.at("sums").dump(), "[1,1,1,1]");  // half a unit of 1 is 2⁻¹¹ > e⁻⁸
  EXPECT_EQ(at(answer.at("gradient"), 0), 0);
  EXPECT_GT(answer.at("gradient_sum").as_number(), 3e-4);
  EXPECT_EQ(at(answer.at("probabilities"), 0), 1);
  EXPECT_NEAR(answer.at("exact_loss").as_number(),
              std::log1p(std::exp(-8.0) + std::exp(-9.0) + std::exp(-10.0)), 1e-15);
  EXPECT_NEAR(answer.at("threshold").as_number(), 7.62413, 1e-4);
  EXPECT_EQ(answer.at("first_absorbed").as_number(), 8);  // the grid of the curve is 0.5 wide
  const Json& curve = answer.at("curve");
  EXPECT_EQ(curve.at("margin").size(), 41U);
  EXPECT_NEAR(at(curve.at("true"), 0), 1 - 1 / (2 + std::exp(-1.0) + std::exp(-2.0)), 1e-3);
  EXPECT_EQ(at(curve.at("true"), 17), 0);
  EXPECT_GT(at(curve.at("others"), 17), 0);
}

TEST(SampleProbe, BeforeTheThresholdAndRepaired) {
  const Json before = ask("float16", "log_softmax", 5);
  EXPECT_LT(at(before.at("gradient"), 0), 0);
  EXPECT_GT(at(before.at("sums"), 1), 1);
  const Json repaired = ask("float16", "recentred", 8);
  EXPECT_LT(at(repaired.at("gradient"), 0), 0);
  // −Σ is rounded to 11 bits.
  EXPECT_LE(std::fabs(repaired.at("gradient_sum").as_number()),
            std::fabs(at(repaired.at("gradient"), 0)) / 1024);
  EXPECT_TRUE(ask("float32", "log1p", 8).at("probabilities").is_null());
  EXPECT_TRUE(ask("float64", "log_softmax", 8).at("first_absorbed").is_null());
}

TEST(SampleProbe, ProbabilitiesAreThoseOfSoftmax) {
  const Json answer = ask("float32", "softmax", 2);
  const double total = 1 + std::exp(-2.0) + std::exp(-3.0) + std::exp(-4.0);
  for (std::size_t k = 0; k < 4; ++k) {
    const double z = k == 0 ? 0 : -1.0 - static_cast<double>(k);
    EXPECT_NEAR(at(answer.at("probabilities"), k), std::exp(z) / total, 1e-7);
    EXPECT_NEAR(at(answer.at("gradient"), k), std::exp(z) / total - (k == 0 ? 1 : 0), 1e-7);
  }
}

TEST(SampleProbe, BadQuestions) {
  EXPECT_THROW(ask("float17", "softmax", 2), InputError);
  EXPECT_THROW(ask("float16", "hardmax", 2), InputError);
  EXPECT_THROW(ask("float16", "softmax", -1), InputError);
  EXPECT_THROW(ask("float16", "softmax", 801), InputError);
}

}  // namespace
}  // namespace reprise::slingshot
