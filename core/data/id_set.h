// Which names have been seen, for a hundred million of them: a fingerprint of 96 bits and the row take 16
// bytes, in a table that is a quarter larger than it has to be. Two different names are taken for the same
// with a probability of 10⁻¹³ for 10⁸ names (birthday bound n²/2⁹⁷).
//
//   IdSet ids(expected_rows);
//   if (const auto first = ids.insert(name, row)) complain("also in row", *first);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace reprise {

class IdSet {
 public:
  /// Memory for `expected` names is taken when the first one comes; beyond them the table is rebuilt.
  explicit IdSet(std::size_t expected = 0) : expected_(expected) {}

  /// The row of an earlier name of the same text; nothing when this one is new. Rows 1 … 2³² − 1.
  std::optional<std::int64_t> insert(std::string_view id, std::int64_t row);
  std::size_t size() const { return size_; }

 private:
  struct Entry {
    std::uint64_t high;
    std::uint32_t low;
    std::uint32_t row;  // 0: free
  };
  struct Free {
    void operator()(Entry* entries) const;
  };
  Entry& place_of(std::uint64_t high, std::uint32_t low) const;
  void grow(std::size_t capacity);

  std::size_t expected_;
  std::size_t size_ = 0, capacity_ = 0;
  std::unique_ptr<Entry[], Free> entries_;
};

}  // namespace reprise
