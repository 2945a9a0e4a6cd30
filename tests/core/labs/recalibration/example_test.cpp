// The example program runs as it stands: its source is compiled in here under another name of main.
#define main example_main
#include "labs/recalibration/example.cpp"
#undef main

#include <cstdlib>
#include <gtest/gtest.h>

namespace {

std::string output_of_example(int count, char** arguments, int expected_status) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(example_main(count, arguments), expected_status);
  return testing::internal::GetCapturedStdout();
}

/// The number behind `words`, from `from` on.
double number_after(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  EXPECT_NE(at, std::string::npos) << words << " is not in\n" << text;
  return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + words.size(), nullptr);
}

TEST(Example, SimulatedScoresAreTwiceTooSure) {
  const std::string text = output_of_example(1, nullptr, 0);
  EXPECT_NE(text.find("10000 rows"), std::string::npos);
  // The labels were drawn with half the log odds that the score claims.
  EXPECT_NEAR(number_after(text, "Platt: slope"), .5, .04);
  EXPECT_NEAR(number_after(text, "intercept"), 0, .1);
  // Recalibration pays on rows that were not fitted: lower Brier score, lower calibration error.
  EXPECT_LT(number_after(text, "\nbins"), number_after(text, "\nraw"));
  EXPECT_LT(number_after(text, "\nPlatt  "), number_after(text, "\nraw"));
  EXPECT_GT(number_after(text, "score .8 means"), number_after(text, "here,"));
}

TEST(Example, SaysWhyAFileCannotBeRead) {
  char program[] = "example";
  char path[] = "/nowhere/scores.csv";
  char* arguments[] = {program, path};
  testing::internal::CaptureStderr();
  output_of_example(2, arguments, 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "cannot open /nowhere/scores.csv\n");
}

}  // namespace
