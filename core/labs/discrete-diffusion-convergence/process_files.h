// Rates of a token and grids of noise levels from a visitor's files, with the place of what is wrong.
#pragma once

#include "base/byte_source.h"
#include "markov/schedule.h"
#include "markov/token_rates.h"

#include <cstddef>
#include <string>

namespace reprise::diffusion {

/// Bytes of a JSON file that are read at most.
inline constexpr std::size_t most_json_bytes = 64'000'000;
/// Symbols of a token's rates.
inline constexpr std::size_t most_rate_symbols = 262'144;
/// Levels of a grid.
inline constexpr std::size_t most_grid_levels = 4096;

/// Three formats, told apart by their first bytes:
///   NPY   (S, S): rate from row to column; the diagonal is minus the sum of the row, or 0.
///   CSV   columns from, to, rate: one row a jump; S = 1 + largest symbol.
///   JSON  {"matrix": [[…], …]}, or by structure {"symbols": S, "refresh": rate, "prior": "uniform" or
///         [S numbers], "neighbours": rate to the next and the previous symbol, "jumps": [[from, to, rate],
///         …]}; all but symbols may be left out.
/// InputError: unknown keys, what is no number (place), fewer than two or too many symbols, and what
/// markov::TokenRates refuses.
markov::TokenRates read_token_rates(const ByteSource& source, const std::string& file_name);

/// Noise levels from the noisy end to the data end:
///   CSV   column sigma, decreasing; or columns t, sigma: a schedule that grows with t from 0 to 1.
///   JSON  {"sigma": […]} as it stands; {"schedule": key, "sigma_min", "sigma_max", "levels"}; {"t": […],
///         "sigma": […], "levels"}; {"t": […], "beta": […], "sigma_min", "levels"}, σ the integral of β.
/// Tables are linear between their times; what is left out comes from `defaults` and `levels`. InputError: β
/// below 0, σ that does not grow with t, times that do not run from 0 to 1, unknown keys, and what
/// markov::make_grid refuses.
markov::NoiseGrid read_noise_grid(const ByteSource& source, const std::string& file_name,
                                  const markov::Schedule& defaults, std::size_t levels);

}  // namespace reprise::diffusion
