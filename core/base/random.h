// Named random streams: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1,
// 2, 3", SC 2011), a counter-based generator. A stream is named by (seed, name, coordinates), so that tasks
// which must share draws ask for the same name, and a new grid point changes no other task's numbers.
//
//   Random random(42, "sample", {1000, 3});   // n = 1000, repeat 3
//   double u = random.uniform();              // [0, 1)
//   double x = random.normal();
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace reprise {

/// One application of Philox 4x32-10: four 32-bit words from a 128-bit counter and a 64-bit key.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

class Random {
 public:
  Random(std::uint64_t seed, std::string_view name, std::span<const std::uint64_t> coordinates);
  Random(std::uint64_t seed, std::string_view name, std::initializer_list<std::uint64_t> coordinates = {})
      : Random(seed, name, std::span(coordinates.begin(), coordinates.size())) {}

  std::uint32_t bits32() {
    if (word_ == 4) next_block();
    return words_[word_++];
  }
  std::uint64_t bits64() {
    const std::uint64_t low = bits32();
    return low | (std::uint64_t{bits32()} << 32);
  }
  /// [0, 1), 53 bits
  double uniform() { return static_cast<double>(bits64() >> 11) * 0x1p-53; }
  /// (0, 1): midpoints of 2^52 cells
  double uniform_open() { return (static_cast<double>(bits64() >> 12) + 0.5) * 0x1p-52; }
  double normal();                           ///< standard normal, by the quantile function: one draw each
  std::uint64_t below(std::uint64_t bound);  ///< uniform on {0, …, bound − 1}, unbiased; bound >= 1
  bool bernoulli(double p) { return uniform() < p; }

  /// Draws so far, in blocks of four words, and words left of the current block: what a checkpoint keeps.
  struct Position {
    std::uint64_t block = 0;
    std::uint32_t word = 4;
    bool operator==(const Position&) const = default;
  };
  Position position() const { return {block_, word_}; }
  void seek(Position position);

 private:
  void next_block();

  std::array<std::uint32_t, 2> key_{};
  std::array<std::uint32_t, 2> high_{};  // upper half of the counter, from the stream's name
  std::uint64_t block_ = 0;              // next block to make
  std::array<std::uint32_t, 4> words_{};
  std::uint32_t word_ = 4;  // next word of words_; 4: none left
};

}  // namespace reprise
