#include "stats/row_order.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <numeric>

namespace reprise::stats {

namespace {

constexpr std::size_t few_rows = 2048;  // below, comparing is faster than clearing counts
constexpr int digit_bits = 11;
constexpr int passes = 6;  // 6 · 11 >= 64
constexpr std::size_t buckets = std::size_t{1} << digit_bits;
constexpr std::uint64_t digit_mask = buckets - 1;

/// Ascending as an unsigned integer when the value is ascending.
std::uint64_t key_of(double value) {
  const double plain = value + 0.0;  // −0 becomes 0
  std::uint64_t bits = 0;
  std::memcpy(&bits, &plain, sizeof bits);
  return bits >> 63 != 0 ? ~bits : bits | std::uint64_t{1} << 63;
}

struct KeyedRow {
  std::uint64_t key;
  std::uint32_t row;
};

std::size_t digit(std::uint64_t key, int pass) {
  return static_cast<std::size_t>(key >> (digit_bits * pass) & digit_mask);
}

}  // namespace

void sort_rows(std::vector<std::uint32_t>& rows, std::span<const double> value, SortDirection direction) {
  const bool descending = direction == SortDirection::Descending;
  if (rows.size() < few_rows) {
    std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
      return descending ? value[a] > value[b] : value[a] < value[b];
    });
    return;
  }
  std::vector<KeyedRow> from(rows.size()), to(rows.size());
  std::vector<std::array<std::size_t, buckets>> counts(passes);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t key = key_of(value[rows[i]]);
    from[i] = {descending ? ~key : key, rows[i]};
    for (int pass = 0; pass < passes; ++pass)
      ++counts[static_cast<std::size_t>(pass)][digit(from[i].key, pass)];
  }
  for (int pass = 0; pass < passes; ++pass) {
    std::array<std::size_t, buckets>& place = counts[static_cast<std::size_t>(pass)];
    if (place[digit(from.front().key, pass)] == rows.size()) continue;  // all rows agree in this digit
    std::size_t begin = 0;
    for (std::size_t& count : place) {
      const std::size_t size = count;
      count = begin;
      begin += size;
    }
    for (const KeyedRow& one : from) to[place[digit(one.key, pass)]++] = one;
    from.swap(to);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = from[i].row;
}

std::vector<std::uint32_t> rows_in_order(std::span<const double> value, SortDirection direction) {
  std::vector<std::uint32_t> rows(value.size());
  std::iota(rows.begin(), rows.end(), 0U);
  sort_rows(rows, value, direction);
  return rows;
}

}  // namespace reprise::stats
