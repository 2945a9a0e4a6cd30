#include "labs/recalibration/label_shift.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace reprise::recal {

namespace {

constexpr double clip = 1e-6;
constexpr int most_em_iterations = 1000;
constexpr double em_tolerance = 1e-10;

// The target sample with what the likelihood of a share needs of each probability.
class Likelihood {
 public:
  Likelihood(std::span<const CalibratedMass> target, double source_share) {
    for (const CalibratedMass& mass : target) {
      if (mass.count == 0) continue;
      const double p = std::clamp(mass.probability, clip, 1 - clip);
      terms_.push_back({p / source_share, (1 - p) / (1 - source_share), static_cast<double>(mass.count)});
      rows_ += static_cast<double>(mass.count);
    }
  }

  double rows() const { return rows_; }

  double value(double share) const {
    double sum = 0;
    for (const Term& term : terms_) sum += term.count * math::log(mixture(term, share));
    return sum;
  }

  double derivative(double share) const {
    double sum = 0;
    for (const Term& term : terms_)
      sum += term.count * (term.positive - term.negative) / mixture(term, share);
    return sum;
  }

  /// Minus the second derivative.
  double information(double share) const {
    double sum = 0;
    for (const Term& term : terms_) {
      const double slope = (term.positive - term.negative) / mixture(term, share);
      sum += term.count * slope * slope;
    }
    return sum;
  }

  /// One EM iteration: the mean posterior of class 1.
  double posterior_mean(double share) const {
    double sum = 0;
    for (const Term& term : terms_) sum += term.count * share * term.positive / mixture(term, share);
    return sum / rows_;
  }

  /// The exact maximum on [0, 1], by bisection on the falling derivative.
  double maximum() const {
    if (derivative(0) <= 0) return 0;
    if (derivative(1) >= 0) return 1;
    return falling_root([this](double share) { return derivative(share); }, 0, 1);
  }

  /// The root of a function that falls from positive to negative between `low` and `high`.
  template <class Function>
  static double falling_root(const Function& function, double low, double high) {
    for (int halving = 0; halving < 200; ++halving) {
      const double middle = low + (high - low) / 2;
      if (!(middle > low && middle < high)) break;
      (function(middle) > 0 ? low : high) = middle;
    }
    return low + (high - low) / 2;
  }

 private:
  struct Term {
    double positive, negative, count;  // p/π_P, (1 − p)/(1 − π_P), rows
  };
  static double mixture(const Term& term, double share) {
    return share * term.positive + (1 - share) * term.negative;
  }

  std::vector<Term> terms_;
  double rows_ = 0;
};

// Where twice the log likelihood has fallen by the χ² quantile on both sides of its maximum.
stats::Interval profile_interval(const Likelihood& likelihood, double best, double confidence) {
  const double z = math::normal_quantile(0.5 + confidence / 2);
  const double floor = likelihood.value(best) - z * z / 2;
  stats::Interval interval{0, 1};
  if (best > 0 && likelihood.value(0) < floor) {
    interval.low = Likelihood::falling_root([&](double s) { return floor - likelihood.value(s); }, 0, best);
  }
  if (best < 1 && likelihood.value(1) < floor) {
    interval.high = Likelihood::falling_root([&](double s) { return likelihood.value(s) - floor; }, best, 1);
  }
  return interval;
}

[[noreturn]] void impossible_counts(std::int64_t positives, std::int64_t rows, const char* where) {
  const std::string found = std::to_string(positives) + " of " + std::to_string(rows);
  throw InputError({"scores", found, "0 <= positives <= rows",
                    std::string("class counts of the ") + where + " are impossible: " + found});
}

}  // namespace

double ShiftWeights::log_ratio() const {
  return math::log(w1) - math::log(w0);
}

double shifted(double p, double log_ratio) {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  return log_ratio == 0 ? p : math::logistic(math::logit(p) + log_ratio);
}

