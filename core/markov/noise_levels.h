// The true laws at many noise levels at once. Every token is kept with probability α = e^(−σ) or redrawn, so
// the law at σ is Σ_j α^(d−j)·(1 − α)^j·h_j, where h_j sums over all choices of j redrawn tokens and is the
// same at every level. All terms are >= 0: nothing cancels.
//
//   const NoiseLevels levels(law, RankOneNoise::uniform(8));
//   const std::vector<Law> laws = levels.laws({6, 3, 1, 0.02});
#pragma once

#include "markov/noise.h"

#include <cstddef>
#include <span>
#include <vector>

namespace reprise::markov {

class NoiseLevels {
 public:
  /// Shapes as in noised(). Keeps about (d + 1) × states numbers.
  NoiseLevels(const Law& law, const RankOneNoise& noise);

  /// The law at sigma[l] into out[l][0 … states). Any number of levels; up to rounding what noised() gives.
  void laws(std::span<const double> sigma, std::span<double* const> out) const;
  std::vector<Law> laws(const std::vector<double>& sigma) const;

 private:
  void redraw_block(double* block) const;

  StateSpace space_;
  std::vector<double> prior_;
  std::size_t trailing_ = 0;   ///< tokens at the end that are done already
  std::size_t block_ = 1;      ///< their states
  std::vector<double> terms_;  // for each block: trailing + 1 arrays of its states, h_0 first
};

}  // namespace reprise::markov
