#include "labs/selective-classification/curve.h"

#include "base/error.h"
#include "stats/compensated_sum.h"
#include "stats/ranking.h"
#include "stats/row_order.h"
#include "stats/sort.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

namespace reprise::selective {

using stats::CompensatedSum;

namespace {

constexpr std::size_t rows_a_step = std::size_t{1} << 18;

void check(std::span<const double> score, std::size_t others, const char* name) {
  if (score.size() != others) {
    throw InputError("there are " + std::to_string(score.size()) + " scores and " + std::to_string(others) +
                     " " + name + "; equally many are needed");
  }
  if (score.empty()) throw InputError("a curve needs at least one row");
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (std::isnan(score[i])) {
      throw InputError("score " + std::to_string(i + 1) + " is NaN; a number is required");
    }
  }
}

/// min(1, K/k)
double oracle_at(double right, std::int64_t k) {
  return std::min(1.0, right / static_cast<double>(k));
}

/// Walks the ranks 1…n: visit(k, expected right answers, whether a block ends).
template <class Visit>
void walk(const RankedOutcomes& outcomes, const Visit& visit) {
  std::int64_t begin = 0, right = 0;
  for (const std::uint32_t end : outcomes.block_ends()) {
    std::int64_t inside = 0;
    for (std::int64_t i = begin; i < end; ++i) inside += outcomes.correct()[static_cast<std::size_t>(i)];
    const std::int64_t size = end - begin;
    for (std::int64_t j = 1; j <= size; ++j) {
      const double expected =
          static_cast<double>(right) + static_cast<double>(inside * j) / static_cast<double>(size);
      visit(begin + j, expected, j == size);
    }
    right += inside;
    begin = end;
  }
}

}  // namespace

std::int64_t rank_at(double coverage, std::int64_t rows) {
  const auto rank = static_cast<std::int64_t>(std::ceil(coverage * static_cast<double>(rows) - 1e-9));
  return std::clamp<std::int64_t>(rank, 1, rows);
}

std::vector<std::int64_t> grid_ranks(std::int64_t rows, std::int64_t points) {
  std::vector<std::int64_t> ranks;
  for (std::int64_t j = 1; j <= points; ++j) {
    const std::int64_t rank = (j * rows + points - 1) / points;
    if (ranks.empty() || rank > ranks.back()) ranks.push_back(rank);
  }
  return ranks;
}

OutcomeRanker::OutcomeRanker(std::span<const double> score, std::span<const std::uint8_t> correct)
    : score_(score), correct_(correct), sorter_(score.size()) {
  check(score, correct.size(), "answers");
}

bool OutcomeRanker::step() {
  if (added_ == score_.size()) return sorter_.step();
  const std::size_t end = std::min(score_.size(), added_ + rows_a_step);
  for (; added_ < end; ++added_) sorter_.add(score_[added_], correct_[added_]);
  return false;
}

RankedOutcomes::RankedOutcomes(std::span<const double> score, std::span<const std::uint8_t> correct)
    : RankedOutcomes([&] {
        OutcomeRanker ranker(score, correct);
        while (!ranker.step()) {
        }
        return ranker.take();
      }()) {}

RankedOutcomes::RankedOutcomes(stats::PairSorter& sorted) {
  std::vector<double> ascending = sorted.take_scores();
  correct_ = sorted.take_labels();
  const stats::RankingCounts counts = stats::ranking_of_sorted(ascending, correct_);
  auroc_ = counts.auc();
  right_ = counts.positives;
  tied_rows_ = counts.tied_rows;
  std::reverse(correct_.begin(), correct_.end());
  std::reverse(ascending.begin(), ascending.end());
  block_ends_.reserve(static_cast<std::size_t>(counts.distinct_scores));
  for (std::size_t i = 1; i <= ascending.size(); ++i) {
    if (i == ascending.size() || ascending[i] != ascending[i - 1])
      block_ends_.push_back(static_cast<std::uint32_t>(i));
  }
}

