#include "study/partial.h"

#include "base/error.h"
#include "study/stored_table.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise {
namespace {

const std::vector<ColumnSpec> specs = {
    {"n", ColumnType::Integer}, {"risk", ColumnType::Real}, {"rule", ColumnType::Text}};

TEST(Partial, BytesReadBackTheSame) {
  Partial partial;
  Table& table = partial.table("fits", specs);
  table.append_row(-3, 0.1, "plug in");
  table.append_row(1LL << 53, std::nan(""), "");
  table.append_row(7, -INFINITY, "ü, \"quoted\"");
  partial.table("empty", {{"x", ColumnType::Real}});
  partial.warn("careful");

  const Partial copy = Partial::from_bytes(partial.to_bytes());
  const Table& read = *copy.find("fits");
  EXPECT_EQ(read.integers("n"), (std::vector<std::int64_t>{-3, 1LL << 53, 7}));
  EXPECT_EQ(read.texts("rule"), (std::vector<std::string>{"plug in", "", "ü, \"quoted\""}));
  EXPECT_EQ(read.reals("risk")[0], 0.1);
  EXPECT_TRUE(std::isnan(read.reals("risk")[1]));
  EXPECT_EQ(read.reals("risk")[2], -INFINITY);
  EXPECT_EQ(copy.find("empty")->rows(), 0U);
  EXPECT_EQ(copy.to_bytes(), partial.to_bytes());
}

TEST(Partial, NewRowsTakenInPiecesAddUpToTheWhole) {
  Partial partial, collected;
  for (int i = 0; i < 10; ++i) {
    partial.table("fits", specs).append_row(i, i * 0.5, "r" + std::to_string(i));
    if (i % 3 == 0) collected.append(Partial::from_bytes(partial.take_new_rows().to_bytes()));
  }
  collected.append(partial.take_new_rows());
  EXPECT_EQ(collected.to_bytes(), partial.to_bytes());
  EXPECT_TRUE(partial.take_new_rows().empty());
}

TEST(StoredTable, RowsOfSeveralPartialsInPiecesOfAnySize) {
  StoredPartials partials;
  Table all(specs);
  int next = 0;
  for (const int rows : {3, 0, 5, 1}) {
    Partial partial;
    partial.table("other", {{"x", ColumnType::Real}}).append_row(rows);
    for (int row = 0; row < rows; ++row, ++next) {
      const std::string text(static_cast<std::size_t>(next % 4), static_cast<char>('a' + next));
      partial.table("fits", specs).append_row(next, next * 0.5, text);
      all.append_row(next, next * 0.5, text);
    }
    partials.push_back(std::make_shared<MemorySource>(partial.to_bytes()));
  }
  const StoredTable table = find_stored_table(partials, "fits");
  EXPECT_EQ(table.rows, 9U);
  EXPECT_EQ(table.specs, specs);
  for (const std::size_t piece_rows : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
    Table read(specs);
    visit_rows(table, piece_rows, [&](const Table& piece) {
      EXPECT_LE(piece.rows(), piece_rows);
      read.append(piece);
    });
    EXPECT_EQ(read.integers("n"), all.integers("n"));
    EXPECT_EQ(read.reals("risk"), all.reals("risk"));
    EXPECT_EQ(read.texts("rule"), all.texts("rule"));
  }
  EXPECT_EQ(first_rows(table, 4).texts("rule"), (std::vector<std::string>{"", "b", "cc", "ddd"}));
  EXPECT_EQ(first_rows(table, 100).rows(), 9U);
  EXPECT_EQ(find_stored_table(partials, "unknown").rows, 0U);
}

TEST(Partial, DamagedBytesAreRefused) {
  Partial partial;
  partial.table("fits", specs).append_row(1, 2.0, "three");
  std::vector<std::byte> bytes = partial.to_bytes();
  bytes.resize(bytes.size() - 1);
  EXPECT_THROW(Partial::from_bytes(bytes), InputError);
  EXPECT_THROW(Partial::from_bytes({}), InputError);
}

TEST(Table, RowsOfTheWrongShapeAreBugs) {
  Table table(specs);
  EXPECT_THROW(table.append_row(1, 2.0), std::logic_error);
  EXPECT_THROW(table.append_row("one", 2.0, "three"), std::logic_error);
  EXPECT_THROW(table.append(Table({{"n", ColumnType::Integer}})), std::logic_error);
}

}  // namespace
}  // namespace reprise
