// A recalibration map as a file: CSV with the columns lower, upper, value, bins of the score from 0 to 1.
#pragma once

#include "base/error.h"
#include "data/csv.h"
#include "labs/recalibration/bin_map.h"

#include <cstddef>
#include <string>
#include <vector>

namespace reprise::recal {

/// Reads in slices. InputError with all problems (up to 20): unknown columns, a first lower other than 0,
/// gaps and overlaps, a last upper other than 1, values outside [0, 1].
class MapReader {
 public:
  MapReader(const ByteSource& source, const std::string& file_name);
  /// Reads up to `rows` rows; true when the whole file has been read and is a map.
  bool step(std::size_t rows);
  BinMap take() { return std::move(map_); }

 private:
  void add_row();
  void finish();
  void problem(std::string value, std::string allowed, const std::string& message);
  void refuse_if_bad() const;

  CsvReader reader_;
  std::string file_name_;
  std::size_t lower_ = 0, upper_ = 0, value_ = 0;
  BinMap map_;
  std::vector<Problem> problems_;
};

}  // namespace reprise::recal
