// The residual bound and the recommended grid for any rates of a token.
#pragma once

#include "markov/schedule.h"
#include "markov/token_rates.h"

#include <cstddef>
#include <vector>

namespace reprise::diffusion {

/// Σ_y p(y) Σ_{x≠y} |Q̂ − Q̄|(y, x): frozen reverse rates against those of the true law `p`, what the residual
/// bound integrates. Jumps one by one, refreshes along a line by one sort.
double residual_density(const markov::FrozenJumps& frozen, const markov::TokenRates& rates,
                        const markov::Law& p);

/// 60 levels from T to δ, equally spaced in their logarithm, at which a short step is tried.
std::vector<double> probe_levels(double sigma_max, double sigma_min);
/// Relative length of that step.
inline constexpr double probe_step = 1e-3;
/// The grid that spends √cost evenly. `residual`: the bound of the short step that ends at each level.
markov::NoiseGrid even_grid(const std::vector<double>& levels, const std::vector<double>& residual,
                            std::size_t steps);

}  // namespace reprise::diffusion
