// The order in which training sees its examples.
#pragma once

#include "base/random.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace reprise::nn {

/// Mini-batches without replacement: a fresh permutation each epoch, batches run on across the end of an
/// epoch. A pure function of the step: nothing of it needs to be in a checkpoint.
class Batches {
 public:
  /// `stream(epoch)` gives the random stream of an epoch. batch >= examples: every step sees all in the given
  /// order. InputError for no examples or no batch.
  Batches(std::int64_t examples, std::int64_t batch, std::function<Random(std::uint64_t)> stream);
  /// Examples of a step, valid until the next call.
  std::span<const std::int32_t> at(std::int64_t step);
  std::int64_t batch() const { return batch_; }

 private:
  void shuffle(std::int64_t epoch);

  std::int64_t examples_;
  std::int64_t batch_;
  std::function<Random(std::uint64_t)> stream_;
  std::int64_t epoch_ = -1;
  std::vector<std::int32_t> order_;  // of epoch_
  std::vector<std::int32_t> current_;
};

}  // namespace reprise::nn
