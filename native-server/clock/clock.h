// Clocks, for the parts of the program that may look at one (the core may not).
#pragma once

#include "study/study.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace reprise {

using SteadyTime = std::chrono::steady_clock::time_point;

inline SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}
inline double seconds_since(SteadyTime start) {
  return std::chrono::duration<double>(steady_now() - start).count();
}

/// Milliseconds since 1970, UTC.
std::int64_t unix_milliseconds();
/// RFC 3339 with milliseconds, "2024-05-01T12:00:00.123Z"; "" for 0.
std::string rfc3339(std::int64_t unix_milliseconds);

/// Spent after a while from its making.
class TimeBudget final : public Budget {
 public:
  explicit TimeBudget(std::chrono::milliseconds time) : end_(steady_now() + time) {}
  bool spent() const override { return steady_now() >= end_; }

 private:
  SteadyTime end_;
};

}  // namespace reprise
