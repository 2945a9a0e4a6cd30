#include "command_line/run_folder.h"

#include "base/error.h"
#include "files/file_source.h"

#include <fstream>
#include <iterator>

namespace reprise {

namespace fs = std::filesystem;

RunFolder::RunFolder(fs::path path, std::string run_id) : path_(std::move(path)), run_id_(std::move(run_id)) {
  existed_ = fs::exists(path_);
  if (existed_ && !fs::is_directory(path_)) {
    throw InputError("--out: '" + path_.string() + "' exists and is not a folder");
  }
  std::ifstream file(path_ / "resume" / "run_id");
  std::string found((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  resumes_ = found == run_id_;
}

fs::path RunFolder::task_path(const Stage& stage, std::int64_t index) const {
  return path_ / "resume" / stage.name / std::to_string(index);
}

std::unique_ptr<TaskOutput> RunFolder::restore(const Stage& stage, std::int64_t index) const {
  const fs::path folder = task_path(stage, index);
  if (!resumes_ || !fs::exists(folder / "partial.safetensors")) return nullptr;
  auto output = std::make_unique<TaskOutput>();
  try {
    output->partial = Partial::from_bytes(read_all(FileSource(folder / "partial.safetensors")));
  } catch (const InputError&) {
    return nullptr;  // a damaged file: the task is done again
  }
  if (fs::exists(folder / "artefacts")) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder / "artefacts")) {
      output->artefacts[entry.path().filename().string()] = read_all(FileSource(entry.path()));
    }
  }
  return output;
}

void RunFolder::keep(const Stage& stage, std::int64_t index, const TaskOutput& output) {
  if (!resumes_) {
    try {
      fs::remove_all(path_ / "resume");
      write_file_atomically(path_ / "resume" / "run_id", run_id_);
    } catch (const fs::filesystem_error& error) {
      throw InputError("--out: cannot write to '" + path_.string() + "': " + error.code().message());
    }
    resumes_ = true;
  }
  const fs::path folder = task_path(stage, index);
  for (const auto& [name, bytes] : output.artefacts)
    write_file_atomically(folder / "artefacts" / name, bytes);
  write_file_atomically(folder / "partial.safetensors",
                        output.partial.to_bytes());  // last: marks it finished
}

void RunFolder::write(const Report& report, const WrittenReport& written) const {
  for (const auto& [name, table] : report.tables) {
    write_file_atomically(path_ / "tables" / (name + ".csv"), table_csv(table));
  }
  for (const auto& [name, file] : written.files) write_file_atomically(path_ / "files" / name, file.bytes);
  write_file_atomically(path_ / "report.json", written.json);
}

void RunFolder::discard() const {
  std::error_code ignored;  // what cannot be removed was not written
  fs::remove_all(path_ / "resume", ignored);
  if (!existed_ && fs::is_empty(path_, ignored)) fs::remove(path_, ignored);
}

}  // namespace reprise
