#include "labs/selective-classification/mean_gap.h"

#include "labs/selective-classification/bootstrap.h"

#include <algorithm>

namespace reprise::selective {

MeanGapBootstrap::MeanGapBootstrap(const RankedOutcomes& outcomes)
    : correct_(outcomes.correct()), block_ends_(outcomes.block_ends()), weight_(outcomes.correct().size()) {
  const std::size_t n = correct_.size();
  inverse_.resize(n + 1);
  harmonic_.resize(n + 1);
  for (std::size_t k = 1; k <= n; ++k) {
    inverse_[k] = 1 / static_cast<double>(k);
    harmonic_[k] = harmonic_[k - 1] + inverse_[k];
  }
}

double MeanGapBootstrap::draw(Random& random) {
  const std::size_t n = correct_.size();
  FastBits bits(random);
  std::fill(weight_.begin(), weight_.end(), 0U);
  for (std::size_t i = 0; i < n; ++i) ++weight_[bits.below(static_cast<std::uint32_t>(n))];

  double accuracies = 0;  // Σ right among k / k
  double right = 0;
  std::size_t k = 0, row = 0;
  for (const std::uint32_t end : block_ends_) {
    std::uint64_t drawn = 0, drawn_right = 0;
    for (; row < end; ++row) {
      drawn += weight_[row];
      drawn_right += correct_[row] != 0 ? weight_[row] : 0;
    }
    if (drawn == 0) continue;
    // Inside a block the order is random: each row adds its mean.
    const double each = static_cast<double>(drawn_right) / static_cast<double>(drawn);
    for (std::uint64_t i = 1; i <= drawn; ++i)
      accuracies += (right + static_cast<double>(i) * each) * inverse_[++k];
    right += static_cast<double>(drawn_right);
  }
  const auto all_right = static_cast<std::size_t>(right);
  const double oracle = right + right * (harmonic_[n] - harmonic_[all_right]);  // Σ min(1, K/k)
  return (oracle - accuracies) / static_cast<double>(n);
}

}  // namespace reprise::selective
