// Does a new score change who is accepted? Rank correlation, swapped rows with a test, and a certificate that
// a map is non-decreasing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reprise::selective {

/// Kendall's τ-b in O(n log n); NaN when one of the two is constant.
double kendall_tau(std::span<const double> a, std::span<const double> b);
/// Rows by ascending a, equal ones by b, then by row; it serves `kendall_tau` and `monotonicity` of the same
/// pair.
std::vector<std::uint32_t> rows_by_both(std::span<const double> a, std::span<const double> b);
double kendall_tau(std::span<const double> a, std::span<const double> b,
                   std::span<const std::uint32_t> rows_by_both);
/// The same in steps of some milliseconds at a million rows. Its operands have to outlive it.
class KendallSteps {
 public:
  KendallSteps(std::span<const double> a, std::span<const double> b,
               std::span<const std::uint32_t> rows_by_both);
  bool step();  ///< true when value() is known
  double value() const;

 private:
  std::span<const double> a_;
  std::span<const std::uint32_t> rows_;
  std::vector<double> second_, spare_;  // b in that order; merged by and by
  std::int64_t ties_a_ = 0, ties_both_ = 0, ties_b_ = 0, discordant_ = 0;
  std::size_t place_ = 0, width_ = 0;  // rows done in this pass; length of the runs that are in order
};

/// Whether a new score is a non-decreasing function of the base score on these rows.
struct Monotonicity {
  bool non_decreasing = true;       ///< no pair is turned around, and equal scores stay equal
  bool strictly_increasing = true;  ///< moreover different scores stay different
};
Monotonicity monotonicity(std::span<const double> base, std::span<const double> changed);
Monotonicity monotonicity(std::span<const double> base, std::span<const double> changed,
                          std::span<const std::uint32_t> rows_by_both);

/// Accepted rows at one coverage, before and after.
struct RankChange {
  double coverage = 0;
  std::int64_t k = 0;
  double jaccard = 0;  ///< 1 − |both| / |either|
  std::int64_t swapped_in_correct = 0, swapped_in_wrong = 0;
  std::int64_t swapped_out_correct = 0, swapped_out_wrong = 0;
  double mcnemar_p = 1;  ///< exact two-sided test of swapped_in_correct against swapped_out_correct
  std::int64_t swapped() const { return swapped_in_correct + swapped_in_wrong; }
};
/// Base order: descending base score, then row; new order: descending new score, then base order. So a
/// non-decreasing map swaps nothing.
class RankAudit {
 public:
  /// `correct` has to outlive the audit.
  RankAudit(std::span<const double> base, std::span<const double> changed,
            std::span<const std::uint8_t> correct);
  /// The same from both orders.
  RankAudit(std::vector<std::uint32_t> old_order, std::vector<std::uint32_t> new_order,
            std::span<const std::uint8_t> correct);
  RankChange at(double coverage) const;  ///< coverage in (0, 1]

 private:
  std::span<const std::uint8_t> correct_;
  std::vector<std::uint32_t> old_order_, new_order_;
  std::vector<std::uint32_t> place_;  // of a row in the old order
};
/// One entry a coverage.
std::vector<RankChange> audit_ranks(std::span<const double> base, std::span<const double> changed,
                                    std::span<const std::uint8_t> correct, std::span<const double> coverages);

/// min(1, 2 P(Bin(b + c, ½) <= min(b, c))); 1 for b + c = 0.
double mcnemar_p(std::int64_t b, std::int64_t c);

}  // namespace reprise::selective
