#include "labs/selective-classification/budget.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"
#include "labs/selective-classification/curve.h"
#include "stats/row_order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace reprise::selective {

using stats::CompensatedSum;

namespace {

constexpr std::size_t rows_a_step = std::size_t{1} << 17;

}  // namespace

BudgetSteps::BudgetSteps(std::vector<double> right, std::vector<double> best, std::span<const double> score,
                         std::vector<std::int64_t> ranks)
    : right_(std::move(right)), best_(std::move(best)), score_(score), ranks_(std::move(ranks)) {
  if (right_.size() != score.size() || best_.size() != score.size())
    throw InputError("a budget needs as many posteriors as scores");
}

bool BudgetSteps::step() {
  switch (phase_) {
    case 0: {
      if (!sorted(score_)) return false;
      RowOrder order = blocks_of(sorter_->take(), score_);
      sorter_.reset();
      accepted_ = tie_averaged_sums(order, right_);
      order_ = std::move(order.row);
      break;
    }
    case 1:
      if (!sorted(best_)) return false;
      ideal_ = sorter_->take();
      sorter_.reset();
      break;
    case 2: {
      if (!sorted(right_)) return false;
      ideal_ = sorter_->take();
      sorter_.reset();
      CompensatedSum total;
      for (const std::uint32_t row : ideal_) total.add(right_[row]);
      expected_right_ = total.value();
      budget_.accuracy_full = expected_right_ / static_cast<double>(score_.size());
      budget_.least_slack = std::numeric_limits<double>::infinity();
      seen_.assign(score_.size(), 0);
      break;
    }
    default:
      walk(std::min(score_.size(), place_ + rows_a_step));
      if (place_ < score_.size()) return false;
      finish();
      return true;
  }
  ++phase_;
  return false;
}

/// Rows by descending value: all of them, or in their ideal order so far.
bool BudgetSteps::sorted(const std::span<const double> value) {
  if (!sorter_) {
    std::vector<std::uint32_t> rows = std::move(ideal_);
    if (rows.empty()) {
      rows.resize(value.size());
      std::iota(rows.begin(), rows.end(), 0U);
    }
    sorter_.emplace(std::move(rows), value, stats::SortDirection::Descending);
  }
  return sorter_->step();
}

void BudgetSteps::walk(std::size_t end) {
  const auto n = static_cast<double>(score_.size());
  for (; place_ < end; ++place_) {
    const std::uint32_t row = ideal_[place_];
    noise_.add(1 - best_[row]);
    loss_.add(best_[row] - right_[row]);
    attained_.add(right_[row]);
    for (const std::uint32_t accepted_row : {row, order_[place_]}) {
      if (++seen_[accepted_row] == 2) ++common_;
    }
    const auto k = static_cast<double>(place_ + 1);
    const double accuracy = accepted_[place_] / k;
    const double b = noise_.value() / k, a = loss_.value() / k;
    const double r = (attained_.value() - accepted_[place_]) / k;
    const double d = std::max(0.0, k - expected_right_) / k;
    const double gap = std::min(1.0, expected_right_ / k) - accuracy;
    const double bound = 1 - accuracy + r;
    gaps_.add(gap);
    bayes_.add(b);
    approximations_.add(a);
    rankings_.add(r);
    discounts_.add(d);
    bounds_.add(bound);
    budget_.residual = std::max(budget_.residual, std::fabs(gap - (b + a + r - d)));
    budget_.least_slack = std::min(budget_.least_slack, bound - gap);
    const auto rank = static_cast<std::int64_t>(place_) + 1;
    if (!ranks_.empty() && (next_rank_ == ranks_.size() || ranks_[next_rank_] != rank)) continue;
    ++next_rank_;
    budget_.k.push_back(rank);
    budget_.coverage.push_back(k / n);
    budget_.accuracy.push_back(accuracy);
    budget_.gap.push_back(gap);
    budget_.bayes.push_back(b);
    budget_.approximation.push_back(a);
    budget_.ranking.push_back(r);
    budget_.discount.push_back(d);
    budget_.paper_bound.push_back(bound);
    budget_.misordered_mass.push_back(2 * (k - static_cast<double>(common_)) / n);
  }
}

void BudgetSteps::finish() {
  const auto n = static_cast<double>(score_.size());
  budget_.mean_gap = gaps_.value() / n;
  budget_.mean_bayes = bayes_.value() / n;
  budget_.mean_approximation = approximations_.value() / n;
  budget_.mean_ranking = rankings_.value() / n;
  budget_.mean_discount = discounts_.value() / n;
  budget_.mean_paper_bound = bounds_.value() / n;
}

Budget exact_budget(std::span<const double> right, std::span<const double> best,
                    std::span<const double> score, std::span<const std::int64_t> ranks) {
  BudgetSteps steps({right.begin(), right.end()}, {best.begin(), best.end()}, score,
                    {ranks.begin(), ranks.end()});
  while (!steps.step()) {
  }
  return steps.take();
}

AnswerOdds answer_odds(const classify::LogitsView& posterior, std::span<const std::int32_t> prediction) {
  std::vector<double> right(posterior.rows()), best(posterior.rows());
  if (prediction.size() != right.size()) throw InputError("a budget needs a prediction for every posterior");
  for (std::size_t i = 0; i < right.size(); ++i) {
    const std::span<const double> row = posterior.row(i);
    double sum = 0;
    for (const double p : row) sum += p;
    if (!(std::fabs(sum - 1) <= 1e-3)) {
      throw InputError("posterior of row " + std::to_string(i + 1) + " sums to " + number_to_text(sum) +
                       "; it has to sum to 1 within 0.001");
    }
    const double scale = std::fabs(sum - 1) <= 1e-6 ? 1 : 1 / sum;
    const std::int32_t predicted = prediction[i];
    if (predicted < 0 || static_cast<std::size_t>(predicted) >= row.size())
      throw InputError("prediction " + std::to_string(predicted) + " of row " + std::to_string(i + 1) +
                       "; allowed: 0…" + std::to_string(row.size() - 1));
    right[i] = row[static_cast<std::size_t>(predicted)] * scale;
    best[i] = *std::max_element(row.begin(), row.end()) * scale;
  }
  return {std::move(right), std::move(best)};
}

Budget exact_budget(const classify::LogitsView& posterior, std::span<const std::int32_t> prediction,
                    std::span<const double> score, std::span<const std::int64_t> ranks) {
  const AnswerOdds odds = answer_odds(posterior, prediction);
  return exact_budget(odds.right, odds.best, score, ranks);
}

double uniform_half_width(double coverage, std::int64_t rows, double delta) {
  return 3 / coverage * std::sqrt(math::log(4 / delta) / (2 * static_cast<double>(rows)));
}

}  // namespace reprise::selective
