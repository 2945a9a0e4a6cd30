// A convolutional network over noisy tokens, evaluated in double precision from given weights: the same bytes
// everywhere. Training is not done here.
//
//   const TokenNetwork network(weights);
//   NetworkScore model(noise, 256, network.logits(), NetworkOutput::LeaveOneOut);
#pragma once

#include "markov/score_model.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace reprise::markov {

struct WeightArray {
  std::vector<std::size_t> shape;
  std::vector<double> values;  ///< row-major
};
using NetworkWeights = std::map<std::string, WeightArray>;

/// D channels at every token:
///   h = embedding of the tokens;
///   features of the noise: a_j = (ln σ/2)·e^(3j/15), j = 0…15, as [sin a, cos a]; linear 32 → D, SiLU,
///   linear D → 4D, cut into c_0…c_3;
///   four times h ← h + mix(GELU(conv(norm(h) + c_k))): group norm over channels and tokens with ε = 1e-5,
///   convolution of width 5 with dilation 1, 2, 1, 4 and zeros beyond the ends, mix token by token;
///   logits = head(h).
/// Arrays: embedding.weight [symbols, D]; noise.0.weight [D, 32], noise.0.bias [D]; noise.2.weight [4D, D],
/// noise.2.bias [4D]; blocks.k.norm.weight and .bias [D], blocks.k.conv.weight [D, D, 5] (out, in, place) and
/// .bias [D], blocks.k.mix.weight [D, D] and .bias [D] for k = 0…3; head.weight [tokens, D], head.bias
/// [tokens].
class TokenNetwork {
 public:
  /// InputError: an array that is missing, of another shape (both), or not finite (place).
  explicit TokenNetwork(NetworkWeights weights);

  std::size_t symbols() const { return symbols_; }
  std::size_t tokens() const { return tokens_; }
  std::size_t channels() const { return channels_; }
  std::size_t weight_count() const;
  /// out: rows × length × tokens.
  void evaluate(const TokenBatch& x, double sigma, std::vector<double>& out) const;
  /// The same as a function; the network outlives it.
  TokenLogits logits() const {
    return [this](const TokenBatch& x, double sigma, std::vector<double>& out) { evaluate(x, sigma, out); };
  }

 private:
  const std::vector<double>& take(const std::string& name, const std::vector<std::size_t>& shape) const;
  const std::vector<double>& array(const std::string& name) const { return weights_.at(name).values; }
  std::vector<double> noise_channels(double sigma) const;
  void add_block(std::size_t k, const double* channels, std::size_t length, std::vector<double>& h) const;

  NetworkWeights weights_;
  std::size_t symbols_ = 0, tokens_ = 0, channels_ = 0;
};

}  // namespace reprise::markov
