#include "data/csv.h"

#include "messages.h"

#include <gtest/gtest.h>
#include <stdexcept>

namespace reprise {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string_view text, std::size_t chunk_bytes = 1U << 20U) {
  const MemoryView source(text);
  CsvReader reader(source, "scores.csv", chunk_bytes);
  Rows rows = {reader.columns()};
  while (reader.next_row()) {
    rows.emplace_back();
    for (std::size_t i = 0; i < reader.columns().size(); ++i) rows.back().emplace_back(reader.field(i));
    EXPECT_EQ(reader.row(), static_cast<std::int64_t>(rows.size()) - 1);
  }
  EXPECT_FALSE(reader.next_row());
  EXPECT_EQ(reader.bytes_read(), text.size());
  return rows;
}

/// The records are the same however the file is cut into chunks.
void expect_rows(std::string_view text, const Rows& expected) {
  for (const std::size_t chunk : {1U, 2U, 3U, 5U, 7U, 16U, 1U << 20U}) {
    EXPECT_EQ(rows_of(text, chunk), expected) << "chunk of " << chunk;
  }
}

TEST(Csv, PlainRows) {
  expect_rows("score,label\n0.25,1\n-3,0\n", {{"score", "label"}, {"0.25", "1"}, {"-3", "0"}});
  expect_rows("score,label\n0.25,1\n-3,0", {{"score", "label"}, {"0.25", "1"}, {"-3", "0"}});
  expect_rows("score,label\r\n0.25,1\r\n-3,0\r\n", {{"score", "label"}, {"0.25", "1"}, {"-3", "0"}});
  expect_rows("a,b,c\n,,\n1,,3\n", {{"a", "b", "c"}, {"", "", ""}, {"1", "", "3"}});
  expect_rows("a\n", {{"a"}});
  expect_rows("a", {{"a"}});
}

TEST(Csv, ByteOrderMarkAndSpacesInTheHeader) {
  expect_rows("\xEF\xBB\xBFscore, label \n1,2\n", {{"score", "label"}, {"1", "2"}});
  expect_rows("größe,δ\n1,2\n", {{"größe", "δ"}, {"1", "2"}});
}

TEST(Csv, QuotesAsInRfc4180) {
  expect_rows("\"aaa\",\"b \"\"q\"\" b\",\"c\nc\"\r\nx,\"\",\"a,b\"\r\n",
              {{"aaa", "b \"q\" b", "c\nc"}, {"x", "", "a,b"}});
  expect_rows("a,b\n\"1\r\n2\",\"\"\"\"\n\"x\",y\r\n", {{"a", "b"}, {"1\r\n2", "\""}, {"x", "y"}});
  expect_rows("a,b\n\"x\",\"y\"", {{"a", "b"}, {"x", "y"}});
  expect_rows("a,b\n\"x\",\"y\"\r", {{"a", "b"}, {"x", "y"}});
  expect_rows("a,b\n\"x\",y\r", {{"a", "b"}, {"x", "y"}});
  expect_rows("a,b\n\"x\",\r\n\"\",\n", {{"a", "b"}, {"x", ""}, {"", ""}});
}

TEST(Csv, BlankLines) {
  expect_rows("a,b\n1,2\n\n\r\n\n", {{"a", "b"}, {"1", "2"}});
  expect_rows("a,b\n1,2\n\r", {{"a", "b"}, {"1", "2"}});
  expect_rows("a\n1\n\n\r\n2\n\n\n", {{"a"}, {"1"}, {""}, {""}, {"2"}});
  expect_rows("a\n\"\"\n", {{"a"}, {""}});
  EXPECT_INPUT_ERROR(rows_of("a,b\n1,2\n\n3,4\n"),
                     "scores.csv row 2: a blank line, but the header has 2 columns (a, b)");
}

TEST(Csv, NumberOfFields) {
  EXPECT_INPUT_ERROR(rows_of("score,label\n1,2\n3\n"),
                     "scores.csv row 2: 1 field, but the header has 2 (score, label)");
  EXPECT_INPUT_ERROR(rows_of("score,label\n1,2,3\n"), "row 1: 3 fields, but the header has 2 (score, label)");
  EXPECT_INPUT_ERROR(rows_of("score,label\n1,2,\n"), "row 1: 3 fields");
}

