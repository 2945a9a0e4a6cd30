// How far predictions are from calibrated, measured in bins: reliability points, expected calibration error,
// and the squared error without the bias that noise in the labels adds.
//
//   std::vector<double> p = {.1, .3, .7, .9};
//   std::vector<std::uint8_t> y = {0, 1, 1, 1};
//   EceReport report = ece(p, y, 2);   // bins (.1, .3) and (.7, .9)
//   report.l1;                         // (|.2 − .5| + |.8 − 1|)/2 = .25
#pragma once

#include "base/random.h"
#include "labs/recalibration/bin_map.h"
#include "stats/intervals.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace reprise::recal {

/// One bin of predictions.
struct ReliabilityBin {
  double mean_prediction = 0;  // p̄
  std::int64_t count = 0;      // n_b
  std::int64_t positives = 0;
  double label_mean() const { return static_cast<double>(positives) / static_cast<double>(count); }  ///< ȳ
};

/// Bins of about equal mass: edges p_(⌊nb/B⌋) as in rule `order`, empty bins merged, so that equal
/// predictions are never split. Predictions ascending, labels 0 or 1; B above n counts as n.
std::vector<ReliabilityBin> equal_mass_bins(std::span<const double> ascending,
                                            std::span<const std::uint8_t> label, std::int64_t bins);
/// The same in slices of bounded time.
class EqualMassBinner {
 public:
  /// The spans outlive the binner.
  EqualMassBinner(std::span<const double> ascending, std::span<const std::uint8_t> label, std::int64_t bins);
  /// Goes through at most this many rows; true when all bins are there.
  bool step(std::size_t rows = std::size_t{1} << 20);
  std::vector<ReliabilityBin> take() { return std::move(found_); }

 private:
  void begin_bin();

  std::span<const double> ascending_;
  std::span<const std::uint8_t> label_;
  std::int64_t bins_ = 0, bin_ = 0;
  std::size_t row_ = 0, begin_ = 0, end_ = 0;  // the bin in hand: rows [begin_, end_)
  double sum_ = 0;
  std::int64_t positives_ = 0;
  std::vector<ReliabilityBin> found_;
};
/// Bins of equal width (b − 1)/B < p <= b/B on [0, 1], those without rows left out.
std::vector<ReliabilityBin> equal_width_bins(std::span<const double> ascending,
                                             std::span<const std::uint8_t> label, std::int64_t bins);

struct EceReport {
  double l1 = 0;             // Σ n_b/n |p̄_b − ȳ_b|
  double l2sq_plugin = 0;    // Σ n_b/n (p̄_b − ȳ_b)²
  double l2sq_debiased = 0;  // less ȳ_b(1 − ȳ_b)/(n_b − 1) in every bin of two and more rows
  std::int64_t bins = 0;     // with rows
};

/// The three estimates from given bins; NaN without any row.
EceReport ece(std::span<const ReliabilityBin> bins);
/// Predictions in [0, 1] (InputError otherwise) in any order, labels 0 or 1; OrderStatistic for bins of equal
/// mass, UniformWidth for equal width (std::invalid_argument for the third rule).
EceReport ece(std::span<const double> p, std::span<const std::uint8_t> y, std::int64_t bins,
              EdgeRule rule = EdgeRule::OrderStatistic);

/// Percentile intervals over `resamples` samples of as many rows drawn with replacement, each with bins of
/// its own. They show how much an estimate scatters; its bias (upwards for l1 and the plug-in) stays in them,
/// and resampling adds as much again: for "is this calibrated?" use l2sq_debiased. Arguments as for `ece`,
/// confidence in (0, 1), resamples >= 1 (std::invalid_argument).
struct EceIntervals {
  stats::Interval l1, l2sq_plugin, l2sq_debiased;
};
EceIntervals ece_bootstrap(std::span<const double> p, std::span<const std::uint8_t> y, std::int64_t bins,
                           double confidence, std::int64_t resamples, Random& random);

/// Number of equal-mass bins by the sweep of Roelofs, Cain, Shlens, Mozer (2022): the last B, counted up from
/// 1, before label means first fall from one bin to the next; at most `most_bins` (0: half the rows).
std::int64_t monotone_sweep_bins(const SortedScores& sample, std::int64_t most_bins = 0);

/// Points of a reliability diagram when nobody asks for a number: min(50, ⌊√n⌋), at least 1.
std::int64_t default_reliability_bins(std::int64_t rows);

}  // namespace reprise::recal
