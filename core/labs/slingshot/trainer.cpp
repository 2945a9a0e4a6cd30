#include "labs/slingshot/trainer.h"

#include "tensor/ops.h"
#include "tensor/rounding.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace reprise::slingshot {

using tensor::DType;
using tensor::Tensor;

namespace {

constexpr double tiny = 1e-30;
// Below this the squares of gradients of 1e-19 must not underflow.
constexpr double least_float32_epsilon = 1e-12;

std::unique_ptr<nn::Optimizer> make_optimizer(Network& network, const TrainerOptions& options) {
  if (options.update == Update::sgd) {
    nn::SgdOptions sgd;
    sgd.decoupled_decay = options.weight_decay;
    return std::make_unique<nn::Sgd>(network.parameters(), sgd);
  }
  nn::AdamOptions adam;
  adam.beta1 = options.beta1;
  adam.beta2 = options.beta2;
  adam.epsilon = options.epsilon;
  adam.decoupled_decay = options.weight_decay;
  adam.state_type = options.epsilon < least_float32_epsilon ? DType::float64 : DType::float32;
  return std::make_unique<nn::Adam>(network.parameters(), adam);
}

tensor::RoundedCrossEntropyOptions scaled_options(const TrainerOptions& options, std::int64_t rows) {
  const bool scaled = options.loss_scale != 1;
  return kernel_options(options.arm, scaled ? options.loss_scale / static_cast<double>(rows) : 0);
}

}  // namespace

void make_orthogonal(const Tensor& weight, Tensor& gradient) {
  tensor::with_real_type(weight.dtype(), [&](auto type) {
    using T = decltype(type);
    const std::int64_t count = weight.elements();
    const T* w = weight.data<T>();
    T* g = gradient.data<T>();
    double wg = 0, ww = 0, gg = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double a = w[i], b = g[i];
      wg += a * b;
      ww += a * a;
      gg += b * b;
    }
    const double along = wg / (ww + tiny);
    double rest = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double value = g[i] - along * w[i];
      rest += value * value;
    }
    const double stretch = std::sqrt(gg) / (std::sqrt(rest) + tiny);
    for (std::int64_t i = 0; i < count; ++i) g[i] = static_cast<T>((g[i] - along * w[i]) * stretch);
  });
}

Trainer::Trainer(Network& network, TrainerOptions options)
    : network_(network),
      options_(std::move(options)),
      tape_(network.classifier().device()),
      optimizer_(make_optimizer(network, options_)),
      kernel_(scaled_options(options_, 1)) {
  for (nn::Parameter* parameter : optimizer_->parameters()) tape_.watch(parameter->value);
}

bool Trainer::step(const Batch& batch, StepRecord& record) {
  if (!compute_gradients(batch, record)) return false;
  optimizer_->step(gradients_, options_.learning_rate);
  return true;
}

bool Trainer::compute_gradients(const Batch& batch, StepRecord& record) {
  const Network::Output output = network_(batch);
  const std::int64_t rows = batch.rows();
  const auto cells = static_cast<std::size_t>(output.logits.elements());
  if (rows != rows_) {
    rows_ = rows;
    kernel_ = tensor::RoundedCrossEntropy(scaled_options(options_, rows));
    logits_.resize(cells);
    gradient_.resize(cells);
    losses_.resize(static_cast<std::size_t>(rows));
    cotangent_ = Tensor::empty(output.logits.device(), output.logits.shape(), output.logits.dtype());
  }
  tensor::with_real_type(output.logits.dtype(), [&](auto type) {
    const auto* from = output.logits.data<decltype(type)>();
    std::copy_n(from, cells, logits_.data());
  });
  kernel_(rows, network_.shape().classes, logits_, batch.labels(), losses_, gradient_);
  if (options_.label_smoothing > 0) smooth_labels(batch.labels());
  StepRecord measured;
  measured.step = optimizer_->steps();
  if (!meter_.measure_loss(logits_, gradient_, losses_, batch.labels(), measured)) {
    tape_.clear();
    return false;
  }
  meter_.measure_means(output.features, network_.classifier(), measured);
  record = measured;
  fill_cotangent();
  tape_.backward(output.logits, cotangent_);
  nn::collect_gradients(tape_, optimizer_->parameters(), gradients_);
  if (options_.orthogonal_gradient) {
    for (std::size_t i = 0; i < gradients_.size(); ++i) {
      gradients_[i] = tensor::contiguous(tensor::detach(gradients_[i]));
      make_orthogonal(optimizer_->parameters()[i]->value, gradients_[i]);
    }
  }
  return true;
}

void Trainer::smooth_labels(std::span<const std::int32_t> labels) {
  const bool rounds = options_.arm.form != CrossEntropyForm::stablemax;  // that form stays in double
  const tensor::rounding::Rounder round(options_.arm.format);
  const auto fl = [&](double x) { return rounds ? round(x) : x; };
  const auto classes = static_cast<std::size_t>(network_.shape().classes);
  const double c = fl(options_.loss_scale / static_cast<double>(labels.size()));
  const double everywhere = options_.label_smoothing / static_cast<double>(classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t k = 0; k < classes; ++k) {
      double& g = gradient_[i * classes + k];
      const double own = static_cast<std::size_t>(labels[i]) == k ? options_.label_smoothing : 0.0;
      g = fl(g + fl(c * (own - everywhere)));
    }
  }
}

void Trainer::fill_cotangent() {
  const double unscale = 1 / options_.loss_scale;
  tensor::with_real_type(cotangent_.dtype(), [&](auto type) {
    using T = decltype(type);
    T* to = cotangent_.data<T>();
    for (std::size_t i = 0; i < gradient_.size(); ++i) {
      to[i] = static_cast<T>(static_cast<T>(gradient_[i]) * unscale);
    }
  });
}

}  // namespace reprise::slingshot
