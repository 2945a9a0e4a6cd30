// How many bins: rules that look at the sample size only, and rules that look at the data.
//
//   SortedScores sample(scores, labels);
//   BinChoice choice = plug_in_bins(sample);                            // about (2 â n / v̂)^{1/3}
//   BinMap map = fit_histogram(sample, choice.bins, EdgeRule::OrderStatistic, TiePolicy::Merge);
#pragma once

#include "labs/recalibration/bin_map.h"

#include <cstdint>
#include <vector>

namespace reprise::recal {

enum class BinRule { CubeRoot, Plugin, LeaveOneOut, BoundMinimiser };

/// Largest k with k³ <= n, in integers (floating point makes 9 of the cube root of 1000); n >= 0.
std::int64_t integer_cube_root(std::int64_t n);

/// The plug-in rule with what it estimated on the way.
struct BinChoice {
  std::int64_t bins = 2;
  std::int64_t pilot_bins = 0;   // bins of the pilot after merging
  double label_variance = 0;     // v̂, estimates E[h*(1 − h*)]
  double rank_slope_energy = 0;  // â, estimates E[(dh*/dF)²]/12; after its floor 4 v̂/n
};
/// Minimises v̂ B/n + â/B² with v̂ and â from a pilot of about 2 n^{1/3} equal-mass bins; n >= 8, else
/// InputError.
BinChoice plug_in_bins(const SortedScores& sample);

/// Leave-one-out Brier score of a histogram with its edges held fixed, in closed form from counts and means:
/// Σ n_b³ μ_b (1 − μ_b)/(n_b − 1)² / n; infinite when a bin has one row, empty bins add nothing.
double leave_one_out_brier(const BinMap& map);

/// The same for one number of bins (ties merged) without keeping the bins, in slices of bounded time.
class LeaveOneOutBrier {
 public:
  /// `sample` outlives this; bins as for fit_histogram.
  LeaveOneOutBrier(const SortedScores& sample, std::int64_t bins, EdgeRule rule);
  /// Goes through at most this many bins; true at the end.
  bool step(std::int64_t bins = std::int64_t{1} << 16);
  double value() const;

 private:
  BinWalk walk_;
  double sum_ = 0;
  std::int64_t rows_ = 0;
};

/// The closed form along B_k = ⌊2 (M/2)^{k/29} + ½⌋, k = 0…29, M = ⌊n/4⌋, without repeats.
struct LeaveOneOutCurve {
  std::vector<std::int64_t> bins;
  std::vector<double> brier;
  std::int64_t best_bins = 2;  // first minimum
};
std::vector<std::int64_t> leave_one_out_grid(std::int64_t n);  ///< n >= 8
LeaveOneOutCurve leave_one_out_curve(const SortedScores& sample, EdgeRule rule = EdgeRule::OrderStatistic);

/// Bins by a rule. CubeRoot: at least 2. BoundMinimiser: first minimum of the finite-sample bound with
/// failure probability `delta` and Lipschitz constant `lipschitz` (NaN or 0: the bound for monotone h*).
std::int64_t choose_bins(const SortedScores& sample, BinRule rule, double lipschitz = 0, double delta = 0.1,
                         EdgeRule edges = EdgeRule::OrderStatistic);

}  // namespace reprise::recal
