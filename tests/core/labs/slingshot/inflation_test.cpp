// The linear model against hand calculation and its closed form, descent against the linear model, and the
// study's claims with their controls.
#include "labs/slingshot/inflation.h"

#include "core/labs/study_runs.h"
#include "labs/slingshot/inflation_start.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::slingshot {
namespace {

using namespace reprise::testing;

TEST(LinearInflation, ByHand) {
  // K = 2, N = 2, δ = 1, η = 0.1.
  const LinearInflation model = predict_growth({1, 2, 2, 0.1, 0.1, 1});
  EXPECT_DOUBLE_EQ(model.eigenvalue(), 0.05);
  const auto one = model.after(1, 0, 1), two = model.after(2, 0, 1);
  EXPECT_DOUBLE_EQ(one[0], -0.05);
  EXPECT_DOUBLE_EQ(one[1], 1);
  EXPECT_DOUBLE_EQ(two[0], -0.1);
  EXPECT_DOUBLE_EQ(two[1], 1.0025);
}

TEST(LinearInflation, PowerIsThatOfTheEigenvalues) {
  const LinearInflation model = predict_growth({0.02, 7, 35, 0.3, 0.8, 0.5});
  const double lambda = 0.5 * 0.02 * 6 * std::sqrt(0.3 * 0.8 / (7 * 35));
  EXPECT_NEAR(model.eigenvalue(), lambda, 1e-16);
  for (const int t : {0, 1, 2, 17, 1000}) {
    const double up = std::pow(1 + lambda, t), down = std::pow(1 - lambda, t);
    const double ratio = std::sqrt(model.a / model.b);
    const auto found = model.after(t, 0.3, -0.7);
    EXPECT_NEAR(found[0], (up + down) / 2 * 0.3 + ratio * (up - down) / 2 * 0.7, 1e-12);
    EXPECT_NEAR(found[1], -(up + down) / 2 * 0.7 - (up - down) / (2 * ratio) * 0.3, 1e-12);
  }
  EXPECT_EQ(predict_growth({0, 3, 3, 1, 1, 1}).after(100, 2, 5), (std::array<double, 2>{2, 5}));
}

InflationStart small_start() {
  return {.num_classes = 4, .samples_per_class = 3, .dimension = 6, .margin = 5};
}

TEST(FreeFeatures, StartHasEqualMargins) {
  const FreeFeatures state = make_start(small_start(), Random(1, "directions"), Random(1, "means"));
  ASSERT_EQ(state.samples(), 12);
  ASSERT_EQ(state.classes(), 4);
  for (std::size_t i = 0; i < 12; ++i) {
    double z[4];
    for (std::size_t k = 0; k < 4; ++k) {
      z[k] = 0;
      for (std::size_t j = 0; j < 6; ++j) z[k] += state.weights[k * 6 + j] * state.features[i * 6 + j];
    }
    for (std::size_t k = 0; k < 4; ++k) {
      if (k != i % 4) {
        EXPECT_NEAR(z[i % 4] - z[k], 5, 1e-12);
      }
    }
  }
  EXPECT_NEAR(norm(state.h_mean()), 0.01, 1e-15);
  EXPECT_NEAR(norm(state.w_mean()), 0.01 * std::sqrt(3.0), 1e-15);
}

TEST(FreeFeatures, RepairedKernelsKeepTheMeanRow) {
  // Gradients that add up to zero over classes do not move w̄, in any format.
  for (const char* arm : {"float64:log_softmax", "float32:recentred", "bfloat16:recentred"}) {
    FreeFeatures state = make_start(small_start(), Random(1, "directions"), Random(1, "means"));
    const double before = norm(state.w_mean());
    FreeFeatureDescent descent(state, {0, 4, 12, 1, 1, 1}, parse_arm(arm));
    for (int step = 0; step < 200;) step += descent.advance() ? 1 : 0;
    // bfloat16 rounds −Σ of three equal gradients, at most half a unit in the last of 8 bits.
    EXPECT_NEAR(norm(state.w_mean()) / before, 1, arm[0] == 'b' ? 3e-3 : 1e-5) << arm;
  }
}

TEST(InflationModel, FrozenGradientsGiveTheMatrixPower) {
  for (const char* start : {"growing", "random"}) {
    const Json report = run_study("inflation-model",
                                  R"({"mode":"frozen","steps":10000,"start":")" + std::string(start) + "\"}");
    EXPECT_LE(metric(report, "relative_error"), 1e-12) << start;
    EXPECT_NEAR(metric(report, "eigenvalue"), 0.01 * 9 / std::sqrt(500.0), 1e-17);
    EXPECT_NEAR(metric(report, "log_growth"), 10000 * std::log1p(0.09 / std::sqrt(500.0)),
                start[0] == 'g' ? 1e-9 : 1.0);
  }
}

TEST(InflationModel, MeanOutrunsClassesByTheirNumberLessOne) {
  for (const int classes : {2, 3, 10}) {
    const Json report = run_study(
        "inflation-model", R"({"mode":"frozen","steps":400,"num_classes":)" + std::to_string(classes) + "}");
    EXPECT_EQ(verdict(report, "rate-ratio"), "holds") << classes;
    EXPECT_NEAR(metric(report, "rate_ratio"), classes - 1, 0.02 * (classes - 1));
  }
}

