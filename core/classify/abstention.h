// Networks that learn to abstain: self-adaptive training, which gives them an output for it, and
// SelectiveNet, which gives them a gate. Both are losses for classify::NetworkTraining.
//
//   SelfAdaptiveTargets targets(labels, 10, {.momentum = 0.9, .start_epoch = 10});
//   NetworkTraining training({.widths = {196, 48, 48, 11}}, x, labels, streams,
//                            [&](const ModelInTraining& model, const Tensor& inputs, std::span<const
//                            std::int32_t> rows,
//                                std::int64_t epoch) { return targets.loss(model(inputs), rows, epoch); });
#pragma once

#include "tensor/tensor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reprise::classify {

struct SelfAdaptiveOptions {
  double momentum = 0.9;         ///< of the history, in [0, 1]
  std::int64_t start_epoch = 0;  ///< before it: cross-entropy of the classes alone
};

/// Self-adaptive training (Huang, Zhang, Zhang 2020): every training row keeps a history of its predicted
/// probabilities, which begins as its label; what the history takes from the label goes to the abstain
/// output.
class SelfAdaptiveTargets {
 public:
  /// Labels in 0…classes − 1 (InputError with the row).
  SelfAdaptiveTargets(std::span<const std::int32_t> labels, std::size_t classes, SelfAdaptiveOptions options);

  /// `logits`: [rows.size(), classes + 1], the last for abstaining, of these training rows. From start_epoch
  /// on updates their histories H ← mH + (1 − m)·softmax of the classes (without gradient) and returns the
  /// mean of −[t log q_label + (1 − t) log q_abstain], t = H_label, q = softmax of all outputs.
  tensor::Tensor loss(const tensor::Tensor& logits, std::span<const std::int32_t> rows, std::int64_t epoch);
  /// One number a class.
  std::span<const double> history(std::size_t row) const {
    return std::span<const double>(history_).subspan(row * classes_, classes_);
  }

 private:
  std::size_t classes_;
  SelfAdaptiveOptions options_;
  std::vector<std::int32_t> label_;
  std::vector<double> history_;  // [rows × classes]
};

/// The outputs of a SelectiveNet (Geifman & El-Yaniv 2019) for K classes: f (K), the gate's logit (1), the
/// auxiliary classifier (K).
inline std::size_t selective_net_outputs(std::size_t classes) {
  return 2 * classes + 1;
}
inline constexpr double selective_net_penalty = 32;  ///< λ of the authors
/// ½[Σ gℓ/Σ g + 32 max(0, c − mean g)²] + ½ CE(auxiliary): ℓ the cross-entropy of f, g the logistic function
/// of the gate's logit, c the coverage that is wanted. `outputs`: [n, 2K + 1].
tensor::Tensor selective_net_loss(const tensor::Tensor& outputs, std::span<const std::int32_t> labels,
                                  double coverage);

}  // namespace reprise::classify
