// Images of a visitor for the study `shift`: training and test files, and a file of corrupted test images.
#include "base/error.h"
#include "classify/image_files.h"
#include "data/idx.h"
#include "data/npy.h"
#include "labs/selective-classification/shift_data.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

namespace reprise::selective {

namespace {

constexpr std::int64_t levels = 5;
constexpr std::size_t rows_that_scale = 500;

std::string name_of(const TaskContext& context, const std::string& input) {
  const auto info = context.inputs().find(input);
  const bool named = info != context.inputs().end() && !info->second.file_name.empty();
  return named ? info->second.file_name : input;
}

/// A file of images, its rows always channel by channel.
class ImageRows {
 public:
  ImageRows(const TaskContext& context, const std::string& input)
      : name_(name_of(context, input)), file_(context.input(input), name_) {
    std::byte magic[1] = {};
    const ByteSource& source = context.input(input);
    const bool npy = source.read(0, magic) == 1 && magic[0] == std::byte{0x93};
    const std::vector<std::int64_t> dims = npy                             ? NpyReader(source, name_).shape()
                                           : IdxReader::recognises(source) ? IdxReader(source, name_).shape()
                                                                           : cifar;
    const auto few = [](std::int64_t channels) { return channels == 1 || channels == 3; };
    if (dims.size() == 4) {
      channels_last_ = few(dims[3]) && !few(dims[1]);
      shape_ = channels_last_ ? ImageShape{dims[3], dims[1], dims[2]} : ImageShape{dims[1], dims[2], dims[3]};
    } else {
      shape_ = dims.size() == 3 ? ImageShape{1, dims[1], dims[2]} : ImageShape{1, 1, file_.pixels()};
    }
  }

  const std::string& name() const { return name_; }
  const ImageShape& shape() const { return shape_; }
  const classify::ImageFile& file() const { return file_; }
  std::vector<double> read(std::size_t row) const {
    std::vector<double> pixels(static_cast<std::size_t>(file_.pixels()));
    file_.read(static_cast<std::int64_t>(row), pixels);
    if (!channels_last_) return pixels;
    std::vector<double> sorted(pixels.size());
    const auto channels = static_cast<std::size_t>(shape_.channels), places = pixels.size() / channels;
    for (std::size_t place = 0; place < places; ++place) {
      for (std::size_t channel = 0; channel < channels; ++channel)
        sorted[channel * places + place] = pixels[place * channels + channel];
    }
    return sorted;
  }

 private:
  static inline const std::vector<std::int64_t> cifar = {0, 3, 32, 32};
  std::string name_;
  classify::ImageFile file_;
  bool channels_last_ = false;
  ImageShape shape_;
};

/// Images with their labels, in an order of their own.
struct LabelledRows {
  LabelledRows(const TaskContext& context, const std::string& which, Random random)
      : images(context, which + "_images") {
    if (images.file().has_labels()) {
      label = images.file().labels();
    } else {
      const std::string name = name_of(context, which + "_labels");
      label = classify::read_label_file(context.input(which + "_labels"), name);
      if (static_cast<std::int64_t>(label.size()) != images.file().rows())
        throw InputError(name + " holds " + std::to_string(label.size()) + " labels, " + images.name() + " " +
                         std::to_string(images.file().rows()) + " images; they must be as many");
    }
    order.resize(label.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(i))]);
  }
  void need(const char* key, std::int64_t rows) const {
    const std::string there = std::to_string(label.size());
    if (rows > static_cast<std::int64_t>(label.size()))
      throw InputError(Problem{key, std::to_string(rows), "at most " + there,
                               std::string(key) + ": " + std::to_string(rows) + " images are asked for, " +
                                   images.name() + " holds " + there});
  }

  ImageRows images;
  std::vector<std::int32_t> label;
  std::vector<std::size_t> order;
};

