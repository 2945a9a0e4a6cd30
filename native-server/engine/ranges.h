// Sets of task indices as merged ranges: how the state of 10^6 tasks stays small.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

namespace reprise {

class RangeSet {
 public:
  RangeSet() = default;
  /// {first, …, last}.
  RangeSet(std::int64_t first, std::int64_t last) { insert(first, last); }

  std::int64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// First index → last index of every range, in order, never touching each other.
  const std::map<std::int64_t, std::int64_t>& ranges() const { return ranges_; }

  bool contains(std::int64_t index) const {
    const auto after = ranges_.upper_bound(index);
    return after != ranges_.begin() && std::prev(after)->second >= index;
  }
  void insert(std::int64_t index) { insert(index, index); }
  void insert(std::int64_t first, std::int64_t last) {
    if (first > last) return;
    erase(first, last);
    auto after = ranges_.upper_bound(first);
    count_ += last - first + 1;
    if (after != ranges_.end() && after->first == last + 1) {
      last = after->second;
      after = ranges_.erase(after);
    }
    if (after != ranges_.begin() && std::prev(after)->second == first - 1) {
      std::prev(after)->second = last;
    } else {
      ranges_.emplace(first, last);
    }
  }
  void erase(std::int64_t index) { erase(index, index); }
  void erase(std::int64_t first, std::int64_t last) {
    if (first > last) return;
    auto place = ranges_.upper_bound(first);
    if (place != ranges_.begin() && std::prev(place)->second >= first) --place;
    while (place != ranges_.end() && place->first <= last) {
      const auto [low, high] = *place;
      place = ranges_.erase(place);
      count_ -= std::min(high, last) - std::max(low, first) + 1;
      if (low < first) ranges_.emplace(low, first - 1);
      if (high > last) place = ranges_.emplace(last + 1, high).first;
    }
  }
  /// Removes and returns the first at most `most` indices of the first range, as (first, count); (0, 0) when
  /// empty.
  std::pair<std::int64_t, std::int64_t> take_front(std::int64_t most) {
    if (ranges_.empty()) return {0, 0};
    const std::int64_t first = ranges_.begin()->first;
    const std::int64_t last = std::min(ranges_.begin()->second, first + most - 1);
    erase(first, last);
    return {first, last - first + 1};
  }

 private:
  std::map<std::int64_t, std::int64_t> ranges_;
  std::int64_t count_ = 0;
};

}  // namespace reprise