TEST(InflationModel, KernelGrowsAsPredictedFromTheGrowingStartOnly) {
  for (const char* setting : {R"("format":"bfloat16")", R"("format":"float16","eta_w":10,"eta_h":10)",
                              R"("format":"float32","eta_w":1e5,"eta_h":1e5)"}) {
    const std::string config = R"({"steps":400,)" + std::string(setting);
    const Json growing = run_study("inflation-model", config + "}");
    EXPECT_EQ(verdict(growing, "kernel-growth"), "holds") << setting;
    EXPECT_NEAR(metric(growing, "log_growth") / metric(growing, "log_growth_predicted"), 1, 1e-9) << setting;
    EXPECT_GT(metric(growing, "log_growth"), 0.04) << setting;
    EXPECT_EQ(verdict(run_study("inflation-model", config + R"(,"start":"random"})"), "kernel-growth"),
              "fails");
  }
}

TEST(InflationModel, GrowthIsThatOfARecurrenceForTheMargin) {
  // Without any kernel: δ = e^(−D)/(1 + (K − 1)e^(−D)), and the class parts, which grow at λ/(K − 1), raise
  // D.
  const auto growth = [](double bits, double eta) {
    double margin = bits * std::log(2) + std::log(9) + 0.5, sum = 0;
    for (int step = 0; step < 400; ++step) {
      const double lambda = eta * std::exp(-margin) / (1 + 9 * std::exp(-margin)) * 9 / std::sqrt(500.0);
      sum += std::log1p(lambda);
      margin *= (1 + lambda / 9) * (1 + lambda / 9);
    }
    return sum;
  };
  const Json single =
      run_study("inflation-model", R"({"steps":400,"format":"float32","eta_w":1e5,"eta_h":1e5})");
  EXPECT_NEAR(metric(single, "log_growth"), growth(24, 1e5), 1e-7);
  const Json brain = run_study("inflation-model", R"({"steps":400})");
  EXPECT_NEAR(metric(brain, "log_growth"), growth(8, 1), 0.004 * growth(8, 1) * 2);  // half a unit in 8 bits
}

TEST(InflationModel, NothingGrowsWithoutAbsorption) {
  const Json report =
      run_study("inflation-model", R"({"steps":400,"format":"float64","margin_format":"bfloat16"})");
  EXPECT_EQ(verdict(report, "no-absorption"), "holds");
  EXPECT_LE(metric(report, "w_mean_change"), 1e-13);
}

TEST(InflationModel, OwnStartByHand) {
  // K = 2, N = 4, d = 3, frozen with δ = 0.01, η = 1: a = 0.005, b = 0.0025; one step.
  const Json report = run_study("inflation-model", R"({"mode":"frozen","steps":1})",
                                {{"weights", "1,0,0.5\n-1,0,0.5\n"},
                                 {"features", "1,0,0\n-1,0,0\n2,1,0\n-1,1,0\n"},
                                 {"labels", "0\n1\n0\n1\n"}});
  // w̄ = (0, 0, 0.5), h̄ = (0.25, 0.5, 0).
  const double w[] = {-0.005 * 0.25, -0.005 * 0.5, 0.5}, h[] = {0.25, 0.5, -0.0025 * 0.5};
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_NEAR(cell(report, "final_means", j, "w_mean").as_number(), w[j], 1e-15);
    EXPECT_NEAR(cell(report, "final_means", j, "h_mean").as_number(), h[j], 1e-15);
    EXPECT_NEAR(cell(report, "final_means", j, "w_mean_predicted").as_number(), w[j], 1e-15);
  }
}

TEST(InflationModel, AnOverflowEndsTheRun) {
  const Json report = run_study("inflation-model", R"({"mode":"frozen","eta_w":1e9,"eta_h":1e9})");
  EXPECT_NE(report.at("warnings").dump().find("Diverged"), std::string::npos);
  EXPECT_EQ(verdict(report, "matrix-power"), "fails");
}

TEST(InflationModel, BadInput) {
  const auto refused = [](const std::string& weights, const std::string& features,
                          const std::string& labels) {
    return refusal("inflation-model", R"({"mode":"frozen"})",
                   {{"weights", weights}, {"features", features}, {"labels", labels}});
  };
  EXPECT_EQ(refused("1,2\n", "1,2\n", "0\n"),
            "weights.csv has 1 row; allowed: one row for each of at least 2 classes");
  EXPECT_EQ(refused("1,2\n3,4\n", "1,2,3\n", "0\n1\n"),
            "features.csv has 3 columns; allowed: 2 columns, as weights has\n"
            "labels.csv has 2 rows; allowed: 1 rows, as features has");
  EXPECT_EQ(
      refused("1,2\n3,4\n", "1,2\n1,2\n1,2\n", "0\n1\n0\n"),
      "labels.csv: classes 0, 1, … have 2, 1 samples; allowed: equally many of every class (the prediction "
      "is exact for balanced classes only)");
  EXPECT_EQ(refused("1,2\n3,4\n", "1,2\n1,2\n", "0\n2\n"),
            "labels.csv row 2: label 2; allowed are integers 0…1");
  EXPECT_EQ(refusal("inflation-model", "{}", {{"weights", "1,2\n3,4\n"}}),
            "input 'features' is missing; weights, features, labels come together");
  EXPECT_EQ(refusal("inflation-model", R"({"dimension":10})"),
            "dimension: 10 with 10 classes; allowed: at least 11, one more than classes");
  EXPECT_NE(refusal("inflation-model", R"({"format":"float8_e5m2","margin_excess":-10})")
                .find("margin_excess: -10"),
            std::string::npos);
}

}  // namespace
}  // namespace reprise::slingshot
