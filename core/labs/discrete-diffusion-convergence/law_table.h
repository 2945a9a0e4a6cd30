// The table of data, true and generated law that a report shows.
#pragma once

#include "markov/noise.h"
#include "study/partial.h"

#include <cstddef>
#include <vector>

namespace reprise::diffusion {

/// Rows of it; of more states those that are furthest off.
inline constexpr std::size_t most_law_rows = 65536;

/// Table "law": x1, …, xd, data, noised, generated, states in row-major order.
void write_law(Partial& partial, const markov::Law& clean, const markov::Law& target,
               const std::vector<double>& generated);

}  // namespace reprise::diffusion
