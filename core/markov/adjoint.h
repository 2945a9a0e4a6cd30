// The backward (adjoint) equation of a sampler's observable, and the identity that splits the sampler's error
// exactly: an initial part, and one part a step.
#pragma once

#include "markov/step_kernel.h"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace reprise::markov {

/// u_N = φ, u_k = K_k·u_{k+1}: expected φ at the end, given the state at level k.
struct AdjointSolution {
  std::vector<std::vector<double>> u;        ///< N + 1 observables
  std::vector<double> oscillation;           ///< max u_k − min u_k; never grows towards the noise
  std::vector<double> neighbour_difference;  ///< max |u_k(x) − u_k(x^{i→a})|
};
AdjointSolution solve_adjoint(const StateSpace& space, const std::vector<StepKernel*>& kernels,
                              std::vector<double> phi);

double oscillation(std::span<const double> u);
/// Largest difference of two states that differ in one token.
double neighbour_difference(const StateSpace& space, std::span<const double> u);

/// E_q[φ] − E_p[φ] at the end = init + Σ_k (score_k + discretisation_k), to rounding, for every kernel.
struct ErrorBudget {
  double total = 0;
  double init = 0;                            ///< Σ (start − p_0)·u_0
  std::vector<double> score, discretisation;  ///< one entry a step
  double residual = 0;                        ///< total less all parts
};
/// Steps k = 0…N−1 from level k to k + 1. `marginals`: the true laws at the N + 1 levels. `exact_kernels`:
/// the same kernels with the exact score, or empty when `kernels` have it (then score is 0).
ErrorBudget error_identity(const std::vector<StepKernel*>& kernels,
                           const std::vector<StepKernel*>& exact_kernels, const std::vector<Law>& marginals,
                           const Law& start, const std::vector<double>& phi);

}  // namespace reprise::markov
