// Laws to sample from, known exactly.
#pragma once

#include "base/random.h"
#include "markov/noise.h"

#include <cstddef>

namespace reprise::markov {

/// Eight atoms with mass ∝ 2^(−j−1), spread over the states: few states hold everything.
Law sparse_law(const StateSpace& space);
/// p ∝ 1/(1 + x_1)·Π 1/(1 + |x_i − x_{i+1}|): a heavy head, neighbours alike.
Law zipf_law(const StateSpace& space);
/// Independent Gamma(concentration) + 1e-12 a state, normalised.
Law dirichlet_law(const StateSpace& space, double concentration, Random random);
/// A Markov chain: first token uniform, rows of the transition matrix Dirichlet(½, …, ½).
Law chain_law(const StateSpace& space, Random random);

/// One draw of Gamma(shape, 1), shape > 0 (Marsaglia and Tsang 2000; below 1 by the power of a uniform
/// number).
double draw_gamma(Random& random, double shape);

}  // namespace reprise::markov
