#include "stats/ranking.h"

#include "stats/sort.h"

#include <limits>
#include <stdexcept>
#include <vector>

namespace reprise::stats {

double RankingCounts::auc() const {
  if (positives == 0 || negatives == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(twice_concordant) /
         (2 * static_cast<double>(positives) * static_cast<double>(negatives));
}

namespace {

void add_group(RankingCounts& counts, std::int64_t rows, std::int64_t positives) {
  if (rows == 0) return;
  const std::int64_t negatives = rows - positives;
  counts.twice_concordant += positives * (2 * counts.negatives + negatives);
  counts.positives += positives;
  counts.negatives += negatives;
  counts.distinct_scores += 1;
  if (rows > 1) counts.tied_rows += rows;
}

}  // namespace

void RankingCounter::add(std::span<const double> ascending, std::span<const std::uint8_t> label) {
  if (ascending.size() != label.size()) throw std::invalid_argument("ranking: as many labels as scores");
  for (std::size_t row = 0; row < ascending.size(); ++row) {
    if (ascending[row] != score_ || rows_ == 0) {
      add_group(before_, rows_, positives_);
      score_ = ascending[row];
      rows_ = positives_ = 0;
    }
    ++rows_;
    positives_ += label[row];
  }
}

RankingCounts RankingCounter::counts() const {
  RankingCounts counts = before_;
  add_group(counts, rows_, positives_);
  return counts;
}

RankingCounts ranking_of_sorted(std::span<const double> ascending, std::span<const std::uint8_t> label) {
  RankingCounter counter;
  counter.add(ascending, label);
  return counter.counts();
}

double auc(std::span<const double> score, std::span<const std::uint8_t> label) {
  if (score.size() != label.size()) throw std::invalid_argument("auc: as many labels as scores");
  PairSorter sorter(score.size());
  for (std::size_t row = 0; row < score.size(); ++row) sorter.add(score[row], label[row]);
  while (!sorter.step()) {
  }
  const std::vector<double> ascending = sorter.take_scores();
  return ranking_of_sorted(ascending, sorter.take_labels()).auc();
}

}  // namespace reprise::stats
