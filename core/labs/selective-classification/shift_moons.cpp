// Two moons under shift: test points rotated, or drawn with more noise.
#include "base/math.h"
#include "classify/two_moons.h"
#include "labs/selective-classification/shift_data.h"

#include <algorithm>
#include <array>
#include <utility>

namespace reprise::selective {

namespace {

constexpr double degree = 3.14159265358979323846 / 180;
constexpr double centre1 = 0.5, centre2 = 0.25;  // the moons' point of symmetry
constexpr double largest_turn = 45;              // degrees, of the augmentation
constexpr std::size_t posterior_rows_a_step = 500;

/// Counter-clockwise about the centre.
std::array<double, 2> turned(double x1, double x2, double degrees) {
  const double c = math::cos(degrees * degree), s = math::sin(degrees * degree);
  const double u = x1 - centre1, v = x2 - centre2;
  return {centre1 + c * u - s * v, centre2 + s * u + c * v};
}

class ShiftedMoons final : public ShiftData {
 public:
  ShiftedMoons(const ShiftConfig& config, std::int64_t repeat, TaskContext& context)
      : config_(config), context_(context), repeat_(static_cast<std::uint64_t>(repeat)) {
    Random train = context.random("train", {repeat_}), val = context.random("val", {repeat_}),
           test = context.random("test", {repeat_});
    train_ = classify::draw_two_moons(config.n_train, config.sigma, train);
    val_ = classify::draw_two_moons(config.n_val, config.sigma, val);
    for (std::int64_t i = 0; i < config.n_test; ++i) {
      test_.push_back(classify::draw_moon(test));
      test_label_.push_back(test_.back().label);
    }
    // A turned point has the posterior of the point it came from.
    posterior_.resize(config.shift == "rotation" ? 1 : config.severity_list.size());
  }

  std::int64_t inputs() const override { return 2; }
  std::int64_t classes() const override { return 2; }

  bool prepare() override {
    for (std::size_t s = 0; s < posterior_.size(); ++s) {
      std::vector<double>& posterior = posterior_[s];
      if (posterior.size() == test_.size()) continue;
      const double sigma = noise_at(s);
      const classify::TwoMoonsPosterior eta(sigma);
      const std::size_t end = std::min(test_.size(), posterior.size() + posterior_rows_a_step);
      for (std::size_t i = posterior.size(); i < end; ++i) {
        const auto [x1, x2] = drawn(test_[i], sigma);
        posterior.push_back(eta(x1, x2));
      }
      return false;
    }
    return true;
  }

  const std::vector<double>& train_x() const override { return train_.x; }
  const std::vector<std::int32_t>& train_label() const override { return train_.label; }
  const std::vector<double>& val_x() const override { return val_.x; }
  const std::vector<std::int32_t>& val_label() const override { return val_.label; }
  const std::vector<std::int32_t>& test_label() const override { return test_label_; }

  std::vector<double> test_x(std::size_t severity, std::size_t first, std::size_t count) const override {
    std::vector<double> x;
    x.reserve(2 * count);
    const double angle = config_.shift == "rotation" ? config_.severity_list[severity] : 0;
    for (std::size_t i = first; i < first + count; ++i) {
      std::array<double, 2> point = drawn(test_[i], noise_at(severity));
      if (angle > 0) point = turned(point[0], point[1], angle);
      x.insert(x.end(), point.begin(), point.end());
    }
    return x;
  }

  std::span<const double> posterior(std::size_t severity) const override {
    return posterior_[posterior_.size() == 1 ? 0 : severity];
  }

  std::vector<float> augmented(std::span<const std::int32_t> rows, std::uint64_t epoch) const override {
    std::vector<float> x;
    x.reserve(2 * rows.size());
    for (const std::int32_t row : rows) {
      const auto i = static_cast<std::size_t>(row);
      Random random = context_.random("augmentation", {repeat_, epoch, static_cast<std::uint64_t>(row)});
      const double angle = largest_turn * (2 * random.uniform() - 1);
      for (const double value : turned(train_.x[2 * i], train_.x[2 * i + 1], angle))
        x.push_back(static_cast<float>(value));
    }
    return x;
  }

 private:
  double noise_at(std::size_t severity) const {
    return config_.shift == "noise" ? config_.sigma + config_.severity_list[severity] : config_.sigma;
  }
  static std::array<double, 2> drawn(const classify::MoonDraw& draw, double sigma) {
    return {draw.mean1 + sigma * draw.noise1, draw.mean2 + sigma * draw.noise2};
  }

  const ShiftConfig config_;
  TaskContext& context_;
  const std::uint64_t repeat_;
  classify::LabelledPoints train_, val_;
  std::vector<classify::MoonDraw> test_;
  std::vector<std::int32_t> test_label_;
  std::vector<std::vector<double>> posterior_;  // one for rotations, else one a severity
};

}  // namespace

std::unique_ptr<ShiftData> moons_under_shift(const ShiftConfig& config, std::int64_t repeat,
                                             TaskContext& context) {
  return std::make_unique<ShiftedMoons>(config, repeat, context);
}

}  // namespace reprise::selective
