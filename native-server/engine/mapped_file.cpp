#include "engine/mapped_file.h"

#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace reprise {

std::shared_ptr<const MappedFile> MappedFile::find(const std::filesystem::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  return std::shared_ptr<const MappedFile>(new MappedFile(path, static_cast<std::uint64_t>(status.st_size)));
}

MappedFile::~MappedFile() {
  if (bytes_ != nullptr) munmap(const_cast<std::byte*>(bytes_), size_);
}

void MappedFile::map() const {
  const int descriptor = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw std::runtime_error("cannot open " + path_.string());
  struct stat status {};
  const bool whole = fstat(descriptor, &status) == 0 && static_cast<std::uint64_t>(status.st_size) == size_;
  void* place = whole ? mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0) : MAP_FAILED;
  close(descriptor);
  if (place == MAP_FAILED) throw std::runtime_error("cannot map " + path_.string());
  bytes_ = static_cast<const std::byte*>(place);
}

std::size_t MappedFile::read(std::uint64_t offset, std::span<std::byte> target) const {
  if (offset >= size_) return 0;
  std::call_once(once_, [this] { map(); });
  return MemoryView(std::span<const std::byte>(bytes_, size_)).read(offset, target);
}

}  // namespace reprise
