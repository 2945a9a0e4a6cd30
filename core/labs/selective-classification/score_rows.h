// The user's rows for `my-scores`: a CSV whose columns are found by name, checked row by row; or generated
// rows.
//
//   ScoreRowsReader reader(source, "scores.csv", classify::ScoreKind::Msp);
//   while (!reader.step()) {}
//   ScoreRows rows = reader.take();
#pragma once

#include "base/byte_source.h"
#include "base/error.h"
#include "base/random.h"
#include "classify/scores.h"
#include "data/csv.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace reprise::selective {

/// Columns that the file does not have are empty.
struct ScoreRows {
  std::vector<double> score;
  std::vector<std::uint8_t> correct;
  std::vector<std::int32_t> label, pred;
  std::vector<std::uint8_t> is_val;     // from `split`
  std::vector<std::uint8_t> is_target;  // from `domain`
  std::vector<double> confidence;
  std::vector<std::int32_t> group;  // index into group_names
  std::vector<std::string> group_names;
  std::size_t classes = 0;        // of logits or posterior; 0: neither
  std::vector<double> logits;     // [rows × classes], from z_* or log p_*
  std::vector<double> posterior;  // [rows × classes]
  std::size_t annotator_count = 0, feature_count = 0;
  std::vector<std::int32_t> annotators;  // [rows × annotator_count]
  std::vector<double> features;          // [rows × feature_count]

  std::size_t rows() const { return score.size(); }
  bool has_split() const { return !is_val.empty(); }
  /// The rows of one kind: val (true) or test; all rows for test without a split.
  std::vector<std::uint32_t> rows_of(bool val) const;
  /// Only those rows.
  ScoreRows only(const std::vector<std::uint32_t>& rows) const;
};

inline constexpr std::size_t most_row_problems = 20;

/// InputError with up to 20 problems, each with row and column, what was found and what is allowed.
class ScoreRowsReader {
 public:
  /// `source` has to outlive the reader.
  ScoreRowsReader(const ByteSource& source, std::string file_name, classify::ScoreKind kind);
  /// Some thousand rows; true at the end, when everything is checked.
  bool step();
  ScoreRows take() { return std::move(rows_); }

 private:
  void find_columns();
  std::vector<std::size_t> numbered(const std::string& prefix, std::int64_t first);
  void read_row();
  void finish();
  void note(const std::string& column, const std::string& found, const std::string& allowed,
            const std::string& message);
  std::optional<double> number(std::size_t column);
  std::optional<std::int32_t> class_of(std::size_t column);
  void read_words();
  bool read_classes(std::vector<double>& logits, std::vector<double>& posterior);

  std::string file_name_;
  classify::ScoreKind kind_;
  CsvReader csv_;
  ScoreRows rows_;
  std::map<std::string, std::size_t> named_;  // columns that are found by their whole name
  std::vector<std::size_t> probability_, logit_, posterior_, annotator_, feature_;
  std::unordered_map<std::string, std::int32_t> groups_;
  std::unordered_map<std::string, std::pair<std::int64_t, bool>> ids_;  // first row, and whether it is val
  std::vector<Problem> problems_;
};

/// 2000 rows of 6 classes, the first half val: logits of a Gaussian classifier with blurred centres, and the
/// exact posterior.
ScoreRows generated_rows(Random& centres, Random& points, classify::ScoreKind kind);

}  // namespace reprise::selective
