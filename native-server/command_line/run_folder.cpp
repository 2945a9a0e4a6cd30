#include "command_line/run_folder.h"

#include "base/error.h"
#include "files/file_source.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

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

std::unique_ptr<RunFolder> RunFolder::temporary(std::string run_id) {
  std::string path = (fs::temp_directory_path() / "reprise-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make a folder in " + path);
  auto folder = std::make_unique<RunFolder>(path, std::move(run_id));
  folder->temporary_ = true;
  return folder;
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  if (temporary_) fs::remove_all(path_, ignored);
}

fs::path RunFolder::task_path(const Stage& stage, std::int64_t index) const {
  return path_ / "resume" / stage.name / std::to_string(index);
}

std::unique_ptr<TaskOutput> RunFolder::restore(const Stage& stage, std::int64_t index) const {
  const fs::path folder = task_path(stage, index);
  if (!resumes_ || !fs::exists(folder / "partial.safetensors")) return nullptr;
  auto output = std::make_unique<TaskOutput>();
  try {
    const auto partial = PathSource::find(folder / "partial.safetensors");
    if (!partial) return nullptr;
    if (stage.rows_to_files) {
      (void)PartialReader(*partial);
      output->stored_partial = partial;
    } else {
      output->partial = Partial::from_bytes(read_all(*partial));
    }
  } catch (const InputError&) {
    return nullptr;  // a damaged file: the task is done again
  }
  if (fs::exists(folder / "artefacts")) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder / "artefacts"))
      output->stored_artefacts[entry.path().filename().string()] = PathSource::find(entry.path());
  }
  return output;
}

// What another run left in resume/ goes before the first file of this one.
void RunFolder::begin() {
  if (resumes_) return;
  try {
    fs::remove_all(path_ / "resume");
    write_file_atomically(path_ / "resume" / "run_id", run_id_);
  } catch (const fs::filesystem_error& error) {
    throw InputError("--out: cannot write to '" + path_.string() + "': " + error.code().message());
  }
  resumes_ = true;
}

std::shared_ptr<const ByteSource> RunFolder::keep_artefact(const Stage& stage, std::int64_t index,
                                                           const std::string& name,
                                                           std::span<const std::byte> bytes) {
  begin();
  const fs::path path = task_path(stage, index) / "artefacts" / name;
  write_file_atomically(path, bytes);
  return PathSource::find(path);
}

void RunFolder::keep(const Stage& stage, std::int64_t index, TaskOutput& output) {
  begin();
  for (const auto& [name, bytes] : output.artefacts)
    output.stored_artefacts[name] = keep_artefact(stage, index, name, bytes);
  output.artefacts.clear();
  const fs::path path = task_path(stage, index) / "partial.safetensors";
  write_file_atomically(path, output.partial.to_bytes());  // last: marks it finished
  if (!stage.rows_to_files) return;
  output.stored_partial = PathSource::find(path);
  output.partial = Partial();
}

void RunFolder::write(const Report& report, const WrittenReport& written) const {
  const fs::path tables = path_ / "tables";
  const auto link_file = [&](const std::string& name) {
    std::error_code refused;
    fs::create_directories(tables);
    fs::remove(tables / name, refused);
    fs::create_hard_link(files() / name, tables / name, refused);
    if (refused) fs::copy_file(files() / name, tables / name, fs::copy_options::overwrite_existing);
  };
  for (const auto& [name, table] : report.tables) {
    if (table.rows() > inline_rows_limit) {
      link_file(name + ".csv");
    } else {
      write_file_atomically(tables / (name + ".csv"), table_csv(table));
    }
  }
  for (const auto& [name, table] : report.stored_tables) link_file(name + ".csv");
  write_file_atomically(path_ / "report.json", written.json);
}

void RunFolder::forget_rows(const Plan& plan) const {
  std::error_code ignored;
  for (const Stage& stage : plan) {
    if (stage.rows_to_files) fs::remove_all(path_ / "resume" / stage.name, ignored);
  }
}

void RunFolder::discard() const {
  std::error_code ignored;  // what cannot be removed was not written
  fs::remove_all(path_ / "resume", ignored);
  if (!existed_ && fs::is_empty(path_, ignored)) fs::remove(path_, ignored);
}

}  // namespace reprise
