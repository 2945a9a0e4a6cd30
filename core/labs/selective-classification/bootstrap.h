// Bootstrap of accuracy–coverage curves: rows are drawn anew with replacement, the curve of every replicate
// is read at the same ranks. Rows are sorted once. A replicate is drawn top down: how many draws fall into
// each half of the ranking, and again, until a few hundred rows are left (leaves); rows inside a leaf are
// drawn only where the curve is read. That is the exact multinomial law, at a small part of its cost.
//
//   CurveBootstrap bootstrap(outcomes, grid_ranks(outcomes.rows(), 100), false);
//   Random random(1, "bootstrap", {0});
//   bootstrap.draw(random);
//   bootstrap.accuracy()[9];     // of this replicate at the tenth rank
#pragma once

#include "base/random.h"
#include "labs/selective-classification/curve.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace reprise::selective {

/// Random bits for millions of draws: xoshiro256** (Blackman & Vigna 2021), begun by a named stream.
class FastBits {
 public:
  explicit FastBits(Random& random) {
    for (std::uint64_t& word : state_) word = random.bits64();
    state_[0] |= 1;  // not all zero
  }
  std::uint64_t next() {
    const std::uint64_t result = rotated(state_[1] * 5, 7) * 9;
    const std::uint64_t moved = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= moved;
    state_[3] = rotated(state_[3], 45);
    return result;
  }
  /// Uniform on {0, …, bound − 1} for 1 <= bound < 2³².
  std::uint32_t below(std::uint32_t bound);
  /// Bin(trials, numerator/denominator), 0 <= numerator <= denominator: 64 trials at a time, one bit of the
  /// probability after the other (53 of them).
  std::uint32_t binomial(std::uint32_t trials, std::uint32_t numerator, std::uint32_t denominator);

 private:
  static std::uint64_t rotated(std::uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }
  std::array<std::uint64_t, 4> state_{};
};

class CurveBootstrap {
 public:
  /// `ranks`: ascending in 1…n. With `with_auroc` every row is drawn and AUROC is computed as well.
  CurveBootstrap(const RankedOutcomes& outcomes, std::vector<std::int64_t> ranks, bool with_auroc);

  /// One replicate.
  void draw(Random& random);
  // Of the last replicate, one value a rank. Inside a block of equal scores the curve's numerator is linear.
  const std::vector<double>& accuracy() const { return accuracy_; }
  const std::vector<double>& gap() const {
    return gap_;
  }                                        ///< to the oracle of the replicate's own right answers
  double auroc() const { return auroc_; }  ///< NaN when a kind is missing, or not asked for

 private:
  struct Segment {  // 2^depth leaves of equal length
    std::size_t first_leaf;
    int depth;
    std::uint32_t rows;
  };
  struct Sums {
    std::uint64_t draws, right;
  };
  void split_rows(const RankedOutcomes& outcomes);
  void draw_leaves(FastBits& bits);
  void draw_rows(FastBits& bits, std::size_t leaf, std::uint32_t* weight) const;
  const Sums* opened(FastBits& bits, std::size_t leaf);
  Sums sums_before(FastBits& bits, std::uint32_t row);
  double right_at(FastBits& bits, std::uint64_t rank);
  void draw_auroc(FastBits& bits);
  std::size_t leaf_of(std::uint32_t row) const;

  std::vector<std::int64_t> ranks_;
  bool with_auroc_;
  std::uint32_t rows_ = 0;
  std::vector<std::uint8_t> flags_;         // of a row: 1 right, 2 last of its block
  std::vector<std::uint32_t> block_ends_;   // empty: all blocks have one row
  std::vector<std::uint16_t> right_first_;  // rows of each leaf, right answers before wrong ones
  std::vector<Segment> segments_;
  std::vector<std::uint32_t> leaf_begin_;           // one more than leaves
  std::vector<std::uint32_t> leaf_right_;           // right answers in it
  std::vector<std::uint32_t> draws_, right_draws_;  // of each leaf, this replicate
  std::vector<Sums> before_;                        // of each leaf, one more than leaves
  std::vector<std::int32_t> slot_;                  // of an opened leaf in sums_, −1: closed
  std::vector<std::size_t> open_leaves_;
  std::vector<Sums> sums_;  // sums before each row of opened leaves
  std::vector<std::uint32_t> weight_;
  std::vector<double> accuracy_, gap_;
  double auroc_ = 0;
};

/// Percentiles of replicates at every rank.
struct Band {
  std::vector<double> low, high;
};
/// `level` in (0, 1): its percentiles (1 ± level)/2 of the accuracy at the ranks, over `replicates` draws.
Band bootstrap_band(const RankedOutcomes& outcomes, std::span<const std::int64_t> ranks,
                    std::int64_t replicates, double level, Random& random);

}  // namespace reprise::selective
