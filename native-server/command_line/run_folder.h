// `--out DIR`: report.json, tables/*.csv, files/, and resume/, from which a repeated call of the same run
// goes on.
#pragma once

#include "study/driver.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace reprise {

class RunFolder {
 public:
  /// Nothing is written before the first task has finished. Results of another run in resume/ are discarded
  /// then.
  RunFolder(std::filesystem::path path, std::string run_id);
  /// A folder of its own among the temporary files, for what a run without --out cannot hold in memory; it is
  /// removed with this object.
  static std::unique_ptr<RunFolder> temporary(std::string run_id);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  std::unique_ptr<TaskOutput> restore(const Stage& stage, std::int64_t index) const;
  std::shared_ptr<const ByteSource> keep_artefact(const Stage& stage, std::int64_t index,
                                                  const std::string& name, std::span<const std::byte> bytes);
  /// Moves the artefacts, and a partial whose rows go to files, from memory to disk.
  void keep(const Stage& stage, std::int64_t index, TaskOutput& output);
  /// Where the report's files belong; they are written there before write().
  std::filesystem::path files() const { return path_ / "files"; }
  /// report.json and tables/; large tables are the files that exist already.
  void write(const Report& report, const WrittenReport& written) const;
  /// Removes what a repeated call would not read again: rows that are in the report's files now.
  void forget_rows(const Plan& plan) const;
  /// Removes what this call wrote (the input turned out to be bad).
  void discard() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path task_path(const Stage& stage, std::int64_t index) const;
  void begin();

  std::filesystem::path path_;
  std::string run_id_;
  bool existed_ = false;  // the folder itself, before this call
  bool resumes_ = false;  // resume/ belongs to this very run
  bool temporary_ = false;
};

}  // namespace reprise
