// Histogram recalibration: cut the sorted scores into bins, answer with the label mean of the bin.
// Here live the map itself and its fit; how many bins to take is in bin_rules.h, its exact risk in
// population_risk.h.
//
//   std::vector<double> scores = {.1, .2, .3, .4};
//   std::vector<std::uint8_t> labels = {0, 0, 1, 1};
//   BinMap map = fit_histogram(scores, labels, 2, EdgeRule::OrderStatistic, TiePolicy::Merge);
//   map(.2);        // 0: the bins are [0, .2] and (.2, 1]
//   map(.2000001);  // 1
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reprise::recal {

/// Where the edges u_1 … u_{B−1} lie, and to which side a score equal to an edge belongs.
enum class EdgeRule {
  OrderStatistic,        // u_b = z_(⌊nb/B⌋), bins (u_{b−1}, u_b]
  InterpolatedQuantile,  // u_b = quantile b/B by linear interpolation, bins [u_{b−1}, u_b)
  UniformWidth,          // u_b = b/B on the probability scale, bins (u_{b−1}, u_b]
};

/// What happens to bins that ties leave empty. UniformWidth always keeps and interpolates.
enum class TiePolicy {
  Merge,                 // drop the edge that would close an empty bin: fewer bins, none empty
  KeepEmptyInterpolate,  // keep; value by linear interpolation over the bin index, nearest at the ends
};

/// In which units scores and edges are: z in [0, 1], or real-valued logits.
enum class ScoreScale { Probability, Logit };

/// A step function of the score.
struct BinMap {
  std::vector<double> edges;  // B + 1, ascending; first and last are 0 and 1, or −inf and inf for logits
  std::vector<double> value;  // B, the answer in each bin
  std::vector<std::int64_t> count;  // B, fitted rows in each bin
  EdgeRule rule = EdgeRule::OrderStatistic;
  ScoreScale scale = ScoreScale::Probability;

  /// Value of the bin that holds `z`; InputError when z is NaN or outside the edges. O(log B).
  double operator()(double z) const { return value[bin_of(z)]; }
  /// Index in [0, B) of the bin that holds `z`; InputError as above.
  std::size_t bin_of(double z) const;
  std::size_t bins() const { return value.size(); }
};

/// Scores in ascending order with their labels: after one sort, every fit costs O(B log n). Nine bytes a row.
class SortedScores {
 public:
  SortedScores() = default;
  /// Sorts. `z` and `y` equally long, z finite (and in [0, 1] on the probability scale), y 0 or 1; InputError
  /// that names the row (from 1) otherwise.
  SortedScores(std::span<const double> z, std::span<const std::uint8_t> y,
               ScoreScale scale = ScoreScale::Probability);
  /// Takes rows that are in ascending order of z already; nothing is checked.
  static SortedScores from_sorted(std::vector<double> z, std::vector<std::uint8_t> y, ScoreScale scale);

  std::int64_t size() const { return static_cast<std::int64_t>(z_.size()); }
  ScoreScale scale() const { return scale_; }
  std::span<const double> scores() const { return z_; }
  std::span<const std::uint8_t> labels() const { return y_; }
  /// Positive labels among the `rows` smallest scores, 0 <= rows <= size().
  std::int64_t positives(std::int64_t rows) const;
  std::int64_t positives() const { return positives(size()); }
  double base_rate() const { return static_cast<double>(positives()) / static_cast<double>(size()); }

 private:
  std::vector<double> z_;
  std::vector<std::uint8_t> y_;
  std::vector<std::uint32_t> positives_;  // before every 64th row
  ScoreScale scale_ = ScoreScale::Probability;
};

/// Goes through the bins of a histogram from left to right without keeping them.
///   BinWalk walk(sample, sample, bins, rule, ties);
///   for (BinWalk::Bin bin; walk.next(bin);) use(bin.count, bin.positives);
class BinWalk {
 public:
  struct Bin {
    double upper = 0;  // its edge on the right
    std::int64_t count = 0, positives = 0;
  };
  /// Edges from one sample, rows from another (or the same); both outlive the walk. InputError as for
  /// fit_histogram.
  BinWalk(const SortedScores& edge_sample, const SortedScores& value_sample, std::int64_t bins, EdgeRule rule,
          TiePolicy ties);
  /// The next bin; false after the last. Under TiePolicy::Merge no bin is empty.
  bool next(Bin& bin);

 private:
  const SortedScores& edge_sample_;
  const SortedScores& value_sample_;
  std::int64_t bins_;
  EdgeRule rule_;
  bool merge_;
  std::int64_t next_ = 1;   // number of the next edge
  std::int64_t start_ = 0;  // rows below the bin in hand
  std::int64_t positives_before_ = 0;
};

/// Histogram recalibration with `bins` bins, 1 <= bins <= n/2 (InputError otherwise; also when all scores are
/// equal and empty bins are to be kept). Ties can leave fewer bins than asked for under TiePolicy::Merge.
BinMap fit_histogram(const SortedScores& sample, std::int64_t bins, EdgeRule rule, TiePolicy ties);
/// Edges from one sample, label means and counts from another (older theory; the calibration risk about
/// doubles).
BinMap fit_histogram(const SortedScores& edge_sample, const SortedScores& value_sample, std::int64_t bins,
                     EdgeRule rule, TiePolicy ties);
/// The same from unsorted rows; `sample_split`: rows 1…⌊n/2⌋ give the edges, the rest the means.
BinMap fit_histogram(std::span<const double> z, std::span<const std::uint8_t> y, std::int64_t bins,
                     EdgeRule rule, TiePolicy ties, bool sample_split = false,
                     ScoreScale scale = ScoreScale::Probability);

/// Edge b of B by a rule before ties are looked at, 0 <= b <= B: the ends of the scale for 0 and B.
double histogram_edge(const SortedScores& sample, std::int64_t bins, EdgeRule rule, std::int64_t b);

/// Replaces the value of bins without rows: linear interpolation over the bin index between the neighbours
/// that have rows, the nearest one at the ends.
void fill_empty_bins(BinMap& map);

}  // namespace reprise::recal
