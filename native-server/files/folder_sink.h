// The files of a report on their way into a folder: each grows beside its place and appears there whole.
#pragma once

#include "study/report.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace reprise {

class FolderSink final : public FileSink {
 public:
  /// `between`: called before every piece; what it throws (a cancelled run) ends the writing. `durable`:
  /// files are on disk before they appear.
  explicit FolderSink(std::filesystem::path folder, std::function<void()> between = {}, bool durable = false);
  /// Removes files that were not finished.
  ~FolderSink() override;
  FolderSink(const FolderSink&) = delete;
  FolderSink& operator=(const FolderSink&) = delete;

  /// std::runtime_error that names the file when the disk refuses.
  void append(const std::string& file, std::span<const std::byte> bytes) override;
  void finish(const std::string& file) override;

 private:
  struct Open {
    int descriptor = -1;
    std::string temporary;
  };
  Open& open(const std::string& file);
  [[noreturn]] void fail(const std::string& file) const;

  std::filesystem::path folder_;
  std::function<void()> between_;
  bool durable_;
  std::map<std::string, Open> open_;
};

/// Lets the bytes go: a report is made for its numbers and hashes alone.
class DiscardingSink final : public FileSink {
 public:
  explicit DiscardingSink(std::function<void()> between = {}) : between_(std::move(between)) {}
  void append(const std::string&, std::span<const std::byte>) override {
    if (between_) between_();
  }
  void finish(const std::string&) override {}

 private:
  std::function<void()> between_;
};

}  // namespace reprise
