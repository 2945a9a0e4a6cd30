#include "data/csv.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

namespace reprise {
namespace {

std::string_view without_spaces(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

/// Why the beginning of a file cannot be CSV, or empty.
std::string binary_reason(const ByteSource& source) {
  std::array<std::byte, 4096> head{};
  const std::size_t count = source.read(0, head);
  const std::string_view text(reinterpret_cast<const char*>(head.data()), count);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return "the file is UTF-16 text; save it as UTF-8";
  }
  if (text.find('\0') != std::string_view::npos) return "the file is binary, not CSV text in UTF-8";
  return {};
}

}  // namespace

CsvReader::CsvReader(const ByteSource& source, std::string file_name, std::size_t chunk_bytes,
                     CsvHeader header)
    : source_(source),
      file_name_(std::move(file_name)),
      chunk_bytes_(std::max<std::size_t>(chunk_bytes, 1)),
      header_(header) {
  const std::string reason = binary_reason(source);
  if (!reason.empty())
    throw InputError(Problem{file_name_, "", "CSV text in UTF-8", file_name_ + ": " + reason});
  while (end_ < 3 && load_more()) {
  }
  if (end_ >= 3 && std::memcmp(buffer_.data(), "\xEF\xBB\xBF", 3) == 0) begin_ = 3;
  if (header_ == CsvHeader::present) read_header();
  in_header_ = false;
  if (header_ == CsvHeader::absent) read_first_row();
}

void CsvReader::read_first_row() {
  skip_blank_lines();
  if (!read_record()) fail("the file is empty; at least one row is needed");
  for (std::size_t i = 0; i < fields_.size(); ++i) columns_.push_back(std::to_string(i + 1));
  first_row_waits_ = true;
}

void CsvReader::read_header() {
  if (!read_record()) fail("the file is empty; a first row with column names is needed");
  std::set<std::string_view> names;
  for (const std::string_view field : fields_) {
    if (!is_utf8(field) || field.find('\0') != std::string_view::npos) {
      fail("column name " + in_quotes(field) + " is not UTF-8 text", in_quotes(field), "CSV text in UTF-8");
    }
    if (field.find('\r') != std::string_view::npos) {
      fail("a carriage return inside " + in_quotes(field) + "; lines have to end with LF or CRLF");
    }
    columns_.emplace_back(without_spaces(field));
    const std::string& name = columns_.back();
    if (name.empty()) {
      fail("column " + std::to_string(columns_.size()) +
           " has no name; the first row has to name every column");
    }
    // The views stay valid: fields_ keeps pointing into the buffer until the next row is read.
    if (!names.insert(without_spaces(field)).second)
      fail("two columns are named " + in_quotes(name), name, "unique names");
  }
  fields_.clear();
}

std::optional<std::size_t> CsvReader::column(std::string_view name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  if (found == columns_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns_.begin());
}

std::size_t CsvReader::required_column(std::string_view name) const {
  const std::optional<std::size_t> found = column(name);
  if (!found) {
    const bool other_separator =
        columns_.size() == 1 && columns_.front().find_first_of(";\t") != std::string::npos;
    throw InputError(Problem{file_name_, column_list(), std::string(name),
                             file_name_ + " has no column " + in_quotes(name) + "; its columns are " +
                                 column_list() +
                                 (other_separator ? " (columns have to be separated by commas)" : "")});
  }
  return *found;
}

bool CsvReader::next_row() {
  if (first_row_waits_) {
    first_row_waits_ = false;
    ++row_;
    return true;
  }
  if (blank_rows_ == 0) blank_rows_ = skip_blank_lines();
  if (blank_rows_ > 0) {
    --blank_rows_;
    fields_.assign(1, std::string_view());
  } else if (!read_record()) {
    fields_.clear();
    return false;
  }
  if (fields_.size() != columns_.size()) {
    const bool named = header_ == CsvHeader::present;
    fail(grouped(fields_.size()) + (fields_.size() == 1 ? " field" : " fields") + ", but " +
             (named ? "the header has " : "row 1 has ") + grouped(columns_.size()) +
             (named ? " (" + column_list() + ")" : std::string()),
         std::to_string(fields_.size()), std::to_string(columns_.size()));
  }
  ++row_;
  return true;
}

double CsvReader::number(std::size_t column) const {
  const std::string_view text = fields_.at(column);
  if (const std::optional<double> value = parse_number(text)) return *value;
  if (const std::optional<double> value = parse_number(without_spaces(text))) return *value;
  fail_number(column);
}

void CsvReader::fail_number(std::size_t column) const {
  const std::string_view text = fields_.at(column);
  const std::string where = file_name_ + " row " + std::to_string(row_) + ", column " +
                            (header_ == CsvHeader::present ? in_quotes(columns_[column]) : columns_[column]) +
                            ": ";
  const std::string allowed = "finite decimal numbers such as 0.25 or -1e-3";
  const std::string found = text.empty() ? "the field is empty" : in_quotes(text) + " is not a finite number";
  throw InputError(Problem{file_name_, in_quotes(text), allowed, where + found + "; allowed are " + allowed});
}

void CsvReader::fail(const std::string& what, std::string found, std::string allowed) const {
  const std::string where = in_header_ ? " header" : " row " + std::to_string(row_ + 1);
  throw InputError(
      Problem{file_name_, std::move(found), std::move(allowed), file_name_ + where + ": " + what});
}

std::string CsvReader::column_list() const {
  constexpr std::size_t most = 8;
  std::string list;
  for (std::size_t i = 0; i < columns_.size() && i < most; ++i) {
    if (i > 0) list += ", ";
    list += shown(columns_[i]);
  }
  return columns_.size() > most ? list + ", …" : list;
}

/// Reads one chunk behind the unread bytes, which move to the front; false at the end of the source.
bool CsvReader::load_more() {
  const std::uint64_t left = source_.size() - std::min(source_.size(), offset_);
  if (left == 0) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes_, left));
  if (buffer_.size() - end_ < wanted)
    buffer_.resize(std::max(end_ + wanted, std::min(2 * end_, end_ + 4 * wanted)));
  const std::size_t count =
      source_.read(offset_, std::as_writable_bytes(std::span(buffer_.data() + end_, wanted)));
  if (count == 0) fail("the file became shorter while it was read");
  end_ += count;
  offset_ += count;
  return true;
}