class FilePixels final : public ShiftPixels {
 public:
  FilePixels(const ShiftConfig& config, std::uint64_t repeat, TaskContext& context)
      : train_(context, "train", context.random("order of training images", {repeat})),
        test_(context, "test", context.random("order of test images", {repeat})),
        n_train_(static_cast<std::size_t>(config.n_train)) {
    train_.need("n_train + n_val", config.n_train + config.n_val);
    test_.need("n_test", config.n_test);
    need_pixels(test_.images);
    classes_ = 1 + *std::max_element(train_.label.begin(), train_.label.end());
    const std::int32_t largest = *std::max_element(test_.label.begin(), test_.label.end());
    if (largest >= classes_)
      throw InputError("test_labels: label " + std::to_string(largest) + "; the training labels are 0…" +
                       std::to_string(classes_ - 1));
    if (config.shift == "blur" && shape().height == 1)
      throw InputError(
          Problem{"shift", "blur", "images with rows and columns",
                  "shift = blur: " + train_.images.name() +
                      " does not say where a row of its images ends; (N, H, W) or (N, C, H, W) is "
                      "needed"});
    if (config.shift == "corruption") open_corruption(context);
    scale();
  }

  ImageShape shape() const override { return train_.images.shape(); }
  std::int64_t classes() const override { return classes_; }
  std::int32_t label(std::size_t part, std::size_t row) const override {
    return part == 2 ? test_.label[test_.order[row]] : train_.label[place(part, row)];
  }
  std::vector<double> read(std::size_t part, std::size_t row) const override {
    return part == 2 ? test_.images.read(test_.order[row]) : train_.images.read(place(part, row));
  }
  std::vector<double> read_corrupted(std::size_t row, std::int64_t level) const override {
    return corruption_->read(static_cast<std::size_t>(level - 1) * test_.label.size() + test_.order[row]);
  }
  double mean() const override { return mean_; }
  double deviation() const override { return deviation_; }

 private:
  std::size_t place(std::size_t part, std::size_t row) const {
    return train_.order[(part == 1 ? n_train_ : 0) + row];
  }

  void need_pixels(const ImageRows& images) const {
    if (images.file().pixels() != train_.images.file().pixels())
      throw InputError(images.name() + ": images of " + std::to_string(images.file().pixels()) +
                       " pixels; those of " + train_.images.name() + " have " +
                       std::to_string(train_.images.file().pixels()));
  }

  void open_corruption(const TaskContext& context) {
    corruption_.emplace(context, "corruption");
    need_pixels(*corruption_);
    const auto rows = static_cast<std::int64_t>(test_.label.size());
    if (corruption_->file().rows() != levels * rows)
      throw InputError(corruption_->name() + ": " + std::to_string(corruption_->file().rows()) +
                       " images; five levels of the " + std::to_string(rows) + " of " + test_.images.name() +
                       " are " + std::to_string(levels * rows));
    if (!context.has_input("labels")) return;
    const std::string name = name_of(context, "labels");
    const std::vector<std::int32_t> labels = classify::read_label_file(context.input("labels"), name);
    if (labels.size() % test_.label.size() != 0 || labels.empty())
      throw InputError(name + " holds " + std::to_string(labels.size()) + " labels; " +
                       std::to_string(levels * rows) + " are needed");
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::int32_t expected = test_.label[i % test_.label.size()];
      if (labels[i] != expected)
        throw InputError(name + ", row " + std::to_string(i + 1) + ": label " + std::to_string(labels[i]) +
                         "; the same test image has label " + std::to_string(expected));
    }
  }

  // Mean and deviation of all pixels of the first training rows.
  void scale() {
    double sum = 0, square = 0, count = 0;
    const std::size_t rows = std::min(n_train_, rows_that_scale);
    for (std::size_t row = 0; row < rows; ++row) {
      for (const double value : read(0, row)) {
        sum += value;
        square += value * value;
        ++count;
      }
    }
    mean_ = sum / count;
    const double variance = square / count - mean_ * mean_;
    deviation_ = variance > 0 ? std::sqrt(variance) : 1;
  }

  LabelledRows train_, test_;
  std::size_t n_train_;
  std::optional<ImageRows> corruption_;
  std::int64_t classes_ = 0;
  double mean_ = 0, deviation_ = 1;
};

}  // namespace

std::unique_ptr<ShiftPixels> pixels_of_files(const ShiftConfig& config, std::int64_t repeat,
                                             TaskContext& context) {
  return std::make_unique<FilePixels>(config, static_cast<std::uint64_t>(repeat), context);
}

}  // namespace reprise::selective