CurveSummary summarise(const RankedOutcomes& outcomes) {
  const auto n = static_cast<double>(outcomes.rows());
  const auto right = static_cast<double>(outcomes.right());
  CompensatedSum risk, oracle, gap, random, generalised;
  const double accuracy = outcomes.accuracy();
  walk(outcomes, [&](std::int64_t k, double expected, bool) {
    const auto count = static_cast<double>(k);
    const double at = expected / count, best = oracle_at(right, k);
    risk.add(1 - at);
    oracle.add(1 - best);
    gap.add(best - at);
    random.add(best - accuracy);
    generalised.add((count - expected) / n);
  });
  CurveSummary summary;
  summary.rows = outcomes.rows();
  summary.accuracy = accuracy;
  summary.aurc = risk.value() / n;
  summary.oracle_aurc = oracle.value() / n;
  summary.e_aurc = gap.value() / n;
  summary.e_aurc_random = random.value() / n;
  summary.augrc = generalised.value() / n;
  summary.auroc = outcomes.auroc();
  summary.tied_share = static_cast<double>(outcomes.tied_rows()) / n;
  return summary;
}

double augrc_from_auroc(const CurveSummary& summary) {
  const double wrong = 1 - summary.accuracy;
  return (1 - summary.auroc) * summary.accuracy * wrong + wrong * wrong / 2 +
         wrong / (2 * static_cast<double>(summary.rows));
}

Curve accuracy_coverage(const RankedOutcomes& outcomes, std::span<const std::int64_t> ranks) {
  Curve curve;
  static_cast<CurveSummary&>(curve) = summarise(outcomes);
  const auto n = static_cast<double>(outcomes.rows());
  const auto right = static_cast<double>(outcomes.right());
  std::size_t next = 0;
  walk(outcomes, [&](std::int64_t k, double expected, bool ends) {
    if (next == ranks.size() || ranks[next] != k) return;
    ++next;
    const auto count = static_cast<double>(k);
    curve.k.push_back(k);
    curve.coverage.push_back(count / n);
    curve.right.push_back(expected);
    curve.accuracy.push_back(expected / count);
    curve.oracle.push_back(oracle_at(right, k));
    curve.gap.push_back(curve.oracle.back() - curve.accuracy.back());
    curve.block_end.push_back(ends ? 1 : 0);
  });
  return curve;
}

Curve accuracy_coverage(const RankedOutcomes& outcomes) {
  std::vector<std::int64_t> ranks(static_cast<std::size_t>(outcomes.rows()));
  std::iota(ranks.begin(), ranks.end(), std::int64_t{1});
  return accuracy_coverage(outcomes, ranks);
}

Curve accuracy_coverage(std::span<const double> score, std::span<const std::uint8_t> correct) {
  return accuracy_coverage(RankedOutcomes(score, correct));
}

RowOrder order_by_score(std::span<const double> score) {
  check(score, score.size(), "");
  return blocks_of(stats::rows_in_order(score, stats::SortDirection::Descending), score);
}

RowOrder blocks_of(std::vector<std::uint32_t> rows, std::span<const double> score) {
  RowOrder order;
  order.row = std::move(rows);
  for (std::size_t i = 1; i <= order.row.size(); ++i) {
    if (i == order.row.size() || score[order.row[i]] != score[order.row[i - 1]])
      order.block_ends.push_back(static_cast<std::uint32_t>(i));
  }
  return order;
}

std::vector<double> dense_ranks(std::span<const double> score) {
  const RowOrder order = order_by_score(score);
  std::vector<double> rank(score.size());
  auto value = static_cast<double>(order.block_ends.size());
  std::size_t begin = 0;
  for (const std::uint32_t end : order.block_ends) {
    value -= 1;
    for (std::size_t i = begin; i < end; ++i) rank[order.row[i]] = value;
    begin = end;
  }
  return rank;
}

std::vector<double> tie_averaged_sums(const RowOrder& order, std::span<const double> value) {
  std::vector<double> sums(order.row.size());
  CompensatedSum before;
  std::size_t begin = 0;
  for (const std::uint32_t end : order.block_ends) {
    CompensatedSum inside;
    for (std::size_t i = begin; i < end; ++i) inside.add(value[order.row[i]]);
    const auto size = static_cast<double>(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      const double share = inside.value() * (static_cast<double>(i + 1 - begin) / size);
      sums[i] = before.value() + share;
    }
    before.add(inside.value());
    begin = end;
  }
  return sums;
}

}  // namespace reprise::selective
