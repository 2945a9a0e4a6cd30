// Post-hoc calibrators of a confidence score, fitted on validation rows: temperature, Platt, isotonic
// regression, bins of equal mass. The first three cannot change which rows a coverage accepts, but for ties.
//
//   Isotonic map = fit_isotonic(validation_score, validation_correct);
//   map(test_score);      // share of right answers at that score
#pragma once

#include "classify/scores.h"

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
/// Mean −log softmax(z/T)[label].
double mean_log_loss(const classify::LogitsView& logits, std::span<const std::int32_t> label,
                     double temperature);
/// Least mean log loss over T in [0.02, 50], golden section on log T.
Temperature fit_temperature(const classify::LogitsView& logits, std::span<const std::int32_t> label);

/// P(right) = σ(slope · score + intercept).
struct Platt {
  double slope = 0, intercept = 0;
  double linear(double score) const { return slope * score + intercept; }
  double operator()(double score) const;
};
/// Maximum likelihood with a ridge of 1e-8 by Newton's method, steps halved while the loss rises.
Platt fit_platt(std::span<const double> score, std::span<const std::uint8_t> correct);

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
