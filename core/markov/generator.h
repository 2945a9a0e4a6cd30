// Generators of reverse-time jump processes with structure: products with them cost a few passes over the
// states, never states × states. Their exponentials by uniformization.
//
//   FrozenGenerator frozen(noise, noised(law, noise, sigma));       // exact score at sigma
//   push(frozen, h, q);                                             // q ← q·e^(hQ̂)
#pragma once

#include "markov/noise.h"

#include <cstddef>
#include <vector>

namespace reprise::markov {

/// Q(x, y) = rate x → y; rows sum to 0. Laws are rows (q·Q), observables columns (Q·u).
class Generator {
 public:
  virtual ~Generator() = default;
  virtual void apply_law(const std::vector<double>& q, std::vector<double>& out) = 0;
  virtual void apply_observable(const std::vector<double>& u, std::vector<double>& out) = 0;
  virtual double max_exit_rate() const = 0;
};

/// Rates π(y_i)·w(y^{i→a})·r(y) for token i of state y to become a: a reverse process whose score is frozen.
class FrozenGenerator final : public Generator {
 public:
  /// Exact score of the marginal law w: r = 1/w, 0 where w = 0 (states that nothing reaches).
  FrozenGenerator(const RankOneNoise& noise, Law w);
  /// Any pair of factors.
  FrozenGenerator(const RankOneNoise& noise, Law w, std::vector<double> r);

  void apply_law(const std::vector<double>& q, std::vector<double>& out) override;
  void apply_observable(const std::vector<double>& u, std::vector<double>& out) override;
  double max_exit_rate() const override { return max_exit_rate_; }

  const StateSpace& space() const { return w_.space; }
  const std::vector<double>& w() const { return w_.p; }
  const std::vector<double>& r() const { return r_; }
  const std::vector<double>& prior() const { return prior_; }

 private:
  void prepare();

  std::vector<double> prior_;
  bool uniform_ = false;
  Law w_;
  std::vector<double> r_;
  std::vector<double> outflow_;  // r·Σ_i π(y_i)·Σ_a w(y^{i→a}), the jump to itself included
  double max_exit_rate_ = 0;
  std::vector<double> product_, per_line_, gathered_;  // work space
};

/// 1/w, and 0 where w = 0.
std::vector<double> reciprocal_or_zero(const std::vector<double>& w);

/// Rates π(y_i)·score(y)[i, a], one number for every state, token and symbol: a score of the user's own.
class ScoreTableGenerator final : public Generator {
 public:
  /// `score`: states × length × tokens, row-major; the entry of the symbol a state has is ignored.
  ScoreTableGenerator(const RankOneNoise& noise, const StateSpace& space, std::vector<double> score);

  void apply_law(const std::vector<double>& q, std::vector<double>& out) override;
  void apply_observable(const std::vector<double>& u, std::vector<double>& out) override;
  double max_exit_rate() const override { return max_exit_rate_; }
  /// π(y_i)·score: rate of token i of state y to become a; 0 for a = y_i.
  double rate(std::size_t state, std::size_t axis, std::size_t symbol) const {
    return rate_[(state * space_.length + axis) * tokens_ + symbol];
  }
  std::size_t tokens() const { return tokens_; }

 private:
  StateSpace space_;
  std::size_t tokens_;
  std::vector<double> rate_, exit_;
  double max_exit_rate_ = 0;
};

/// q ← q·e^(hQ). Uniformization: with Λ just above the largest exit rate, a mixture over the Poisson(Λh)
/// number of steps of I + Q/Λ, in pieces of Λh <= 30; what is left out weighs less than 1e-18. h >= 0.
void push(Generator& generator, double h, std::vector<double>& q);
/// u ← e^(hQ)·u.
void pull(Generator& generator, double h, std::vector<double>& u);

/// Pieces of Λh <= 30 and terms of each: the work of one exponential.
struct UniformizationWork {
  std::size_t pieces = 1;
  std::size_t terms = 0;
};
UniformizationWork uniformization_work(double max_exit_rate, double h);

}  // namespace reprise::markov
