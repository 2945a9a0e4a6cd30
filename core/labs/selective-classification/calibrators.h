// Post-hoc calibrators of a confidence score, fitted on validation rows: temperature, Platt, isotonic
// regression, bins of equal mass. The first three cannot change which rows a coverage accepts, but for ties.
//
//   Isotonic map = fit_isotonic(validation_score, validation_correct);
//   map(test_score);      // share of right answers at that score
#pragma once

#include "classify/scores.h"
#include "stats/compensated_sum.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reprise::selective {

inline constexpr double smallest_temperature = 0.02;
inline constexpr double largest_temperature = 50;
struct Temperature {
  double value = 1;
  bool at_bound = false;  ///< the likelihood still rises at a bound: the validation rows can be separated
};
/// Σ −log softmax(z/T)[label], some rows at a time.
class LogLossSum {
 public:
  /// The next `rows` rows; true when all have been added. Temperature and rows stay the same from call to
  /// call.
  bool add(const classify::LogitsView& logits, std::span<const std::int32_t> label, double temperature,
           std::size_t rows);
  double mean() const { return sum_.value() / static_cast<double>(next_); }

 private:
  stats::CompensatedSum sum_;
  std::size_t next_ = 0;
};
/// Its mean.
double mean_log_loss(const classify::LogitsView& logits, std::span<const std::int32_t> label,
                     double temperature);
/// Least mean log loss over T in [0.02, 50], golden section on log T.
Temperature fit_temperature(const classify::LogitsView& logits, std::span<const std::int32_t> label);
/// The same in steps of some milliseconds; logits and labels have to outlive it.
class TemperatureFit {
 public:
  TemperatureFit(const classify::LogitsView& logits, std::span<const std::int32_t> label);
  bool step();  ///< true at the end
  Temperature result() const;

 private:
  static inline const double golden_ = 0.6180339887498949;  // (√5 − 1)/2
  classify::LogitsView logits_;
  std::span<const std::int32_t> label_;
  LogLossSum loss_;                   // of the point in hand
  bool begins_ = true, at_a_ = true;  // the first two points; which of the two is in hand
  int steps_ = 0;
  double first_ = 0, last_ = 0, low_ = 0, high_ = 0, a_ = 0, b_ = 0, loss_a_ = 0, loss_b_ = 0;
};

/// P(right) = σ(slope · score + intercept).
struct Platt {
  double slope = 0, intercept = 0;
  double linear(double score) const { return slope * score + intercept; }
  double operator()(double score) const;
};
/// Maximum likelihood with a ridge of 1e-8 by Newton's method, steps halved while the loss rises.
Platt fit_platt(std::span<const double> score, std::span<const std::uint8_t> correct);
/// The same, one pass over the rows a step; they have to outlive it.
class PlattFit {
 public:
  PlattFit(std::span<const double> score, std::span<const std::uint8_t> correct);
  bool step();  ///< true at the end
  Platt result() const { return at_; }

 private:
  double loss_at(const Platt& at) const;
  bool find_direction();  // false: the slope of the loss is zero

  std::span<const double> score_;
  std::span<const std::uint8_t> correct_;
  Platt at_;
  bool begun_ = false;
  int steps_ = 0;
  double loss_ = 0, share_ = 0, d0_ = 0, d1_ = 0;  // share_: of the step that is tried; 0: none
};

enum class Interpolation { Step, Linear };
/// Non-decreasing least squares (pool adjacent violators).
struct Isotonic {
  std::vector<double> score;  ///< distinct validation scores, ascending
  std::vector<double> value;  ///< fitted there, non-decreasing
  Interpolation interpolation = Interpolation::Step;

  std::size_t blocks() const;  ///< distinct values
  /// Step: the value at the largest knot that is not above; linear between knots otherwise. Constant outside.
  double operator()(double x) const;
};
Isotonic fit_isotonic(std::span<const double> score, std::span<const std::uint8_t> correct,
                      Interpolation interpolation = Interpolation::Step);

/// A score belongs to the first bin whose upper edge is not below it.
struct UniformMass {
  std::vector<double> upper_edge;  ///< ascending, the last is +infinity
  std::vector<std::int64_t> count;
  std::vector<double> value;  ///< share of right answers in the bin
  double operator()(double score) const;
};
/// Upper edge of bin b: the score of row ⌊(b+1)n/B⌋ − 1 in ascending order; equal edges are merged. At least
/// one row (InputError).
UniformMass fit_uniform_mass(std::span<const double> score, std::span<const std::uint8_t> correct,
                             std::int64_t bins);

}  // namespace reprise::selective
