#include "stats/sort.h"

#include "base/release_memory.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace reprise::stats {

namespace {

// Three leading digits leave 19 bits of the mantissa: up to here runs stay short unless scores crowd.
constexpr std::size_t rows_for_three_digits = std::size_t{1} << 23;
constexpr std::size_t insertion_run = 24;
constexpr std::size_t longest_run = 20000;  // sorted in some milliseconds

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
  const std::uint64_t key = key_of(score);
  keys_.push_back(key);
  labels_.push_back(label);
  for (int digit = leading_digit; digit < passes; ++digit) count(key, digit);
}

void PairSorter::count(std::uint64_t key, int digit) {
  ++counts_[static_cast<std::size_t>(digit)][(key >> (digit * digit_bits)) & digit_mask];
}

bool PairSorter::step(std::size_t rows) {
  if (phase_ == Phase::Adding) {
    other_keys_.resize(keys_.size());
    other_labels_.resize(keys_.size());
    begin_passes(keys_.size() <= rows_for_three_digits ? leading_digit + 1 : leading_digit);
  }
  if (phase_ == Phase::Passes) {
    move_rows(rows);
  } else if (phase_ == Phase::Runs) {
    sort_runs(rows);
  } else if (phase_ == Phase::Scores) {
    add_scores(rows);
  }
  return phase_ == Phase::Done;
}

void PairSorter::begin_passes(int first_digit) {
  phase_ = Phase::Passes;
  first_digit_ = pass_ = first_digit;
  begin_pass();
}

// Turns the histogram of the next digit that differs between rows into start positions.
void PairSorter::begin_pass() {
  moved_ = 0;
  for (; pass_ < passes; ++pass_) {
    const auto& histogram = counts_[static_cast<std::size_t>(pass_)];
    if (std::find(histogram.begin(), histogram.end(), keys_.size()) != histogram.end()) continue;
    position_.resize(histogram.size());
    std::exclusive_scan(histogram.begin(), histogram.end(), position_.begin(), std::uint64_t{0});
    return;
  }
  if (first_digit_ > 0) {
    phase_ = Phase::Runs;
  } else {
    begin_scores();
  }
}

void PairSorter::begin_scores() {
  phase_ = Phase::Scores;
  moved_ = 0;
  release_memory(other_keys_);
  release_memory(other_labels_);
  scores_.reserve(keys_.size());
}

void PairSorter::add_scores(std::size_t rows) {
  const std::size_t end = std::min(keys_.size(), moved_ + rows);
  for (; moved_ < end; ++moved_) scores_.push_back(score_of(keys_[moved_]));
  if (moved_ < keys_.size()) return;
  release_memory(keys_);
  phase_ = Phase::Done;
}

void PairSorter::move_rows(std::size_t rows) {
  const int shift = pass_ * digit_bits;
  const std::size_t end = std::min(keys_.size(), moved_ + rows);
  for (; moved_ < end; ++moved_) {
    const std::uint64_t key = keys_[moved_];
    const std::size_t target = static_cast<std::size_t>(position_[(key >> shift) & digit_mask]++);
    other_keys_[target] = key;
    other_labels_[target] = labels_[moved_];
  }
  if (moved_ < keys_.size()) return;
  keys_.swap(other_keys_);
  labels_.swap(other_labels_);
  ++pass_;
  begin_pass();
}

// The rows are in order of their leading digits; runs that agree in those are put in order of the whole key.
void PairSorter::sort_runs(std::size_t rows) {
  const int shift = first_digit_ * digit_bits;
  const std::size_t stop = std::min(keys_.size(), moved_ + rows);
  while (moved_ < stop) {
    std::size_t end = moved_ + 1;
    bool in_order = true;
    for (; end < keys_.size() && keys_[end] >> shift == keys_[moved_] >> shift; ++end)
      in_order = in_order && keys_[end - 1] <= keys_[end];
    if (!in_order && !sort_run(moved_, end)) {
      // The leading digits say too little about these rows: passes over all of them.
      for (const std::uint64_t key : keys_) {
        for (int digit = 0; digit < leading_digit; ++digit) count(key, digit);
      }
      begin_passes(0);
      return;
    }
    moved_ = end;
  }
  if (moved_ == keys_.size()) begin_scores();
}

// Stable; false when the run is too long for one step.
bool PairSorter::sort_run(std::size_t begin, std::size_t end) {
  if (end - begin > longest_run) return false;
  if (end - begin <= insertion_run) {
    for (std::size_t row = begin + 1; row < end; ++row) {
      const std::uint64_t key = keys_[row];
      const std::uint8_t label = labels_[row];
      std::size_t to = row;
      for (; to > begin && keys_[to - 1] > key; --to) {
        keys_[to] = keys_[to - 1];
        labels_[to] = labels_[to - 1];
      }
      keys_[to] = key;
      labels_[to] = label;
    }
    return true;
  }
  std::vector<std::pair<std::uint64_t, std::uint8_t>> run;
  for (std::size_t row = begin; row < end; ++row) run.emplace_back(keys_[row], labels_[row]);
  std::stable_sort(run.begin(), run.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t row = begin; row < end; ++row) {
    keys_[row] = run[row - begin].first;
    labels_[row] = run[row - begin].second;
  }
  return true;
}

double PairSorter::progress() const {
  if (phase_ == Phase::Adding) return 0;
  if (phase_ == Phase::Done) return 1;
  const double rows = static_cast<double>(std::max<std::size_t>(keys_.size(), 1));
  if (phase_ == Phase::Scores) return 0.95 + 0.05 * static_cast<double>(moved_) / rows;
  const double parts = passes - first_digit_ + 1;
  const double done = phase_ == Phase::Runs ? passes - first_digit_ : pass_ - first_digit_;
  const double share = (done + static_cast<double>(moved_) / rows) / parts;
  return first_digit_ > 0 ? 0.85 * share
                          : 0.85 + 0.1 * share;  // never back, also when more passes are needed
}

std::vector<double> PairSorter::take_scores() {
  return std::move(scores_);
}

std::vector<std::uint8_t> PairSorter::take_labels() {
  std::vector<std::uint8_t> labels(labels_.begin(), labels_.end());
  release_memory(labels_);
  return labels;
}

}  // namespace reprise::stats
