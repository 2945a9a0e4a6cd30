// Rows in the order of their values: a radix sort on order-preserving integer keys, stable, and the same
// permutation in every build. A million rows take some hundredths of a second.
//
//   std::vector<double> value = {2, 1, 2};
//   rows_in_order(value);                              // {1, 0, 2}
//   rows_in_order(value, SortDirection::Descending);   // {0, 2, 1}: equal ones stay by row
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace reprise::stats {

enum class SortDirection { Ascending, Descending };

/// Sorts `rows` by value[row] and keeps the order of rows with equal values; −0 equals 0, no value is NaN.
/// Rows below 2³².
void sort_rows(std::vector<std::uint32_t>& rows, std::span<const double> value,
               SortDirection direction = SortDirection::Ascending);
/// All rows 0, 1, … in that order.
std::vector<std::uint32_t> rows_in_order(std::span<const double> value,
                                         SortDirection direction = SortDirection::Ascending);

}  // namespace reprise::stats
