#include "data/id_set.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

namespace reprise {

namespace {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input reaches every bit.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

struct Fingerprint {
  std::uint64_t high, low;
};

Fingerprint fingerprint(std::string_view text) {
  Fingerprint print{0x9e3779b97f4a7c15U ^ text.size(), 0xd1b54a32d192ed03U + text.size()};
  for (std::size_t at = 0; at < text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, std::min<std::size_t>(8, text.size() - at));
    print.high = mixed(print.high ^ word) + 0x9e3779b97f4a7c15U;
    print.low = mixed(print.low + word * 0xda942042e4dd58b5U) ^ 0xd1b54a32d192ed03U;
  }
  return print;
}

}  // namespace

void IdSet::Free::operator()(Entry* entries) const {
  std::free(entries);
}

// Linear probing from the place that the upper bits ask for.
IdSet::Entry& IdSet::place_of(std::uint64_t high, std::uint32_t low) const {
  // The upper 32 bits of the fingerprint as a fraction of the table.
  auto place = static_cast<std::size_t>(((high >> 32) * static_cast<std::uint64_t>(capacity_)) >> 32);
  for (;; place = place + 1 == capacity_ ? 0 : place + 1) {
    Entry& entry = entries_[place];
    if (entry.row == 0 || (entry.high == high && entry.low == low)) return entry;
  }
}

void IdSet::grow(std::size_t capacity) {
  // Fresh memory from calloc is zero without having been written: rows of 0 are free places.
  auto* memory = static_cast<Entry*>(std::calloc(capacity, sizeof(Entry)));
  if (memory == nullptr) throw std::bad_alloc();
  const std::unique_ptr<Entry[], Free> old(entries_.release());
  const std::size_t old_capacity = capacity_;
  entries_.reset(memory);
  capacity_ = capacity;
  for (std::size_t i = 0; i < old_capacity; ++i) {
    if (old[i].row != 0) place_of(old[i].high, old[i].low) = old[i];
  }
}

std::optional<std::int64_t> IdSet::insert(std::string_view id, std::int64_t row) {
  if (row < 1 || row > 0xffffffffLL) throw std::out_of_range("IdSet: rows from 1 to 2^32 - 1");
  if (size_ >= capacity_ - capacity_ / 5)
    grow(capacity_ == 0 ? expected_ + expected_ / 4 + 64 : 2 * capacity_);
  const Fingerprint print = fingerprint(id);
  Entry& entry = place_of(print.high, static_cast<std::uint32_t>(print.low));
  if (entry.row != 0) return entry.row;
  entry = {print.high, static_cast<std::uint32_t>(print.low), static_cast<std::uint32_t>(row)};
  ++size_;
  return std::nullopt;
}

}  // namespace reprise
