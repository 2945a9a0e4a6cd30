#include "labs/selective-classification/audit.h"

#include "labs/selective-classification/curve.h"
#include "stats/binomial.h"
#include "stats/row_order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace reprise::selective {

namespace {

constexpr std::size_t merged_a_step = std::size_t{1} << 21;

/// Merges two neighbouring runs that are in order; returns the pairs i < j with values[i] > values[j].
std::int64_t merge_runs(std::vector<double>& values, std::vector<double>& spare, std::size_t begin,
                        std::size_t middle, std::size_t end) {
  std::int64_t count = 0;
  std::size_t i = begin, j = middle, to = begin;
  while (i < middle || j < end) {
    if (j == end || (i < middle && values[i] <= values[j])) {
      spare[to++] = values[i++];
    } else {
      count += static_cast<std::int64_t>(middle - i);
      spare[to++] = values[j++];
    }
  }
  std::copy(spare.begin() + static_cast<std::ptrdiff_t>(begin),
            spare.begin() + static_cast<std::ptrdiff_t>(end),
            values.begin() + static_cast<std::ptrdiff_t>(begin));
  return count;
}

/// Pairs of equal neighbours-in-order under `equal(i, j)` on consecutive places.
template <class Equal>
std::int64_t tied_pairs(std::size_t rows, const Equal& equal) {
  std::int64_t pairs = 0, run = 1;
  for (std::size_t i = 1; i <= rows; ++i) {
    if (i < rows && equal(i - 1, i)) {
      ++run;
      continue;
    }
    pairs += run * (run - 1) / 2;
    run = 1;
  }
  return pairs;
}

}  // namespace

std::vector<std::uint32_t> rows_by_both(std::span<const double> a, std::span<const double> b) {
  std::vector<std::uint32_t> rows = stats::rows_in_order(b);
  stats::sort_rows(rows, a);
  return rows;
}

KendallSteps::KendallSteps(std::span<const double> a, std::span<const double> b,
                           std::span<const std::uint32_t> rows)
    : a_(a), rows_(rows), second_(rows.size()), spare_(rows.size()) {
  for (std::size_t i = 0; i < rows.size(); ++i) second_[i] = b[rows[i]];
}

bool KendallSteps::step() {
  const std::size_t n = second_.size();
  if (width_ == 0) {
    ties_a_ = tied_pairs(n, [&](auto i, auto j) { return a_[rows_[i]] == a_[rows_[j]]; });
    ties_both_ = tied_pairs(
        n, [&](auto i, auto j) { return a_[rows_[i]] == a_[rows_[j]] && second_[i] == second_[j]; });
    width_ = 1;
    return false;
  }
  // Runs of 1, 2, 4, … are merged in pairs.
  for (std::size_t merged = 0; width_ < n; width_ *= 2, place_ = 0) {
    for (; place_ + width_ < n; place_ += 2 * width_) {
      if (merged >= merged_a_step) return false;
      const std::size_t end = std::min(n, place_ + 2 * width_);
      discordant_ += merge_runs(second_, spare_, place_, place_ + width_, end);
      merged += end - place_;
    }
  }
  ties_b_ = tied_pairs(n, [&](auto i, auto j) { return second_[i] == second_[j]; });
  return true;
}

double KendallSteps::value() const {
  const auto n = static_cast<std::int64_t>(second_.size());
  const std::int64_t pairs = n * (n - 1) / 2;
  const std::int64_t concordant = pairs - ties_a_ - ties_b_ + ties_both_ - discordant_;
  if (ties_a_ == pairs || ties_b_ == pairs) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(concordant - discordant_) /
         (std::sqrt(static_cast<double>(pairs - ties_a_)) * std::sqrt(static_cast<double>(pairs - ties_b_)));
}

double kendall_tau(std::span<const double> a, std::span<const double> b,
                   std::span<const std::uint32_t> rows) {
  KendallSteps steps(a, b, rows);
  while (!steps.step()) {
  }
  return steps.value();
}

double kendall_tau(std::span<const double> a, std::span<const double> b) {
  return kendall_tau(a, b, rows_by_both(a, b));
}

Monotonicity monotonicity(std::span<const double> base, std::span<const double> changed,
                          std::span<const std::uint32_t> rows) {
  Monotonicity result;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const double before = changed[rows[i - 1]], after = changed[rows[i]];
    const bool same = base[rows[i - 1]] == base[rows[i]];
    if (same ? before != after : before > after) result.non_decreasing = false;
    if (!same && before == after) result.strictly_increasing = false;
  }
  result.strictly_increasing = result.strictly_increasing && result.non_decreasing;
  return result;
}

Monotonicity monotonicity(std::span<const double> base, std::span<const double> changed) {
  return monotonicity(base, changed, rows_by_both(base, changed));
}

RankAudit::RankAudit(std::span<const double> base, std::span<const double> changed,
                     std::span<const std::uint8_t> correct)
    : RankAudit(stats::rows_in_order(base, stats::SortDirection::Descending), {}, correct) {
  new_order_ = old_order_;
  stats::sort_rows(new_order_, changed, stats::SortDirection::Descending);
}

RankAudit::RankAudit(std::vector<std::uint32_t> old_order, std::vector<std::uint32_t> new_order,
                     std::span<const std::uint8_t> correct)
    : correct_(correct),
      old_order_(std::move(old_order)),
      new_order_(std::move(new_order)),
      place_(old_order_.size()) {
  for (std::size_t i = 0; i < old_order_.size(); ++i) place_[old_order_[i]] = static_cast<std::uint32_t>(i);
}

RankChange RankAudit::at(double coverage) const {
  RankChange change;
  change.coverage = coverage;
  change.k = rank_at(coverage, static_cast<std::int64_t>(place_.size()));
  const auto k = static_cast<std::size_t>(change.k);
  std::vector<std::uint8_t> in_new(place_.size(), 0);
  for (std::size_t i = 0; i < k; ++i) {
    const std::uint32_t row = new_order_[i];
    in_new[row] = 1;
    if (place_[row] >= k) ++(correct_[row] != 0 ? change.swapped_in_correct : change.swapped_in_wrong);
  }
  for (std::size_t i = 0; i < k; ++i) {
    const std::uint32_t row = old_order_[i];
    if (!in_new[row]) ++(correct_[row] != 0 ? change.swapped_out_correct : change.swapped_out_wrong);
  }
  const auto moved = static_cast<double>(change.swapped());
  change.jaccard = 1 - (static_cast<double>(k) - moved) / (static_cast<double>(k) + moved);
  change.mcnemar_p = mcnemar_p(change.swapped_in_correct, change.swapped_out_correct);
  return change;
}

std::vector<RankChange> audit_ranks(std::span<const double> base, std::span<const double> changed,
                                    std::span<const std::uint8_t> correct,
                                    std::span<const double> coverages) {
  const RankAudit audit(base, changed, correct);
  std::vector<RankChange> changes;
  for (const double coverage : coverages) changes.push_back(audit.at(coverage));
  return changes;
}

double mcnemar_p(std::int64_t b, std::int64_t c) {
  if (b + c == 0) return 1;
  return std::min(1.0, 2 * stats::binomial_cdf(std::min(b, c), b + c, 0.5));
}

}  // namespace reprise::selective
