#include "stats/row_order.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <numeric>

namespace reprise::stats {

namespace {

constexpr std::size_t few_rows = 2048;  // below, comparing is faster than clearing counts

/// Ascending as an unsigned integer when the value is ascending.
std::uint64_t key_of(double value) {
  const double plain = value + 0.0;  // −0 becomes 0
  std::uint64_t bits = 0;
  std::memcpy(&bits, &plain, sizeof bits);
  return bits >> 63 != 0 ? ~bits : bits | std::uint64_t{1} << 63;
}

}  // namespace

RowSorter::RowSorter(std::vector<std::uint32_t> rows, std::span<const double> value, SortDirection direction)
    : rows_(std::move(rows)), value_(value), descending_(direction == SortDirection::Descending) {}

bool RowSorter::step() {
  if (rows_.size() < few_rows) {
    std::stable_sort(rows_.begin(), rows_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return descending_ ? value_[a] > value_[b] : value_[a] < value_[b];
    });
    return true;
  }
  if (pass_ < 0) {
    read();
  } else {
    move_rows();
  }
  // Digits in which all rows agree need no pass.
  for (++pass_; pass_ < passes; ++pass_) {
    if (counts_[static_cast<std::size_t>(pass_)][digit(from_.front().key, pass_)] != rows_.size())
      return false;
  }
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i] = from_[i].row;
  return true;
}

void RowSorter::read() {
  from_.resize(rows_.size());
  to_.resize(rows_.size());
  counts_.assign(passes, {});
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::uint64_t key = key_of(value_[rows_[i]]);
    from_[i] = {descending_ ? ~key : key, rows_[i]};
    for (int pass = 0; pass < passes; ++pass)
      ++counts_[static_cast<std::size_t>(pass)][digit(from_[i].key, pass)];
  }
}

void RowSorter::move_rows() {
  std::array<std::size_t, buckets>& place = counts_[static_cast<std::size_t>(pass_)];
  std::size_t begin = 0;
  for (std::size_t& count : place) {
    const std::size_t size = count;
    count = begin;
    begin += size;
  }
  for (const KeyedRow& one : from_) to_[place[digit(one.key, pass_)]++] = one;
  from_.swap(to_);
}

void sort_rows(std::vector<std::uint32_t>& rows, std::span<const double> value, SortDirection direction) {
  RowSorter sorter(std::move(rows), value, direction);
  while (!sorter.step()) {
  }
  rows = sorter.take();
}

std::vector<std::uint32_t> rows_in_order(std::span<const double> value, SortDirection direction) {
  std::vector<std::uint32_t> rows(value.size());
  std::iota(rows.begin(), rows.end(), 0U);
  sort_rows(rows, value, direction);
  return rows;
}

}  // namespace reprise::stats