/// Blank lines from here on, skipped; those at the end of the file count as none.
std::int64_t CsvReader::skip_blank_lines() {
  std::int64_t lines = 0;
  while (begin_ < end_ || load_more()) {
    if (buffer_[begin_] == '\n') {
      ++begin_;
    } else if (buffer_[begin_] == '\r') {
      if (end_ - begin_ == 1) load_more();  // to see what follows, if anything
      const bool last = end_ - begin_ == 1;
      if (!last && buffer_[begin_ + 1] != '\n') break;
      begin_ += last ? 1 : 2;
    } else {
      break;
    }
    ++lines;
  }
  if (begin_ == end_) return 0;
  if (lines > 0 && columns_.size() > 1) {
    const bool named = header_ == CsvHeader::present;
    fail("a blank line, but " + std::string(named ? "the header has " : "row 1 has ") +
         grouped(columns_.size()) + " columns" + (named ? " (" + column_list() + ")" : std::string()) +
         "; blank lines are allowed at the end of the file only");
  }
  return lines;
}

/// Reads the next record into fields_ and passes over it; false when nothing is left.
bool CsvReader::read_record() {
  fields_.clear();
  std::size_t searched = 0;
  const char* line_end = nullptr;
  while (true) {
    const std::size_t available = end_ - begin_;
    if (available > searched) {
      line_end = static_cast<const char*>(
          std::memchr(buffer_.data() + begin_ + searched, '\n', available - searched));
    }
    if (line_end != nullptr) break;
    searched = available;
    if (available > max_csv_row_bytes)
      fail("more than " + grouped(max_csv_row_bytes) + " bytes without a line end");
    if (!load_more()) break;
  }
  if (begin_ == end_) return false;
  const char* begin = buffer_.data() + begin_;
  const std::size_t length = line_end != nullptr ? static_cast<std::size_t>(line_end - begin) : end_ - begin_;
  if (std::memchr(begin, '"', length) != nullptr) {
    read_quoted_record();
  } else {
    read_plain_record(length);
  }
  return true;
}

void CsvReader::take_field(std::size_t begin, std::size_t length) {
  if (length > max_csv_field_bytes) {
    fail("field " + grouped(fields_.size() + 1) + " is longer than " + grouped(max_csv_field_bytes) +
         " bytes");
  }
  if (fields_.size() == max_csv_columns) fail("more than " + grouped(max_csv_columns) + " fields");
  fields_.emplace_back(buffer_.data() + begin, length);
}

