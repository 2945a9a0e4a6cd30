#include "stats/sort.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace reprise::stats {

namespace {

// Integers in the order of the numbers: the sign bit of positive numbers is set, negative ones are inverted.
std::uint64_t key_of(double score) {
  const double plain = score + 0.0;  // −0 becomes 0
  std::uint64_t bits = 0;
  std::memcpy(&bits, &plain, sizeof bits);
  const std::uint64_t sign = std::uint64_t{1} << 63;
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

double score_of(std::uint64_t key) {
  const std::uint64_t sign = std::uint64_t{1} << 63;
  const std::uint64_t bits = (key & sign) != 0 ? key ^ sign : ~key;
  double score = 0;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}

}  // namespace

PairSorter::PairSorter(std::size_t expected_rows) : counts_(passes) {
  keys_.reserve(expected_rows);
  labels_.reserve(expected_rows);
  for (auto& histogram : counts_) histogram.fill(0);
}

void PairSorter::add(double score, std::uint8_t label) {
  std::uint64_t key = key_of(score);
  keys_.push_back(key);
  labels_.push_back(label);
  for (auto& histogram : counts_) {
    ++histogram[key & digit_mask];
    key >>= digit_bits;
  }
}

bool PairSorter::step(std::size_t rows) {
  if (pass_ < 0) {
    other_keys_.resize(keys_.size());
    other_labels_.resize(keys_.size());
    pass_ = 0;
    begin_pass();
  }
  if (pass_ < passes) move_rows(rows);
  return pass_ == passes;
}

// Turns the histogram of the next digit that differs between rows into start positions.
void PairSorter::begin_pass() {
  for (; pass_ < passes; ++pass_) {
    auto& histogram = counts_[static_cast<std::size_t>(pass_)];
    if (std::find(histogram.begin(), histogram.end(), keys_.size()) != histogram.end()) continue;
    std::uint64_t start = 0;
    for (std::uint64_t& entry : histogram) {
      const std::uint64_t count = entry;
      entry = start;
      start += count;
    }
    moved_ = 0;
    return;
  }
  other_keys_ = {};
  other_labels_ = {};
}

void PairSorter::move_rows(std::size_t rows) {
  auto& position = counts_[static_cast<std::size_t>(pass_)];
  const int shift = pass_ * digit_bits;
  const std::size_t end = std::min(keys_.size(), moved_ + rows);
  for (; moved_ < end; ++moved_) {
    const std::uint64_t key = keys_[moved_];
    const std::size_t target = static_cast<std::size_t>(position[(key >> shift) & digit_mask]++);
    other_keys_[target] = key;
    other_labels_[target] = labels_[moved_];
  }
  if (moved_ < keys_.size()) return;
  keys_.swap(other_keys_);
  labels_.swap(other_labels_);
  ++pass_;
  begin_pass();
}

double PairSorter::progress() const {
  if (pass_ < 0) return 0;
  if (pass_ == passes) return 1;
  const double rows = static_cast<double>(std::max<std::size_t>(keys_.size(), 1));
  return (pass_ + static_cast<double>(moved_) / rows) / passes;
}

std::vector<double> PairSorter::take_scores() {
  std::vector<double> scores(keys_.size());
  for (std::size_t row = 0; row < keys_.size(); ++row) scores[row] = score_of(keys_[row]);
  keys_ = {};
  return scores;
}

std::vector<std::uint8_t> PairSorter::take_labels() {
  return std::move(labels_);
}

}  // namespace reprise::stats
