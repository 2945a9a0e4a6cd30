// Where things lie below the data folder, and how a file appears there: whole or not at all.
//
//   reprise.sqlite  lock  datasets/ab/ab…  uploads/*.part
//   jobs/<id>/{report.json, partial.json, files/<name>, file_types.json, log.txt}
//   jobs/<id>/work/{partials, live, artefacts}/…   until the job has finished
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace reprise {

/// The folder of one job.
class JobFolder {
 public:
  explicit JobFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path report() const { return root_ / "report.json"; }
  std::filesystem::path partial_report() const { return root_ / "partial.json"; }
  std::filesystem::path files() const { return root_ / "files"; }
  /// The media types of `files`, {name: type}.
  std::filesystem::path file_types() const { return root_ / "file_types.json"; }
  std::filesystem::path log() const { return root_ / "log.txt"; }
  std::filesystem::path work() const { return root_ / "work"; }
  /// The rows of a finished task.
  std::filesystem::path partial(std::string_view stage, std::int64_t index) const {
    return work() / "partials" / stage / (std::to_string(index) + ".safetensors");
  }
  /// The rows so far of a task in hand.
  std::filesystem::path live(std::string_view stage, std::int64_t index) const {
    return work() / "live" / stage / (std::to_string(index) + ".safetensors");
  }
  std::filesystem::path artefacts(std::string_view stage) const { return work() / "artefacts" / stage; }
  std::filesystem::path artefacts(std::string_view stage, std::int64_t index) const {
    return artefacts(stage) / std::to_string(index);
  }

 private:
  std::filesystem::path root_;
};

class DataFolder {
 public:
  /// Creates what is missing and removes left-over uploads. std::runtime_error when another server uses it.
  explicit DataFolder(std::filesystem::path root);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  const std::filesystem::path& root() const { return root_; }
  JobFolder job(std::string_view id) const { return JobFolder(root_ / "jobs" / id); }
  std::filesystem::path dataset(std::string_view sha256) const {
    return root_ / "datasets" / sha256.substr(0, 2) / sha256;
  }
  std::filesystem::path uploads() const { return root_ / "uploads"; }

 private:
  std::filesystem::path root_;
  int lock_ = -1;
};

/// Writes a file beside its place and renames it; `durable`: it is on disk before that. std::runtime_error
/// when it fails; then nothing is left.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes, bool durable = false);
void write_file(const std::filesystem::path& path, std::string_view text, bool durable = false);
/// Appends one line, with the time in front.
void append_log(const std::filesystem::path& path, std::string_view line);
/// 128 random bits as 32 hexadecimal digits.
std::string random_id();

}  // namespace reprise
