// Closed forms, the values of the specification measured with the kernel, and the study's claims with their
// controls.
#include "labs/slingshot/absorption.h"

#include "core/labs/study_runs.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::slingshot {
namespace {

using namespace reprise::testing;

FloatFormat format(const char* name) {
  return *tensor::find_format(name);
}

TEST(AbsorptionThreshold, ClosedForms) {
  const std::tuple<const char*, double, double> rows[] = {
      {"float64", 36.7368, 745.13},  {"float32", 16.6355, 103.97}, {"tf32", 7.6246, 94.96},
      {"float16", 7.6246, 17.33},    {"bfloat16", 5.5452, 92.88},  {"float8_e4m3", 2.7726, 6.93},
      {"float8_e5m2", 2.0794, 11.78}};
  for (const auto& [name, bits_ln2, underflow] : rows) {
    const AbsorptionThreshold threshold = absorption_threshold(format(name), 10);
    EXPECT_NEAR(threshold.single, bits_ln2 - std::log1p(std::exp(-bits_ln2)), 6e-5) << name;
    EXPECT_NEAR(threshold.all_equal_exact, bits_ln2 + std::log(9.0), 6e-5) << name;
    EXPECT_NEAR(threshold.zero_underflow, underflow, 6e-3) << name;
  }
  EXPECT_THROW(absorption_threshold(format("float32"), 1), InputError);
}

TEST(AbsorptionThreshold, TheFormulaIsTheEdgeOfRounding) {
  // e^(−D) as a number of the format is at most 2^(−p) exactly from D* on, up to its own rounding.
  for (const char* name : {"float32", "float16", "bfloat16"}) {
    const FloatFormat f = format(name);
    const double half = std::ldexp(1.0, -f.precision);
    EXPECT_EQ(tensor::round_to(1 + half, f), 1) << name;
    EXPECT_GT(tensor::round_to(1 + half * (1 + std::ldexp(1.0, 1 - f.precision)), f), 1) << name;
    const double threshold = absorption_threshold(f, 2).single;
    EXPECT_LE(tensor::round_to(std::exp(-threshold - 1e-6), f), half) << name;
  }
  EXPECT_EQ(std::exp(-16.7F) + 1.0F, 1.0F);
  EXPECT_NE(std::exp(-16.6F) + 1.0F, 1.0F);
}

TEST(FirstAbsorbed, DependsOnOrderPositionAndLogits) {
  const auto found = [](const char* arm, std::int64_t classes, std::int64_t true_index, double max_logit) {
    return first_absorbed({parse_arm(arm), classes, true_index, max_logit});
  };
  EXPECT_EQ(found("float16:log_softmax", 2, 0, 0), 7.625);
  EXPECT_NEAR(found("float8_e4m3:softmax", 2, 0, 0), 2.63, 0.005);
  EXPECT_EQ(found("float8_e5m2:softmax", 2, 0, 0), 1.875);
  EXPECT_NEAR(found("bfloat16:log_softmax", 2, 0, 0), 5.55, 0.005);
  EXPECT_NEAR(found("float32:log_softmax:lanes8", 100, 0, 0), 19.21, 0.01);
  EXPECT_NEAR(found("float32:log_softmax:pairwise", 100, 0, 0), 20.22, 0.005);
  EXPECT_NEAR(found("float32:log_softmax:kahan", 100, 0, 0), 21.24, 0.01);
  EXPECT_NEAR(found("float32:log_softmax", 10, 9, 0), 18.84, 0.005);
  EXPECT_NEAR(found("float32:logsumexp", 10, 0, 100), 14.69, 0.005);
  EXPECT_NEAR(found("float32:logsumexp", 10, 0, 1000), 12.60, 0.01);
  EXPECT_EQ(found("float32:stablemax", 3, 0, 0), -1);
  // A repaired form is zero only where everything has underflowed.
  EXPECT_NEAR(found("float32:recentred", 2, 0, 0), 103.97, 0.005);
}

TEST(FirstAbsorbed, ZeroSumDefectBeforeTheThreshold) {
  // Relative defect, float32, 10 classes, sequential: published values are means around these margins, since
  // at a single margin it is as good as random.
  const auto defect = [](std::int64_t true_index, double margin) {
    const SampleResult result = kernel_at({parse_arm("float32:log_softmax"), 10, true_index, 0}, margin);
    double sum = 0, size = 0;
    for (const double g : result.gradient) {
      sum += g;
      size += std::fabs(g);
    }
    return std::fabs(sum) / size;
  };
  const auto mean_defect = [&](std::int64_t true_index, double margin) {
    double sum = 0;
    for (int i = -256; i < 256; ++i) sum += defect(true_index, margin + (i + 0.5) / 1024);
    return sum / 512;
  };
  const std::tuple<int, double, double> rows[] = {{0, 10, 3.3e-4}, {0, 14, 0.017}, {0, 16, 0.053},
                                                  {9, 10, 3.8e-5}, {9, 14, 0.002}, {9, 17, 0.04},
                                                  {9, 18, 0.078}};
  for (const auto& [index, margin, expected] : rows) {
    EXPECT_NEAR(mean_defect(index, margin), expected, 0.3 * expected) << index << " at " << margin;
  }
  EXPECT_EQ(defect(0, 17), 1);
  EXPECT_EQ(defect(9, 19), 1);
}

TEST(ProbabilityAt, IsThatOfTheKernel) {
  // Far from the threshold all forms agree with 1/(1 + 2 e^(−D)).
  const double exact = 1 / (1 + 2 * std::exp(-3.0));
  for (const char* form : {"softmax", "log_softmax", "logsumexp", "recentred", "mean_subtracted", "log1p"}) {
    EXPECT_NEAR(probability_at({parse_arm("float32:" + std::string(form)), 3, 1, 0}, 3), exact, 3e-7) << form;
  }
  EXPECT_EQ(probability_at({parse_arm("float32:recentred"), 3, 0, 0}, 20), 1);
}

TEST(AbsorptionThresholdStudy, ClaimsHoldForThreeFormsAndFailForTheOthers) {
  for (const char* form : {"softmax", "log_softmax", "logsumexp"}) {
    for (const char* name :
         {"float64", "float32", "tf32", "float16", "bfloat16", "float8_e4m3", "float8_e5m2", "p30"}) {
      const Json report =
          run_study("absorption-threshold",
                    R"({"points":100,"format":")" + std::string(name) + R"(","form":")" + form + "\"}");
      for (const Json& one : report.at("claims").as_array()) {
        EXPECT_EQ(one.at("status").as_string(), "holds") << name << " " << form << " " << one.dump();
      }
    }
  }
  for (const char* form : {"recentred", "mean_subtracted", "log1p", "stablemax"}) {
    for (const char* name : {"float32", "float16"}) {
      const Json report =
          run_study("absorption-threshold",
                    R"({"points":100,"format":")" + std::string(name) + R"(","form":")" + form + "\"}");
      EXPECT_EQ(verdict(report, "threshold-formula"), "fails") << name << " " << form;
      EXPECT_EQ(verdict(report, "exact-zero"), "fails") << name << " " << form;
      EXPECT_THROW(claim(report, "order-effect"), std::runtime_error);
    }
  }
}

