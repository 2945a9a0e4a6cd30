// A file as read-only bytes, mapped into memory at the first read: inputs and artefacts of a run.
#pragma once

#include "base/byte_source.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>

namespace reprise {

class MappedFile final : public ByteSource {
 public:
  /// nullptr when there is no such file.
  static std::shared_ptr<const MappedFile> find(const std::filesystem::path& path);
  ~MappedFile() override;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::uint64_t size() const override { return size_; }
  /// std::runtime_error when the file cannot be mapped.
  std::size_t read(std::uint64_t offset, std::span<std::byte> target) const override;

 private:
  MappedFile(std::filesystem::path path, std::uint64_t size) : path_(std::move(path)), size_(size) {}
  void map() const;

  std::filesystem::path path_;
  std::uint64_t size_;
  mutable std::once_flag once_;
  mutable const std::byte* bytes_ = nullptr;
};

}  // namespace reprise
