#include "classify/abstention.h"

#include "base/error.h"
#include "base/math.h"
#include "classify/scores.h"
#include "tensor/ops.h"

#include <string>

namespace reprise::classify {

using tensor::Tensor;

namespace {

/// Row-major numbers in the type of `like`.
Tensor constant(const Tensor& like, std::span<const double> values, const tensor::Shape& shape) {
  Tensor result = Tensor::empty(like.device(), shape, like.dtype());
  tensor::with_real_type(like.dtype(), [&](auto type) {
    using T = decltype(type);
    T* target = result.data<T>();
    for (std::size_t i = 0; i < values.size(); ++i) target[i] = static_cast<T>(values[i]);
  });
  return result;
}

std::vector<double> numbers(const Tensor& x) {
  return tensor::with_real_type(x.dtype(), [&](auto type) {
    const auto values = x.values<decltype(type)>();
    return std::vector<double>(values.begin(), values.end());
  });
}

Tensor label_tensor(const Tensor& like, std::span<const std::int32_t> labels) {
  return Tensor::from<std::int32_t>(like.device(), labels, {static_cast<std::int64_t>(labels.size())});
}

}  // namespace

SelfAdaptiveTargets::SelfAdaptiveTargets(std::span<const std::int32_t> labels, std::size_t classes,
                                         SelfAdaptiveOptions options)
    : classes_(classes),
      options_(options),
      label_(labels.begin(), labels.end()),
      history_(labels.size() * classes, 0) {
  for (std::size_t row = 0; row < label_.size(); ++row) {
    if (label_[row] < 0 || static_cast<std::size_t>(label_[row]) >= classes)
      throw InputError("row " + std::to_string(row) + ": label " + std::to_string(label_[row]) +
                       "; allowed are 0…" + std::to_string(classes - 1));
    history_[row * classes + static_cast<std::size_t>(label_[row])] = 1;
  }
}

Tensor SelfAdaptiveTargets::loss(const Tensor& logits, std::span<const std::int32_t> rows,
                                 std::int64_t epoch) {
  const auto count = static_cast<std::int64_t>(rows.size());
  const auto classes = static_cast<std::int64_t>(classes_);
  if (epoch < options_.start_epoch) {
    std::vector<std::int32_t> labels;
    for (const std::int32_t row : rows) labels.push_back(label_[static_cast<std::size_t>(row)]);
    return tensor::cross_entropy(tensor::slice(logits, 1, 0, classes), label_tensor(logits, labels));
  }
  const std::vector<double> z = numbers(logits);
  std::vector<double> weight(z.size(), 0);
  const double m = options_.momentum;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::size_t>(rows[i]);
    const std::size_t first = i * (classes_ + 1);
    const std::span<const double> of_classes = std::span<const double>(z).subspan(first, classes_);
    const double total = log_sum_exp(of_classes);
    double* history = &history_[row * classes_];
    for (std::size_t k = 0; k < classes_; ++k)
      history[k] = m * history[k] + (1 - m) * math::exp(of_classes[k] - total);
    const double target = history[static_cast<std::size_t>(label_[row])];
    weight[first + static_cast<std::size_t>(label_[row])] = -target / static_cast<double>(count);
    weight[first + classes_] = -(1 - target) / static_cast<double>(count);
  }
  return tensor::sum(
      tensor::multiply(tensor::log_softmax(logits), constant(logits, weight, {count, classes + 1})));
}

Tensor selective_net_loss(const Tensor& outputs, std::span<const std::int32_t> labels, double coverage) {
  const std::int64_t rows = outputs.size(0), classes = (outputs.size(1) - 1) / 2;
  if (outputs.size(1) != 2 * classes + 1 || static_cast<std::size_t>(rows) != labels.size())
    throw InputError("selective_net_loss: outputs of shape " + outputs.shape().text() + " and " +
                     std::to_string(labels.size()) + " labels do not fit; allowed are [n, 2K + 1] and n");
  const Tensor auxiliary =
      tensor::cross_entropy(tensor::slice(outputs, 1, classes + 1, 2 * classes + 1),
                            label_tensor(outputs, labels));  // refuses labels that are no class
  std::vector<double> minus_one_hot(static_cast<std::size_t>(rows * classes), 0);
  for (std::size_t i = 0; i < labels.size(); ++i)
    minus_one_hot[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(labels[i])] = -1;
  const Tensor loss = tensor::sum(tensor::multiply(tensor::log_softmax(tensor::slice(outputs, 1, 0, classes)),
                                                   constant(outputs, minus_one_hot, {rows, classes})),
                                  {1});
  const Tensor gate =
      tensor::logistic(tensor::reshape(tensor::slice(outputs, 1, classes, classes + 1), {rows}));
  const Tensor answered = tensor::mean(gate);
  const Tensor risk = tensor::divide(tensor::mean(tensor::multiply(gate, loss)), answered);
  const Tensor missing = tensor::relu(tensor::shift(tensor::negate(answered), coverage));
  const Tensor selective = tensor::add(risk, tensor::scale(tensor::square(missing), selective_net_penalty));
  return tensor::scale(tensor::add(selective, auxiliary), 0.5);
}

}  // namespace reprise::classify
