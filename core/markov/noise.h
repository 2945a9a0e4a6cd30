// Noise that replaces tokens: in a short time dσ every token is redrawn from a prior with probability dσ. The
// generator of one token is R = 1πᵀ − I, of rank one up to the identity, so laws at any σ are closed forms.
//
//   const RankOneNoise noise = RankOneNoise::uniform(8);
//   const Law noisy = noised(law, noise, 0.5);
#pragma once

#include "markov/state_space.h"

#include <optional>
#include <vector>

namespace reprise::markov {

/// A probability for every state.
struct Law {
  StateSpace space;
  std::vector<double> p;
};

struct RankOneNoise {
  std::vector<double> prior;        ///< π, one entry a symbol
  std::optional<std::size_t> mask;  ///< the symbol that all of π sits on

  /// π = 1/S.
  static RankOneNoise uniform(std::size_t symbols);
  /// S tokens and a mask, which is symbol S: S + 1 symbols.
  static RankOneNoise absorbing(std::size_t tokens);
  /// Any prior. InputError: fewer than two symbols, negative or non-finite entries (which), a sum that is off
  /// 1 by more than 1e-6 (the sum); what is left of the difference is normalised away.
  static RankOneNoise general(std::vector<double> prior);

  std::size_t symbols() const { return prior.size(); }
  bool is_uniform() const;
  /// Symbols that data can hold: all, or all but the mask.
  std::size_t tokens() const { return mask ? prior.size() - 1 : prior.size(); }
};

/// The law after noise σ >= 0: along every token p ← e^(−σ)·p + (1 − e^(−σ))·π·Σp. Shapes as in `law`;
/// `law.space.symbols` is `noise.symbols()` (std::invalid_argument otherwise).
Law noised(const Law& law, const RankOneNoise& noise, double sigma);
/// The same in place.
void add_noise(Law& law, const RankOneNoise& noise, double sigma);
/// What an observable becomes backwards through noise σ: E[u(x_σ) | x_0].
void observable_before_noise(const StateSpace& space, const RankOneNoise& noise, double sigma,
                             std::vector<double>& u);
/// The law of independent tokens drawn from the prior: where sampling starts.
Law prior_law(const RankOneNoise& noise, std::size_t length);
/// A law over tokens as a law over tokens and mask (0 on every state with a mask); the law itself without
/// mask.
Law with_mask(const Law& tokens, const RankOneNoise& noise);
/// InputError unless the entries are finite, >= 0 (else: which state) and sum to 1 within 1e-6 (else: the
/// sum).
void check_law(const Law& law);

}  // namespace reprise::markov
