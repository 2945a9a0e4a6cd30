// Label shift: the class proportions change from source to target, the scores of each class do not. Then the
// calibrated source probability needs one closed-form correction that depends only on the class weights
// w_k = Q(Y = k)/P(Y = k).
//
//   ShiftWeights weights = weights_from_labels(500, 1000, 10, 100);   // positives and rows, source and
//   target Composite adapted = adapt(source_map, weights); adapted(.7); // probability under the target
#pragma once

#include "labs/recalibration/bin_map.h"
#include "stats/intervals.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace reprise::recal {

struct ShiftWeights {
  double w0 = 1, w1 = 1;
  double se_log_ratio = 0;  // standard error of log(w1/w0)

  double log_ratio() const;
};

/// g(p) = w₁p/(w₁p + w₀(1 − p)), computed as σ(logit p + log(w₁/w₀)); g(0) = 0, g(1) = 1.
double shifted(double p, double log_ratio);

/// Shares with `pseudo` added to each of the four class counts (½: Jeffreys; 0: the plain shares).
struct ClassShares {
  double source = 0, target = 0;  // of class 1
  ShiftWeights weights;
};
/// n1: positives, n: rows, of source P and target Q. InputError when a class has no row and pseudo is 0, when
/// pseudo < 0, or when a count is impossible.
ClassShares shares_from_labels(std::int64_t n1_source, std::int64_t n_source, std::int64_t n1_target,
                               std::int64_t n_target, double pseudo = 0.5);
ShiftWeights weights_from_labels(std::int64_t n1_source, std::int64_t n_source, std::int64_t n1_target,
                                 std::int64_t n_target, double pseudo = 0.5);

/// Target rows with one calibrated source probability.
struct CalibratedMass {
  double probability = 0;
  std::int64_t count = 0;
};

/// Class share of an unlabelled target sample by maximum likelihood.
struct EmResult {
  double share = 0;            // π_Q
  stats::Interval interval{};  // profile likelihood
  ShiftWeights weights;        // relative to the source share; standard error: see em_target_share
  int iterations = 0;
  bool by_bisection = false;  // EM had not converged after 1000 iterations
  bool at_boundary = false;   // the likelihood is largest at 0 or at 1
};

/// EM (Saerens, Latinne, Decaestecker 2002) from π = `source_share` until |Δπ| < 1e-10, probabilities clipped
/// to [1e-6, 1 − 1e-6]; then bisection on the derivative of the concave log likelihood. The standard error of
/// log(w₁/w₀) joins the observed information with the source counts (n1_source positives of n_source).
/// InputError without rows, for a source share outside (0, 1), or a confidence outside (0, 1).
EmResult em_target_share(std::span<const CalibratedMass> target, std::int64_t n1_source,
                         std::int64_t n_source, double confidence = 0.95);
/// The same for one probability a row.
EmResult weights_em(std::span<const double> calibrated_target, std::int64_t n1_source, std::int64_t n_source,
                    double confidence = 0.95);

/// log likelihood Σ count · log(w₁p + w₀(1 − p)) of a target share, for w relative to `source_share`.
double target_log_likelihood(std::span<const CalibratedMass> target, double source_share,
                             double target_share);

/// A source map followed by the correction.
template <class Map>
struct Composite {
  Map source;
  double log_ratio = 0;
  double operator()(double z) const { return shifted(source(z), log_ratio); }
};
template <class Map>
Composite<Map> adapt(Map source, const ShiftWeights& weights) {
  return {std::move(source), weights.log_ratio()};
}

}  // namespace reprise::recal
