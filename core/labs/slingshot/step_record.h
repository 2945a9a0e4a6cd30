// What is recorded of every training step, after the forward pass and before the update.
#pragma once

#include "tensor/tensor.h"

#include <cstdint>
#include <span>
#include <vector>

namespace reprise::slingshot {

struct StepRecord {
  std::int64_t step = 0;
  double true_loss = 0;        ///< mean, in double from the logits, whatever kernel trains
  double kernel_loss = 0;      ///< mean of what the training kernel computed
  double train_accuracy = 0;   ///< share of rows whose first largest logit is that of the label
  double absorbed = 0;         ///< φ: right, gradient of the true class 0, some other not
  double silent = 0;           ///< right, all gradients 0
  double zero_sum_defect = 0;  ///< ζ = Σ_i |Σ_k g_ik| / Σ_ik |g_ik|; 0 when nothing is left
  double w_mean_norm = 0;      ///< ‖w̄‖, mean row of the classifier
  double h_mean_norm = 0;      ///< ‖h̄‖, mean feature
  double w_norm = 0;           ///< ‖W‖_F of the classifier
  double cosine = 0;           ///< cos(w̄, h̄); 0 when one of them vanishes
  double median_margin = 0;    ///< of z_y − max_{j≠y} z_j
  double max_logit = 0;        ///< max |z|
};

/// Mean of log Σ_k e^(z_k − z_y) over the rows of logits [n, classes], in double.
double mean_true_loss(const tensor::Tensor& logits, std::span<const std::int32_t> labels);

/// Fills a StepRecord; keeps its scratch between steps.
class StepMeter {
 public:
  /// Everything that depends on logits and gradient: logits [n × classes] and the kernel's gradient, both
  /// held in double. False (and nothing filled) when one of them is not finite.
  bool measure_loss(std::span<const double> logits, std::span<const double> gradient,
                    std::span<const double> kernel_losses, std::span<const std::int32_t> labels,
                    StepRecord& record);
  /// Norms and cosine: features [n, d], classifier [K, d].
  void measure_means(const tensor::Tensor& features, const tensor::Tensor& classifier, StepRecord& record);

 private:
  std::vector<double> margins_, row_, w_mean_, h_mean_;
};

}  // namespace reprise::slingshot
