#include "data/rows_estimate.h"

#include "data/npy.h"

#include <gtest/gtest.h>
#include <string>

namespace reprise {
namespace {

TEST(RowsEstimate, NpyIsExact) {
  const std::vector<double> values(12);
  const MemorySource source(write_npy(values, {6, 2}));
  EXPECT_EQ(estimate_rows(source, "scores.npy"), 6);
  EXPECT_EQ(estimate_rows(source, "SCORES.NPY"), 6);
}

TEST(RowsEstimate, IdxIsExactWhateverItsName) {
  const std::string bytes("\0\0\x08\x02\0\0\0\x03\0\0\0\x02qrstuv", 18);
  EXPECT_EQ(estimate_rows(MemoryView(std::string_view(bytes)), "t10k-images-idx3-ubyte"), 3);
}

TEST(RowsEstimate, SmallCsvIsExact) {
  EXPECT_EQ(estimate_rows(MemoryView("a,b\n1,2\n3,4\n\n"), "scores.csv"), 2);
  EXPECT_EQ(estimate_rows(MemoryView("a,b\n1,2\n3,4"), "scores.csv"), 2);
  EXPECT_EQ(estimate_rows(MemoryView("a\n\"x\ny\"\n"), "scores.csv"), 1);
  EXPECT_EQ(estimate_rows(MemoryView("a,b\n"), "scores.csv"), 0);
}

TEST(RowsEstimate, LargeCsvFromTheMeanLine) {
  // Lines of exactly 8 bytes: the estimate has no error but the rounding.
  std::string text = "score,label\n";
  for (int i = 0; i < 100'000; ++i) text += "0.125,1\n";
  EXPECT_EQ(estimate_rows(MemoryView(text), "scores.csv"), 100'000);
}

TEST(RowsEstimate, NothingForFilesThatCannotBeRead) {
  EXPECT_EQ(estimate_rows(MemoryView(""), "scores.csv"), std::nullopt);
  EXPECT_EQ(estimate_rows(MemoryView("a,b\n1\n"), "scores.csv"), std::nullopt);
  EXPECT_EQ(estimate_rows(MemoryView("a,b\n1,2\n"), "scores.npy"), std::nullopt);
  EXPECT_EQ(estimate_rows(MemoryView("a,b\n1,2\n"), "csv"), std::nullopt);
  EXPECT_EQ(estimate_rows(MemoryView("a,b\n" + std::string(100'000, 'x')), "scores.csv"), std::nullopt);
}

}  // namespace
}  // namespace reprise
