#include "classify/image_files.h"

#include "base/error.h"

#include <cmath>
#include <cstddef>
#include <string_view>
#include <utility>

namespace reprise::classify {

namespace {

constexpr std::uint32_t idx_images = 0x00000803, idx_labels = 0x00000801;
constexpr std::uint64_t cifar_image_bytes = 3072;

[[noreturn]] void refuse(const std::string& file_name, const std::string& what) {
  throw InputError(file_name + ": " + what);
}

std::string hexadecimal(std::uint32_t value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += digits[(value >> shift) & 15U];
  return text;
}

std::vector<std::byte> bytes_at(const ByteSource& source, std::uint64_t offset, std::uint64_t count) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(count));
  bytes.resize(source.read(offset, bytes));
  return bytes;
}

std::uint32_t big_endian(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return value;
}

std::uint32_t magic_of(const ByteSource& source, const std::string& file_name) {
  const std::vector<std::byte> head = bytes_at(source, 0, 4);
  if (head.size() < 4) refuse(file_name, "only " + std::to_string(head.size()) + " bytes");
  const std::uint32_t magic = big_endian(head, 0);
  if (magic >> 16 == 0x1F8B) refuse(file_name, "compressed by gzip; unpack it first");
  return magic;
}

bool is_npy(std::uint32_t magic) {
  return magic == 0x934E554D;  // the first four bytes of \x93NUMPY
}

/// Two zero bytes, a type and a number of dimensions as IDX files have them.
bool looks_like_idx(std::uint32_t magic) {
  const std::uint32_t type = magic >> 8 & 0xFF, dimensions = magic & 0xFF;
  return magic >> 16 == 0 && type >= 8 && type <= 14 && dimensions >= 1 && dimensions <= 4;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + ")";
}

}  // namespace

ImageFile::ImageFile(const ByteSource& source, std::string file_name)
    : source_(source), file_name_(std::move(file_name)) {
  const std::uint32_t magic = magic_of(source_, file_name_);
  if (is_npy(magic)) {
    open_npy();
  } else if (looks_like_idx(magic)) {
    open_idx();
  } else {
    open_cifar();
  }
  if (rows_ == 0) fail("no images");
}

void ImageFile::fail(const std::string& what) const {
  refuse(file_name_, what);
}

void ImageFile::open_idx() {
  const std::uint32_t magic = magic_of(source_, file_name_);
  if (magic != idx_images)
    fail("magic number " + hexadecimal(magic) + "; expected " + hexadecimal(idx_images) +
         " (IDX images: unsigned bytes, three dimensions)");
  idx_ = std::make_unique<IdxReader>(source_, file_name_);
  scale_ = 1.0 / 255;
  rows_ = idx_->rows();
  pixels_ = idx_->row_size();
  size_ = {1, idx_->shape()[1], idx_->shape()[2]};
}

void ImageFile::open_npy() {
  npy_ = std::make_unique<NpyReader>(source_, file_name_);
  const NpyType type = npy_->type();
  if (type != NpyType::U8 && type != NpyType::F32 && type != NpyType::F64)
    fail("numbers of type " + std::string(npy_->type_name()) + "; expected <f4, <f8 or |u1");
  const std::size_t dimensions = npy_->shape().size();
  if (dimensions < 2 || dimensions > 4)
    fail("shape " + shape_text(npy_->shape()) + "; expected (N, D), (N, H, W) or (N, C, H, W)");
  scale_ = type == NpyType::U8 ? 1.0 / 255 : 1;
  rows_ = npy_->rows();
  pixels_ = npy_->row_size();
  const std::vector<std::int64_t>& shape = npy_->shape();
  if (dimensions > 2) size_ = {dimensions == 4 ? shape[1] : 1, shape[dimensions - 2], shape[dimensions - 1]};
  if (pixels_ == 0) fail("shape " + shape_text(npy_->shape()) + ": images without pixels");
}