ClassShares shares_from_labels(std::int64_t n1_source, std::int64_t n_source, std::int64_t n1_target,
                               std::int64_t n_target, double pseudo) {
  if (n1_source < 0 || n1_source > n_source) impossible_counts(n1_source, n_source, "source");
  if (n1_target < 0 || n1_target > n_target) impossible_counts(n1_target, n_target, "target");
  if (!(pseudo >= 0)) {
    throw InputError({"pseudo", number_to_text(pseudo), ">= 0",
                      "pseudo=" + number_to_text(pseudo) + " is not allowed; allowed: >= 0"});
  }
  const double source1 = static_cast<double>(n1_source) + pseudo;
  const double source0 = static_cast<double>(n_source - n1_source) + pseudo;
  const double target1 = static_cast<double>(n1_target) + pseudo;
  const double target0 = static_cast<double>(n_target - n1_target) + pseudo;
  const auto need = [](double count, const char* domain, int label) {
    if (count > 0) return;
    throw InputError({"pseudo", "0", "> 0 when a class has no row",
                      std::string("the ") + domain + " has no row with label " + std::to_string(label) +
                          ": with pseudo=0 its weight is undefined; allowed: pseudo > 0"});
  };
  need(source1, "source", 1);
  need(source0, "source", 0);
  need(target1, "target", 1);
  need(target0, "target", 0);

  ClassShares shares;
  shares.source = source1 / (source1 + source0);
  shares.target = target1 / (target1 + target0);
  shares.weights.w1 = shares.target / shares.source;
  shares.weights.w0 = (target0 / (target1 + target0)) / (source0 / (source1 + source0));
  shares.weights.se_log_ratio = std::sqrt(1 / target1 + 1 / target0 + 1 / source1 + 1 / source0);
  return shares;
}

ShiftWeights weights_from_labels(std::int64_t n1_source, std::int64_t n_source, std::int64_t n1_target,
                                 std::int64_t n_target, double pseudo) {
  return shares_from_labels(n1_source, n_source, n1_target, n_target, pseudo).weights;
}

EmResult em_target_share(std::span<const CalibratedMass> target, std::int64_t n1_source,
                         std::int64_t n_source, double confidence) {
  if (n1_source < 1 || n1_source >= n_source) {
    throw InputError({"scores", std::to_string(n1_source) + " of " + std::to_string(n_source),
                      "rows of both classes",
                      "the target share cannot be estimated: the source needs rows of both classes"});
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw InputError({"interval", number_to_text(confidence), "(0, 1)",
                      "interval=" + number_to_text(confidence) + " is not allowed; allowed: (0, 1)"});
  }
  const double source_share = static_cast<double>(n1_source) / static_cast<double>(n_source);
  const Likelihood likelihood(target, source_share);
  if (likelihood.rows() == 0) {
    throw InputError({"scores", "0 rows", "at least one target row",
                      "the target share cannot be estimated: there is no target row"});
  }

  EmResult result;
  double share = source_share;
  bool converged = false;
  while (!converged && result.iterations < most_em_iterations) {
    const double next = likelihood.posterior_mean(share);
    converged = std::fabs(next - share) < em_tolerance;
    share = next;
    ++result.iterations;
  }
  result.by_bisection = !converged;
  const double exact = likelihood.maximum();
  result.share = converged ? share : exact;
  result.at_boundary = exact == 0 || exact == 1;
  result.interval = profile_interval(likelihood, exact, confidence);

  result.weights.w1 = result.share / source_share;
  result.weights.w0 = (1 - result.share) / (1 - source_share);
  const double spread = result.share * (1 - result.share);
  const double variance_of_logit = 1 / (likelihood.information(result.share) * spread * spread);
  const auto positives = static_cast<double>(n1_source);
  const auto negatives = static_cast<double>(n_source - n1_source);
  result.weights.se_log_ratio = result.at_boundary
                                    ? std::numeric_limits<double>::quiet_NaN()
                                    : std::sqrt(variance_of_logit + 1 / positives + 1 / negatives);
  return result;
}

EmResult weights_em(std::span<const double> calibrated_target, std::int64_t n1_source, std::int64_t n_source,
                    double confidence) {
  std::vector<CalibratedMass> masses;
  masses.reserve(calibrated_target.size());
  for (const double p : calibrated_target) masses.push_back({p, 1});
  return em_target_share(masses, n1_source, n_source, confidence);
}

double target_log_likelihood(std::span<const CalibratedMass> target, double source_share,
                             double target_share) {
  return Likelihood(target, source_share).value(target_share);
}

}  // namespace reprise::recal
