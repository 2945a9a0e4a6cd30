#include "nn/batches.h"

#include "base/error.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace reprise::nn {

Batches::Batches(std::int64_t examples, std::int64_t batch, std::function<Random(std::uint64_t)> stream)
    : examples_(examples), batch_(std::min(batch, examples)), stream_(std::move(stream)) {
  if (examples < 1 || batch < 1) {
    throw InputError("batches of " + std::to_string(batch) + " from " + std::to_string(examples) +
                     " examples; both must be at least 1");
  }
  order_.resize(static_cast<std::size_t>(examples_));
  current_.resize(static_cast<std::size_t>(batch_));
  std::iota(current_.begin(), current_.end(), 0);
}

void Batches::shuffle(std::int64_t epoch) {
  if (epoch == epoch_) return;
  epoch_ = epoch;
  std::iota(order_.begin(), order_.end(), 0);
  Random random = stream_(static_cast<std::uint64_t>(epoch));
  for (std::size_t i = order_.size(); i > 1; --i)
    std::swap(order_[i - 1], order_[random.below(i)]);  // Fisher–Yates
}

std::span<const std::int32_t> Batches::at(std::int64_t step) {
  if (batch_ == examples_) return current_;
  std::int64_t position = step * batch_;
  for (std::int32_t& example : current_) {
    shuffle(position / examples_);
    example = order_[static_cast<std::size_t>(position % examples_)];
    ++position;
  }
  return current_;
}

}  // namespace reprise::nn
