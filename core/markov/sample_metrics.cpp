#include "markov/sample_metrics.h"

#include "base/error.h"
#include "stats/binomial.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace reprise::markov {

namespace {

struct Empirical {
  std::vector<double> share;
  double n = 0;

  explicit Empirical(const std::vector<std::int64_t>& counts) : share(counts.size()) {
    std::int64_t all = 0;
    for (const std::int64_t count : counts) all += count;
    if (all < 2) {
      throw InputError(Problem{"samples", std::to_string(all), "at least 2",
                               std::to_string(all) + " samples; at least 2 are needed on either side"});
    }
    n = static_cast<double>(all);
    for (std::size_t x = 0; x < counts.size(); ++x) share[x] = static_cast<double>(counts[x]) / n;
  }
  double variance(const std::vector<double>& values) const {
    const double mean = dot(share, values);
    std::vector<double> squares(values.size());
    for (std::size_t x = 0; x < values.size(); ++x) squares[x] = (values[x] - mean) * (values[x] - mean);
    return dot(share, squares);
  }
};

// Draws one by one need about 30 ns each, a binomial draw for every state some 50 µs.
constexpr std::int64_t draws_worth_a_binomial = 2000;

}  // namespace

SampleComparison compare_samples(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b,
                                 const std::vector<double>& phi, const KernelOperator& kernel) {
  const Empirical left(a), right(b);
  std::vector<double> change(a.size());
  SampleComparison result;
  for (std::size_t x = 0; x < a.size(); ++x) {
    change[x] = left.share[x] - right.share[x];
    result.tv_plug_in += std::fabs(change[x]) / 2;
  }
  std::vector<double> witness = change, of_left = left.share, of_right = right.share;
  kernel(witness);
  kernel(of_left);
  kernel(of_right);
  result.mmd_squared = dot(change, witness) - (1 - dot(left.share, of_left)) / (left.n - 1) -
                       (1 - dot(right.share, of_right)) / (right.n - 1);
  result.mmd_squared_se = 2 * std::sqrt(left.variance(witness) / left.n + right.variance(witness) / right.n);
  result.difference = dot(left.share, phi) - dot(right.share, phi);
  result.difference_se = std::sqrt(left.variance(phi) / left.n + right.variance(phi) / right.n);
  return result;
}

std::vector<std::int64_t> draw_counts(const std::vector<double>& law, std::int64_t n, Random& random) {
  std::vector<std::int64_t> counts(law.size(), 0);
  std::vector<double> cumulative(law.size());
  double sum = 0;
  for (std::size_t x = 0; x < law.size(); ++x) {
    sum += std::max(0.0, law[x]);
    cumulative[x] = sum;
  }
  if (n / draws_worth_a_binomial > static_cast<std::int64_t>(law.size())) {
    std::int64_t left = n;
    double mass = sum;
    for (std::size_t x = 0; x + 1 < law.size() && left > 0; ++x) {
      const double p = std::max(0.0, law[x]);
      const double u = random.uniform();
      counts[x] = p <= 0 ? 0 : stats::binomial_quantile(u, left, std::min(1.0, p / mass));
      left -= counts[x];
      mass -= p;
    }
    counts.back() += left;
    return counts;
  }
  for (std::int64_t draw = 0; draw < n; ++draw) {
    const double u = random.uniform() * sum;
    const auto at = std::upper_bound(cumulative.begin(), cumulative.end(), u);
    ++counts[std::min(static_cast<std::size_t>(at - cumulative.begin()), law.size() - 1)];
  }
  return counts;
}

}  // namespace reprise::markov