TEST(Csv, MisplacedQuotes) {
  EXPECT_INPUT_ERROR(rows_of("a,b\n5\" pipe,1\n"),
                     "scores.csv row 1: field 1: a quote inside a field without quotes");
  EXPECT_INPUT_ERROR(rows_of("a,b\n1, \"x\"\n"), "field 2: a quote inside a field without quotes");
  EXPECT_INPUT_ERROR(rows_of("a,b\n\"x\" ,1\n"), "field 1: \" \" after the closing quote");
  EXPECT_INPUT_ERROR(rows_of("a,b\n\"x\"\ry,1\n"), "after the closing quote");
  EXPECT_INPUT_ERROR(rows_of("a,b\n1,2\n\"x,1\n2,3\n"),
                     "scores.csv row 2: field 1: the quote that begins it is never closed");
}

TEST(Csv, Headers) {
  EXPECT_INPUT_ERROR(rows_of(""), "the file is empty");
  EXPECT_INPUT_ERROR(rows_of("\xEF\xBB\xBF"), "the file is empty");
  EXPECT_INPUT_ERROR(rows_of("a,,b\n"), "scores.csv header: column 2 has no name");
  EXPECT_INPUT_ERROR(rows_of("\na,b\n"), "column 1 has no name");
  EXPECT_INPUT_ERROR(rows_of("a,b, a\n"), "two columns are named \"a\"");
  EXPECT_INPUT_ERROR(rows_of("a,\xFF\x41\n"), "column name \"\\xffA\" is not UTF-8");
  EXPECT_INPUT_ERROR(rows_of(std::string_view("PK\x03\x04\0\0", 6)), "scores.csv: the file is binary");
  EXPECT_INPUT_ERROR(rows_of(std::string_view("\xFF\xFE"
                                              "a\0,\0",
                                              6)),
                     "UTF-16");
  EXPECT_INPUT_ERROR(rows_of("a,b\r1,2\r"), "a carriage return inside");
}

TEST(Csv, Limits) {
  const std::string long_field(max_csv_field_bytes, 'x');
  expect_rows("a\n1\n", {{"a"}, {"1"}});
  EXPECT_EQ(rows_of("a\n" + long_field + "\n", 4096).at(1).at(0), long_field);
  EXPECT_EQ(rows_of("a\n\"" + long_field + "\"\n", 4096).at(1).at(0), long_field);
  EXPECT_INPUT_ERROR(rows_of("a\n" + long_field + "x\n"), "row 1: field 1 is longer than 1,000,000 bytes");
  EXPECT_INPUT_ERROR(rows_of("a\n\"" + long_field + "\n\"\n"), "is its closing quote missing?");

  std::string wide = "c0";
  for (std::size_t i = 1; i < max_csv_columns; ++i) wide += ",c" + std::to_string(i);
  EXPECT_EQ(rows_of(wide + "\n").at(0).size(), max_csv_columns);
  EXPECT_INPUT_ERROR(rows_of(wide + ",more\n"), "scores.csv header: more than 10,000 fields");
  EXPECT_INPUT_ERROR(rows_of("\"q\"," + wide + "\n"), "more than 10,000 fields");
  EXPECT_INPUT_ERROR(rows_of("a\n" + std::string(max_csv_row_bytes + 2, 'x')),
                     "more than 16,000,000 bytes without a line end");
}

