// The user's `scores` file as rows of (score, label, role): CSV with named columns, or NPY of shape (n, 2).
// Everything that is wrong with a file is said with row and column, several problems at once.
//
//   ScoreTableReader reader(source, "scores.csv", ScoreOptions{});
//   while (!reader.step()) {}
//   ScoreTable table = reader.take();
//   table.score[0];   // of row 1
#pragma once

#include "base/byte_source.h"
#include "base/error.h"
#include "data/id_set.h"
#include "labs/recalibration/bin_map.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {
class CsvReader;
class NpyReader;
}  // namespace reprise

namespace reprise::recal {

/// What the columns mean.
enum class ScoreMode {
  Binary,    // columns score, label in {0, 1}
  TopLabel,  // columns label, p_0…p_{K−1} (or logits z_0…): score = largest p, label = 1 if it was right
  OneVsRest,  // the same columns: score = p_k, label = 1 if label = k
};

struct ScoreOptions {
  ScoreMode mode = ScoreMode::Binary;
  ScoreScale scale = ScoreScale::Probability;  // of the column score; p_k and z_k are known by their names
  std::int64_t positive_class = 0;             // k of OneVsRest
};

enum class RowRole : std::uint8_t {
  Fitted = 0,  // maps are fitted on it: split `cal` and domain `source`
  Test = 1,    // split `test`, domain `source`
  Target = 2,  // domain `target`
};

inline constexpr std::uint8_t no_label = 2;

/// Rows in file order.
struct ScoreTable {
  std::vector<double> score;        // in the units of the column; a probability for p_k and z_k
  std::vector<std::uint8_t> label;  // 0, 1 or no_label (test and target rows only)
  std::vector<RowRole> role;
  ScoreScale scale = ScoreScale::Probability;
  bool has_split = false;
  bool has_domain = false;

  std::size_t rows() const { return score.size(); }
};

/// Reads a file in steps of bounded time. InputError with up to `most_reported_problems` problems, each with
/// row and column, the value found and what is allowed; keys are "scores", or the parameter that does not fit
/// the file ("mode", "positive_class").
class ScoreTableReader {
 public:
  ScoreTableReader(const ByteSource& source, std::string file_name, const ScoreOptions& options);
  ~ScoreTableReader();

  /// Takes memory for about `rows` rows at once; what the source cannot hold is not believed.
  void reserve(std::int64_t rows);
  /// Reads about `rows` rows; true at the end of the file.
  bool step(std::int64_t rows = 20'000);
  /// Share of the file that has been read, in [0, 1].
  double progress() const;
  ScoreTable take() { return std::move(table_); }

 private:
  void find_columns();
  void find_class_columns(std::vector<Problem>& problems);
  void check_npy() const;
  bool read_csv_rows(std::int64_t rows);
  bool read_npy_rows(std::int64_t rows);
  void read_csv_row();
  void add_row(double score, std::uint8_t label, RowRole role);
  RowRole read_role();
  double read_number(std::size_t column);
  double read_binary_score();
  std::uint8_t read_binary_label(RowRole role);
  void read_class_row(RowRole role);
  void check_id();
  void check_score(std::int64_t row, double score);
  void note(std::int64_t row, std::string_view column, std::string found, std::string allowed,
            const std::string& message);
  void finish() const;

  const ByteSource& source_;
  std::string file_name_;
  ScoreOptions options_;
  ScoreTable table_;
  std::unique_ptr<CsvReader> csv_;
  std::unique_ptr<NpyReader> npy_;
  std::int64_t npy_row_ = 0;

  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t score_column_ = none, label_column_ = none;
  std::size_t split_column_ = none, domain_column_ = none, id_column_ = none;
  std::vector<std::size_t> class_columns_;  // of p_0…, or of z_0…
  bool class_logits_ = false;
  std::vector<double> class_values_;  // of the row in hand
  IdSet ids_;

  std::vector<Problem> problems_;
  std::size_t row_problems_ = 0;  // of the row in hand
};

inline constexpr std::size_t most_reported_problems = 20;

}  // namespace reprise::recal
