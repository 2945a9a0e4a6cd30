// What stage "read" of `my-scores` leaves for the later ones: the rows in file order and the fitted rows in
// order of their score, as one safetensors artefact.
#pragma once

#include "base/byte_source.h"
#include "data/safetensors.h"
#include "labs/recalibration/method_maps.h"
#include "labs/recalibration/score_table.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace reprise::recal {

inline constexpr std::string_view scores_artefact = "scores";
inline constexpr std::string_view predictions_artefact = "predictions";
inline constexpr std::uint8_t not_judged = 255;

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
};

/// Fold of every row: a fitted row's position among the fitted rows of its class, modulo `folds`; without
/// folds (0) the judged rows — with a split the labelled test rows, else the fitted rows — are fold 0. Rows
/// that are not judged: 255.
std::vector<std::uint8_t> assign_folds(const ScoreTable& table, std::int64_t folds);

/// The artefact of stage "read".
/// `sorted_score`, `sorted_tag`: the fitted rows by ascending score; tag = label + 2 · fold.
std::vector<std::byte> write_scores(const ScoreTable& table, const ScoresSummary& summary,
                                    const std::vector<std::uint8_t>& folds,
                                    const std::vector<double>& sorted_score,
                                    const std::vector<std::uint8_t>& sorted_tag);

/// Reads parts of that artefact.
class PreparedScores {
 public:
  explicit PreparedScores(const ByteSource& source);

  const ScoresSummary& summary() const { return summary_; }
  std::vector<double> scores() const { return values<double>("score"); }
  std::vector<std::uint8_t> labels() const { return values<std::uint8_t>("label"); }
  std::vector<std::uint8_t> roles() const { return values<std::uint8_t>("role"); }
  std::vector<std::uint8_t> folds() const { return values<std::uint8_t>("fold"); }

  /// The fitted rows without those of `left_out` (−1: all of them), in order of the score. `sample_split`
  /// also sorts the two halves in file order.
  TrainingRows training(std::int64_t left_out, bool sample_split) const;

 private:
  template <class T>
  std::vector<T> values(std::string_view name) const;

  const ByteSource& source_;
  SafetensorsIndex index_;
  ScoresSummary summary_;
};

}  // namespace reprise::recal
