#include "labs/prototype-clustering/number_table.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr std::int64_t values_per_step = 20'000;
constexpr std::int64_t most_values = 100'000'000;  // 800 MB
constexpr std::int64_t most_rows = 10'000'000;
constexpr double largest_pixel = 255;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// A field that stands for a number, though perhaps for none that is allowed.
bool looks_numeric(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || parse_number(text)) return true;
  std::string lower;
  for (const char c : text) {
    if (c != '+' && c != '-') lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower == "nan" || lower == "inf" || lower == "infinity" || lower == "1e400";
}

bool is_gzip(const ByteSource& source) {
  std::array<std::byte, 2> magic{};
  return source.read(0, magic) == 2 && magic[0] == std::byte{0x1f} && magic[1] == std::byte{0x8b};
}

}  // namespace

bool ends_in_npy(const std::string& file_name) {
  if (file_name.size() < 4) return false;
  std::string end = file_name.substr(file_name.size() - 4);
  for (char& c : end) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return end == ".npy";
}

NumberTable::NumberTable(const ByteSource& source, std::string file_name, Options options)
    : file_(std::move(file_name)), options_(std::move(options)) {
  if (is_gzip(source)) fail("compressed by gzip", "the file unpacked, for instance with gunzip");
  const bool npy = ends_in_npy(file_);
  if (npy || IdxReader::recognises(source)) {
    if (npy) {
      npy_.emplace(source, file_);
      if (npy_->shape().size() > 2)
        fail(std::to_string(npy_->shape().size()) + " dimensions", "an array of one or two dimensions");
      columns = npy_->shape().size() == 2 ? npy_->row_size() : 1;
      total_rows_ = npy_->rows();
    } else {
      idx_.emplace(source, file_);
      columns = idx_->row_size();
      total_rows_ = idx_->rows();
    }
    if (!options_.label_column.empty() || !options_.weight_column.empty())
      fail("no column names", "label_column and weight_column only with CSV");
    if (options_.most > 0) total_rows_ = std::min(total_rows_, options_.most);
    return;
  }
  {
    CsvReader probe(source, file_, std::size_t{1} << 20, CsvHeader::absent);
    if (!probe.next_row()) fail("no rows", "at least one row");
    for (std::size_t c = 0; c < probe.columns().size(); ++c)
      header_ = header_ || !looks_numeric(probe.field(c));
    header_ = header_ && options_.header;
  }
  csv_.emplace(source, file_, std::size_t{1} << 20, header_ ? CsvHeader::present : CsvHeader::absent);
  if (!options_.label_column.empty()) label_at_ = csv_->required_column(options_.label_column);
  if (!options_.weight_column.empty()) weight_at_ = csv_->required_column(options_.weight_column);
  for (std::size_t c = 0; c < csv_->columns().size(); ++c) {
    if (c == label_at_ || c == weight_at_) continue;
    used_.push_back(c);
    names.push_back(csv_->columns()[c]);
  }
  columns = static_cast<std::int64_t>(used_.size());
  if (columns == 0) fail("no column of numbers", "at least one");
}

bool NumberTable::step() {
  if (csv_) return step_csv();
  const std::int64_t count = std::min(
      total_rows_ - rows, std::max<std::int64_t>(1, values_per_step / std::max<std::int64_t>(1, columns)));
  if (count > 0) {
    std::vector<double> block = npy_ ? npy_->read_rows(rows, count) : idx_->read_rows(rows, count);
    if (idx_ && idx_->type() == IdxType::U8) {
      for (double& value : block) value /= largest_pixel;
    }
    for (std::size_t at = 0; at < block.size(); ++at) {
      if (std::isfinite(block[at])) continue;
      fail_at(rows + static_cast<std::int64_t>(at) / columns + 1,
              std::to_string(static_cast<std::int64_t>(at) % columns + 1), number_to_text(block[at]));
    }
    values.insert(values.end(), block.begin(), block.end());
    rows += count;
  }
  check_size();
  return rows == total_rows_;
}

bool NumberTable::step_csv() {
  for (std::int64_t left = values_per_step; left > 0; left -= columns) {
    if ((options_.most > 0 && rows == options_.most) || !csv_->next_row()) {
      if (rows == 0) fail("no rows", "at least one row");
      return true;
    }
    for (const std::size_t c : used_) {
      if (!parse_number(trimmed(csv_->field(c))))
        fail_at(csv_->row(), header_ ? "'" + csv_->columns()[c] + "'" : csv_->columns()[c],
                std::string(csv_->field(c)));
      values.push_back(csv_->number(c));
    }
    if (label_at_ != none) labels.push_back(std::string(trimmed(csv_->field(label_at_))));
    if (weight_at_ != none) add_weight();
    ++rows;
  }
  check_size();
  return false;
}

void NumberTable::add_weight() {
  const double weight = csv_->number(weight_at_);
  if (!(weight > 0)) {
    const std::string found = number_to_text(weight);
    throw InputError(Problem{"weight_column", found, "> 0",
                             file_ + " row " + std::to_string(csv_->row()) + ", column '" +
                                 csv_->columns()[weight_at_] + "': weight " + found +
                                 "; allowed are numbers above 0"});
  }
  weights.push_back(weight);
}

void NumberTable::check_size() const {
  if (rows > most_rows || rows * columns > most_values)
    fail(std::to_string(rows) + " rows of " + std::to_string(columns) + " numbers",
         "at most 10,000,000 rows and 100,000,000 numbers");
}

void NumberTable::fail(const std::string& found, const std::string& allowed) const {
  throw InputError(Problem{file_, found, allowed, file_ + ": " + found + "; allowed: " + allowed});
}

void NumberTable::fail_at(std::int64_t row, const std::string& column, const std::string& found) const {
  throw InputError(Problem{file_, found, "finite numbers",
                           file_ + " row " + std::to_string(row) + ", column " + column + ": " +
                               in_quotes(found) + " is not finite; allowed are finite numbers"});
}

}  // namespace reprise::protoclust
