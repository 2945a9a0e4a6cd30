// Distances between two laws on the same states: total variation, Kullback–Leibler, and integral probability
// metrics, each the largest difference of expectations over a class of observables.
#pragma once

#include "markov/noise.h"

#include <cstddef>
#include <vector>

namespace reprise::markov {

/// ½Σ|q − p|.
double total_variation(const std::vector<double>& q, const std::vector<double>& p);
/// Σ p·ln(p/q), 0·ln 0 = 0; +∞ when q is 0 where p is not.
double kl_divergence(const std::vector<double>& p, const std::vector<double>& q);
/// v ← K·v for the kernel e^(−γ·Hamming distance), axis by axis.
void apply_hamming_kernel(const StateSpace& space, double gamma, std::vector<double>& v);
/// Maximum mean discrepancy of that kernel: √(eᵀKe), e = q − p.
double mmd_hamming(const StateSpace& space, double gamma, const std::vector<double>& q,
                   const std::vector<double>& p);
/// Wasserstein-1 for distance |i − j|/S, one token of S ordered symbols: Σ|CDF difference|/S.
double w1_ordered(const std::vector<double>& q, const std::vector<double>& p);

/// States of w1_hamming.
inline constexpr std::size_t most_transport_states = 64;
/// Wasserstein-1 for the Hamming distance: the total variation for one token, else the exact optimum of the
/// transport problem (min-cost flow by successive shortest paths). std::invalid_argument above
/// most_transport_states states of several tokens.
double w1_hamming(const StateSpace& space, const std::vector<double>& q, const std::vector<double>& p);

/// Largest possible difference of an observable of each class: what a bound in total variation is multiplied
/// by.
double mmd_oscillation(std::size_t length, double gamma);  ///< √(2(1 − e^(−γd)))

}  // namespace reprise::markov
