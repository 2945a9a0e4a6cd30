#include "store/data_folder.h"

#include "clock/clock.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

namespace reprise {

namespace {

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path) {
  throw std::runtime_error(what + " " + path.string() + ": " + std::strerror(errno));
}

// False: errno says why.
bool write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

DataFolder::DataFolder(std::filesystem::path root) : root_(std::move(root)) {
  std::filesystem::create_directories(root_);
  root_ = std::filesystem::canonical(root_);
  const std::filesystem::path lock = root_ / "lock";
  lock_ = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) fail("cannot open", lock);
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    close(lock_);
    throw std::runtime_error("another server uses the data folder " + root_.string());
  }
  std::filesystem::remove_all(uploads());
  for (const char* name : {"jobs", "datasets", "uploads"}) std::filesystem::create_directories(root_ / name);
}

DataFolder::~DataFolder() {
  close(lock_);
}

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes, bool durable) {
  // The name of the process keeps an old worker, still dying, from writing into the file of a new one.
  const std::filesystem::path beside = path.string() + "." + std::to_string(getpid()) + ".part";
  int descriptor = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0 && errno == ENOENT) {
    std::filesystem::create_directories(path.parent_path());
    descriptor = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  }
  if (descriptor < 0) fail("cannot create", beside);
  bool written = write_all(descriptor, bytes);
  if (durable) written = written && fdatasync(descriptor) == 0;
  written = close(descriptor) == 0 && written;
  if (!written || rename(beside.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    unlink(beside.c_str());
    errno = reason;
    fail("cannot write", path);
  }
}

void write_file(const std::filesystem::path& path, std::string_view text, bool durable) {
  write_file(path, std::as_bytes(std::span(text.data(), text.size())), durable);
}

void append_log(const std::filesystem::path& path, std::string_view line) {
  std::string text = rfc3339(unix_milliseconds());
  text.append(" ").append(line).append("\n");
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return;  // a log that cannot be written must not end a job
  write_all(descriptor, std::as_bytes(std::span(text.data(), text.size())));
  close(descriptor);
}

std::string random_id() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("the system gives no random numbers");
  }
  std::string text;
  for (const unsigned char byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace reprise
