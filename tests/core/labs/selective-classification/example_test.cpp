// The example program runs as it stands: its source is compiled in here under another name of main.
#define main example_main
#include "labs/selective-classification/example.cpp"
#undef main

#include <gtest/gtest.h>

namespace {

std::string line_with(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  EXPECT_NE(at, std::string::npos) << text;
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

TEST(Example, PlattLeavesTheGapAndAThresholdIsFound) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(example_main(1, nullptr), 0);
  const std::string text = testing::internal::GetCapturedStdout();
  const std::string before = line_with(text, "E-AURC "),
                    after = line_with(text, "after Platt scaling: E-AURC ");
  EXPECT_EQ(before.substr(7, 7), after.substr(28, 7));
  line_with(text, "answer iff score > ");
}

TEST(Example, SaysWhyAFileCannotBeRead) {
  char program[] = "example", scores[] = "/nowhere/scores.csv";
  char* arguments[] = {program, scores};
  testing::internal::CaptureStderr();
  EXPECT_EQ(example_main(2, arguments), 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "cannot open /nowhere/scores.csv\n");
}

}  // namespace
