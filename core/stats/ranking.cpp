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

RankingCounts ranking_of_sorted(std::span<const double> ascending, std::span<const std::uint8_t> label) {
  if (ascending.size() != label.size()) throw std::invalid_argument("ranking: as many labels as scores");
  RankingCounts counts;
  std::size_t begin = 0;
  while (begin < ascending.size()) {
    std::size_t end = begin;
    std::int64_t positives = 0;
    while (end < ascending.size() && ascending[end] == ascending[begin]) positives += label[end++];
    const auto rows = static_cast<std::int64_t>(end - begin);
    const std::int64_t negatives = rows - positives;
    counts.twice_concordant += positives * (2 * counts.negatives + negatives);
    counts.positives += positives;
    counts.negatives += negatives;
    counts.distinct_scores += 1;
    if (rows > 1) counts.tied_rows += rows;
    begin = end;
  }
  return counts;
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
