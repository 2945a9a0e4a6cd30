// Grids of noise levels from a visitor's files.
#pragma once

#include "base/byte_source.h"
#include "markov/schedule.h"

#include <cstddef>
#include <functional>
#include <string>

namespace reprise::diffusion {

/// Levels of a grid.
inline constexpr std::size_t most_grid_levels = 4096;

/// Noise levels from the noisy end to the data end:
///   CSV   column sigma, decreasing; or columns t, sigma: a schedule that grows with t from 0 to 1.
///   JSON  {"sigma": […]} as it stands; {"schedule": key, "sigma_min", "sigma_max", "levels"}; {"t": […],
///         "sigma": […], "levels"}; {"t": […], "beta": […], "sigma_min", "levels"}, σ the integral of β.
/// Tables are linear between their times; what is left out comes from `defaults` and `levels`. InputError: β
/// below 0, σ that does not grow with t, times that do not run from 0 to 1, unknown keys, and what
/// markov::make_grid refuses.
markov::NoiseGrid read_noise_grid(const ByteSource& source, const std::string& file_name,
                                  const markov::Schedule& defaults, std::size_t levels);

/// A grid, and the schedule it was read off: σ and β = dσ/dt at any time in 0…1. Both are empty for levels
/// that stand without times. Of a table of σ, β is the slope of the piece that ends at t or holds it.
struct TimedGrid {
  markov::NoiseGrid grid;
  std::function<double(double)> sigma, beta;
};
TimedGrid timed_grid(const markov::Schedule& schedule, std::size_t levels);
/// As read_noise_grid, with the schedule.
TimedGrid read_timed_grid(const ByteSource& source, const std::string& file_name,
                          const markov::Schedule& defaults, std::size_t levels);

}  // namespace reprise::diffusion
