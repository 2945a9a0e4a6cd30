// Sequences of d tokens over K symbols as one array: row-major, the last token runs fastest. What is done
// along one token ("axis") touches lines of K entries, so that nothing is ever as large as states × states.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace reprise::markov {

struct StateSpace {
  std::size_t symbols = 2;  ///< K: tokens, and the mask where there is one
  std::size_t length = 1;   ///< d

  std::size_t size() const;                    ///< K^d
  std::size_t stride(std::size_t axis) const;  ///< distance of neighbours along that token
  /// Symbol of token `axis` in that state.
  std::size_t symbol(std::size_t state, std::size_t axis) const { return state / stride(axis) % symbols; }
  bool operator==(const StateSpace&) const = default;
};

/// States that are handled at most.
inline constexpr std::size_t most_states = std::size_t{1} << 20;
/// K^d, or most_states + 1 when that is more.
std::size_t states_up_to_limit(std::size_t symbols, std::size_t length);

/// Sum in an order fixed by the length alone: eight lanes, then the lanes.
double lane_sum(const double* values, std::size_t count);
/// Σ a·b in the same order.
double dot(std::span<const double> a, std::span<const double> b);

/// sums[line] = Σ over the K entries of every line along `axis`; lines in row-major order of the other
/// tokens.
void line_sums(const StateSpace& space, std::size_t axis, const double* values, double* sums);
/// The same with the weight of the entry's symbol.
void weighted_line_sums(const StateSpace& space, std::size_t axis, std::span<const double> weight,
                        const double* values, double* sums);
/// values[y] += the number of y's line.
void add_to_lines(const StateSpace& space, std::size_t axis, const double* per_line, double* values);
/// values[y] += weight[symbol of y] · the number of y's line.
void add_to_lines(const StateSpace& space, std::size_t axis, std::span<const double> weight,
                  const double* per_line, double* values);

/// Along every axis in turn: v ← keep·v + weight[symbol]·Σ_line v. With keep = α and weight = (1 − α)·prior
/// that is a noised law. Blocks of neighbouring states stay in cache, so that an array is read and written
/// about twice whatever the length.
void mix_every_axis(const StateSpace& space, double keep, std::span<const double> weight,
                    std::vector<double>& values);
/// Along every axis in turn: v ← keep·v + Σ_line weight·v: the adjoint of the above.
void mix_every_axis_adjoint(const StateSpace& space, double keep, std::span<const double> weight,
                            std::vector<double>& values);

}  // namespace reprise::markov
