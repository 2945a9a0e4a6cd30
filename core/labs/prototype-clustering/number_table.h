// Tables of numbers as visitors bring them: CSV with or without a header, NPY, IDX images; read in slices.
#pragma once

#include "base/byte_source.h"
#include "data/csv.h"
#include "data/idx.h"
#include "data/npy.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace reprise::protoclust {

/// Rows of finite numbers with at most one column of texts and one of weights taken out. Pixels of IDX images
/// (unsigned bytes) are divided by 255. InputError: what is wrong, where, what is allowed.
class NumberTable {
 public:
  struct Options {
    std::string label_column, weight_column;  ///< of a CSV file; empty: none
    bool header = true;     ///< a first row with a field that is no number holds names; false: it is an error
    std::int64_t most = 0;  ///< rows that are read; 0: all
  };
  /// `source` outlives the reading.
  NumberTable(const ByteSource& source, std::string file_name, Options options);

  bool step();  ///< some thousand values; true when all is read

  std::int64_t rows = 0, columns = 0;
  std::vector<double> values, weights;
  std::vector<std::string> labels, names;

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  bool step_csv();
  void add_weight();
  void check_size() const;
  [[noreturn]] void fail(const std::string& found, const std::string& allowed) const;
  [[noreturn]] void fail_at(std::int64_t row, const std::string& column, const std::string& found) const;

  std::string file_;
  Options options_;
  std::optional<NpyReader> npy_;
  std::optional<IdxReader> idx_;
  std::optional<CsvReader> csv_;
  bool header_ = false;
  std::int64_t total_rows_ = 0;
  std::size_t label_at_ = none, weight_at_ = none;
  std::vector<std::size_t> used_;
};

bool ends_in_npy(const std::string& file_name);

}  // namespace reprise::protoclust
