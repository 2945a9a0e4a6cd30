// Sorting of (score, label) rows in slices of bounded time, so that a page stays responsive while ten million
// scores are sorted. Least-significant-digit radix sort on order-preserving integer keys: stable, and the
// same permutation in every build.
//
//   PairSorter sorter(rows);
//   for (std::size_t row = 0; row < rows; ++row) sorter.add(score[row], label[row]);
//   while (!sorter.step()) {}
//   std::vector<double> ascending = sorter.take_scores();
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reprise::stats {

class PairSorter {
 public:
  /// `expected_rows` only reserves memory: 18 bytes a row in all.
  explicit PairSorter(std::size_t expected_rows = 0);

  /// One more row, before the first step; `score` not NaN, −0 is taken as 0.
  void add(double score, std::uint8_t label);
  /// Touches about `rows` rows, some milliseconds; true when everything is sorted.
  bool step(std::size_t rows = std::size_t{1} << 18);
  /// Share of the work that is done, in [0, 1].
  double progress() const;

  // The result, once step() has returned true.
  std::vector<double> take_scores();
  std::vector<std::uint8_t> take_labels();

 private:
  static constexpr int digit_bits = 11;
  static constexpr std::uint64_t digit_mask = (std::uint64_t{1} << digit_bits) - 1;
  static constexpr int passes = 6;  // 6 · 11 >= 64

  void begin_pass();
  void move_rows(std::size_t rows);

  std::vector<std::uint64_t> keys_, other_keys_;
  std::vector<std::uint8_t> labels_, other_labels_;
  std::vector<std::array<std::uint64_t, std::size_t{1} << digit_bits>> counts_;
  int pass_ = -1;          // −1: rows are still being added
  std::size_t moved_ = 0;  // rows of this pass
};

}  // namespace reprise::stats
