#include "classify/image_files.h"

#include "base/error.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>

namespace reprise::classify {
namespace {

using namespace std::string_literals;

MemorySource bytes(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return MemorySource(std::vector<std::byte>(begin, begin + text.size()));
}

/// Two images of 2 × 3 pixels.
const std::string idx_images =
    "\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x03"s + "\x00\x33\x66\x99\xCC\xFF"s + "\xFF\x00\x00\x00\x00\x00"s;
const std::string idx_labels = "\0\0\x08\x01\0\0\0\x02\x07\x00"s;

std::string refusal(const std::string& text) {
  try {
    const MemorySource source = bytes(text);
    const ImageFile file(source, "images");
    if (file.has_labels()) file.labels();
    std::vector<double> image(static_cast<std::size_t>(file.pixels()));
    file.read(0, image);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

std::string label_refusal(const std::string& text) {
  try {
    read_label_file(bytes(text), "labels");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

std::string as_text(const std::vector<std::byte>& data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

TEST(ImageFiles, IdxBytesAreShares) {
  const MemorySource source = bytes(idx_images);
  const ImageFile file(source, "images");
  EXPECT_EQ(file.rows(), 2);
  EXPECT_EQ(file.pixels(), 6);
  EXPECT_FALSE(file.has_labels());
  std::vector<double> image(6);
  file.read(0, image);
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(image[static_cast<std::size_t>(i)], i / 5.0, 1e-15);
  file.read(1, image);
  EXPECT_EQ(image, (std::vector<double>{1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(read_label_file(bytes(idx_labels), "labels"), (std::vector<std::int32_t>{7, 0}));
}

TEST(ImageFiles, CifarRecordsCarryTheirLabels) {
  const std::string ten = "\x03"s + std::string(3072, '\xFF') + "\x09"s + std::string(3072, '\0');
  const MemorySource source = bytes(ten);
  const ImageFile file(source, "data_batch_1.bin");
  EXPECT_EQ(file.rows(), 2);
  EXPECT_EQ(file.pixels(), 3072);
  ASSERT_TRUE(file.has_labels());
  EXPECT_EQ(file.labels(), (std::vector<std::int32_t>{3, 9}));
  std::vector<double> image(3072);
  file.read(0, image);
  EXPECT_EQ(image, std::vector<double>(3072, 1));
  // CIFAR-100: coarse label, fine label.
  const MemorySource hundred = bytes("\x13\x63"s + std::string(3072, '\0'));
  EXPECT_EQ(ImageFile(hundred, "train.bin").labels(), std::vector<std::int32_t>{99});
}

TEST(ImageFiles, NpyArrays) {
  const MemorySource source(write_npy(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8}, {2, 1, 2, 2}));
  const ImageFile file(source, "x_train.npy");
  EXPECT_EQ(file.rows(), 2);
  EXPECT_EQ(file.pixels(), 4);
  std::vector<double> image(4);
  file.read(1, image);
  EXPECT_EQ(image, (std::vector<double>{5, 6, 7, 8}));
  const MemorySource labels(write_npy(std::vector<double>{4, 0}, {2}));
  EXPECT_EQ(read_label_file(labels, "y_train.npy"), (std::vector<std::int32_t>{4, 0}));
}

TEST(ImageFiles, SayWhatTheyFoundAndExpect) {
  EXPECT_EQ(refusal("\0\0\x0D\x03\0\0\0\x02"s),
            "images: magic number 0x00000D03; expected 0x00000803 (IDX images: unsigned bytes, three "
            "dimensions)");
  EXPECT_EQ(refusal(idx_labels),
            "images: magic number 0x00000801; expected 0x00000803 (IDX images: unsigned bytes, three "
            "dimensions)");
  EXPECT_EQ(
      refusal("GIF89a and more"),
      "images: magic number 0x47494638, 15 bytes; expected IDX images (0x00000803), an NPY array, or CIFAR "
      "records of 3073 or 3074 bytes");
  EXPECT_EQ(refusal("\x1F\x8B\x08\0"s), "images: compressed by gzip; unpack it first");
  EXPECT_EQ(refusal("\0\0"s), "images: only 2 bytes");
  EXPECT_EQ(refusal(idx_images.substr(0, 20)), "images: 20 bytes; allowed: 28 bytes, as the header says");
  EXPECT_EQ(refusal("\x0B"s + std::string(3072, '\0')),
            "images: record 1: label 11; allowed are 0…9 (is this a CIFAR file?)");
  EXPECT_EQ(refusal(as_text(write_npy(std::vector<double>{1, 2}, {2}))),
            "images: shape (2); expected (N, D), (N, H, W) or (N, C, H, W)");
  EXPECT_EQ(refusal(as_text(write_npy(std::vector<double>{1, std::nan("")}, {1, 2}))),
            "images: image 1, value 2 is not a finite number");
  std::string integers = as_text(write_npy(std::vector<double>{1, 2}, {1, 2}));
  integers.replace(integers.find("<f8"), 3, "<i8");
  EXPECT_EQ(refusal(integers), "images: numbers of type <i8; expected <f4, <f8 or |u1");
}

TEST(ImageFiles, LabelsSayWhatTheyFoundAndExpect) {
  EXPECT_EQ(
      label_refusal(idx_images),
      "labels: magic number 0x00000803; expected 0x00000801 (IDX labels: unsigned bytes, one dimension) or "
      "an NPY array");
  EXPECT_EQ(label_refusal(idx_labels.substr(0, 9)), "labels: 9 bytes; allowed: 10 bytes, as the header says");
  EXPECT_EQ(label_refusal(as_text(write_npy(std::vector<double>{0, 1.5}, {2}))),
            "labels: row 2 is no label; allowed are 0, 1, 2, …");
  EXPECT_EQ(label_refusal(as_text(write_npy(std::vector<double>{0, 1}, {1, 2}))),
            "labels: shape (1, 2); expected (N)");
}

}  // namespace
}  // namespace reprise::classify
