// POST datasets, GET and DELETE datasets/{sha256}, GET datasets/{sha256}/content.

#include "api/api.h"
#include "base/hash.h"
#include "data/text.h"
#include "files/file_source.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace reprise {

namespace {

constexpr std::size_t longest_file_name = 200;

// The last part of what the client calls the file; never used as a path here.
std::string file_name_of(const Request& request) {
  const std::string& header = request.header("x-file-name");
  std::string name = header.empty() ? request.argument("name") : percent_decoded(header, false);
  name = name.substr(name.find_last_of("/\\") + 1);
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
  }
  if (name.empty() || !is_utf8(name)) return "upload";
  if (name.size() > longest_file_name) {
    throw HttpError(400, "malformed-header", "the file's name is longer than 200 bytes");
  }
  return name;
}

Json dataset_json(const DatasetRecord& dataset) {
  return Json::object({{"sha256", dataset.info.sha256},
                       {"file_name", dataset.info.file_name},
                       {"bytes", dataset.info.bytes},
                       {"rows", dataset.info.rows},
                       {"created", rfc3339(dataset.created)}});
}

[[noreturn]] void fail_to_store(const char* what) {
  const int reason = errno;
  const bool full = reason == ENOSPC || reason == EDQUOT;
  throw HttpError(full ? 507 : 500, full ? "disk-full" : "internal",
                  std::string("the upload could not be ") + what + ": " + std::strerror(reason));
}

// Hashes and stores what arrives; the file gets its place only when all of it is there.
class DatasetUpload final : public UploadSink {
 public:
  DatasetUpload(Store& store, const DataFolder& data, std::string file_name)
      : store_(store),
        data_(data),
        file_name_(std::move(file_name)),
        path_(data.uploads() / (random_id() + ".part")) {
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail_to_store("begun");
  }
  ~DatasetUpload() override {
    close_file();
    unlink(path_.c_str());  // without effect once it has been moved
  }

  void write(std::span<const char> bytes) override {
    hash_.update(std::as_bytes(bytes));
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_to_store("written");
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      size_ += static_cast<std::uint64_t>(count);
    }
  }

  Response finish() override {
    if (size_ == 0) {
      throw InputError(
          Problem{"", file_name_, "at least one byte", "the upload '" + file_name_ + "' is empty"});
    }
    if (fsync(descriptor_) != 0) fail_to_store("written");
    close_file();
    DatasetRecord dataset;
    dataset.info = inspect_input(FileSource(path_), file_name_);
    dataset.info.sha256 = hash_.hex();
    dataset.created = unix_milliseconds();
    const std::filesystem::path place = data_.dataset(dataset.info.sha256);
    const std::optional<DatasetRecord> known = store_.find_dataset(dataset.info.sha256);
    if (known) dataset.created = known->created;
    store_.place_dataset(dataset, [&] {
      std::filesystem::create_directories(place.parent_path());
      std::filesystem::rename(path_, place);
    });
    Response response = json_response(known ? 200 : 201, dataset_json(dataset));
    return response.with("Location", "/api/v1/datasets/" + dataset.info.sha256);
  }

 private:
  void close_file() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }

  Store& store_;
  const DataFolder& data_;
  std::string file_name_;
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  Sha256 hash_;
};

DatasetRecord dataset_of(const Request& request, Store& store) {
  const std::string& sha256 = request.captured.find("sha256")->second;
  if (is_hexadecimal(sha256, 64)) {
    if (std::optional<DatasetRecord> dataset = store.find_dataset(sha256)) return std::move(*dataset);
  }
  throw HttpError(404, "unknown-dataset", "there is no dataset " + in_quotes(sha256));
}

}  // namespace

std::unique_ptr<UploadSink> Api::upload_dataset(const Request& request) const {
  return std::make_unique<DatasetUpload>(services_.store, services_.data, file_name_of(request));
}

Response Api::get_dataset(const Request& request) const {
  return json_response(200, dataset_json(dataset_of(request, services_.store)));
}

Response Api::get_dataset_content(const Request& request) const {
  const DatasetRecord dataset = dataset_of(request, services_.store);
  auto file = OpenFile::open(services_.data.dataset(dataset.info.sha256).string());
  if (!file) throw HttpError(404, "unknown-dataset", "the bytes of this dataset have gone");
  // Bytes of strangers on our own origin: to be kept, never to be shown.
  return file_response(request, std::move(file), "application/octet-stream",
                       "\"" + dataset.info.sha256 + "\"")
      .with("Content-Disposition", "attachment")
      .with("Content-Security-Policy", "sandbox");
}

Response Api::delete_dataset(const Request& request) const {
  const DatasetRecord dataset = dataset_of(request, services_.store);
  const std::filesystem::path place = services_.data.dataset(dataset.info.sha256);
  const Store::Removal removal = services_.store.remove_dataset(dataset.info.sha256, [&] {
    std::error_code ignored;
    std::filesystem::remove(place, ignored);
  });
  if (removal == Store::Removal::InUse) {
    throw HttpError(409, "dataset-in-use", "a job that has not finished reads this dataset");
  }
  if (removal == Store::Removal::Unknown)
    throw HttpError(404, "unknown-dataset", "there is no such dataset any more");
  Response response;
  response.status = 204;
  return response;
}

}  // namespace reprise
