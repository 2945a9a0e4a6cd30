#include "labs/recalibration/bin_map.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"
#include "stats/sort.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace reprise::recal {

namespace {

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

SortedScores SortedScores::from_sorted(std::vector<double> z, std::span<const std::uint8_t> y,
                                       ScoreScale scale) {
  SortedScores sample;
  sample.z_ = std::move(z);
  sample.positives_.resize(y.size() + 1);
  std::uint32_t sum = 0;
  for (std::size_t row = 0; row < y.size(); ++row) sample.positives_[row + 1] = sum += y[row];
  sample.scale_ = scale;
  return sample;
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

std::vector<double> histogram_edges(const SortedScores& sample, std::int64_t bins, EdgeRule rule) {
  const std::int64_t rows = sample.size();
  const std::span<const double> z = sample.scores();
  std::vector<double> edges(static_cast<std::size_t>(bins) + 1);
  edges.front() = lowest(sample.scale());
  edges.back() = highest(sample.scale());
  for (std::int64_t b = 1; b < bins; ++b) {
    double& edge = edges[static_cast<std::size_t>(b)];
    switch (rule) {
      case EdgeRule::OrderStatistic:
        edge = z[static_cast<std::size_t>(rows * b / bins - 1)];
        break;
      case EdgeRule::InterpolatedQuantile: {
        // Position (n − 1) b/B, split into whole part and fraction in integers.
        const std::size_t below = static_cast<std::size_t>((rows - 1) * b / bins);
        const double fraction = static_cast<double>((rows - 1) * b % bins) / static_cast<double>(bins);
        edge = fraction == 0 ? z[below] : z[below] + fraction * (z[below + 1] - z[below]);
        break;
      }
      case EdgeRule::UniformWidth: {
        const double probability = static_cast<double>(b) / static_cast<double>(bins);
        edge = sample.scale() == ScoreScale::Probability ? probability : math::logit(probability);
        break;
      }
    }
  }
  return edges;
}

BinMap fit_histogram(const SortedScores& edge_sample, const SortedScores& value_sample, std::int64_t bins,
                     EdgeRule rule, TiePolicy ties) {
  check_bins(bins, edge_sample.size());
  const std::span<const double> z = value_sample.scores();
  const bool merge = ties == TiePolicy::Merge && rule != EdgeRule::UniformWidth;
  if (!merge && rule != EdgeRule::UniformWidth && bins > 1 && !z.empty() && z.front() == z.back()) {
    throw InputError({"bins", std::to_string(bins), "1",
                      "all scores equal " + number_to_text(z.front()) + ": bins=" + std::to_string(bins) +
                          " would be empty but for one; allowed 1, or tie_policy=merge"});
  }

  const std::vector<double> raw = histogram_edges(edge_sample, bins, rule);
  BinMap map;
  map.rule = rule;
  map.scale = value_sample.scale();
  map.edges.reserve(raw.size());
  map.value.reserve(raw.size() - 1);
  map.count.reserve(raw.size() - 1);
  map.edges.push_back(raw.front());
  std::int64_t start = 0;  // rows below the bin in hand
  bool any_empty = false;
  for (std::size_t b = 1; b < raw.size(); ++b) {
    const bool last = b + 1 == raw.size();
    const std::int64_t guess = edge_sample.size() * static_cast<std::int64_t>(b) / bins;
    const std::int64_t end = last ? value_sample.size() : rows_up_to(z, raw[b], rule, guess);
    // Merging drops an edge that would leave the bin below it, or the rest above it, without rows.
    if (merge && !last && (end == start || end == value_sample.size())) continue;
    const std::int64_t count = end - start;
    const std::int64_t positives = value_sample.positives(end) - value_sample.positives(start);
    any_empty = any_empty || count == 0;
    map.edges.push_back(raw[b]);
    map.value.push_back(count == 0 ? 0.0 : static_cast<double>(positives) / static_cast<double>(count));
    map.count.push_back(count);
    start = end;
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
