#include "data/number_matrix.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace reprise {

namespace {

constexpr std::int64_t values_per_step = 20'000;  // about 2 ms

bool is_npy(const std::string& name) {
  const std::string end = name.size() >= 4 ? name.substr(name.size() - 4) : std::string();
  return std::equal(end.begin(), end.end(), ".npy",
                    [](char c, char lower) { return (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) == lower; }) &&
         !end.empty();
}

}  // namespace

NumberMatrixReader::NumberMatrixReader(const ByteSource& source, std::string file_name)
    : file_name_(std::move(file_name)) {
  if (is_npy(file_name_)) {
    npy_.emplace(source, file_name_);
    if (npy_->shape().size() > 2) {
      const std::string dimensions = std::to_string(npy_->shape().size());
      throw InputError(Problem{file_name_, dimensions, "one or two dimensions",
                               file_name_ + ": an array of " + dimensions +
                                   " dimensions; allowed are one (a column) or two (rows × columns)"});
    }
    matrix_.rows = npy_->rows();
    matrix_.columns = npy_->row_size();
  } else {
    csv_.emplace(source, file_name_, std::size_t{1} << 20, CsvHeader::absent);
    matrix_.columns = static_cast<std::int64_t>(csv_->columns().size());
  }
  check_size();
}

void NumberMatrixReader::check_size() const {
  const bool fits = matrix_.columns == 0 || matrix_.rows <= most_matrix_values / matrix_.columns;
  if (fits) return;
  const std::string allowed =
      "at most " + grouped(static_cast<std::uint64_t>(most_matrix_values)) + " numbers";
  throw InputError(Problem{file_name_, std::to_string(matrix_.rows) + " rows", allowed,
                           file_name_ + ": " + grouped(static_cast<std::uint64_t>(matrix_.rows)) +
                               " rows of " + grouped(static_cast<std::uint64_t>(matrix_.columns)) +
                               " numbers are too many; allowed are " + allowed});
}

bool NumberMatrixReader::step() {
  return npy_ ? step_npy() : step_csv();
}

bool NumberMatrixReader::step_csv() {
  for (std::int64_t read = 0; read < values_per_step; read += std::max<std::int64_t>(1, matrix_.columns)) {
    if (!csv_->next_row()) return true;
    ++matrix_.rows;
    for (std::size_t column = 0; column < csv_->columns().size(); ++column) {
      matrix_.values.push_back(csv_->number(column));
    }
  }
  check_size();
  return false;
}

bool NumberMatrixReader::step_npy() {
  if (matrix_.columns == 0) return true;
  const auto have = static_cast<std::int64_t>(matrix_.values.size()) / matrix_.columns;
  const std::int64_t count =
      std::min(matrix_.rows - have, std::max<std::int64_t>(1, values_per_step / matrix_.columns));
  if (count <= 0) return true;
  const std::vector<double> rows = npy_->read_rows(have, count);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (std::isfinite(rows[i])) continue;
    const std::int64_t row = have + static_cast<std::int64_t>(i) / matrix_.columns + 1;
    const std::int64_t column = static_cast<std::int64_t>(i) % matrix_.columns + 1;
    const std::string value = number_to_text(rows[i]);
    throw InputError(Problem{file_name_, value, "finite numbers",
                             file_name_ + " row " + std::to_string(row) + ", column " +
                                 std::to_string(column) + ": " + value + "; allowed are finite numbers"});
  }
  matrix_.values.insert(matrix_.values.end(), rows.begin(), rows.end());
  return have + count == matrix_.rows;
}

NumberMatrix read_number_matrix(const ByteSource& source, const std::string& file_name) {
  NumberMatrixReader reader(source, file_name);
  while (!reader.step()) {
  }
  return reader.take();
}

}  // namespace reprise
