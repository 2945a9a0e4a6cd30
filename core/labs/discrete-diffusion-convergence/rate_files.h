// Rates of a token from a visitor's files.
#pragma once

#include "base/byte_source.h"
#include "markov/token_rates.h"

#include <cstddef>
#include <string>

namespace reprise::diffusion {

/// Symbols of a token's rates.
inline constexpr std::size_t most_rate_symbols = 262'144;

/// Three formats, told apart by their first bytes:
///   NPY   (S, S): rate from row to column; the diagonal is minus the sum of the row, or 0.
///   CSV   columns from, to, rate: one row a jump; S = 1 + largest symbol.
///   JSON  {"matrix": [[…], …]}, or by structure {"symbols": S, "refresh": rate, "prior": "uniform" or
///         [S numbers], "neighbours": rate to the next and the previous symbol, "jumps": [[from, to, rate],
///         …]}; all but symbols may be left out.
/// InputError: unknown keys, what is no number (place), fewer than two or too many symbols, and what
/// markov::TokenRates refuses.
markov::TokenRates read_token_rates(const ByteSource& source, const std::string& file_name);

}  // namespace reprise::diffusion
