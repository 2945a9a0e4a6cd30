// SHA-256 (FIPS 180-4): names of inputs, runs and results.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace reprise {

/// Incremental SHA-256.
///   Sha256 hash; hash.update("abc"); hash.hex();
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span(text.data(), text.size()))); }
  std::array<std::uint8_t, 32> digest();  ///< ends the computation
  std::string hex();                      ///< ends the computation; 64 lower-case hexadecimal digits

 private:
  void block(const std::uint8_t* data);

  std::array<std::uint32_t, 8> state_;
  std::array<std::uint8_t, 64> buffer_{};
  std::uint64_t length_ = 0;  // bytes so far
};

std::string sha256_hex(std::string_view text);
std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace reprise
