#include "labs/selective-classification/bootstrap.h"

#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::selective {

namespace {

constexpr std::uint32_t leaf_rows = 256;  // leaves have 256 to 511 rows (fewer only when there are fewer)

// Bits that are set; without a hardware instruction in the baseline build this is faster than the library's.
std::uint32_t ones(std::uint64_t x) {
  x -= (x >> 1) & 0x5555555555555555ULL;
  x = (x & 0x3333333333333333ULL) + ((x >> 2) & 0x3333333333333333ULL);
  x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0FULL;
  return static_cast<std::uint32_t>((x * 0x0101010101010101ULL) >> 56);
}

}  // namespace

std::uint32_t FastBits::below(std::uint32_t bound) {
  // Lemire 2019: multiply, and reject the few products that would favour some values.
  std::uint64_t product = (next() >> 32) * bound;
  auto low = static_cast<std::uint32_t>(product);
  if (low < bound) {
    const std::uint32_t threshold = (0U - bound) % bound;
    while (low < threshold) {
      product = (next() >> 32) * bound;
      low = static_cast<std::uint32_t>(product);
    }
  }
  return static_cast<std::uint32_t>(product >> 32);
}

std::uint32_t FastBits::binomial(std::uint32_t trials, std::uint32_t numerator, std::uint32_t denominator) {
  if (numerator == 0) return 0;
  if (numerator == denominator) return trials;
  std::uint32_t successes = 0;
  if (2 * static_cast<std::uint64_t>(numerator) == denominator) {
    for (; trials >= 64; trials -= 64) successes += ones(next());
    return trials == 0 ? successes : successes + ones(next() >> (64 - trials));
  }
  const auto probability =
      static_cast<std::uint64_t>(static_cast<double>(numerator) / static_cast<double>(denominator) * 0x1p53);
  // A uniform number is below the probability when it has a 0 where the probability has a 1, at the first
  // place where they differ.
  const std::uint64_t aligned = probability << 11;
  while (trials > 0) {
    const std::uint32_t block = std::min<std::uint32_t>(trials, 64);
    std::uint64_t undecided = block == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << block) - 1;
    std::uint64_t below = 0;
    for (std::uint64_t rest = aligned; rest != 0 && undecided != 0; rest <<= 1) {
      const std::uint64_t word = next();
      if (rest >> 63) {
        below |= undecided & ~word;
        undecided &= word;
      } else {
        undecided &= ~word;
      }
    }
    successes += ones(below);
    trials -= block;
  }
  return successes;
}

CurveBootstrap::CurveBootstrap(const RankedOutcomes& outcomes, std::vector<std::int64_t> ranks,
                               bool with_auroc)
    : ranks_(std::move(ranks)), with_auroc_(with_auroc), rows_(static_cast<std::uint32_t>(outcomes.rows())) {
  flags_.assign(outcomes.correct().begin(), outcomes.correct().end());
  for (const std::uint32_t end : outcomes.block_ends()) flags_[end - 1] |= 2;
  if (outcomes.tied_rows() > 0) block_ends_ = outcomes.block_ends();
  split_rows(outcomes);
  const std::size_t leaves = leaf_right_.size();
  draws_.resize(leaves);
  right_draws_.resize(leaves);
  before_.resize(leaves + 1);
  slot_.assign(leaves, -1);
  weight_.resize(2 * leaf_rows);
  accuracy_.resize(ranks_.size());
  gap_.resize(ranks_.size());
}

void CurveBootstrap::split_rows(const RankedOutcomes& outcomes) {
  std::uint32_t begin = 0;
  while (begin < rows_) {
    const std::uint32_t left = rows_ - begin;
    int depth = 0;
    while ((left >> (depth + 1)) >= leaf_rows) ++depth;
    const std::uint32_t length = left >> depth;
    segments_.push_back({leaf_begin_.size(), depth, length << depth});
    for (std::uint32_t leaf = 0; leaf < (1U << depth); ++leaf, begin += length) leaf_begin_.push_back(begin);
  }
  leaf_begin_.push_back(rows_);
  right_first_.resize(rows_);
  for (std::size_t leaf = 0; leaf + 1 < leaf_begin_.size(); ++leaf) {
    const std::uint32_t first = leaf_begin_[leaf], end = leaf_begin_[leaf + 1];
    std::uint32_t right = 0;
    for (std::uint32_t row = first; row < end; ++row) right += outcomes.correct()[row];
    leaf_right_.push_back(right);
    std::uint32_t next_right = first, next_wrong = first + right;
    for (std::uint32_t row = first; row < end; ++row) {
      std::uint32_t& place = outcomes.correct()[row] != 0 ? next_right : next_wrong;
      right_first_[place++] = static_cast<std::uint16_t>(row - first);
    }
  }
}

