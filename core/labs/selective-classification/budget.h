// Where the gap to the oracle comes from, when the posterior of the label is known: label noise, a model that
// misses the best class, a score in the wrong order. The parts add up to the gap exactly.
//
//   Budget budget = exact_budget(posterior, prediction, score);
//   budget.gap[k] == bayes[k] + approximation[k] + ranking[k] − discount[k]     // to rounding, see
//   `residual`
#pragma once

#include "classify/scores.h"
#include "stats/compensated_sum.h"
#include "stats/row_order.h"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace reprise::selective {

/// Curves at ranks, in units of accuracy.
struct Budget {
  std::vector<std::int64_t> k;
  std::vector<double> coverage;
  std::vector<double> accuracy;       ///< mean η_h of the k most confident rows
  std::vector<double> gap;            ///< min(1, n a/k) − accuracy
  std::vector<double> bayes;          ///< mean 1 − η* of the k rows with the largest η_h
  std::vector<double> approximation;  ///< mean η* − η_h of the same rows
  std::vector<double> ranking;        ///< mean η_h of those rows less `accuracy`
  std::vector<double> discount;  ///< max(0, k − n a)/k: the oracle cannot be right more often than the model
  std::vector<double> paper_bound;  ///< the paper's sum, with terms on the accepted rows: never below the gap
  std::vector<double> misordered_mass;  ///< 2(k − rows that both orders accept)/n; ties by row here
  double accuracy_full = 0;             ///< a, mean η_h
  double residual = 0;     ///< largest |gap − (bayes + approximation + ranking − discount)| of all k
  double least_slack = 0;  ///< least paper_bound − gap of all k
  /// Means over all k = 1…n.
  double mean_gap = 0, mean_bayes = 0, mean_approximation = 0, mean_ranking = 0, mean_discount = 0,
         mean_paper_bound = 0;
};

/// `posterior`: rows of P(label = class), each summing to 1 within 1e-6 (within 1e-3 it is divided by its
/// sum, beyond: InputError with the row). `ranks`: ascending in 1…n; empty: all.
Budget exact_budget(const classify::LogitsView& posterior, std::span<const std::int32_t> prediction,
                    std::span<const double> score, std::span<const std::int64_t> ranks = {});
/// The same from η_h (probability that the prediction is right) and η* (largest posterior) of each row.
Budget exact_budget(std::span<const double> right, std::span<const double> best,
                    std::span<const double> score, std::span<const std::int64_t> ranks = {});

/// The same in steps of some milliseconds at a million rows.
class BudgetSteps {
 public:
  /// `score` has to outlive the steps.
  BudgetSteps(std::vector<double> right, std::vector<double> best, std::span<const double> score,
              std::vector<std::int64_t> ranks);
  /// True at the end.
  bool step();
  Budget take() { return std::move(budget_); }

 private:
  bool sorted(std::span<const double> value);
  void walk(std::size_t end);
  void finish();

  std::vector<double> right_, best_;
  std::span<const double> score_;
  std::vector<std::int64_t> ranks_;
  int phase_ = 0;
  std::optional<stats::RowSorter> sorter_;
  std::vector<std::uint32_t> order_, ideal_;  // rows by score, rows by η_h
  std::vector<double> accepted_;              // sums of η_h along the first
  std::vector<std::uint8_t> seen_;            // how many of the two orders have accepted a row
  std::size_t place_ = 0, next_rank_ = 0;
  std::int64_t common_ = 0;
  double expected_right_ = 0;
  stats::CompensatedSum noise_, loss_, attained_;
  stats::CompensatedSum gaps_, bayes_, approximations_, rankings_, discounts_, bounds_;
  Budget budget_;
};

/// η_h and η* of each row from its posterior, checked as above.
struct AnswerOdds {
  std::vector<double> right, best;
};
AnswerOdds answer_odds(const classify::LogitsView& posterior, std::span<const std::int32_t> prediction);

/// 3/c · √(log(4/δ)/2n): with probability 1 − δ the empirical gap is within it of the true one at every
/// coverage (Dvoretzky–Kiefer–Wolfowitz on the two marked processes).
double uniform_half_width(double coverage, std::int64_t rows, double delta);

}  // namespace reprise::selective
