#include "files/folder_sink.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace reprise {

FolderSink::FolderSink(std::filesystem::path folder, std::function<void()> between, bool durable)
    : folder_(std::move(folder)), between_(std::move(between)), durable_(durable) {}

FolderSink::~FolderSink() {
  for (const auto& [name, open] : open_) {
    ::close(open.descriptor);
    ::unlink(open.temporary.c_str());
  }
}

void FolderSink::fail(const std::string& file) const {
  throw std::runtime_error("cannot write '" + (folder_ / file).string() +
                           "': " + std::generic_category().message(errno));
}

FolderSink::Open& FolderSink::open(const std::string& file) {
  const auto found = open_.find(file);
  if (found != open_.end()) return found->second;
  std::filesystem::create_directories(folder_);
  Open fresh;
  fresh.temporary = (folder_ / file).string() + ".XXXXXX";
  fresh.descriptor = ::mkostemp(fresh.temporary.data(), O_CLOEXEC);
  if (fresh.descriptor < 0) fail(file);
  return open_[file] = fresh;
}

void FolderSink::append(const std::string& file, std::span<const std::byte> bytes) {
  if (between_) between_();
  const int descriptor = open(file).descriptor;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(file);
    done += static_cast<std::size_t>(count);
  }
}

void FolderSink::finish(const std::string& file) {
  const Open ended = open(file);
  open_.erase(file);
  bool good = ::fchmod(ended.descriptor, 0644) == 0 && (!durable_ || ::fdatasync(ended.descriptor) == 0);
  good = ::close(ended.descriptor) == 0 && good;
  good = good && ::rename(ended.temporary.c_str(), (folder_ / file).c_str()) == 0;
  if (good) return;
  const int reason = errno;
  ::unlink(ended.temporary.c_str());
  errno = reason;
  fail(file);
}

}  // namespace reprise
