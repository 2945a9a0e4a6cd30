#include "classify/error_head.h"

#include "base/error.h"
#include "tensor/ops.h"

#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace reprise::classify {

using tensor::Tensor;

namespace {

NetworkTraining::Loss loss_on(HeadTarget kind, std::vector<double> target) {
  return [kind, target = std::move(target)](const ModelInTraining& model, const Tensor& inputs,
                                            std::span<const std::int32_t> rows, std::int64_t) {
    std::vector<double> wanted;
    for (const std::int32_t row : rows) wanted.push_back(target[static_cast<std::size_t>(row)]);
    if (kind == HeadTarget::Loss) return mean_squared_error(model(inputs), wanted);
    return binary_cross_entropy(model(inputs), std::vector<std::int32_t>(wanted.begin(), wanted.end()));
  };
}

}  // namespace

Standardisation::Standardisation(std::span<const double> x, std::size_t width)
    : mean_(width, 0), deviation_(width, 0) {
  const double rows = static_cast<double>(x.size() / width);
  for (std::size_t i = 0; i < x.size(); ++i) mean_[i % width] += x[i] / rows;
  for (std::size_t i = 0; i < x.size(); ++i)
    deviation_[i % width] += (x[i] - mean_[i % width]) * (x[i] - mean_[i % width]) / rows;
  for (double& square : deviation_) square = std::sqrt(square);
}

std::vector<double> Standardisation::operator()(std::span<const double> x) const {
  std::vector<double> result(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t column = i % mean_.size();
    result[i] = deviation_[column] > 0 ? (x[i] - mean_[column]) / deviation_[column] : 0;
  }
  return result;
}

std::vector<double> head_inputs(std::span<const double> features, std::size_t feature_count,
                                const LogitsView& logits) {
  if (features.size() != feature_count * logits.rows())
    throw InputError("head_inputs: " + std::to_string(features.size()) + " features for " +
                     std::to_string(logits.rows()) + " rows; allowed are " + std::to_string(feature_count) +
                     " a row");
  std::vector<double> inputs;
  inputs.reserve(logits.rows() * (feature_count + logits.classes() + 1));
  for (std::size_t i = 0; i < logits.rows(); ++i) {
    const std::span<const double> own = features.subspan(i * feature_count, feature_count);
    inputs.insert(inputs.end(), own.begin(), own.end());
    inputs.insert(inputs.end(), logits.row(i).begin(), logits.row(i).end());
    inputs.push_back(score_of(logits.row(i), ScoreKind::Msp));
  }
  return inputs;
}

std::vector<double> row_losses(const LogitsView& logits, std::span<const std::int32_t> label) {
  std::vector<double> losses;
  for (std::size_t i = 0; i < logits.rows(); ++i)
    losses.push_back(log_sum_exp(logits.row(i)) - logits.row(i)[static_cast<std::size_t>(label[i])]);
  return losses;
}

NetworkOptions head_network(const HeadOptions& options, std::size_t width) {
  NetworkOptions network;
  network.widths = {static_cast<std::int64_t>(width)};
  network.widths.insert(network.widths.end(), options.hidden.begin(), options.hidden.end());
  network.widths.push_back(1);
  network.epochs = options.epochs;
  network.batch = options.batch;
  network.learning_rate = options.learning_rate;
  return network;
}

Tensor binary_cross_entropy(const Tensor& outputs, std::span<const std::int32_t> wrong) {
  // Classes "wrong" and "right" of a network whose second logit is 0.
  std::vector<std::int32_t> label;
  for (const std::int32_t value : wrong) label.push_back(value == 0 ? 1 : 0);
  const Tensor zeros = Tensor::zeros(outputs.device(), outputs.shape(), outputs.dtype());
  const std::array<Tensor, 2> both = {outputs, zeros};
  return tensor::cross_entropy(
      tensor::concatenate(both, 1),
      Tensor::from<std::int32_t>(outputs.device(), label, {static_cast<std::int64_t>(label.size())}));
}

Tensor mean_squared_error(const Tensor& outputs, std::span<const double> target) {
  Tensor wanted = Tensor::empty(outputs.device(), outputs.shape(), outputs.dtype());
  tensor::with_real_type(outputs.dtype(), [&](auto type) {
    using T = decltype(type);
    for (std::size_t i = 0; i < target.size(); ++i) wanted.data<T>()[i] = static_cast<T>(target[i]);
  });
  return tensor::mean(tensor::square(tensor::subtract(outputs, wanted)));
}

ErrorHead::ErrorHead(HeadTarget kind, std::span<const double> inputs, std::size_t width,
                     std::vector<double> target, const HeadOptions& options, const NetworkStreams& streams)
    : standard_(inputs, width),
      training_(head_network(options, width), standard_(inputs),
                std::vector<std::int32_t>(inputs.size() / width, 0), streams,
                loss_on(kind, std::move(target))) {}

std::vector<double> ErrorHead::outputs(std::span<const double> inputs) const {
  return training_.logits(standard_(inputs));
}

std::vector<double> ErrorHead::scores(std::span<const double> inputs) const {
  std::vector<double> result = outputs(inputs);
  for (double& value : result) value = -value;
  return result;
}

double loss_prediction_advantage(const LogitsView& logits, std::span<const std::int32_t> label,
                                 std::span<const double> predicted) {
  const std::vector<double> loss = row_losses(logits, label);
  double advantage = 0;
  for (std::size_t i = 0; i < loss.size(); ++i) {
    const double own = -score_of(logits.row(i), ScoreKind::NegEntropy) - loss[i];
    const double other = predicted[i] - loss[i];
    advantage += (own * own - other * other) / static_cast<double>(loss.size());
  }
  return advantage;
}

}  // namespace reprise::classify
