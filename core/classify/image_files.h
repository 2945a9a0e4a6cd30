// Image classification data as others publish it: IDX (MNIST and its kin), CIFAR binary records, NPY arrays.
//
//   ImageFile images(context.input("train_images"), "train-images-idx3-ubyte");
//   LabelFile labels(context.input("train_labels"), "train-labels-idx1-ubyte");
//   std::vector<double> x(images.pixels());
//   images.read(17, x);                       // bytes as value/255, floats as they are
#pragma once

#include "base/byte_source.h"
#include "data/idx.h"
#include "data/npy.h"
#include "nn/classifiers.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace reprise::classify {

/// Images of equal size. `source` has to outlive it.
///   IDX: magic 0x00000803 (unsigned bytes, three dimensions)
///   CIFAR binary: records of 1 + 3072 bytes (CIFAR-10) or 2 + 3072 (CIFAR-100: coarse and fine label)
///   NPY: (N, D), (N, H, W) or (N, C, H, W) of float32, float64 or uint8
class ImageFile {
 public:
  /// InputError names what was found and what is expected.
  ImageFile(const ByteSource& source, std::string file_name);

  std::int64_t rows() const { return rows_; }
  std::int64_t pixels() const { return pixels_; }  ///< of an image, channels included
  nn::ImageSize size() const { return size_; }     ///< all 0 for NPY (N, D)
  /// CIFAR records carry their labels (CIFAR-100: the fine ones).
  bool has_labels() const { return label_bytes_ > 0; }
  std::vector<std::int32_t> labels() const;
  /// One image; InputError for values that are not finite.
  void read(std::int64_t row, std::span<double> target) const;

 private:
  void open_idx();
  void open_npy();
  void open_cifar();
  [[noreturn]] void fail(const std::string& what) const;

  const ByteSource& source_;
  std::string file_name_;
  std::unique_ptr<NpyReader> npy_;
  std::unique_ptr<IdxReader> idx_;
  double scale_ = 1;
  std::uint64_t label_bytes_ = 0;  // CIFAR: before each image
  std::int64_t rows_ = 0, pixels_ = 0;
  nn::ImageSize size_;
};

/// Labels 0, 1, …: IDX (magic 0x00000801, unsigned bytes) or NPY (N) of whole numbers. InputError as above,
/// and for a label that is negative or no whole number, with its row.
std::vector<std::int32_t> read_label_file(const ByteSource& source, const std::string& file_name);

}  // namespace reprise::classify
