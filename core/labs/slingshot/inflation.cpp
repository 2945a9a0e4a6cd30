#include "labs/slingshot/inflation.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace reprise::slingshot {

namespace {

constexpr std::int64_t flops_per_slice = 2'000'000;

std::vector<double> column_means(const std::vector<double>& rows, std::int64_t columns) {
  const auto d = static_cast<std::size_t>(columns);
  std::vector<double> mean(d);
  for (std::size_t i = 0; i < rows.size(); ++i) mean[i % d] += rows[i];
  const double count = static_cast<double>(rows.size() / d);
  for (double& value : mean) value /= count;
  return mean;
}

using Matrix = std::array<double, 4>;  // row by row

Matrix product(const Matrix& x, const Matrix& y) {
  return {x[0] * y[0] + x[1] * y[2], x[0] * y[1] + x[1] * y[3], x[2] * y[0] + x[3] * y[2],
          x[2] * y[1] + x[3] * y[3]};
}

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

double LinearInflation::eigenvalue() const {
  return std::sqrt(a * b);
}

std::array<double, 2> LinearInflation::after(std::int64_t steps, double w, double h) const {
  Matrix power = {1, 0, 0, 1};
  Matrix square = {1, -a, -b, 1};
  for (; steps > 0; steps /= 2) {
    if (steps % 2 == 1) power = product(power, square);
    square = product(square, square);
  }
  return {power[0] * w + power[1] * h, power[2] * w + power[3] * h};
}

LinearInflation predict_growth(const InflationSetting& setting) {
  const double wrong =
      setting.absorbed_fraction * setting.delta * static_cast<double>(setting.num_classes - 1);
  return {setting.eta_w * wrong / static_cast<double>(setting.num_classes),
          setting.eta_h * wrong / static_cast<double>(setting.num_samples)};
}

std::vector<double> FreeFeatures::w_mean() const {
  return column_means(weights, dimension);
}
std::vector<double> FreeFeatures::h_mean() const {
  return column_means(features, dimension);
}

double FreeFeatures::class_norm() const {
  const std::vector<double> mean = w_mean();
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double rest = weights[i] - mean[i % mean.size()];
    sum += rest * rest;
  }
  return std::sqrt(sum);
}

FreeFeatureDescent::FreeFeatureDescent(FreeFeatures& state, const InflationSetting& setting,
                                       std::optional<Arm> kernel)
    : state_(state), setting_(setting), weight_gradient_(state.weights.size()) {
  if (kernel) kernel_.emplace(kernel_options(*kernel, 1.0 / static_cast<double>(state.samples())));
}

void FreeFeatureDescent::gradients(std::int64_t first, std::int64_t count) {
  const auto classes = static_cast<std::size_t>(state_.classes());
  const auto d = static_cast<std::size_t>(state_.dimension);
  const auto begin = static_cast<std::size_t>(first), rows = static_cast<std::size_t>(count);
  gradient_.assign(rows * classes, setting_.delta / static_cast<double>(state_.samples()));
  if (!kernel_) {
    for (std::size_t i = 0; i < rows; ++i) {
      gradient_[i * classes + static_cast<std::size_t>(state_.labels[begin + i])] = 0;
    }
    return;
  }
  logits_.resize(rows * classes);
  losses_.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < classes; ++k) {
      double sum = 0;
      for (std::size_t j = 0; j < d; ++j)
        sum += state_.features[(begin + i) * d + j] * state_.weights[k * d + j];
      logits_[i * classes + k] = sum;
    }
  }
  (*kernel_)(count, state_.classes(), logits_, std::span(state_.labels).subspan(begin, rows), losses_,
             gradient_);
}

bool FreeFeatureDescent::advance() {
  const auto classes = static_cast<std::size_t>(state_.classes());
  const auto d = static_cast<std::size_t>(state_.dimension);
  const std::int64_t flops = 6 * state_.classes() * (state_.dimension + 10);
  const std::int64_t count =
      std::min(state_.samples() - next_, std::max<std::int64_t>(1, flops_per_slice / flops));
  gradients(next_, count);
  if (next_ == 0) {
    std::fill(weight_gradient_.begin(), weight_gradient_.end(), 0.0);
    sum_ = 0;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    double* feature = state_.features.data() + (static_cast<std::size_t>(next_) + i) * d;
    const double* g = gradient_.data() + i * classes;
    for (std::size_t k = 0; k < classes; ++k) {
      sum_ += g[k];
      for (std::size_t j = 0; j < d; ++j) weight_gradient_[k * d + j] += g[k] * feature[j];
    }
    // The weights are still those of before the step.
    for (std::size_t j = 0; j < d; ++j) {
      double slope = 0;
      for (std::size_t k = 0; k < classes; ++k) slope += g[k] * state_.weights[k * d + j];
      feature[j] -= setting_.eta_h * slope;
    }
  }
  next_ += count;
  if (next_ < state_.samples()) return false;
  next_ = 0;
  for (std::size_t i = 0; i < state_.weights.size(); ++i) {
    state_.weights[i] -= setting_.eta_w * weight_gradient_[i];
  }
  delta_ = sum_ / static_cast<double>(state_.classes() - 1);
  diverged_ = !all_finite(state_.weights) || !all_finite(state_.features);
  return true;
}

}  // namespace reprise::slingshot
