// Rates between the symbols of one token, for noise that is not of rank one: a redraw from a prior, and
// single jumps beside it. Products cost as much as there are jumps, never symbols × symbols unless all of
// them jump.
//
//   const TokenRates rates(4, 0.5, {0.25, 0.25, 0.25, 0.25}, {{0, 1, 2.0}, {1, 0, 2.0}});
//   const Law noisy = noised(law, rates, 0.7);                      // every token by itself: law·e^(0.7·R)
#pragma once

#include "markov/generator.h"
#include "markov/noise.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace reprise::markov {

/// Jumps that are handled at most: a full matrix of 2,000 symbols, or 80 neighbours each of 50,000.
inline constexpr std::size_t most_jumps = 4'000'000;

/// R(a, b) = refresh·π(b) + jumps a → b for a ≠ b; rows sum to 0.
class TokenRates {
 public:
  struct Jump {
    std::size_t from = 0, to = 0;
    double rate = 0;
  };

  /// `prior`: what a refreshed token is drawn from, as many entries as symbols (InputError as for
  /// RankOneNoise::general). Jumps in any order; rate 0 is none. InputError: fewer than two symbols, negative
  /// or non-finite rates (which), symbols out of range, a token that jumps to itself, the same pair twice,
  /// more than most_jumps, nothing that ever moves.
  TokenRates(std::size_t symbols, double refresh, std::vector<double> prior, std::vector<Jump> jumps);
  /// A matrix, row-major; finds rank one and zeros by itself. The diagonal is minus the sum of the row, or 0
  /// throughout and filled in. InputError: another diagonal (row and sum), and what the constructor refuses.
  static TokenRates from_matrix(std::size_t symbols, const std::vector<double>& matrix);
  /// 1πᵀ − I.
  static TokenRates of(const RankOneNoise& noise);

  std::size_t symbols() const { return prior_.size(); }
  double refresh() const { return refresh_; }
  const std::vector<double>& prior() const { return prior_; }
  std::size_t jumps() const { return to_.size(); }
  bool is_rank_one() const { return to_.empty(); }
  /// All rates out of a symbol, a refresh that redraws the symbol itself included.
  double exit_rate(std::size_t symbol) const { return exit_[symbol]; }
  double max_exit_rate() const { return max_exit_; }

  /// out(y with token = b) += Σ_a rate(a → b)·v(y with token = a): how laws move. The refresh to the symbol
  /// itself counts as a rate.
  void add_inflow(const StateSpace& space, std::size_t axis, const std::vector<double>& v,
                  std::vector<double>& out) const;
  /// out(y with token = a) += Σ_b rate(a → b)·v(y with token = b): how observables move.
  void add_expectation(const StateSpace& space, std::size_t axis, const std::vector<double>& v,
                       std::vector<double>& out) const;
  /// f(from, to, rate) for every single jump, ordered by from and to.
  template <class Function>
  void for_each_jump(const Function& f) const {
    for (std::size_t from = 0; from < prior_.size(); ++from) {
      for (std::size_t at = row_[from]; at < row_[from + 1]; ++at) f(from, std::size_t{to_[at]}, rate_[at]);
    }
  }

  /// The law that a token forgets everything towards: πR = 0. InputError as for StationarySearch.
  std::vector<double> stationary() const;

 private:
  double refresh_ = 0;
  std::vector<double> prior_;
  std::vector<std::size_t> row_;   // jumps of symbol a: [row_[a], row_[a + 1])
  std::vector<std::uint32_t> to_;  // ascending
  std::vector<double> rate_, exit_;
  double max_exit_ = 0;
};

/// Symbols without detailed balance and without redraws whose stationary law is computed.
inline constexpr std::size_t most_eliminated = 1024;

/// The stationary law in slices of some milliseconds: the prior itself where jumps keep it; by detailed
/// balance where rates have it; by elimination (Grassmann, Taksar and Heyman 1985) of few symbols; else, when
/// tokens are redrawn, by iteration.
class StationarySearch {
 public:
  /// `rates` outlives the search. InputError: two sets of symbols that are never left (names one of each),
  /// and more symbols than can be eliminated.
  explicit StationarySearch(const TokenRates& rates);
  /// Some more work; true when the law is there.
  bool step();
  std::vector<double> take() { return std::move(law_); }

 private:
  bool eliminate();
  bool iterate();
  bool finish();

  const TokenRates& rates_;
  std::vector<double> law_, next_;    // of all symbols
  std::vector<std::size_t> members_;  // symbols of the matrix
  std::vector<double> matrix_;        // rates between them, row-major
  std::size_t left_ = 0;              // symbols that are not eliminated yet
  double rounds_ = 0;                 // of the iteration, still to do
  bool done_ = false;
};

/// The law after noise σ >= 0, every token by itself: a closed form for rank one, else by uniformization.
/// `law.space.symbols` is `rates.symbols()` (std::invalid_argument otherwise).
Law noised(const Law& law, const TokenRates& rates, double sigma);
/// Independent tokens drawn from that law of one token.
Law product_law(const std::vector<double>& token, std::size_t length);
/// The law over more symbols than it has: the others have probability 0. InputError when it has more.
Law with_symbols(const Law& law, std::size_t symbols);

/// Reverse rates frozen at the marginal law w: rate(a → y_i)·w(y^{i→a})/w(y) for token i of state y to become
/// a; 0 where w is 0 or too small to divide by.
class FrozenJumps final : public Generator {
 public:
  /// `rates` outlives the generator.
  FrozenJumps(const TokenRates& rates, Law w);
  void apply_law(const std::vector<double>& q, std::vector<double>& out) override;
  void apply_observable(const std::vector<double>& u, std::vector<double>& out) override;
  double max_exit_rate() const override { return max_exit_rate_; }
  const Law& w() const { return w_; }
  const std::vector<double>& r() const { return r_; }  ///< 1/w or 0

 private:
  const TokenRates& rates_;
  Law w_;
  std::vector<double> r_, outflow_, product_, gathered_;
  double max_exit_rate_ = 0;
};

}  // namespace reprise::markov
