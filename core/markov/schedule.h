// How much noise at which time, and the grids of noise levels that samplers walk down.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::markov {

enum class ScheduleKind { Linear, Geometric, Quadratic, AlphaLinear, Cosine };

/// The keys "linear", "geometric", "quadratic", "alpha_linear", "cosine".
const std::vector<std::string>& schedule_keys();
std::optional<ScheduleKind> find_schedule(std::string_view key);

/// σ(t) and β(t) = dσ/dt on t in [0, 1], from σ(0) = sigma_min to σ(1) = sigma_max.
struct Schedule {
  ScheduleKind kind = ScheduleKind::Geometric;
  double sigma_min = 0.02;
  double sigma_max = 6;

  double sigma(double t) const;
  double beta(double t) const;
};

/// Noise levels from the first, σ_0 = T, down to the last, σ_N = δ.
struct NoiseGrid {
  std::vector<double> t;      ///< empty for a grid that stands for itself
  std::vector<double> sigma;  ///< N + 1 entries, decreasing

  std::size_t steps() const { return sigma.size() - 1; }
};

/// t_k = 1 − k/N, σ_k = σ(t_k); first and last level are exactly T and δ. InputError: N < 1, T <= δ, δ < 0,
/// non-finite levels.
NoiseGrid make_grid(const Schedule& schedule, std::size_t steps);
/// A grid of the user's own. InputError names the first level (counted from 1) that is not finite, not below
/// the one before, or negative.
NoiseGrid make_grid(std::vector<double> sigma);
/// InputError unless every β is >= 0 and finite at the grid's times and σ grows with t: for schedules of
/// one's own.
void check_schedule(const std::function<double(double)>& sigma, const std::function<double(double)>& beta);

}  // namespace reprise::markov