/// A record without quotes: the next `length` bytes, which a line end or the end of the source follows.
void CsvReader::read_plain_record(std::size_t length) {
  const std::size_t after = std::min(end_, begin_ + length + 1);
  if (length > 0 && buffer_[begin_ + length - 1] == '\r') --length;
  const std::size_t stop = begin_ + length;
  std::size_t at = begin_;
  while (const void* comma = at < stop ? std::memchr(buffer_.data() + at, ',', stop - at) : nullptr) {
    const auto field_end = static_cast<std::size_t>(static_cast<const char*>(comma) - buffer_.data());
    take_field(at, field_end - at);
    at = field_end + 1;
  }
  take_field(at, stop - at);
  begin_ = after;
}

/// A record with quotes, which may run over several lines. Texts are moved together in the buffer where ""
/// stands for one quote. Positions are relative to begin_, because load_more moves the buffer's contents.
void CsvReader::read_quoted_record() {
  struct Field {
    std::size_t begin;
    std::size_t length;
  };
  enum class State { FieldStart, Plain, Quoted, QuoteSeen };
  std::vector<Field> found;
  State state = State::FieldStart;
  std::size_t field_begin = 0;
  std::size_t write = 0;  // end of the current field's text
  const auto where = [&] { return "field " + grouped(found.size() + 1); };
  const auto end_field = [&](std::size_t next) {
    if (found.size() == max_csv_columns) fail("more than " + grouped(max_csv_columns) + " fields");
    found.push_back({field_begin, write - field_begin});
    field_begin = write = next;
    state = State::FieldStart;
  };

  std::size_t at = 0;
  bool more = true;
  while (more) {
    if (begin_ + at == end_) {
      if (at > max_csv_row_bytes) fail("the row is longer than " + grouped(max_csv_row_bytes) + " bytes");
      if (load_more()) continue;
      if (state == State::Quoted) fail(where() + ": the quote that begins it is never closed");
      if (state == State::Plain && write > field_begin && buffer_[begin_ + write - 1] == '\r') --write;
      end_field(at);
      break;
    }
    char* const data = buffer_.data() + begin_;
    const char c = data[at];
    if (write - field_begin > max_csv_field_bytes) {
      fail(where() + " is longer than " + grouped(max_csv_field_bytes) + " bytes" +
           (state == State::Quoted ? "; is its closing quote missing?" : ""));
    }
    if (state == State::Quoted) {
      if (c == '"') {
        state = State::QuoteSeen;
      } else {
        data[write++] = c;
      }
    } else if (c == '"' && state == State::QuoteSeen) {
      data[write++] = c;
      state = State::Quoted;
    } else if (c == '"' && state == State::FieldStart) {
      state = State::Quoted;
    } else if (c == '"') {
      fail(where() +
           ": a quote inside a field without quotes; put the field in quotes and double those in it");
    } else if (c == ',') {
      end_field(at + 1);
    } else if (c == '\n') {
      // In a plain field the carriage return before the line end was taken for text.
      if (state == State::Plain && write > field_begin && data[write - 1] == '\r') --write;
      end_field(at + 1);
      more = false;
    } else if (state == State::QuoteSeen) {
      // Only the carriage return of CRLF may stand between a closing quote and the line end.
      const bool line_ends =
          c == '\r' && (begin_ + at + 1 < end_ || load_more()) && buffer_[begin_ + at + 1] == '\n';
      const bool file_ends = c == '\r' && begin_ + at + 1 == end_;
      if (!line_ends && !file_ends) {
        fail(where() + ": " + in_quotes(std::string_view(&c, 1)) +
             " after the closing quote; a comma or a line end has to follow");
      }
    } else {
      data[write++] = c;
      state = State::Plain;
    }
    ++at;
  }
  for (const Field& field : found) take_field(begin_ + field.begin, field.length);
  begin_ += at;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

void CsvWriter::separate() {
  if (fields_ == 0) {
    row_begin_ = out_.size();
  } else {
    out_ += ',';
  }
  ++fields_;
}

void CsvWriter::text(std::string_view value) {
  separate();
  out_ += csv_field(value);
}

void CsvWriter::number(double value) {
  separate();
  append_number(out_, value);
}

void CsvWriter::integer(std::int64_t value) {
  separate();
  append_number(out_, value);
}

void CsvWriter::end_row() {
  if (fields_ == 1 && out_.size() == row_begin_) out_ += "\"\"";  // else it would be a blank line
  out_ += '\n';
  fields_ = 0;
}

}  // namespace reprise
