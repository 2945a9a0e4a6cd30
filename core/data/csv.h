// CSV as in RFC 4180, read row by row in chunks, so that a file of any length needs a few MB of memory:
// comma-separated, first row with column names, fields with commas, quotes or line ends in double quotes,
// lines ended by LF or CRLF, UTF-8 with or without byte order mark. Files without column names are read too.
//
//   CsvReader reader(source, "scores.csv");
//   const std::size_t score = reader.required_column("score");
//   while (reader.next_row()) scores.push_back(reader.number(score));
#pragma once

#include "base/byte_source.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

// Limits that keep a damaged file (a missing quote, a binary file) from filling the memory.
inline constexpr std::size_t max_csv_field_bytes = 1'000'000;
inline constexpr std::size_t max_csv_columns = 10'000;
inline constexpr std::size_t max_csv_row_bytes = 16'000'000;

/// absent: the first row holds data like every other, and columns are named "1", "2", …
enum class CsvHeader { present, absent };

/// Rows of one file, in order. Every InputError names the file, the row (1 is the first after the header) and
/// what is allowed.
class CsvReader {
 public:
  /// Reads the header; `source` has to outlive the reader, `chunk_bytes` are read at a time. InputError: an
  /// empty or binary file, a header that is not UTF-8, column names that are empty or given twice.
  CsvReader(const ByteSource& source, std::string file_name, std::size_t chunk_bytes = std::size_t{1} << 20,
            CsvHeader header = CsvHeader::present);

  /// Names as in the header, without spaces around them.
  const std::vector<std::string>& columns() const { return columns_; }
  std::optional<std::size_t> column(std::string_view name) const;
  /// InputError that lists the columns there are.
  std::size_t required_column(std::string_view name) const;

  /// Goes to the next row; false at the end. Blank lines at the end of the file are no rows. InputError:
  /// another number of fields than the header has, blank lines between rows of several columns, quotes that
  /// RFC 4180 does not allow, limits exceeded.
  bool next_row();
  /// Rows so far: the number of the current row, counted from 1.
  std::int64_t row() const { return row_; }
  /// Text of the current row as it stands in the file, without quotes; valid until the next row is read.
  std::string_view field(std::size_t column) const { return fields_.at(column); }
  /// The field as a finite number, spaces around it ignored; InputError for anything else, also NaN,
  /// infinity, 1e400 and an empty field.
  double number(std::size_t column) const;
  /// Bytes of the source up to the end of the current row, for progress.
  std::uint64_t bytes_read() const { return offset_ - (end_ - begin_); }

 private:
  [[noreturn]] void fail(const std::string& what, std::string found = {}, std::string allowed = {}) const;
  [[noreturn]] void fail_number(std::size_t column) const;
  bool load_more();
  void read_header();
  void read_first_row();
  std::int64_t skip_blank_lines();
  bool read_record();
  void read_plain_record(std::size_t length);
  void read_quoted_record();
  void take_field(std::size_t begin, std::size_t length);
  std::string column_list() const;

  const ByteSource& source_;
  std::string file_name_;
  std::size_t chunk_bytes_;
  std::vector<std::string> columns_;
  std::vector<std::string_view> fields_;  // of the current row, in buffer_
  std::vector<char> buffer_;
  std::size_t begin_ = 0;     // first unread byte of buffer_
  std::size_t end_ = 0;       // end of what was read into buffer_
  std::uint64_t offset_ = 0;  // of the source byte that belongs to end_
  std::int64_t row_ = 0;
  CsvHeader header_ = CsvHeader::present;
  bool in_header_ = true;
  bool first_row_waits_ = false;  // read to count its columns, not yet delivered
  std::int64_t blank_rows_ = 0;   // empty rows of a one-column file that are still to be delivered
};

/// `text` as one field: in quotes when it holds a comma, a quote or a line end.
std::string csv_field(std::string_view text);

/// Appends rows to a string; lines end with LF.
///   CsvWriter writer(out); writer.text("score"); writer.text("label"); writer.end_row();
class CsvWriter {
 public:
  explicit CsvWriter(std::string& out) : out_(out) {}
  void text(std::string_view value);
  void number(double value);  ///< shortest text that reads back the same; "NaN", "Infinity", "-Infinity"
  void integer(std::int64_t value);
  void end_row();

 private:
  void separate();

  std::string& out_;
  std::size_t fields_ = 0;  // of the current row
  std::size_t row_begin_ = 0;
};

}  // namespace reprise
