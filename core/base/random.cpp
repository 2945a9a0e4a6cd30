#include "base/random.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/math.h"

#include <stdexcept>
#include <string>

namespace reprise {
namespace {

__extension__ using uint128 = unsigned __int128;

void append_word(std::string& bytes, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
}

std::uint32_t load_word(const std::uint8_t* data) {
  return std::uint32_t{data[0]} | (std::uint32_t{data[1]} << 8) | (std::uint32_t{data[2]} << 16) |
         (std::uint32_t{data[3]} << 24);
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
  constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9;  // golden ratio
  constexpr std::uint32_t kWeyl1 = 0xBB67AE85;  // √3 − 1
  auto [c0, c1, c2, c3] = counter;
  auto [k0, k1] = key;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = kMultiplier0 * c0;
    const std::uint64_t product1 = kMultiplier1 * c2;
    c0 = static_cast<std::uint32_t>(product1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<std::uint32_t>(product1);
    c2 = static_cast<std::uint32_t>(product0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<std::uint32_t>(product0);
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  return {c0, c1, c2, c3};
}

// The stream's name is hashed in an encoding in which every part has its length before it, so that two
// different (seed, name, coordinates) never give the same bytes. 128 of the 256 bits become key and upper
// half of the counter; the lower half counts blocks.
Random::Random(std::uint64_t seed, std::string_view name, std::span<const std::uint64_t> coordinates) {
  std::string bytes;
  bytes.reserve(24 + name.size() + 8 * coordinates.size());
  append_word(bytes, seed);
  append_word(bytes, name.size());
  bytes += name;
  append_word(bytes, coordinates.size());
  for (const std::uint64_t coordinate : coordinates) append_word(bytes, coordinate);
  Sha256 hash;
  hash.update(bytes);
  const std::array<std::uint8_t, 32> digest = hash.digest();
  key_ = {load_word(digest.data()), load_word(digest.data() + 4)};
  high_ = {load_word(digest.data() + 8), load_word(digest.data() + 12)};
}

void Random::next_block() {
  words_ = philox4x32(
      {static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32), high_[0], high_[1]},
      key_);
  ++block_;
  word_ = 0;
}

double Random::normal() {
  return math::normal_quantile(uniform_open());
}

// Lemire: "Fast random integer generation in an interval", ACM TOMACS 29 (2019): the upper half of
// bound × random, with the few products whose lower half would make some results too frequent refused.
std::uint64_t Random::below(std::uint64_t bound) {
  if (bound == 0) throw std::logic_error("Random::below needs a bound >= 1");
  if (bound <= 0xFFFFFFFF) {
    const auto narrow = static_cast<std::uint32_t>(bound);
    std::uint64_t product = std::uint64_t{bits32()} * narrow;
    if (static_cast<std::uint32_t>(product) < narrow) {
      const std::uint32_t refused = (0U - narrow) % narrow;  // 2^32 mod bound
      while (static_cast<std::uint32_t>(product) < refused) product = std::uint64_t{bits32()} * narrow;
    }
    return product >> 32;
  }
  uint128 product = uint128{bits64()} * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t refused = (std::uint64_t{0} - bound) % bound;  // 2^64 mod bound
    while (static_cast<std::uint64_t>(product) < refused) product = uint128{bits64()} * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

void Random::seek(Position position) {
  if (position.word > 4 || (position.word < 4 && position.block == 0)) {
    throw InputError("a random stream has no position block " + std::to_string(position.block) + ", word " +
                     std::to_string(position.word) + "; words are 0 to 4, and block 0 goes with word 4");
  }
  if (position.word < 4) {
    block_ = position.block - 1;
    next_block();
  }
  block_ = position.block;
  word_ = position.word;
}

}  // namespace reprise
