#include "labs/selective-classification/threshold.h"

#include "base/error.h"
#include "base/math.h"
#include "labs/selective-classification/curve.h"
#include "stats/incomplete_beta.h"
#include "stats/sort.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace reprise::selective {

namespace {

/// Scores in descending order with right answers up to each place.
struct Validation {
  Validation(std::span<const double> score, std::span<const std::uint8_t> correct) {
    if (score.empty() || score.size() != correct.size())
      throw InputError("a threshold needs validation rows, each with a score and whether it was right");
    stats::PairSorter sorter(score.size());
    for (std::size_t i = 0; i < score.size(); ++i) {
      if (std::isnan(score[i]))
        throw InputError("score " + std::to_string(i + 1) + " is NaN; a number is required");
      sorter.add(score[i], correct[i]);
    }
    while (!sorter.step()) {
    }
    descending = sorter.take_scores();
    std::reverse(descending.begin(), descending.end());
    const std::vector<std::uint8_t> ascending_correct = sorter.take_labels();
    right_before.reserve(score.size() + 1);
    right_before.push_back(0);
    for (std::size_t i = score.size(); i > 0; --i)
      right_before.push_back(right_before.back() + (ascending_correct[i - 1] != 0 ? 1 : 0));
  }

  ThresholdCandidate at(std::int64_t rank, double level) const {
    ThresholdCandidate candidate;
    candidate.rank = rank;
    candidate.level = level;
    const auto n = static_cast<std::int64_t>(descending.size());
    candidate.threshold =
        rank == n ? -std::numeric_limits<double>::infinity() : descending[static_cast<std::size_t>(rank)];
    // First place that is not above the threshold.
    const auto end = std::partition_point(descending.begin(), descending.end(),
                                          [&](double s) { return s > candidate.threshold; });
    candidate.accepted = end - descending.begin();
    candidate.correct = right_before[static_cast<std::size_t>(candidate.accepted)];
    candidate.lower_bound = accuracy_lower_bound(candidate.correct, candidate.accepted, level);
    return candidate;
  }

  std::vector<double> descending;
  std::vector<std::int64_t> right_before;
};

void take(ThresholdChoice& choice, const ThresholdCandidate& candidate, std::size_t rows) {
  choice.found = true;
  choice.threshold = candidate.threshold;
  choice.rank = candidate.rank;
  choice.accepted = candidate.accepted;
  choice.correct = candidate.correct;
  choice.coverage = static_cast<double>(candidate.accepted) / static_cast<double>(rows);
  choice.lower_bound = candidate.lower_bound;
}

}  // namespace

double accuracy_lower_bound(std::int64_t correct, std::int64_t accepted, double alpha) {
  if (accepted == 0) return std::numeric_limits<double>::quiet_NaN();
  if (correct == 0) return 0;
  return stats::inverse_regularized_incomplete_beta(static_cast<double>(correct),
                                                    static_cast<double>(accepted - correct + 1), alpha);
}

std::int64_t least_rows_for_risk(double target_risk, double delta) {
  return static_cast<std::int64_t>(std::ceil(math::log(delta) / math::log1p(-target_risk)));
}

ThresholdChoice threshold_for_risk(std::span<const double> score, std::span<const std::uint8_t> correct,
                                   double target_risk, double delta, std::int64_t candidates,
                                   Correction correction) {
  if (!(target_risk > 0 && target_risk < 1 && delta > 0 && delta < 1))
    throw InputError("target risk and delta have to lie between 0 and 1");
  const Validation rows(score, correct);
  const auto n = static_cast<std::int64_t>(score.size());
  const std::vector<std::int64_t> ranks = grid_ranks(n, candidates);
  const bool sequence = correction == Correction::FixedSequence;
  const double level = sequence ? delta : delta / static_cast<double>(ranks.size());
  ThresholdChoice choice;
  // Below twice the least number of rows a test has no power, and the sequence would end there.
  const std::int64_t first = sequence ? std::min(2 * least_rows_for_risk(target_risk, delta), n) : 0;
  bool passing = true;
  for (const std::int64_t rank : ranks) {
    ThresholdCandidate candidate = rows.at(rank, level);
    candidate.tested = rank >= first && passing;
    candidate.certified = candidate.tested && candidate.lower_bound >= 1 - target_risk;
    if (candidate.certified) take(choice, candidate, score.size());
    if (sequence && candidate.tested && !candidate.certified) passing = false;
    choice.candidates.push_back(candidate);
  }
  return choice;
}

ThresholdChoice threshold_for_coverage(std::span<const double> score, std::span<const std::uint8_t> correct,
                                       double coverage, double delta) {
  if (!(coverage > 0 && coverage <= 1)) throw InputError("a coverage has to lie in (0, 1]");
  const Validation rows(score, correct);
  ThresholdCandidate candidate = rows.at(rank_at(coverage, static_cast<std::int64_t>(score.size())), delta);
  candidate.tested = true;
  ThresholdChoice choice;
  take(choice, candidate, score.size());
  choice.candidates = {candidate};
  return choice;
}

}  // namespace reprise::selective
