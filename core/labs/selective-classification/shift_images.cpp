// Images under shift: the bundled pictures of clothes, made noisy, blurred, pale or bright.
#include "data/fashion_mnist.h"
#include "labs/selective-classification/corruptions.h"
#include "labs/selective-classification/shift_data.h"

#include <cmath>
#include <numeric>
#include <utility>

namespace reprise::selective {

namespace {

// Mean and deviation of the pixels of Fashion-MNIST, as networks are usually given them.
constexpr double pixel_mean = 0.286, pixel_deviation = 0.35;
constexpr auto pixels = static_cast<std::size_t>(FashionImages::pixels);
constexpr ImageShape shape{1, FashionImages::side, FashionImages::side};

class ShiftedImages final : public ShiftData {
 public:
  ShiftedImages(const ShiftConfig& config, std::int64_t repeat, TaskContext& context)
      : config_(config), context_(context), repeat_(static_cast<std::uint64_t>(repeat)) {}

  std::int64_t inputs() const override { return FashionImages::pixels; }
  std::int64_t classes() const override { return FashionImages::classes; }

  bool prepare() override {
    images_ = read_fashion_images(context_.asset("fashion-mnist"));
    std::vector<std::size_t> order(images_.labels.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Random random = context_.random("division", {repeat_});
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(i))]);
    auto next = [at = order.begin()](std::int64_t count) mutable {
      const auto begin = at;
      at += count;
      return std::vector<std::size_t>(begin, at);
    };
    train_ = next(config_.n_train);
    const std::vector<std::size_t> val = next(config_.n_val);
    test_ = next(config_.n_test);
    take(train_, train_x_, train_label_);
    take(val, val_x_, val_label_);
    for (const std::size_t image : test_) test_label_.push_back(images_.labels[image]);
    return true;
  }

  const std::vector<double>& train_x() const override { return train_x_; }
  const std::vector<std::int32_t>& train_label() const override { return train_label_; }
  const std::vector<double>& val_x() const override { return val_x_; }
  const std::vector<std::int32_t>& val_label() const override { return val_label_; }
  const std::vector<std::int32_t>& test_label() const override { return test_label_; }

  std::vector<double> test_x(std::size_t severity, std::size_t first, std::size_t count) const override {
    const double strength = config_.severity_list[severity];
    std::vector<double> x;
    x.reserve(count * pixels);
    for (std::size_t i = first; i < first + count; ++i) {
      std::vector<double> image = grey(test_[i]);
      if (config_.shift == "gaussian-noise") {
        // The same draw at every severity.
        Random random = context_.random("pixel noise", {repeat_, i});
        if (strength > 0) add_pixel_noise(image, pixel_noise_at(std::llround(strength)), random);
      } else if (config_.shift == "blur") {
        box_blur(image, shape, std::llround(strength));
      } else if (config_.shift == "contrast") {
        lower_contrast(image, strength);
      } else {
        brighten(image, strength);
      }
      for (const double value : image) x.push_back(scaled(value));
    }
    return x;
  }

  std::span<const double> posterior(std::size_t) const override { return {}; }

  std::vector<float> augmented(std::span<const std::int32_t> rows, std::uint64_t epoch) const override {
    std::vector<float> x;
    x.reserve(rows.size() * pixels);
    for (const std::int32_t row : rows) {
      std::vector<double> image = grey(train_[static_cast<std::size_t>(row)]);
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
  static double scaled(double value) { return (value - pixel_mean) / pixel_deviation; }

  /// Pixels in [0, 1].
  std::vector<double> grey(std::size_t image) const {
    std::vector<double> values;
    values.reserve(pixels);
    for (std::size_t i = image * pixels; i < (image + 1) * pixels; ++i)
      values.push_back(images_.levels[i] / static_cast<double>(FashionImages::largest_level));
    return values;
  }

  void take(const std::vector<std::size_t>& which, std::vector<double>& x,
            std::vector<std::int32_t>& label) const {
    x.reserve(which.size() * pixels);
    for (const std::size_t image : which) {
      for (const double value : grey(image)) x.push_back(scaled(value));
      label.push_back(images_.labels[image]);
    }
  }

  const ShiftConfig config_;
  TaskContext& context_;
  const std::uint64_t repeat_;
  FashionImages images_;
  std::vector<std::size_t> train_, test_;  // places among the images
  std::vector<double> train_x_, val_x_;
  std::vector<std::int32_t> train_label_, val_label_, test_label_;
};

}  // namespace

std::unique_ptr<ShiftData> images_under_shift(const ShiftConfig& config, std::int64_t repeat,
                                              TaskContext& context) {
  return std::make_unique<ShiftedImages>(config, repeat, context);
}

}  // namespace reprise::selective