void CurveBootstrap::draw_leaves(FastBits& bits) {
  std::uint32_t draws_left = rows_, rows_left = rows_;
  for (const Segment& segment : segments_) {
    const std::uint32_t draws = bits.binomial(draws_left, segment.rows, rows_left);
    draws_left -= draws;
    rows_left -= segment.rows;
    std::uint32_t* counts = draws_.data() + segment.first_leaf;
    counts[0] = draws;
    for (int level = 0; level < segment.depth; ++level) {
      for (std::size_t i = std::size_t{1} << level; i-- > 0;) {
        const std::uint32_t both = counts[i], first = bits.binomial(both, 1, 2);
        counts[2 * i] = first;
        counts[2 * i + 1] = both - first;
      }
    }
  }
  Sums sums{0, 0};
  for (std::size_t leaf = 0; leaf < draws_.size(); ++leaf) {
    before_[leaf] = sums;
    right_draws_[leaf] =
        bits.binomial(draws_[leaf], leaf_right_[leaf], leaf_begin_[leaf + 1] - leaf_begin_[leaf]);
    sums.draws += draws_[leaf];
    sums.right += right_draws_[leaf];
  }
  before_.back() = sums;
}

void CurveBootstrap::draw_rows(FastBits& bits, std::size_t leaf, std::uint32_t* weight) const {
  const std::uint32_t begin = leaf_begin_[leaf], length = leaf_begin_[leaf + 1] - begin;
  const std::uint32_t right = leaf_right_[leaf];
  const std::uint16_t* rows = right_first_.data() + begin;
  std::fill(weight, weight + length, 0U);
  for (std::uint32_t i = 0; i < right_draws_[leaf]; ++i) ++weight[rows[bits.below(right)]];
  const std::uint32_t wrong_draws = draws_[leaf] - right_draws_[leaf];
  for (std::uint32_t i = 0; i < wrong_draws; ++i) ++weight[rows[right + bits.below(length - right)]];
}

std::size_t CurveBootstrap::leaf_of(std::uint32_t row) const {
  const auto after = std::upper_bound(leaf_begin_.begin(), leaf_begin_.end(), row);
  return static_cast<std::size_t>(after - leaf_begin_.begin()) - 1;
}

const CurveBootstrap::Sums* CurveBootstrap::opened(FastBits& bits, std::size_t leaf) {
  constexpr std::size_t stride = 2 * leaf_rows;
  if (slot_[leaf] < 0) {
    slot_[leaf] = static_cast<std::int32_t>(open_leaves_.size());
    open_leaves_.push_back(leaf);
    if (sums_.size() < open_leaves_.size() * stride) sums_.resize(open_leaves_.size() * stride);
    draw_rows(bits, leaf, weight_.data());
    Sums* to = sums_.data() + static_cast<std::size_t>(slot_[leaf]) * stride;
    Sums sums = before_[leaf];
    const std::uint32_t begin = leaf_begin_[leaf];
    for (std::uint32_t row = begin; row < leaf_begin_[leaf + 1]; ++row) {
      to[row - begin] = sums;
      const std::uint32_t weight = weight_[row - begin];
      sums.draws += weight;
      if (flags_[row] & 1) sums.right += weight;
    }
  }
  return sums_.data() + static_cast<std::size_t>(slot_[leaf]) * stride;
}

CurveBootstrap::Sums CurveBootstrap::sums_before(FastBits& bits, std::uint32_t row) {
  const std::size_t leaf = leaf_of(row);
  if (leaf + 1 == leaf_begin_.size() || leaf_begin_[leaf] == row) return before_[leaf];
  return opened(bits, leaf)[row - leaf_begin_[leaf]];
}

