// Sorting of (score, label) rows in slices of bounded time, so that a page stays responsive while ten million
// scores are sorted. Radix sort on order-preserving integer keys, stable, and the same permutation in every
// build: the leading digits by least-significant-digit passes, then the few rows that agree in all of those
// among themselves. Where too many rows agree, the other digits get passes of their own.
//
//   PairSorter sorter(rows);
//   for (std::size_t row = 0; row < rows; ++row) sorter.add(score[row], label[row]);
//   while (!sorter.step()) {}
//   std::vector<double> ascending = sorter.take_scores();
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace reprise::stats {

/// Memory that is not filled before it is written: clearing that of 10^8 rows would take half a second.
template <class T>
struct UnfilledMemory : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = UnfilledMemory<U>;
  };
  UnfilledMemory() = default;
  template <class U>
  explicit UnfilledMemory(const UnfilledMemory<U>&) {}
  template <class U>
  void construct(U* place) {
    ::new (static_cast<void*>(place)) U;
  }
  template <class U, class Value>
  void construct(U* place, const Value& value) {
    ::new (static_cast<void*>(place)) U(value);
  }
};

class PairSorter {
 public:
  /// `expected_rows` only reserves memory: 18 bytes a row in all while rows are sorted.
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
  static constexpr int passes = 6;         // 6 · 11 >= 64
  static constexpr int leading_digit = 2;  // digits from here on are counted while rows are added

  template <class T>
  using Rows = std::vector<T, UnfilledMemory<T>>;

  enum class Phase { Adding, Passes, Runs, Scores, Done };
  void count(std::uint64_t key, int digit);
  void begin_passes(int first_digit);
  void begin_pass();
  void move_rows(std::size_t rows);
  void sort_runs(std::size_t rows);
  bool sort_run(std::size_t begin, std::size_t end);
  void begin_scores();
  void add_scores(std::size_t rows);

  Rows<std::uint64_t> keys_, other_keys_;
  Rows<std::uint8_t> labels_, other_labels_;
  std::vector<double> scores_;
  std::vector<std::array<std::uint64_t, std::size_t{1} << digit_bits>> counts_;
  std::vector<std::uint64_t> position_;  // where the next row of each bucket goes in this pass
  Phase phase_ = Phase::Adding;
  int first_digit_ = 0;    // lower digits are left to the runs
  int pass_ = 0;           // digit in hand
  std::size_t moved_ = 0;  // rows of this pass, rows whose runs are in order, or rows turned into scores
};

}  // namespace reprise::stats
