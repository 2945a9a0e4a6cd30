// What is wrong with a score, from samples: for laws that are known but too large to enumerate.
#pragma once

#include "base/random.h"
#include "markov/score_model.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace reprise::markov {

struct MonteCarloEstimate {
  double value = 0;
  double standard_error = 0;
};

/// Both terms below for every sequence of a batch. Both models have the same noise and length
/// (std::invalid_argument).
struct ScoreTerms {
  std::vector<double> difference;  ///< Σ_i π(x_i) Σ_{a≠x_i} |ŝ − s|
  std::vector<double> entropy;     ///< Σ_i π(x_i) Σ_{a≠x_i} [ŝ − s + s·ln(s/ŝ)]
};
ScoreTerms score_terms(ScoreModel& truth, ScoreModel& estimated, const TokenBatch& noisy, double sigma);
/// Mean and its standard error. InputError: fewer than 2 values.
MonteCarloEstimate mean_of(const std::vector<double>& values);

/// E_{p_σ} Σ_i π(x_i) Σ_{a≠x_i} |ŝ − s|: density (in σ) of the score's part of the residual bound. `noisy`:
/// draws of p_σ, at least 2 (InputError).
MonteCarloEstimate score_term_density(ScoreModel& truth, ScoreModel& estimated, const TokenBatch& noisy,
                                      double sigma);
/// E_{p_σ} Σ_i π(x_i) Σ_{a≠x_i} [ŝ − s + s·ln(s/ŝ)] ≥ 0: density of the path KL that the score adds.
MonteCarloEstimate score_entropy_density(ScoreModel& truth, ScoreModel& estimated, const TokenBatch& noisy,
                                         double sigma);

/// Every token kept with probability e^(−σ), else redrawn from the prior.
TokenBatch add_noise(const TokenBatch& clean, const RankOneNoise& noise, double sigma, Random& random);

/// A Markov chain by counting, `additive` >= 0 added to every count; rows that never occur become uniform.
struct MarkovChainFit {
  std::vector<double> initial;     ///< S
  std::vector<double> transition;  ///< S × S
};
/// InputError: no sequence, tokens out of range (place), additive below 0 or not finite.
MarkovChainFit fit_markov_chain(const TokenBatch& sequences, std::size_t symbols, double additive);
/// Draws of a chain.
TokenBatch draw_chain(const MarkovChainFit& chain, std::size_t length, std::size_t rows, Random& random);
/// Shares of all windows of `length` neighbouring tokens, `additive` added to every count. InputError as
/// above, and more than most_states states, or no window.
Law empirical_law(const TokenBatch& sequences, std::size_t symbols, std::size_t length, double additive);

}  // namespace reprise::markov
