// What stage "read" of `my-scores` leaves for the later ones, cut into chunks of bounded size so that no
// stage needs more than a few of them at a time: the rows in file order ("rows.<k>"), the fitted rows in
// order of their score ("sorted.<k>"), and a summary.
#pragma once

#include "labs/recalibration/method_maps.h"
#include "labs/recalibration/score_table.h"
#include "study/study.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::recal {

inline constexpr std::string_view summary_artefact = "summary";
inline constexpr std::string_view maps_artefact = "maps";
inline constexpr std::uint8_t not_judged = 255;
inline constexpr std::size_t rows_per_chunk = std::size_t{1} << 18;

/// Numbers about the file that every later stage needs.
struct ScoresSummary {
  ScoreScale scale = ScoreScale::Probability;
  bool has_split = false;
  std::int64_t rows = 0;       // in the file
  std::int64_t fitted = 0;     // rows that maps are fitted on
  std::int64_t positives = 0;  // among them
  std::int64_t target_rows = 0, target_labelled = 0, target_positives = 0;
  std::int64_t bins = 0;   // asked for, or chosen
  std::int64_t folds = 0;  // that are used; 0: no cross-fitting

  std::vector<std::byte> to_bytes() const;
};

/// Gives every row its fold, in file order: a fitted row's position among the fitted rows of its class,
/// modulo `folds`; without folds (0) the judged rows — with a split the labelled test rows, else the fitted
/// rows — are fold 0. Rows that are not judged: 255.
class FoldAssigner {
 public:
  FoldAssigner(bool has_split, std::int64_t folds)
      : judged_(has_split ? RowRole::Test : RowRole::Fitted), folds_(folds) {}
  std::uint8_t next(RowRole role, std::uint8_t label);

 private:
  RowRole judged_;
  std::int64_t folds_;
  std::int64_t seen_[2] = {0, 0};
};

/// Some rows in file order.
struct RowsChunk {
  std::vector<double> score;
  std::vector<std::uint8_t> label, role, fold;
  std::size_t size() const { return score.size(); }
};
void leave_rows(TaskContext& context, std::size_t chunk, const RowsChunk& rows);
/// Some fitted rows by ascending score; tag = label + 2 · fold.
void leave_sorted(TaskContext& context, std::size_t chunk, std::span<const double> score,
                  std::span<const std::uint8_t> tag);

/// What stage "fit" leaves for the target rows: log(w1/w0).
void leave_log_ratio(TaskContext& context, double log_ratio);
double read_log_ratio(const TaskContext& context);

/// Reads those artefacts.
class PreparedScores {
 public:
  explicit PreparedScores(const TaskContext& context);

  const ScoresSummary& summary() const { return summary_; }
  /// Chunks of the rows in file order.
  std::size_t chunks() const { return chunks_of(summary_.rows); }
  RowsChunk rows(std::size_t chunk) const;
  /// Chunks of the fitted rows in order of the score.
  std::size_t sorted_chunks() const { return chunks_of(summary_.fitted); }
  void sorted(std::size_t chunk, std::vector<double>& score, std::vector<std::uint8_t>& tag) const;

 private:
  static std::size_t chunks_of(std::int64_t rows) {
    return (static_cast<std::size_t>(rows) + rows_per_chunk - 1) / rows_per_chunk;
  }

  const TaskContext& context_;
  ScoresSummary summary_;
};

/// Collects the rows that maps are fitted on, a chunk a step: all fitted rows but those of fold `left_out`
/// (−1: none), in order of the score; with `sample_split` also the two halves in file order.
class TrainingLoader {
 public:
  TrainingLoader(const PreparedScores& data, std::int64_t left_out, bool sample_split);
  bool step();
  TrainingRows take();

 private:
  void load_sorted();
  void load_halves();

  const PreparedScores& data_;
  std::int64_t left_out_;
  bool sample_split_;
  std::size_t chunk_ = 0;
  bool sorted_done_ = false;
  std::vector<double> score_, chunk_score_;
  std::vector<std::uint8_t> label_, chunk_tag_;
  TrainingRows training_;
};

}  // namespace reprise::recal
