// Scores of long sequences, one call for a batch: what a sampler asks when the law cannot be enumerated.
//
//   MarkovChainScore model(noise, initial, transition, 256);
//   model.log_score(batch, 0.5, score);             // rows × length × symbols
#pragma once

#include "markov/noise.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace reprise::markov {

/// Sequences of equal length, row by row.
struct TokenBatch {
  std::size_t length = 0;
  std::vector<std::uint32_t> tokens;
  std::size_t rows() const { return length == 0 ? 0 : tokens.size() / length; }
  std::span<const std::uint32_t> row(std::size_t at) const {
    return std::span(tokens).subspan(at * length, length);
  }
};

/// Three views of the same thing, for every token i of a noisy sequence x at noise level σ > 0:
///   leave-one-out posterior ℓ_i(a): law of the clean token given the *other* noisy tokens;
///   conditional g_i(b) = α·ℓ_i(b) + (1 − α)·π(b): law of the noisy token given the others;
///   score s_i(b) = g_i(b)/g_i(x_i) = p_σ(x with token i = b)/p_σ(x).
class ScoreModel {
 public:
  ScoreModel(RankOneNoise noise, std::size_t length) : noise_(std::move(noise)), length_(length) {}
  virtual ~ScoreModel() = default;

  std::size_t symbols() const { return noise_.symbols(); }  ///< of noisy tokens, a mask included
  std::size_t tokens() const { return noise_.tokens(); }    ///< of clean tokens
  std::size_t length() const { return length_; }
  const RankOneNoise& noise() const { return noise_; }
  std::int64_t calls() const { return calls_; }  ///< score evaluations so far: batches, not rows

  /// ℓ: rows × length × tokens(), each row of it a law. InputError: sequences of another length, tokens out
  /// of range, σ <= 0.
  void leave_one_out(const TokenBatch& x, double sigma, std::vector<double>& out);
  /// g: rows × length × symbols().
  void conditionals(const TokenBatch& x, double sigma, std::vector<double>& out);
  /// ln s: rows × length × symbols(); 0 at the token's own symbol, −∞ where the score is 0.
  void log_score(const TokenBatch& x, double sigma, std::vector<double>& out);

 protected:
  virtual void posterior(const TokenBatch& x, double sigma, std::vector<double>& out) = 0;
  /// Probability that a clean token a is seen as b.
  double seen(double kept, std::size_t a, std::size_t b) const {
    return (a == b ? kept : 0) + (1 - kept) * noise_.prior[b];
  }

 private:
  RankOneNoise noise_;
  std::size_t length_;
  std::int64_t calls_ = 0;
};

/// Any law that can be enumerated.
class EnumeratedScore final : public ScoreModel {
 public:
  /// `law` over tokens. InputError: what check_law refuses.
  EnumeratedScore(const RankOneNoise& noise, const Law& law);

 protected:
  void posterior(const TokenBatch& x, double sigma, std::vector<double>& out) override;

 private:
  Law clean_;
};

/// A Markov chain of tokens; forward–backward with rescaling: O(length·S²) a sequence, exact for any length.
class MarkovChainScore final : public ScoreModel {
 public:
  /// `initial`: S; `transition`: S × S, rows sum to 1. InputError: other shapes, rows that are no laws
  /// (which, sum).
  MarkovChainScore(const RankOneNoise& noise, std::vector<double> initial, std::vector<double> transition,
                   std::size_t length);

 protected:
  void posterior(const TokenBatch& x, double sigma, std::vector<double>& out) override;

 private:
  std::vector<double> initial_, transition_;
};

/// A mixture of laws with independent tokens.
class ProductMixtureScore final : public ScoreModel {
 public:
  /// `weight`: C; `tokens`: C × length × S. InputError as above.
  ProductMixtureScore(const RankOneNoise& noise, std::vector<double> weight, std::vector<double> tokens,
                      std::size_t length);

 protected:
  void posterior(const TokenBatch& x, double sigma, std::vector<double>& out) override;

 private:
  std::vector<double> weight_, token_;
};

/// What a network's softmax means.
enum class NetworkOutput {
  LeaveOneOut,  ///< ℓ itself
  Denoiser      ///< law of the clean token given *all* noisy tokens: ∝ ℓ_i(a)·q_σ(x_i|a)
};
/// logits(x, σ, out): rows × length × tokens.
using TokenLogits = std::function<void(const TokenBatch& x, double sigma, std::vector<double>& out)>;

/// A network's logits as a score.
class NetworkScore final : public ScoreModel {
 public:
  NetworkScore(const RankOneNoise& noise, std::size_t length, TokenLogits logits, NetworkOutput output);

 protected:
  /// InputError: a logit that is NaN or +∞ (place).
  void posterior(const TokenBatch& x, double sigma, std::vector<double>& out) override;

 private:
  TokenLogits logits_;
  NetworkOutput output_;
};

}  // namespace reprise::markov
