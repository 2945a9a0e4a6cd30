#include "files/file_source.h"

#include "base/error.h"
#include "base/hash.h"

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace reprise {

namespace {

std::string reason() {
  return std::generic_category().message(errno);
}

}  // namespace

FileSource::FileSource(const std::filesystem::path& path) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    const std::string text = path.string();
    throw InputError(Problem{"", text, "a readable file", "cannot read '" + text + "': " + reason()});
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    const std::string text = path.string();
    throw InputError(Problem{"", text, "a regular file", "'" + text + "' is not a regular file"});
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

FileSource::~FileSource() {
  ::close(descriptor_);
}

std::size_t FileSource::read(std::uint64_t offset, std::span<std::byte> target) const {
  std::size_t done = 0;
  while (done < target.size()) {
    const ssize_t count =
        ::pread(descriptor_, target.data() + done, target.size() - done, static_cast<off_t>(offset + done));
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw std::runtime_error("reading failed: " + reason());
    }
    done += static_cast<std::size_t>(count);
  }
  return done;
}

std::shared_ptr<const PathSource> PathSource::find(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  return std::shared_ptr<const PathSource>(new PathSource(path, static_cast<std::uint64_t>(status.st_size)));
}

std::size_t PathSource::read(std::uint64_t offset, std::span<std::byte> target) const {
  return FileSource(path_).read(offset, target);
}

std::string sha256_of(const ByteSource& source) {
  Sha256 hash;
  std::vector<std::byte> piece(std::size_t{1} << 20);
  for (std::uint64_t offset = 0; offset < source.size();) {
    const std::size_t count = source.read(offset, piece);
    if (count == 0) break;
    hash.update(std::span<const std::byte>(piece.data(), count));
    offset += count;
  }
  return hash.hex();
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  std::string temporary = path.string() + ".XXXXXX";
  const int descriptor = ::mkstemp(temporary.data());
  if (descriptor < 0) throw std::runtime_error("cannot write '" + path.string() + "': " + reason());
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const std::string why = reason();
      ::close(descriptor);
      ::unlink(temporary.c_str());
      throw std::runtime_error("cannot write '" + path.string() + "': " + why);
    }
    done += static_cast<std::size_t>(count);
  }
  ::fchmod(descriptor, 0644);
  ::close(descriptor);
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string why = reason();
    ::unlink(temporary.c_str());
    throw std::runtime_error("cannot write '" + path.string() + "': " + why);
  }
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace reprise
