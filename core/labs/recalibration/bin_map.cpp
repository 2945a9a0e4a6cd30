#include "labs/recalibration/bin_map.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"
#include "stats/sort.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

namespace reprise::recal {

namespace {

constexpr std::size_t rows_per_count = 64;  // of the running number of positive labels

double lowest(ScoreScale scale) {
  return scale == ScoreScale::Probability ? 0.0 : -std::numeric_limits<double>::infinity();
}

double highest(ScoreScale scale) {
  return scale == ScoreScale::Probability ? 1.0 : std::numeric_limits<double>::infinity();
}

[[noreturn]] void refuse_row(std::size_t row, double z, std::uint8_t y, bool score_in_range) {
  const std::string where = "row " + std::to_string(row + 1) + ": ";
  if (!std::isfinite(z)) {
    throw InputError({"score", number_to_text(z), "finite numbers",
                      where + "score " + number_to_text(z) + "; allowed: finite numbers"});
  }
  if (score_in_range) {
    throw InputError(
        {"label", std::to_string(y), "0 or 1", where + "label " + std::to_string(y) + "; allowed: 0 or 1"});
  }
  throw InputError(
      {"score", number_to_text(z), "0…1",
       where + "score " + number_to_text(z) + "; allowed 0…1 — use score_kind=logit for real-valued scores"});
}

void check_row(std::size_t row, double z, std::uint8_t y, ScoreScale scale) {
  const bool in_range = scale == ScoreScale::Probability ? z >= 0 && z <= 1 : std::isfinite(z);
  if (!in_range || y > 1) refuse_row(row, z, y, in_range);
}

void check_bins(std::int64_t bins, std::int64_t rows) {
  if (bins >= 1 && bins <= rows / 2) return;
  const std::string allowed = "1…" + std::to_string(rows / 2);
  const std::string problem = bins < 1 ? "bins=" + std::to_string(bins) + " is not a number of bins"
                                       : "bins=" + std::to_string(bins) + " needs at least " +
                                             std::to_string(2 * bins) + " rows, got " + std::to_string(rows);
  throw InputError({"bins", std::to_string(bins), allowed, problem + "; allowed " + allowed});
}

// Rows in the bins up to an edge: those <= it, or, when bins are closed on the left, those < it. Gallops from
// `hint`, so that an edge taken from the sample itself costs O(1).
std::int64_t rows_up_to(std::span<const double> scores, double edge, EdgeRule rule, std::int64_t hint) {
  const auto below = [&](std::int64_t row) {
    const double score = scores[static_cast<std::size_t>(row)];
    return rule == EdgeRule::InterpolatedQuantile ? score < edge : score <= edge;
  };
  const std::int64_t rows = static_cast<std::int64_t>(scores.size());
  std::int64_t low = std::clamp<std::int64_t>(hint, 0, rows);  // all rows before `low` are below the edge
  std::int64_t high = low;                                     // row `high` is not, or is the end
  for (std::int64_t stride = 1; low > 0 && !below(low - 1); stride *= 2) {
    high = low - 1;
    low = std::max<std::int64_t>(low - stride, 0);
  }
  for (std::int64_t stride = 1; high < rows && below(high); stride *= 2) {
    low = high + 1;
    high = std::min(high + stride, rows);
  }
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (below(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

SortedScores::SortedScores(std::span<const double> z, std::span<const std::uint8_t> y, ScoreScale scale) {
  if (z.size() != y.size()) throw std::logic_error("SortedScores: scores and labels differ in length");
  stats::PairSorter sorter(z.size());
  for (std::size_t row = 0; row < z.size(); ++row) {
    check_row(row, z[row], y[row], scale);
    sorter.add(z[row], y[row]);
  }
  while (!sorter.step()) {
  }
  *this = from_sorted(sorter.take_scores(), sorter.take_labels(), scale);
}

SortedScores SortedScores::from_sorted(std::vector<double> z, std::vector<std::uint8_t> y, ScoreScale scale) {
  SortedScores sample;
  sample.z_ = std::move(z);
  sample.y_ = std::move(y);
  sample.positives_.reserve(sample.y_.size() / rows_per_count + 1);
  std::uint32_t sum = 0;
  for (std::size_t row = 0; row <= sample.y_.size(); row += rows_per_count) {
    sample.positives_.push_back(sum);
    const std::size_t end = std::min(row + rows_per_count, sample.y_.size());
    for (std::size_t k = row; k < end; ++k) sum += sample.y_[k];
  }
  sample.scale_ = scale;
  return sample;
}

std::int64_t SortedScores::positives(std::int64_t rows) const {
  if (positives_.empty()) return 0;
  const auto end = static_cast<std::size_t>(rows);
  const std::size_t block = end / rows_per_count;
  std::int64_t sum = positives_[block];
  std::size_t row = block * rows_per_count;
  std::uint64_t eight = 0;  // sums of eight labels side by side, each at most 8
  for (std::uint64_t word = 0; row + 8 <= end; row += 8) {
    std::memcpy(&word, y_.data() + row, sizeof word);
    eight += word;
  }
  sum += static_cast<std::int64_t>(eight * 0x0101010101010101U >> 56);
  for (; row < end; ++row) sum += y_[row];
  return sum;
}

std::size_t BinMap::bin_of(double z) const {
  if (!(z >= edges.front() && z <= edges.back())) {
    throw InputError({"score", number_to_text(z), "0…1",
                      "score " + number_to_text(z) + "; allowed " +
                          (scale == ScoreScale::Probability ? "0…1" : "real numbers")});
  }
  // Only the inner edges decide: the end bins take everything beyond them.
  const auto first = edges.begin() + 1;
  const auto last = edges.end() - 1;
  const auto edge = rule == EdgeRule::InterpolatedQuantile ? std::upper_bound(first, last, z)
                                                           : std::lower_bound(first, last, z);
  return static_cast<std::size_t>(edge - first);
}

double histogram_edge(const SortedScores& sample, std::int64_t bins, EdgeRule rule, std::int64_t b) {
  if (b == 0) return lowest(sample.scale());
  if (b == bins) return highest(sample.scale());
  const std::int64_t rows = sample.size();
  const std::span<const double> z = sample.scores();
  switch (rule) {
    case EdgeRule::OrderStatistic:
      return z[static_cast<std::size_t>(rows * b / bins - 1)];
    case EdgeRule::InterpolatedQuantile: {
      // Position (n − 1) b/B, split into whole part and fraction in integers.
      const std::size_t below = static_cast<std::size_t>((rows - 1) * b / bins);
      const double fraction = static_cast<double>((rows - 1) * b % bins) / static_cast<double>(bins);
      return fraction == 0 ? z[below] : z[below] + fraction * (z[below + 1] - z[below]);
    }
    case EdgeRule::UniformWidth: {
      const double probability = static_cast<double>(b) / static_cast<double>(bins);
      return sample.scale() == ScoreScale::Probability ? probability : math::logit(probability);
    }
  }
  throw std::logic_error("histogram_edge: unknown rule");
}

BinWalk::BinWalk(const SortedScores& edge_sample, const SortedScores& value_sample, std::int64_t bins,
                 EdgeRule rule, TiePolicy ties)
    : edge_sample_(edge_sample),
      value_sample_(value_sample),
      bins_(bins),
      rule_(rule),
      merge_(ties == TiePolicy::Merge && rule != EdgeRule::UniformWidth) {
  check_bins(bins, edge_sample.size());
  const std::span<const double> z = value_sample.scores();
  if (!merge_ && rule != EdgeRule::UniformWidth && bins > 1 && !z.empty() && z.front() == z.back()) {
    throw InputError({"bins", std::to_string(bins), "1",
                      "all scores equal " + number_to_text(z.front()) + ": bins=" + std::to_string(bins) +
                          " would be empty but for one; allowed 1, or tie_policy=merge"});
  }
}

bool BinWalk::next(Bin& bin) {
  const std::int64_t rows = value_sample_.size();
  for (; next_ <= bins_; ++next_) {
    const bool last = next_ == bins_;
    bin.upper = histogram_edge(edge_sample_, bins_, rule_, next_);
    const std::int64_t guess = edge_sample_.size() * next_ / bins_;
    const std::int64_t end = last ? rows : rows_up_to(value_sample_.scores(), bin.upper, rule_, guess);
    // Merging drops an edge that would leave the bin below it, or the rest above it, without rows.
    if (merge_ && !last && (end == start_ || end == rows)) continue;
    bin.count = end - start_;
    const std::int64_t before = positives_before_;
    positives_before_ = value_sample_.positives(end);
    bin.positives = positives_before_ - before;
    start_ = end;
    ++next_;
    return true;
  }
  return false;
}

BinMap fit_histogram(const SortedScores& edge_sample, const SortedScores& value_sample, std::int64_t bins,
                     EdgeRule rule, TiePolicy ties) {
  BinWalk walk(edge_sample, value_sample, bins, rule, ties);
  BinMap map;
  map.rule = rule;
  map.scale = value_sample.scale();
  map.edges.reserve(static_cast<std::size_t>(bins) + 1);
  map.value.reserve(static_cast<std::size_t>(bins));
  map.count.reserve(static_cast<std::size_t>(bins));
  map.edges.push_back(histogram_edge(edge_sample, bins, rule, 0));
  bool any_empty = false;
  for (BinWalk::Bin bin; walk.next(bin);) {
    any_empty = any_empty || bin.count == 0;
    map.edges.push_back(bin.upper);
    map.value.push_back(bin.count == 0 ? 0.0
                                       : static_cast<double>(bin.positives) / static_cast<double>(bin.count));
    map.count.push_back(bin.count);
  }
  if (any_empty) fill_empty_bins(map);
  return map;
}

BinMap fit_histogram(const SortedScores& sample, std::int64_t bins, EdgeRule rule, TiePolicy ties) {
  return fit_histogram(sample, sample, bins, rule, ties);
}

BinMap fit_histogram(std::span<const double> z, std::span<const std::uint8_t> y, std::int64_t bins,
                     EdgeRule rule, TiePolicy ties, bool sample_split, ScoreScale scale) {
  if (!sample_split) return fit_histogram(SortedScores(z, y, scale), bins, rule, ties);
  check_bins(bins, static_cast<std::int64_t>(z.size()));
  const std::size_t half = z.size() / 2;
  const SortedScores edge_sample(z.first(half), y.first(half), scale);
  const SortedScores value_sample(z.subspan(half), y.subspan(half), scale);
  check_bins(bins, edge_sample.size());
  return fit_histogram(edge_sample, value_sample, bins, rule, ties);
}

void fill_empty_bins(BinMap& map) {
  const std::size_t bins = map.bins();
  std::size_t left = bins;  // nearest bin with rows so far; `bins`: none yet
  for (std::size_t b = 0; b < bins;) {
    if (map.count[b] > 0) {
      left = b++;
      continue;
    }
    std::size_t right = b;
    while (right < bins && map.count[right] == 0) ++right;
    if (left == bins && right == bins) return;  // no rows at all
    for (; b < right; ++b) {
      if (left == bins) {
        map.value[b] = map.value[right];
      } else if (right == bins) {
        map.value[b] = map.value[left];
      } else {
        const double share = static_cast<double>(b - left) / static_cast<double>(right - left);
        map.value[b] = map.value[left] + share * (map.value[right] - map.value[left]);
      }
    }
  }
}

}  // namespace reprise::recal
