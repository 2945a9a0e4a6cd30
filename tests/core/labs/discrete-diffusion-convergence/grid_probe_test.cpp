// What the opening figure is told: parts that add up, and arguments that cannot be used.
#include "labs/discrete-diffusion-convergence/grid_probe.h"

#include "base/error.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::diffusion {
namespace {

TEST(GridProbe, PartsAddUp) {
  for (const char* freeze : {"score", "rate"}) {
    const Json answer =
        probe_grid(Json::object({{"schedule", "geometric"}, {"levels", 12}, {"freeze", freeze}}));
    double sum = answer.at("init").as_number();
    for (const Json& term : answer.at("terms").as_array()) sum += term.as_number();
    EXPECT_NEAR(answer.at("error").as_number(), sum, 1e-14);
    EXPECT_LE(std::fabs(answer.at("error").as_number()), answer.at("tv").as_number());
    EXPECT_LE(answer.at("tv").as_number(), answer.at("bound").as_number());
    EXPECT_EQ(answer.at("sigma").size(), 13U);
  }
}

TEST(GridProbe, ALevelOfOnesOwnIsTheScheduleThatHasIt) {
  const Json schedule =
      probe_grid(Json::object({{"schedule", "quadratic"}, {"levels", 5}, {"freeze", "score"}}));
  const Json own = probe_grid(Json::object({{"sigma", schedule.at("sigma")}}));
  EXPECT_EQ(own.dump(), schedule.dump());
}

TEST(GridProbe, RefusesWhatItCannotUse) {
  for (const char* arguments : {R"({"schedule": "geometric", "levels": 41, "freeze": "score"})",
                                R"({"schedule": "none", "levels": 4, "freeze": "score"})",
                                R"({"schedule": "linear", "levels": 4, "freeze": "both"})",
                                R"({"sigma": [1, 2]})", R"({"sigma": [2, 0]})", R"({"sigma": [2]})", "{}"}) {
    EXPECT_THROW(probe_grid(Json::parse(arguments)), InputError) << arguments;
  }
}

}  // namespace
}  // namespace reprise::diffusion
