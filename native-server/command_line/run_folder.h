// `--out DIR`: report.json, tables/*.csv, files/, and resume/, from which a repeated call of the same run
// goes on.
#pragma once

#include "study/driver.h"

#include <filesystem>
#include <memory>
#include <string>

namespace reprise {

class RunFolder {
 public:
  /// Nothing is written before the first task has finished. Results of another run in resume/ are discarded
  /// then.
  RunFolder(std::filesystem::path path, std::string run_id);

  std::unique_ptr<TaskOutput> restore(const Stage& stage, std::int64_t index) const;
  void keep(const Stage& stage, std::int64_t index, const TaskOutput& output);
  void write(const Report& report, const WrittenReport& written) const;
  /// Removes what this call wrote (the input turned out to be bad).
  void discard() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path task_path(const Stage& stage, std::int64_t index) const;

  std::filesystem::path path_;
  std::string run_id_;
  bool existed_ = false;  // the folder itself, before this call
  bool resumes_ = false;  // resume/ belongs to this very run
};

}  // namespace reprise