void ImageFile::open_cifar() {
  const std::uint64_t size = source_.size();
  const bool ten = size % (1 + cifar_image_bytes) == 0, hundred = size % (2 + cifar_image_bytes) == 0;
  if (!ten && !hundred)
    fail("magic number " + hexadecimal(magic_of(source_, file_name_)) + ", " + std::to_string(size) +
         " bytes; expected IDX images (" + hexadecimal(idx_images) +
         "), an NPY array, or CIFAR records of 3073 or 3074 bytes");
  label_bytes_ = ten ? 1 : 2;
  scale_ = 1.0 / 255;
  rows_ = static_cast<std::int64_t>(size / (label_bytes_ + cifar_image_bytes));
  pixels_ = static_cast<std::int64_t>(cifar_image_bytes);
  size_ = {3, 32, 32};
}

std::vector<std::int32_t> ImageFile::labels() const {
  const std::int32_t classes = label_bytes_ == 1 ? 10 : 100;
  std::vector<std::int32_t> result;
  for (std::int64_t row = 0; row < rows_; ++row) {
    const std::uint64_t at =
        static_cast<std::uint64_t>(row) * (label_bytes_ + cifar_image_bytes) + label_bytes_ - 1;
    const std::vector<std::byte> one = bytes_at(source_, at, 1);
    if (one.empty()) fail("became shorter while it was read");
    result.push_back(std::to_integer<std::int32_t>(one.front()));
    if (result.back() >= classes)
      fail("record " + std::to_string(row + 1) + ": label " + std::to_string(result.back()) +
           "; allowed are 0…" + std::to_string(classes - 1) + " (is this a CIFAR file?)");
  }
  return result;
}

void ImageFile::read(std::int64_t row, std::span<double> target) const {
  if (npy_ || idx_) {
    const std::vector<double> values = npy_ ? npy_->read_rows(row, 1) : idx_->read_rows(row, 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i]))
        fail("image " + std::to_string(row + 1) + ", value " + std::to_string(i + 1) +
             " is not a finite number");
      target[i] = scale_ * values[i];
    }
    return;
  }
  const std::uint64_t record = label_bytes_ + cifar_image_bytes;
  const std::vector<std::byte> bytes =
      bytes_at(source_, static_cast<std::uint64_t>(row) * record + label_bytes_, cifar_image_bytes);
  if (bytes.size() != cifar_image_bytes) fail("became shorter while it was read");
  for (std::size_t i = 0; i < bytes.size(); ++i)
    target[i] = scale_ * static_cast<double>(std::to_integer<int>(bytes[i]));
}

std::vector<std::int32_t> read_label_file(const ByteSource& source, const std::string& file_name) {
  const std::uint32_t magic = magic_of(source, file_name);
  std::vector<std::int32_t> labels;
  if (is_npy(magic)) {
    const NpyReader reader(source, file_name);
    if (reader.shape().size() != 1)
      refuse(file_name, "shape " + shape_text(reader.shape()) + "; expected (N)");
    const std::vector<double> values = reader.read_rows(0, reader.rows());
    for (std::size_t row = 0; row < values.size(); ++row) {
      const double value = values[row];
      if (!(value >= 0 && value < 1e6) || value != std::floor(value))
        refuse(file_name, "row " + std::to_string(row + 1) + " is no label; allowed are 0, 1, 2, …");
      labels.push_back(static_cast<std::int32_t>(value));
    }
    return labels;
  }
  if (magic != idx_labels)
    refuse(file_name, "magic number " + hexadecimal(magic) + "; expected " + hexadecimal(idx_labels) +
                          " (IDX labels: unsigned bytes, one dimension) or an NPY array");
  const IdxReader reader(source, file_name);
  for (const double label : reader.read_rows(0, reader.rows()))
    labels.push_back(static_cast<std::int32_t>(label));
  return labels;
}

}  // namespace reprise::classify
