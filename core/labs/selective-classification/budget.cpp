#include "labs/selective-classification/budget.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"
#include "labs/selective-classification/curve.h"
#include "stats/compensated_sum.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace reprise::selective {

using stats::CompensatedSum;

Budget exact_budget(std::span<const double> right, std::span<const double> best,
                    std::span<const double> score, std::span<const std::int64_t> ranks) {
  if (right.size() != score.size() || best.size() != score.size())
    throw InputError("a budget needs as many posteriors as scores");
  const RowOrder order = order_by_score(score);
  const std::vector<double> accepted = tie_averaged_sums(order, right);
  std::vector<std::uint32_t> ideal(score.size());
  std::iota(ideal.begin(), ideal.end(), 0U);
  std::sort(ideal.begin(), ideal.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (right[a] != right[b]) return right[a] > right[b];
    if (best[a] != best[b]) return best[a] > best[b];
    return a < b;
  });

  Budget budget;
  const std::size_t rows = score.size();
  const auto n = static_cast<double>(rows);
  CompensatedSum total;
  for (const std::uint32_t row : ideal) total.add(right[row]);
  const double expected_right = total.value();
  budget.accuracy_full = expected_right / n;
  budget.least_slack = std::numeric_limits<double>::infinity();

  std::vector<std::uint8_t> seen(rows, 0);  // how many of the two orders have accepted a row
  std::int64_t common = 0;
  std::size_t next = 0;
  CompensatedSum noise, loss, attained;
  CompensatedSum gaps, bayes, approximations, rankings, discounts, bounds;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::uint32_t row = ideal[i];
    noise.add(1 - best[row]);
    loss.add(best[row] - right[row]);
    attained.add(right[row]);
    for (const std::uint32_t accepted_row : {row, order.row[i]}) {
      if (++seen[accepted_row] == 2) ++common;
    }
    const auto k = static_cast<double>(i + 1);
    const double accuracy = accepted[i] / k;
    const double b = noise.value() / k, a = loss.value() / k;
    const double r = (attained.value() - accepted[i]) / k;
    const double d = std::max(0.0, k - expected_right) / k;
    const double gap = std::min(1.0, expected_right / k) - accuracy;
    const double bound = 1 - accuracy + r;
    gaps.add(gap);
    bayes.add(b);
    approximations.add(a);
    rankings.add(r);
    discounts.add(d);
    bounds.add(bound);
    budget.residual = std::max(budget.residual, std::fabs(gap - (b + a + r - d)));
    budget.least_slack = std::min(budget.least_slack, bound - gap);
    if (!ranks.empty() && (next == ranks.size() || ranks[next] != static_cast<std::int64_t>(i) + 1)) continue;
    ++next;
    budget.k.push_back(static_cast<std::int64_t>(i) + 1);
    budget.coverage.push_back(k / n);
    budget.accuracy.push_back(accuracy);
    budget.gap.push_back(gap);
    budget.bayes.push_back(b);
    budget.approximation.push_back(a);
    budget.ranking.push_back(r);
    budget.discount.push_back(d);
    budget.paper_bound.push_back(bound);
    budget.misordered_mass.push_back(2 * (k - static_cast<double>(common)) / n);
  }
  budget.mean_gap = gaps.value() / n;
  budget.mean_bayes = bayes.value() / n;
  budget.mean_approximation = approximations.value() / n;
  budget.mean_ranking = rankings.value() / n;
  budget.mean_discount = discounts.value() / n;
  budget.mean_paper_bound = bounds.value() / n;
  return budget;
}

Budget exact_budget(const classify::LogitsView& posterior, std::span<const std::int32_t> prediction,
                    std::span<const double> score, std::span<const std::int64_t> ranks) {
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
  return exact_budget(right, best, score, ranks);
}

double uniform_half_width(double coverage, std::int64_t rows, double delta) {
  return 3 / coverage * std::sqrt(math::log(4 / delta) / (2 * static_cast<double>(rows)));
}

}  // namespace reprise::selective
