#include "data/number_matrix.h"

#include "base/error.h"

#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace reprise {
namespace {

NumberMatrix read(const std::string& text, const std::string& name = "m.csv") {
  return read_number_matrix(MemoryView(std::string_view(text)), name);
}

NumberMatrix read_npy(const std::vector<double>& values, const std::vector<std::int64_t>& shape) {
  return read_number_matrix(MemoryView(std::span<const std::byte>(write_npy(values, shape))), "m.NPY");
}

template <class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(NumberMatrix, CsvWithoutHeader) {
  const NumberMatrix matrix = read("\n1,2,3\r\n4,-5e-1,6\n\n");
  EXPECT_EQ(matrix.rows, 2);
  EXPECT_EQ(matrix.columns, 3);
  EXPECT_EQ(matrix.values, (std::vector<double>{1, 2, 3, 4, -0.5, 6}));
  EXPECT_EQ(matrix.at(1, 1), -0.5);
  EXPECT_EQ(read("7").values, std::vector<double>{7});
  EXPECT_EQ(read("1\n1\n1\n").rows, 3);  // equal "names" are no error here
}

TEST(NumberMatrix, CsvOfManyRows) {
  std::string text;
  for (int i = 0; i < 50000; ++i) text += std::to_string(i) + "," + std::to_string(2 * i) + "\n";
  const NumberMatrix matrix = read(text);
  ASSERT_EQ(matrix.rows, 50000);
  EXPECT_EQ(matrix.at(49999, 1), 99998);
}

TEST(NumberMatrix, CsvErrorsNameThePlace) {
  EXPECT_EQ(message_of([] { read("1,2\n3,x\n"); }),
            "m.csv row 2, column 2: \"x\" is not a finite number; allowed are finite decimal numbers such as "
            "0.25 or -1e-3");
  EXPECT_EQ(message_of([] { read("1,2\n3\n"); }), "m.csv row 2: 1 field, but row 1 has 2");
  EXPECT_EQ(message_of([] { read(""); }), "m.csv row 1: the file is empty; at least one row is needed");
  EXPECT_EQ(message_of([] { read("nan,1\n"); }).substr(0, 22), "m.csv row 1, column 1:");
  EXPECT_NE(message_of([] { read("1,2\n\n3,4\n"); }).find("blank line, but row 1 has 2 columns"),
            std::string::npos);
}

TEST(NumberMatrix, Npy) {
  EXPECT_EQ(read_npy({1, 2, 3, 4, 5, 6}, {3, 2}).at(2, 0), 5);
  EXPECT_EQ(read_npy({1, 2, 3}, {3}).columns, 1);
  EXPECT_EQ(read_npy({1, 2, 3}, {3}).rows, 3);
  EXPECT_EQ(message_of([] {
              read_npy({1, 2, 3, std::numeric_limits<double>::quiet_NaN()}, {2, 2});
            }),
            "m.NPY row 2, column 2: NaN; allowed are finite numbers");
  EXPECT_EQ(message_of([] {
              read_npy({1, 2}, {1, 2, 1});
            }),
            "m.NPY: an array of 3 dimensions; allowed are one (a column) or two (rows × columns)");
}

}  // namespace
}  // namespace reprise
