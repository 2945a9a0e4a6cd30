// Rows in the order of their values: a radix sort on order-preserving integer keys, stable, and the same
// permutation in every build. A million rows take some hundredths of a second.
//
//   std::vector<double> value = {2, 1, 2};
//   rows_in_order(value);                              // {1, 0, 2}
//   rows_in_order(value, SortDirection::Descending);   // {0, 2, 1}: equal ones stay by row
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace reprise::stats {

enum class SortDirection { Ascending, Descending };

/// Sorts `rows` by value[row] and keeps the order of rows with equal values; −0 equals 0, no value is NaN.
/// Rows below 2³².
void sort_rows(std::vector<std::uint32_t>& rows, std::span<const double> value,
               SortDirection direction = SortDirection::Ascending);
/// The same, one pass over the rows a step: some milliseconds for a million of them.
class RowSorter {
 public:
  /// `value` has to outlive the steps.
  RowSorter(std::vector<std::uint32_t> rows, std::span<const double> value, SortDirection direction);
  bool step();  ///< true when the rows are in order
  std::vector<std::uint32_t> take() { return std::move(rows_); }

 private:
  struct KeyedRow {
    std::uint64_t key;
    std::uint32_t row;
  };
  static constexpr int digit_bits = 11, passes = 6;  // 6 · 11 >= 64
  static constexpr std::size_t buckets = std::size_t{1} << digit_bits;
  static std::size_t digit(std::uint64_t key, int pass) {
    return static_cast<std::size_t>(key >> (digit_bits * pass) & (buckets - 1));
  }
  void read();
  void move_rows();

  std::vector<std::uint32_t> rows_;
  std::span<const double> value_;
  bool descending_;
  int pass_ = -1;  // −1: keys are not made yet
  std::vector<KeyedRow> from_, to_;
  std::vector<std::array<std::size_t, buckets>> counts_;
};
/// All rows 0, 1, … in that order.
std::vector<std::uint32_t> rows_in_order(std::span<const double> value,
                                         SortDirection direction = SortDirection::Ascending);

}  // namespace reprise::stats
