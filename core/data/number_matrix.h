// A matrix of numbers from a user's file: CSV without a header, or NPY of one or two dimensions.
//
//   NumberMatrixReader reader(source, "logits.csv");
//   while (!reader.step()) {
//   }
//   const NumberMatrix logits = reader.take();
#pragma once

#include "base/byte_source.h"
#include "data/csv.h"
#include "data/npy.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise {

struct NumberMatrix {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<double> values;  ///< row by row

  double at(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
};

/// Numbers that one matrix may hold: 400 MB.
inline constexpr std::int64_t most_matrix_values = 50'000'000;

/// A file whose name ends in .npy is read as NPY, others as CSV. InputError names the file, the row (1 is the
/// first) and the column (1 is the first): fields that are not finite numbers, rows of another length,
/// arrays of three and more dimensions, more than most_matrix_values numbers.
class NumberMatrixReader {
 public:
  /// `source` has to outlive the reader.
  NumberMatrixReader(const ByteSource& source, std::string file_name);

  /// Reads some ten thousand numbers; true when all are read.
  bool step();
  NumberMatrix take() { return std::move(matrix_); }

 private:
  bool step_csv();
  bool step_npy();
  void check_size() const;

  std::string file_name_;
  std::optional<CsvReader> csv_;
  std::optional<NpyReader> npy_;
  NumberMatrix matrix_;
};

/// The whole file at once.
NumberMatrix read_number_matrix(const ByteSource& source, const std::string& file_name);

}  // namespace reprise
