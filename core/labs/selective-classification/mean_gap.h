// Bootstrap of the mean gap (E-AURC): rows are drawn anew with replacement, all of them.
//
//   MeanGapBootstrap bootstrap(outcomes);
//   Random random(1, "bootstrap", {0});
//   double e_aurc = bootstrap.draw(random);      // of one replicate
#pragma once

#include "base/random.h"
#include "labs/selective-classification/curve.h"

#include <cstdint>
#include <vector>

namespace reprise::selective {

class MeanGapBootstrap {
 public:
  explicit MeanGapBootstrap(const RankedOutcomes& outcomes);

  /// E-AURC of one replicate, against the oracle of its own right answers. O(n).
  double draw(Random& random);

 private:
  std::vector<std::uint8_t> correct_;       // by descending score
  std::vector<std::uint32_t> block_ends_;   // of equal scores
  std::vector<double> inverse_, harmonic_;  // 1/k and its sum, k = 0…n
  std::vector<std::uint32_t> weight_;       // how often each row was drawn
};

}  // namespace reprise::selective
