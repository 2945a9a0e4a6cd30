#include "labs/slingshot/arm.h"

#include <gtest/gtest.h>

namespace reprise::slingshot {
namespace {

TEST(Arm, FormatFormAndOrder) {
  const Arm arm = parse_arm("bfloat16:logsumexp:pairwise");
  EXPECT_EQ(arm.name, "bfloat16:logsumexp:pairwise");
  EXPECT_EQ(arm.format, *tensor::find_format("bfloat16"));
  EXPECT_EQ(arm.form, CrossEntropyForm::logsumexp);
  EXPECT_EQ(arm.order, SumOrder::pairwise);
  EXPECT_EQ(parse_arm("float16:softmax").order, SumOrder::sequential);
  const Arm alone = parse_arm("float64");
  EXPECT_EQ(alone.form, CrossEntropyForm::log_softmax);
  EXPECT_TRUE(is_float64(alone));
}

TEST(Arm, AnyNumberOfBits) {
  const FloatFormat eight = *find_arm_format("p8");
  const FloatFormat bfloat16 = *tensor::find_format("bfloat16");
  EXPECT_EQ(eight.precision, 8);
  EXPECT_EQ(eight.least_exponent, bfloat16.least_exponent);
  EXPECT_EQ(eight.largest, bfloat16.largest);
  EXPECT_EQ(eight.name, "p8");
  EXPECT_EQ(find_arm_format("p08"), eight);
  EXPECT_EQ(find_arm_format("p52")->name, "p52");
  EXPECT_EQ(find_arm_format("p24")->largest, tensor::find_format("float32")->largest);
  for (const char* bad : {"p1", "p53", "p", "p8x", "p-8", "p100", "float17", ""}) {
    EXPECT_FALSE(find_arm_format(bad)) << bad;
  }
}

TEST(Arm, ProblemsNameThePlaceAndWhatIsAllowed) {
  std::vector<Problem> problems;
  check_arms("arms",
             {"float16:log_softmax", "float17:softmax", "float16:softmin", "float16:softmax:random",
              "float32", "float16:softmax:kahan:1", "float16:log_softmax"},
             problems);
  ASSERT_EQ(problems.size(), 6u);
  EXPECT_EQ(
      problems[0].message,
      "arms: entry 2 'float17:softmax': unknown format 'float17'; allowed: float64, float32, tf32, float16, "
      "bfloat16, float8_e4m3, float8_e5m2, p2…p52");
  EXPECT_EQ(
      problems[1].message,
      "arms: entry 3 'float16:softmin': unknown form 'softmin'; allowed: softmax, log_softmax, logsumexp, "
      "recentred, mean_subtracted, log1p, stablemax");
  EXPECT_EQ(problems[2].allowed, "sequential, reverse, pairwise, lanes8, exact, kahan");
  EXPECT_EQ(
      problems[3].message,
      "arms: entry 5 'float32': the form is missing; allowed: format:form or format:form:order, or float64");
  EXPECT_EQ(problems[4].value, "float16:softmax:kahan:1");
  EXPECT_EQ(problems[5].message,
            "arms: entry 7 'float16:log_softmax' repeats entry 1; allowed: every arm once");
  for (const Problem& problem : problems) EXPECT_EQ(problem.key, "arms");
}

TEST(Arm, RolesOfArms) {
  const std::vector<Arm> arms =
      parse_arms({"float64", "float64:softmax", "float16:recentred", "float16:mean_subtracted",
                  "float16:stablemax", "p12:logsumexp", "float32:softmax"});
  EXPECT_EQ(test_arm(arms), 5u);
  EXPECT_TRUE(is_repaired(arms[2]));
  EXPECT_TRUE(is_repaired(parse_arm("float32:log1p")));
  EXPECT_FALSE(is_repaired(arms[3]));  // counts as neither
  EXPECT_FALSE(is_repaired(arms[5]));
  EXPECT_FALSE(test_arm(std::span(arms).first(5)));
}

}  // namespace
}  // namespace reprise::slingshot
