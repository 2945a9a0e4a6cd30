// The example program runs as it stands: its source is compiled in here under another name of main.
#define main example_main
#include "labs/slingshot/example.cpp"
#undef main

#include <cstdlib>
#include <gtest/gtest.h>

namespace {

std::string output_of_example(int count, char** arguments, int expected_status) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(example_main(count, arguments), expected_status);
  return testing::internal::GetCapturedStdout();
}

/// The numbers of the line that begins with `name`.
std::vector<double> numbers_of(const std::string& text, const std::string& name) {
  std::vector<double> numbers;
  const std::size_t at = text.find("\n" + name);
  EXPECT_NE(at, std::string::npos) << name;
  if (at == std::string::npos) return numbers;
  const char* place = text.c_str() + at + 1 + name.size();
  for (char* end = nullptr;; place = end) {
    const double number = std::strtod(place, &end);
    if (end == place) return numbers;
    numbers.push_back(number);
    if (*end == '\n') return numbers;
  }
}

TEST(Example, NarrowFormatsAbsorbAndRepairedOnesDoNot) {
  const std::string text = output_of_example(1, nullptr, 0);
  const auto wide = numbers_of(text, "float64"), single = numbers_of(text, "float32"),
             brain = numbers_of(text, "bfloat16");
  ASSERT_EQ(wide.size(), 5U);
  ASSERT_EQ(single.size(), 5U);
  ASSERT_EQ(brain.size(), 5U);
  EXPECT_NEAR(single[0], 16.6355, 1e-3);
  EXPECT_NEAR(brain[0], 5.5412, 1e-3);  // 8 ln 2 − ln(1 + 2⁻⁸)
  EXPECT_EQ(wide[1], 0);
  // Margins are about uniform up to 25 less the noise of the runner-up.
  EXPECT_GT(single[1], 0.15);
  EXPECT_GT(brain[1], 0.6);
  EXPECT_LT(single[4], single[3]);
}

TEST(Example, SaysWhyAFileCannotBeRead) {
  char program[] = "example", logits[] = "/nowhere/logits.csv", labels[] = "/nowhere/labels.csv";
  char* arguments[] = {program, logits, labels};
  testing::internal::CaptureStderr();
  output_of_example(3, arguments, 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "cannot open /nowhere/logits.csv\n");
}

}  // namespace
