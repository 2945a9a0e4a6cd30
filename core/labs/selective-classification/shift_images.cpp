// Images under shift, the bundled pictures of clothes or a visitor's: noisy, blurred, pale, bright, or
// corrupted by somebody else.
#include "data/fashion_mnist.h"
#include "labs/selective-classification/shift_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace reprise::selective {

namespace {

// Mean and deviation of the pixels of Fashion-MNIST, as networks are usually given them.
constexpr double pixel_mean = 0.286, pixel_deviation = 0.35;

constexpr std::size_t images_a_step = 256;

class BundledPixels final : public ShiftPixels {
 public:
  BundledPixels(const ShiftConfig& config, std::int64_t repeat, TaskContext& context)
      : images_(read_fashion_images(context.asset("fashion-mnist"))),
        order_(images_.labels.size()),
        first_{0, static_cast<std::size_t>(config.n_train),
               static_cast<std::size_t>(config.n_train + config.n_val)} {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    Random random = context.random("division", {static_cast<std::uint64_t>(repeat)});
    for (std::size_t i = order_.size(); i > 1; --i)
      std::swap(order_[i - 1], order_[static_cast<std::size_t>(random.below(i))]);
  }

  ImageShape shape() const override { return {1, FashionImages::side, FashionImages::side}; }
  std::int64_t classes() const override { return FashionImages::classes; }
  std::int32_t label(std::size_t part, std::size_t row) const override {
    return images_.labels[order_[first_[part] + row]];
  }
  std::vector<double> read(std::size_t part, std::size_t row) const override {
    constexpr auto pixels = static_cast<std::size_t>(FashionImages::pixels);
    const std::size_t image = order_[first_[part] + row];
    std::vector<double> values;
    values.reserve(pixels);
    for (std::size_t i = image * pixels; i < (image + 1) * pixels; ++i)
      values.push_back(images_.levels[i] / static_cast<double>(FashionImages::largest_level));
    return values;
  }
  std::vector<double> read_corrupted(std::size_t, std::int64_t) const override {
    throw std::logic_error("the bundled images have no corrupted copies");
  }
  double mean() const override { return pixel_mean; }
  double deviation() const override { return pixel_deviation; }

 private:
  FashionImages images_;
  std::vector<std::size_t> order_;  // one permutation; the parts are one behind the other
  std::array<std::size_t, 3> first_;
};

class ShiftedImages final : public ShiftData {
 public:
  ShiftedImages(const ShiftConfig& config, std::int64_t repeat, TaskContext& context)
      : config_(config), context_(context), repeat_(static_cast<std::uint64_t>(repeat)) {
    if (config.data == "files") {
      pixels_ = pixels_of_files(config, repeat, context);
    } else {
      pixels_ = std::make_unique<BundledPixels>(config, repeat, context);
    }
    for (std::int64_t i = 0; i < config.n_test; ++i)
      test_label_.push_back(pixels_->label(2, static_cast<std::size_t>(i)));
  }

  std::int64_t inputs() const override { return pixels_->shape().pixels(); }
  std::int64_t classes() const override { return pixels_->classes(); }

  bool prepare() override {
    take(0, config_.n_train, train_x_, train_label_);
    if (static_cast<std::int64_t>(train_label_.size()) < config_.n_train) return false;
    take(1, config_.n_val, val_x_, val_label_);
    return static_cast<std::int64_t>(val_label_.size()) == config_.n_val;
  }

  const std::vector<double>& train_x() const override { return train_x_; }
  const std::vector<std::int32_t>& train_label() const override { return train_label_; }
  const std::vector<double>& val_x() const override { return val_x_; }
  const std::vector<std::int32_t>& val_label() const override { return val_label_; }
  const std::vector<std::int32_t>& test_label() const override { return test_label_; }

  std::vector<double> test_x(std::size_t severity, std::size_t first, std::size_t count) const override {
    std::vector<double> x;
    x.reserve(count * static_cast<std::size_t>(inputs()));
    for (std::size_t row = first; row < first + count; ++row) {
      for (const double value : shifted(row, config_.severity_list[severity])) x.push_back(scaled(value));
    }
    return x;
  }

  std::span<const double> posterior(std::size_t) const override { return {}; }

  std::vector<float> augmented(std::span<const std::int32_t> rows, std::uint64_t epoch) const override {
    std::vector<float> x;
    x.reserve(rows.size() * static_cast<std::size_t>(inputs()));
    for (const std::int32_t row : rows) {
      std::vector<double> image = pixels_->read(0, static_cast<std::size_t>(row));
      Random random = context_.random("augmentation", {repeat_, epoch, static_cast<std::uint64_t>(row)});
      if (random.bernoulli(0.5)) {
        const double deviation = largest_pixel_noise * random.uniform();
        add_pixel_noise(image, deviation, random);
      }
      for (const double value : image) x.push_back(static_cast<float>(scaled(value)));
    }
    return x;
  }

 private:
  double scaled(double value) const { return (value - pixels_->mean()) / pixels_->deviation(); }

  std::vector<double> shifted(std::size_t row, double severity) const {
    const std::int64_t level = std::llround(severity);
    if (config_.shift == "corruption" && level > 0) return pixels_->read_corrupted(row, level);
    std::vector<double> image = pixels_->read(2, row);
    if (config_.shift == "gaussian-noise" && level > 0) {
      Random random = context_.random("pixel noise", {repeat_, row});  // the same draw at every severity
      add_pixel_noise(image, pixel_noise_at(level), random);
    } else if (config_.shift == "blur") {
      box_blur(image, pixels_->shape(), level);
    } else if (config_.shift == "contrast") {
      lower_contrast(image, severity);
    } else if (config_.shift == "brightness") {
      brighten(image, severity);
    }
    return image;
  }

  // The next rows of a part.
  void take(std::size_t part, std::int64_t rows, std::vector<double>& x,
            std::vector<std::int32_t>& label) const {
    x.reserve(static_cast<std::size_t>(rows * inputs()));
    const std::size_t end = std::min(static_cast<std::size_t>(rows), label.size() + images_a_step);
    for (std::size_t row = label.size(); row < end; ++row) {
      for (const double value : pixels_->read(part, row)) x.push_back(scaled(value));
      label.push_back(pixels_->label(part, row));
    }
  }

  const ShiftConfig config_;
  TaskContext& context_;
  const std::uint64_t repeat_;
  std::unique_ptr<ShiftPixels> pixels_;
  std::vector<double> train_x_, val_x_;
  std::vector<std::int32_t> train_label_, val_label_, test_label_;
};

}  // namespace

std::unique_ptr<ShiftData> images_under_shift(const ShiftConfig& config, std::int64_t repeat,
                                              TaskContext& context) {
  return std::make_unique<ShiftedImages>(config, repeat, context);
}

}  // namespace reprise::selective
