// The example program runs as it stands: its source is compiled in here under another name of main.
#define main example_main
#include "labs/prototype-clustering/example.cpp"
#undef main

#include <gtest/gtest.h>

namespace {

TEST(Example, CertifiesSeparatedGroups) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(example_main(1, nullptr), 0);
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_NE(text.find("gap 0.00: optimal, at most 0.0000"), std::string::npos) << text;
}

TEST(Example, SaysWhyAFileCannotBeRead) {
  char program[] = "example", file[] = "/nowhere/points.csv", k[] = "3";
  char* arguments[] = {program, file, k};
  testing::internal::CaptureStderr();
  EXPECT_EQ(example_main(3, arguments), 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "cannot open /nowhere/points.csv\n");
}

}  // namespace
