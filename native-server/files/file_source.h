// Files as byte sources, hashed in a stream and written atomically.
#pragma once

#include "base/byte_source.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace reprise {

/// A file that readers read in pieces (pread: concurrent reads are fine, nothing is held in memory).
class FileSource final : public ByteSource {
 public:
  /// InputError that names the path when it is no readable regular file.
  explicit FileSource(const std::filesystem::path& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  std::uint64_t size() const override { return size_; }
  std::size_t read(std::uint64_t offset, std::span<std::byte> target) const override;

 private:
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// A file that is opened for each read: for runs with more artefacts than a process may have files open.
class PathSource final : public ByteSource {
 public:
  /// nullptr when there is no such regular file.
  static std::shared_ptr<const PathSource> find(const std::filesystem::path& path);
  std::uint64_t size() const override { return size_; }
  /// InputError when the file has gone.
  std::size_t read(std::uint64_t offset, std::span<std::byte> target) const override;

 private:
  PathSource(std::filesystem::path path, std::uint64_t size) : path_(std::move(path)), size_(size) {}

  std::filesystem::path path_;
  std::uint64_t size_;
};

/// SHA-256 of all bytes, read in pieces.
std::string sha256_of(const ByteSource& source);

/// Writes beside `path` and renames: readers see the old file or the whole new one. Creates parent folders.
/// std::runtime_error that names the path when the disk refuses.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace reprise
