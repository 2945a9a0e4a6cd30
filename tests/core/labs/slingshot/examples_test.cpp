#include "labs/slingshot/examples.h"

#include "base/error.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string_view>

namespace reprise::slingshot {
namespace {

TEST(ModularAddition, EveryPairOnceWithItsSum) {
  const Split split = modular_addition(13, 0.5, Random(1, "split"));
  EXPECT_EQ(split.train.rows, 84);  // floor(169/2)
  EXPECT_EQ(split.test.rows, 85);
  std::set<std::pair<int, int>> seen;
  for (const Examples* part : {&split.train, &split.test}) {
    EXPECT_EQ(part->classes, 13);
    for (std::size_t i = 0; i < part->labels.size(); ++i) {
      const int a = part->first[i], b = part->second[i] - 13;  // the second one-hot follows the first
      EXPECT_TRUE(a >= 0 && a < 13 && b >= 0 && b < 13);
      EXPECT_EQ(part->labels[i], (a + b) % 13);
      EXPECT_TRUE(seen.insert({a, b}).second);
    }
  }
  EXPECT_EQ(seen.size(), 169u);
}

TEST(ModularAddition, OneStreamOneSplit) {
  const Split one = modular_addition(7, 0.3, Random(5, "split", {2}));
  const Split same = modular_addition(7, 0.3, Random(5, "split", {2}));
  const Split other = modular_addition(7, 0.3, Random(5, "split", {3}));
  EXPECT_EQ(one.train.labels, same.train.labels);
  EXPECT_EQ(one.train.first, same.train.first);
  EXPECT_NE(one.train.first, other.train.first);
  EXPECT_EQ(modular_train_rows(113, 0.4), 5107);  // floor(0.4 · 12769)
}

Examples read(std::string_view text) {
  return read_examples(MemoryView(text), "table.csv");
}

std::string problem_of(std::string_view text) {
  try {
    read(text);
  } catch (const InputError& error) {
    EXPECT_EQ(error.problems().front().key, "train");
    return error.what();
  }
  return "";
}

TEST(ExampleTable, NumbersAndLabels) {
  const Examples table = read("x,y,label\n0.5,-1,0\n2,3e1,2\n");
  EXPECT_EQ(table.rows, 2);
  EXPECT_EQ(table.inputs, 2);
  EXPECT_EQ(table.classes, 3);
  EXPECT_EQ(table.features, (std::vector<float>{0.5F, -1, 2, 30}));
  EXPECT_EQ(table.labels, (std::vector<std::int32_t>{0, 2}));
}

TEST(ExampleTable, ProblemsNameRowAndColumn) {
  const std::string text = problem_of("x,label\n1,0\nbig,1\n");
  EXPECT_NE(text.find("row 2"), std::string::npos) << text;
  EXPECT_NE(text.find("column \"x\""), std::string::npos) << text;
  EXPECT_EQ(problem_of("x,label\n1,0\n2,1.5\n"),
            "table.csv: row 2, column 'label' is 1.5; allowed: integers 0…K − 1");
  EXPECT_EQ(problem_of("x,label\n1,-1\n"),
            "table.csv: row 1, column 'label' is -1; allowed: integers 0…K − 1");
  EXPECT_EQ(problem_of("x,label\n1,0\n2,0\n"),
            "table.csv: every label is 0, so there is one class; allowed: at least 2 classes");
  EXPECT_EQ(problem_of("x,label\n"), "table.csv has no rows; allowed: at least 2 rows");
  EXPECT_EQ(problem_of("label,x\n0,1\n"),
            "table.csv: the last of 2 columns is 'x'; allowed: one or more numeric columns, then 'label'");
}

TEST(SplitExamples, BothPartsHaveRows) {
  const Examples digits = digit_examples();
  EXPECT_EQ(digits.rows, 1797);
  EXPECT_EQ(*std::max_element(digits.features.begin(), digits.features.end()), 1);
  const Split split = split_examples(digits, 1200, Random(1, "split"));
  EXPECT_EQ(split.train.rows, 1200);
  EXPECT_EQ(split.test.rows, 597);
  EXPECT_EQ(split.test.features.size(), 597u * 64u);
  double before = 0, after = 0;
  for (const float value : digits.features) before += static_cast<double>(value);
  for (const float value : split.train.features) after += static_cast<double>(value);
  for (const float value : split.test.features) after += static_cast<double>(value);
  EXPECT_EQ(before, after);  // multiples of 1/16: sums are exact
  try {
    split_examples(digits, 1797, Random(1, "split"));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "n_train=1797 leaves no row for testing out of 1797; allowed: 1…1796");
  }
}

}  // namespace
}  // namespace reprise::slingshot
