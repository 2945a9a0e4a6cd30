// Read-only bytes with a size: what readers parse. A file, a mapped file, a browser File or plain memory can
// stand behind it, so that a reader never needs the whole input in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

/// Random-access bytes. Reads never change the source; concurrent reads are allowed.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  /// Copies up to `target.size()` bytes from `offset`; returns how many (less only at the end of the source).
  virtual std::size_t read(std::uint64_t offset, std::span<std::byte> target) const = 0;
};

/// Bytes that somebody else keeps alive.
class MemoryView final : public ByteSource {
 public:
  explicit MemoryView(std::span<const std::byte> bytes) : bytes_(bytes) {}
  explicit MemoryView(std::string_view text) : bytes_(std::as_bytes(std::span(text.data(), text.size()))) {}
  std::uint64_t size() const override { return bytes_.size(); }
  std::size_t read(std::uint64_t offset, std::span<std::byte> target) const override {
    if (offset >= bytes_.size() || target.empty()) return 0;
    const std::size_t count = std::min(target.size(), bytes_.size() - static_cast<std::size_t>(offset));
    std::memcpy(target.data(), bytes_.data() + offset, count);
    return count;
  }

 private:
  std::span<const std::byte> bytes_;
};

/// Bytes that the source itself keeps.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  std::size_t read(std::uint64_t offset, std::span<std::byte> target) const override {
    return MemoryView(std::span<const std::byte>(bytes_)).read(offset, target);
  }

 private:
  std::vector<std::byte> bytes_;
};

/// The whole source as one vector; only for small sources and artefacts.
inline std::vector<std::byte> read_all(const ByteSource& source) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(source.size()));
  bytes.resize(source.read(0, bytes));
  return bytes;
}

}  // namespace reprise
