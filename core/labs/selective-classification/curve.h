// Accuracy–coverage curves: what share of its answers is right when a classifier answers only its most
// confident rows. Rows with equal scores are one block, inside which the order is random and its expectation
// is used.
//
//   std::vector<double> score = {4, 3, 2, 1};
//   std::vector<std::uint8_t> correct = {1, 0, 1, 0};
//   Curve curve = accuracy_coverage(score, correct);
//   curve.accuracy;     // {1, 1/2, 2/3, 1/2}
//   curve.e_aurc;       // 1/8
#pragma once

#include "stats/sort.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reprise::selective {

/// max(1, ⌈c n − 1e-9⌉): how many rows a coverage c in (0, 1] accepts out of n.
std::int64_t rank_at(double coverage, std::int64_t rows);
/// ⌈j n/points⌉ for j = 1…points, without repeats.
std::vector<std::int64_t> grid_ranks(std::int64_t rows, std::int64_t points);

/// Right (1) and wrong (0) answers in descending order of the score.
class RankedOutcomes {
 public:
  /// Equally long, at least one row, scores not NaN (InputError with the row).
  RankedOutcomes(std::span<const double> score, std::span<const std::uint8_t> correct);

  std::int64_t rows() const { return static_cast<std::int64_t>(correct_.size()); }
  std::int64_t right() const { return right_; }
  double accuracy() const { return static_cast<double>(right_) / static_cast<double>(rows()); }
  const std::vector<std::uint8_t>& correct() const { return correct_; }
  /// First row behind each block of equal scores, ascending.
  const std::vector<std::uint32_t>& block_ends() const { return block_ends_; }
  /// Rows in blocks of two or more.
  std::int64_t tied_rows() const { return tied_rows_; }
  /// Share of pairs (right, wrong) with the right one ahead, ties half; NaN without one of the kinds.
  double auroc() const { return auroc_; }

 private:
  friend class OutcomeRanker;
  explicit RankedOutcomes(stats::PairSorter& sorted);

  std::vector<std::uint8_t> correct_;
  std::vector<std::uint32_t> block_ends_;
  std::int64_t right_ = 0, tied_rows_ = 0;
  double auroc_ = 0;
};

/// RankedOutcomes in steps of some milliseconds.
class OutcomeRanker {
 public:
  /// As RankedOutcomes; `score` and `correct` have to outlive the steps.
  OutcomeRanker(std::span<const double> score, std::span<const std::uint8_t> correct);
  bool step();  ///< true when take() may be called
  RankedOutcomes take() { return RankedOutcomes(sorter_); }

 private:
  std::span<const double> score_;
  std::span<const std::uint8_t> correct_;
  stats::PairSorter sorter_;
  std::size_t added_ = 0;
};

/// What a curve comes down to. Areas are means over k = 1…n.
struct CurveSummary {
  std::int64_t rows = 0;
  double accuracy = 0;       ///< at coverage 1
  double aurc = 0;           ///< mean of 1 − accuracy
  double oracle_aurc = 0;    ///< the same for the best conceivable order
  double e_aurc = 0;         ///< mean gap to that order
  double e_aurc_random = 0;  ///< of a score that knows nothing, in expectation
  double augrc = 0;          ///< mean of wrong answers over n
  double auroc = 0;          ///< NaN when every answer is right, or none
  double tied_share = 0;

  double normalised_e_aurc() const { return e_aurc / e_aurc_random; }  ///< NaN when there is no gap to close
};
CurveSummary summarise(const RankedOutcomes& outcomes);
/// AUGRC by its identity with AUROC: (1 − AUROC) a(1 − a) + (1 − a)²/2 + (1 − a)/2n.
double augrc_from_auroc(const CurveSummary& summary);

/// Points k = 1…n, or at some ranks only.
struct Curve : CurveSummary {
  std::vector<std::int64_t> k;
  std::vector<double> coverage, right, accuracy, oracle, gap;  ///< `right`: expected right answers among k
  std::vector<std::uint8_t> block_end;  ///< 1 where a block ends: there the accepted rows are determined
};
Curve accuracy_coverage(std::span<const double> score, std::span<const std::uint8_t> correct);
Curve accuracy_coverage(const RankedOutcomes& outcomes);
/// The same at ascending ranks in 1…n.
Curve accuracy_coverage(const RankedOutcomes& outcomes, std::span<const std::int64_t> ranks);

/// Rows by descending score, those with equal scores by row; `block_ends` as above.
struct RowOrder {
  std::vector<std::uint32_t> row, block_ends;
};
/// `rows` as stats::rows_in_order gives them.
RowOrder blocks_of(std::vector<std::uint32_t> rows, std::span<const double> score);
RowOrder order_by_score(std::span<const double> score);
/// 0 for the lowest score, the next number for each higher one: an increasing map.
std::vector<double> dense_ranks(std::span<const double> score);
/// Prefix sums 1…n of `value` along the order, a block's mean for each of its rows.
std::vector<double> tie_averaged_sums(const RowOrder& order, std::span<const double> value);

}  // namespace reprise::selective