TEST(AbsorptionThresholdStudy, SweepBesideTheExactGradient) {
  const Json report = run_study("absorption-threshold", R"({"points":41,"max_margin":20})");
  for (std::size_t row = 0; row < 41; ++row) {
    const double margin = cell(report, "sweep", row, "margin").as_number();
    EXPECT_DOUBLE_EQ(margin, static_cast<double>(row) / 2);
    const double others = 9 * std::exp(-margin);
    const double exact = cell(report, "sweep", row, "exact_gradient_true").as_number();
    EXPECT_NEAR(exact, -others / (1 + others), 1e-15);
    EXPECT_NEAR(cell(report, "sweep", row, "gradient_true").as_number(), exact, 1e-6);
    EXPECT_NEAR(cell(report, "sweep", row, "gradient_wrong").as_number() * 9,
                cell(report, "sweep", row, "gradient_wrong_sum").as_number(), 1e-12);
    const bool past = margin >= metric(report, "first_absorbed");
    EXPECT_EQ(cell(report, "sweep", row, "gradient_true").as_number() == 0, past) << margin;
  }
}

TEST(AbsorptionThresholdStudy, BadInput) {
  EXPECT_EQ(refusal("absorption-threshold", R"({"num_classes":3,"true_index":3})"),
            "true_index: 3 with 3 classes; allowed: 0…2");
  EXPECT_EQ(refusal("absorption-threshold", R"({"num_classes":1})"),
            "num_classes: found 1; allowed: an integer 2…1000");
  EXPECT_NE(
      refusal("absorption-threshold", R"({"format":"p53"})").find("format: found \"p53\"; allowed: float64"),
      std::string::npos);
}

}  // namespace
}  // namespace reprise::slingshot
