// Recalibration maps other than histograms: Platt scaling, temperature, isotonic regression and
// scaling-binning (Platt, then bins of its output).
//
//   std::vector<double> scores = {.1, .2, .3, .4};
//   std::vector<std::uint8_t> labels = {0, 1, 0, 1};
//   Platt platt = fit_platt(scores, labels);
//   platt(.25);                                    // a recalibrated probability
//   Isotonic isotonic = fit_isotonic(SortedScores(scores, labels));
#pragma once

#include "labs/recalibration/bin_map.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace reprise::recal {

/// The logit that Platt and temperature work on: logit scores as they are; probabilities are clipped to
/// [1e-16, 1 − 1e-16] first.
double logit_of_score(double z, ScoreScale scale);
/// The score as a probability: σ(z) for logits.
double probability_of_score(double z, ScoreScale scale);

/// σ(slope · logit z + intercept).
struct Platt {
  double slope = 1;
  double intercept = 0;
  ScoreScale scale = ScoreScale::Probability;
  bool capped = false;  ///< the labels can be separated (no maximum exists): |slope| = 1e6

  double linear(double z) const { return slope * logit_of_score(z, scale) + intercept; }
  double operator()(double z) const;
};
inline constexpr double steepest_platt_slope = 1e6;

/// Maximum likelihood for Platt without regularisation: Newton's method with step halving until the step is
/// below 1e-10, in slices of bounded time. Sums run in row order over fixed blocks, so slicing changes
/// nothing. Separable labels: slope ±1e6 through the middle of the gap (through the shared score where the
/// classes touch, with its label mean there).
class PlattFitter {
 public:
  /// `logit`: finite logits of the rows; `label`: 0 or 1, equally long; both outlive the fitter. InputError
  /// when there is only one class or only one score.
  PlattFitter(std::span<const double> logit, std::span<const std::uint8_t> label, ScoreScale scale);
  /// Passes over at most this many rows; true when the fit is done.
  bool step(std::size_t rows = std::size_t{1} << 15);
  Platt result() const;

 private:
  struct Sums {  // negative log likelihood, its gradient and Hessian, over rows [0, next_)
    double loss = 0, g0 = 0, g1 = 0, h00 = 0, h01 = 0, h11 = 0;
  };
  struct Point {  // slope and intercept in the units of the centred and scaled logit
    double slope = 0, intercept = 0;
  };
  void scan(std::size_t end);
  void begin_newton();
  void add_block(std::size_t begin, std::size_t end);
  void finish_pass();
  void propose(double share);
  double step_size(double share) const;

  std::span<const double> logit_;
  std::span<const std::uint8_t> label_;
  ScoreScale scale_;
  double low_[2], high_[2];  // logits of the rows with label 0 and 1
  std::size_t rows_[2] = {0, 0};
  bool scanned_ = false;
  double centre_ = 0, half_range_ = 1;
  Platt separated_;  // the answer when the labels can be separated
  Point at_, next_point_, direction_;
  Sums sums_, accepted_;
  double share_ = 1;  // of the Newton step that is being tried
  std::size_t next_ = 0;
  int passes_ = 0;
  bool first_pass_ = true;
  bool done_ = false;
};

/// σ(logit z / temperature).
struct Temperature {
  double temperature = 1;
  ScoreScale scale = ScoreScale::Probability;
  bool at_edge = false;  ///< the likelihood is still rising at 1e-3 or 1e3

  double operator()(double z) const;
};
inline constexpr double smallest_temperature = 1e-3;
inline constexpr double largest_temperature = 1e3;

/// Maximum likelihood for the temperature in [1e-3, 1e3]: Newton inside a bracket. Used like PlattFitter;
/// InputError for one class, or when every logit is 0.
class TemperatureFitter {
 public:
  TemperatureFitter(std::span<const double> logit, std::span<const std::uint8_t> label, ScoreScale scale);
  bool step(std::size_t rows = std::size_t{1} << 15);
  Temperature result() const;

 private:
  void finish_pass();

  std::span<const double> logit_;
  std::span<const std::uint8_t> label_;
  ScoreScale scale_;
  double inverse_ = 1;  // 1/T that is being tried
  double low_ = 1 / largest_temperature, high_ = 1 / smallest_temperature;
  bool low_tried_ = false, high_tried_ = false;
  double slope_ = 0, curvature_ = 0;  // of the negative log likelihood in 1/T, over rows [0, next_)
  std::size_t next_ = 0;
  int passes_ = 0;
  bool at_edge_ = false;
  bool done_ = false;
};

/// Isotonic regression (pool adjacent violators), linear between blocks, constant outside.
struct Isotonic {
  std::vector<double> first, last;  // smallest and largest fitted score of each block, ascending
  std::vector<double> value;        // of each block, strictly ascending

  /// Inside a block exactly its value, so that ties stay ties.
  double operator()(double p) const;
};

/// Isotonic regression on scores in the units of the sample, in slices of bounded time.
class IsotonicFitter {
 public:
  /// `sample` outlives the fitter; at least one row (InputError).
  explicit IsotonicFitter(const SortedScores& sample);
  /// Goes through about this many rows; true when the fit is done.
  bool step(std::size_t rows = std::size_t{1} << 18);
  Isotonic result() const;

 private:
  struct Block {
    std::size_t begin, end;  // rows of the sorted sample
    std::int64_t positives;
  };
  const SortedScores& sample_;
  std::vector<Block> blocks_;
  std::size_t row_ = 0;
};

Platt fit_platt(std::span<const double> z, std::span<const std::uint8_t> y,
                ScoreScale scale = ScoreScale::Probability);
Temperature fit_temperature(std::span<const double> z, std::span<const std::uint8_t> y,
                            ScoreScale scale = ScoreScale::Probability);

/// Isotonic regression on scores in the units of the sample; at least one row (InputError).
Isotonic fit_isotonic(const SortedScores& sample);

/// Platt, then bins of its output; a bin answers with the mean of Platt's outputs in it, not of the labels.
struct ScalingBinning {
  Platt platt;
  BinMap bins;  // on Platt's output

  double operator()(double z) const { return bins(platt(z)); }
  /// Edges of the bins as scores z (in the units of Platt's scale), ascending; for a positive slope only.
  std::vector<double> score_edges() const;
};

/// Replaces the values of bins by the means of the outputs in them, in slices of bounded time.
class OutputMeans {
 public:
  /// `fitted` outlives this; `bins` were fitted on it.
  OutputMeans(BinMap bins, const SortedScores& fitted) : bins_(std::move(bins)), fitted_(fitted) {}
  bool step(std::size_t rows = std::size_t{1} << 20);
  BinMap take() { return std::move(bins_); }

 private:
  BinMap bins_;
  const SortedScores& fitted_;
  std::size_t bin_ = 0, row_ = 0;
  std::int64_t added_ = 0;  // rows of the bin in hand
  double sum_ = 0;
};

/// `fitted`: Platt's outputs on the fitted rows with their labels. Bins, rule and ties as for fit_histogram.
ScalingBinning fit_scaling_binning(const Platt& platt, const SortedScores& fitted, std::int64_t bins,
                                   EdgeRule rule, TiePolicy ties);
ScalingBinning fit_scaling_binning(std::span<const double> z, std::span<const std::uint8_t> y,
                                   std::int64_t bins, EdgeRule rule = EdgeRule::OrderStatistic,
                                   TiePolicy ties = TiePolicy::Merge,
                                   ScoreScale scale = ScoreScale::Probability);

}  // namespace reprise::recal