double CurveBootstrap::right_at(FastBits& bits, std::uint64_t rank) {
  // The last leaf, and in it the last row, with fewer than `rank` draws before it.
  const auto leaf =
      static_cast<std::size_t>(std::partition_point(before_.begin(), before_.end() - 1,
                                                    [&](const Sums& sums) { return sums.draws < rank; }) -
                               before_.begin() - 1);
  const std::uint32_t begin = leaf_begin_[leaf];
  const Sums* rows = opened(bits, leaf);
  const Sums* after = std::partition_point(rows, rows + (leaf_begin_[leaf + 1] - begin),
                                           [&](const Sums& sums) { return sums.draws < rank; });
  const std::uint32_t row = begin + static_cast<std::uint32_t>(after - rows) - 1;
  std::uint32_t first = row, end = row + 1;
  if (!block_ends_.empty()) {
    const auto block = std::upper_bound(block_ends_.begin(), block_ends_.end(), row);
    end = *block;
    first = block == block_ends_.begin() ? 0 : *(block - 1);
  }
  const Sums low = sums_before(bits, first), high = sums_before(bits, end);
  const double share = static_cast<double>(rank - low.draws) / static_cast<double>(high.draws - low.draws);
  return static_cast<double>(low.right) + share * static_cast<double>(high.right - low.right);
}

void CurveBootstrap::draw_auroc(FastBits& bits) {
  std::uint64_t concordant = 0;  // pairs in the right order twice, ties once
  std::uint64_t right = 0, right_here = 0, wrong_here = 0;
  for (std::size_t leaf = 0; leaf < draws_.size(); ++leaf) {
    const std::uint32_t begin = leaf_begin_[leaf], length = leaf_begin_[leaf + 1] - begin;
    const bool is_open = slot_[leaf] >= 0;
    const Sums* sums = is_open ? opened(bits, leaf) : nullptr;
    if (!is_open) draw_rows(bits, leaf, weight_.data());
    for (std::uint32_t i = 0; i < length; ++i) {
      const std::uint64_t weight =
          is_open ? (i + 1 < length ? sums[i + 1].draws : before_[leaf + 1].draws) - sums[i].draws
                  : weight_[i];
      const std::uint8_t flags = flags_[begin + i];
      const std::uint64_t rights = flags & 1 ? weight : 0;
      right_here += rights;
      wrong_here += weight - rights;
      if (flags & 2) {
        concordant += wrong_here * (2 * right + right_here);
        right += right_here;
        right_here = wrong_here = 0;
      }
    }
  }
  const std::uint64_t wrong = rows_ - right;
  auroc_ = right == 0 || wrong == 0 ? std::numeric_limits<double>::quiet_NaN()
                                    : static_cast<double>(concordant) /
                                          (2 * static_cast<double>(right) * static_cast<double>(wrong));
}

void CurveBootstrap::draw(Random& random) {
  FastBits bits(random);
  for (const std::size_t leaf : open_leaves_) slot_[leaf] = -1;
  open_leaves_.clear();
  draw_leaves(bits);
  const auto right = static_cast<double>(before_.back().right);
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    const auto k = static_cast<double>(ranks_[i]);
    accuracy_[i] = right_at(bits, static_cast<std::uint64_t>(ranks_[i])) / k;
    gap_[i] = std::min(1.0, right / k) - accuracy_[i];
  }
  auroc_ = std::numeric_limits<double>::quiet_NaN();
  if (with_auroc_) draw_auroc(bits);
}

Band bootstrap_band(const RankedOutcomes& outcomes, std::span<const std::int64_t> ranks,
                    std::int64_t replicates, double level, Random& random) {
  CurveBootstrap bootstrap(outcomes, {ranks.begin(), ranks.end()}, false);
  std::vector<std::vector<double>> values(ranks.size());
  for (std::int64_t i = 0; i < replicates; ++i) {
    bootstrap.draw(random);
    for (std::size_t j = 0; j < ranks.size(); ++j) values[j].push_back(bootstrap.accuracy()[j]);
  }
  Band band;
  for (std::vector<double>& at : values) {
    std::sort(at.begin(), at.end());
    band.low.push_back(stats::sorted_quantile(at, (1 - level) / 2));
    band.high.push_back(stats::sorted_quantile(at, (1 + level) / 2));
  }
  return band;
}

}  // namespace reprise::selective
