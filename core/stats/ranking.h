// How well a score ranks positive rows above negative ones.
#pragma once

#include <cstdint>
#include <span>

namespace reprise::stats {

/// Counts of one ranking; rows with equal scores form a group.
struct RankingCounts {
  std::int64_t positives = 0;
  std::int64_t negatives = 0;
  std::int64_t distinct_scores = 0;
  std::int64_t tied_rows = 0;  ///< rows that share their score with another row
  /// Pairs (positive, negative) in the right order counted twice, ties once; at most 2 · positives ·
  /// negatives.
  std::int64_t twice_concordant = 0;

  /// Share of pairs in the right order, ties counted half; NaN when a class is missing.
  double auc() const;
};

/// Counts rows that come in ascending order of their score, some at a time.
class RankingCounter {
 public:
  /// The next rows; labels 0 or 1, as many as scores (std::invalid_argument).
  void add(std::span<const double> ascending, std::span<const std::uint8_t> label);
  /// Of all rows so far.
  RankingCounts counts() const;

 private:
  RankingCounts before_;  // without the group in hand
  double score_ = 0;      // of the group in hand
  std::int64_t rows_ = 0, positives_ = 0;
};

/// For scores in ascending order; labels 0 or 1, equally long. Up to 2·10⁹ rows.
RankingCounts ranking_of_sorted(std::span<const double> ascending, std::span<const std::uint8_t> label);

/// Area under the ROC curve of scores in any order (not NaN), ties counted half; NaN when a class is missing.
double auc(std::span<const double> score, std::span<const std::uint8_t> label);

}  // namespace reprise::stats
