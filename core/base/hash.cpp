#include "base/hash.h"

#include <algorithm>
#include <cstring>

namespace reprise {
namespace {

// FIPS 180-4, section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64
// primes.
constexpr std::uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr std::uint32_t rotate_right(std::uint32_t value, int count) {
  return (value >> count) | (value << (32 - count));
}

std::uint32_t load_big_endian(const std::uint8_t* data) {
  return (std::uint32_t{data[0]} << 24) | (std::uint32_t{data[1]} << 16) | (std::uint32_t{data[2]} << 8) |
         std::uint32_t{data[3]};
}

using Word = std::uint32_t;

void round(Word a, Word b, Word c, Word& d, Word e, Word f, Word g, Word& h, Word constant) {
  const Word sum1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
  const Word sum0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
  const Word choice = g ^ (e & (f ^ g));
  const Word majority = (a & b) | (c & (a | b));
  const Word t1 = h + sum1 + choice + constant;
  d += t1;
  h = t1 + sum0 + majority;
}

}  // namespace

Sha256::Sha256()
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {
}

void Sha256::block(const std::uint8_t* data) {
  std::uint32_t schedule[64];
  for (int i = 0; i < 16; ++i) schedule[i] = load_big_endian(data + 4 * i);
  for (int i = 16; i < 64; ++i) {
    const std::uint32_t early = schedule[i - 15];
    const std::uint32_t late = schedule[i - 2];
    const std::uint32_t s0 = rotate_right(early, 7) ^ rotate_right(early, 18) ^ (early >> 3);
    const std::uint32_t s1 = rotate_right(late, 17) ^ rotate_right(late, 19) ^ (late >> 10);
    schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  // A round changes two of the eight words and renames the rest; eight rounds bring the names back.
  for (int i = 0; i < 64; i += 8) {
    round(a, b, c, d, e, f, g, h, kRound[i] + schedule[i]);
    round(h, a, b, c, d, e, f, g, kRound[i + 1] + schedule[i + 1]);
    round(g, h, a, b, c, d, e, f, kRound[i + 2] + schedule[i + 2]);
    round(f, g, h, a, b, c, d, e, kRound[i + 3] + schedule[i + 3]);
    round(e, f, g, h, a, b, c, d, kRound[i + 4] + schedule[i + 4]);
    round(d, e, f, g, h, a, b, c, kRound[i + 5] + schedule[i + 5]);
    round(c, d, e, f, g, h, a, b, kRound[i + 6] + schedule[i + 6]);
    round(b, c, d, e, f, g, h, a, kRound[i + 7] + schedule[i + 7]);
  }
  state_[0] += a;
  state_[1] += b;
  state_[2] += c;
  state_[3] += d;
  state_[4] += e;
  state_[5] += f;
  state_[6] += g;
  state_[7] += h;
}

void Sha256::update(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::size_t left = bytes.size();
  const auto used = static_cast<std::size_t>(length_ % 64);
  length_ += left;
  if (used > 0) {
    const std::size_t count = std::min(left, 64 - used);
    std::memcpy(buffer_.data() + used, data, count);
    data += count;
    left -= count;
    if (used + count < 64) return;
    block(buffer_.data());
  }
  for (; left >= 64; data += 64, left -= 64) block(data);
  if (left > 0) std::memcpy(buffer_.data(), data, left);
}

std::array<std::uint8_t, 32> Sha256::digest() {
  const std::uint64_t bits = length_ * 8;
  auto used = static_cast<std::size_t>(length_ % 64);
  buffer_[used++] = 0x80;
  if (used > 56) {
    std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(used), buffer_.end(), std::uint8_t{0});
    block(buffer_.data());
    used = 0;
  }
  std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(used), buffer_.end(), std::uint8_t{0});
  for (int i = 0; i < 8; ++i) buffer_[63 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
  block(buffer_.data());
  std::array<std::uint8_t, 32> result{};
  for (std::size_t i = 0; i < 32; ++i) {
    result[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  }
  return result;
}

std::string Sha256::hex() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(64);
  for (const std::uint8_t byte : digest()) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.hex();
}

std::string sha256_hex(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

}  // namespace reprise
