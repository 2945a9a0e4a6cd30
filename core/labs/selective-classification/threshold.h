// Thresholds with a guarantee: with probability 1 − δ over the validation rows, what is answered has at most
// the wanted share of errors, or no threshold is returned.
//
//   ThresholdChoice choice = threshold_for_risk(score, correct, 0.05, 0.05, 20, Correction::FixedSequence);
//   if (choice.found) { /* answer iff score > choice.threshold */ }
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace reprise::selective {

enum class Correction {
  FixedSequence,  ///< candidates are tested in the order of their coverage at level δ, until one fails
  Bonferroni,     ///< all are tested, each at δ over their number
};

/// A rule "answer iff score > threshold" that was fixed by its rank before the answers were looked at.
struct ThresholdCandidate {
  std::int64_t rank = 0;      ///< k: the threshold is the score of row k + 1
  double threshold = 0;       ///< −infinity for k = n
  std::int64_t accepted = 0;  ///< rows above it, at most k
  std::int64_t correct = 0;   ///< right answers among them
  double level = 0;           ///< α of its test
  double lower_bound = 0;     ///< Clopper–Pearson for the accuracy; NaN without accepted rows
  bool tested = false;
  bool certified = false;
};

struct ThresholdChoice {
  bool found = false;
  double threshold = std::numeric_limits<double>::infinity();
  std::int64_t rank = 0, accepted = 0, correct = 0;
  double coverage = 0;  ///< accepted / n
  double lower_bound = std::numeric_limits<double>::quiet_NaN();
  std::vector<ThresholdCandidate> candidates;  ///< by ascending rank
};

/// BetaInv(α; C, N − C + 1): accuracy is above it with confidence 1 − α. 0 for C = 0, NaN for N = 0.
double accuracy_lower_bound(std::int64_t correct, std::int64_t accepted, double alpha);
/// Least number of rows, all answered right, that certifies risk r at level δ: ⌈log δ/log(1 − r)⌉.
std::int64_t least_rows_for_risk(double target_risk, double delta);

/// Candidates at ranks ⌈n j/M⌉, j = 1…M. Risk and δ in (0, 1), at least one row (InputError).
ThresholdChoice threshold_for_risk(std::span<const double> score, std::span<const std::uint8_t> correct,
                                   double target_risk, double delta, std::int64_t candidates,
                                   Correction correction);
/// One candidate, at rank ⌈c n⌉; `found` is always true, `lower_bound` the accuracy that is guaranteed.
ThresholdChoice threshold_for_coverage(std::span<const double> score, std::span<const std::uint8_t> correct,
                                       double coverage, double delta);

}  // namespace reprise::selective