TEST(Csv, Numbers) {
  const MemoryView source("x,label\n 0.1 ,1\n-1e-3,\"2\"\n1e400,nan\n,inf\n0x10,1 2\n");
  CsvReader reader(source, "scores.csv");
  const std::size_t x = reader.required_column("x");
  const std::size_t label = reader.required_column("label");
  ASSERT_TRUE(reader.next_row());
  EXPECT_EQ(reader.number(x), 0.1);
  EXPECT_EQ(reader.number(label), 1.0);
  ASSERT_TRUE(reader.next_row());
  EXPECT_EQ(reader.number(x), -0.001);
  EXPECT_EQ(reader.number(label), 2.0);
  ASSERT_TRUE(reader.next_row());
  EXPECT_INPUT_ERROR(reader.number(x),
                     "scores.csv row 3, column \"x\": \"1e400\" is not a finite number; allowed are");
  EXPECT_INPUT_ERROR(reader.number(label), "column \"label\": \"nan\" is not a finite number");
  ASSERT_TRUE(reader.next_row());
  EXPECT_INPUT_ERROR(reader.number(x), "row 4, column \"x\": the field is empty");
  EXPECT_INPUT_ERROR(reader.number(label), "\"inf\"");
  ASSERT_TRUE(reader.next_row());
  EXPECT_INPUT_ERROR(reader.number(x), "\"0x10\"");
  EXPECT_INPUT_ERROR(reader.number(label), "\"1 2\"");
  EXPECT_THROW(reader.number(2), std::out_of_range);
  EXPECT_FALSE(reader.next_row());
}

TEST(Csv, RequiredColumns) {
  const MemoryView source("score;label\n");
  const CsvReader reader(source, "scores.csv");
  EXPECT_EQ(reader.column("score"), std::nullopt);
  EXPECT_INPUT_ERROR(reader.required_column("score"),
                     "scores.csv has no column \"score\"; its columns are score;label (columns have to be "
                     "separated by commas)");
}

TEST(Csv, BytesReadFollowTheRows) {
  const MemoryView source("a,b\n1,2\n33,4\n");
  CsvReader reader(source, "scores.csv");
  EXPECT_EQ(reader.bytes_read(), 4U);
  ASSERT_TRUE(reader.next_row());
  EXPECT_EQ(reader.bytes_read(), 8U);
  ASSERT_TRUE(reader.next_row());
  EXPECT_EQ(reader.bytes_read(), 13U);
}

TEST(Csv, SourceThatBecomesShorter) {
  class Shrinking final : public ByteSource {
   public:
    std::uint64_t size() const override { return 100; }
    std::size_t read(std::uint64_t offset, std::span<std::byte> target) const override {
      return MemoryView("a\n1\n2\n").read(offset, target);
    }
  };
  const Shrinking source;
  CsvReader reader(source, "scores.csv");
  EXPECT_TRUE(reader.next_row());
  EXPECT_TRUE(reader.next_row());
  EXPECT_INPUT_ERROR(reader.next_row(), "scores.csv row 3: the file became shorter while it was read");
}

TEST(Csv, FieldsAreQuotedWhereNeeded) {
  EXPECT_EQ(csv_field("plain text"), "plain text");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
  std::string out;
  CsvWriter writer(out);
  writer.text("name");
  writer.end_row();
  writer.text("");
  writer.end_row();
  writer.text("a\r");
  writer.end_row();
  EXPECT_EQ(out, "name\n\"\"\n\"a\r\"\n");
  expect_rows(out, {{"name"}, {""}, {"a\r"}});
}

TEST(Csv, MillionRowsComeBackTheSame) {
  constexpr std::int64_t count = 1'000'000;
  std::string text;
  CsvWriter writer(text);
  writer.text("score");
  writer.text("label");
  writer.end_row();
  // Multiples of 1/7 need 16 or 17 digits; every one has to come back with all its bits.
  for (std::int64_t i = 0; i < count; ++i) {
    writer.number(static_cast<double>(i) / 7);
    writer.integer(i % 10);
    writer.end_row();
  }
  const MemoryView source(text);
  CsvReader reader(source, "scores.csv", 10'007);
  std::int64_t wrong = 0;
  while (reader.next_row()) {
    const std::int64_t i = reader.row() - 1;
    if (reader.number(0) != static_cast<double>(i) / 7 || reader.number(1) != static_cast<double>(i % 10))
      ++wrong;
  }
  EXPECT_EQ(reader.row(), count);
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace reprise
