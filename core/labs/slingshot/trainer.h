// Trains a network with a loss kernel that rounds in a chosen format; everything else is ordinary float32.
//
//   Trainer trainer(network, {.arm = parse_arm("bfloat16:log_softmax"), .beta2 = 0.98});
//   StepRecord record;
//   while (trainer.step(batch, record)) …
#pragma once

#include "labs/slingshot/arm.h"
#include "labs/slingshot/network.h"
#include "labs/slingshot/step_record.h"
#include "nn/optimizers.h"
#include "tensor/autodiff.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace reprise::slingshot {

enum class Update : std::uint8_t { adam, sgd };

struct TrainerOptions {
  Arm arm = {};
  Update update = Update::adam;
  double learning_rate = 0.01;
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-8;             ///< below 1e-12 Adam's moments are kept in float64
  double weight_decay = 0;           ///< decoupled: parameters × (1 − rate·decay) first
  double label_smoothing = 0;        ///< ε: ε/K of each target goes to every class
  bool orthogonal_gradient = false;  ///< ⊥Grad (Prieto et al. 2025)
  double loss_scale = 1;             ///< the kernel's gradients are this times larger, the update's are not
};

/// g without its part along w, as long as g was: g⊥·‖g‖/(‖g⊥‖ + 1e-30), g⊥ = g − ⟨w,g⟩/(⟨w,w⟩ + 1e-30)·w.
/// A float32 or float64 tensor, changed in place. Source: Prieto et al. 2025, arXiv 2501.04697.
void make_orthogonal(const tensor::Tensor& weight, tensor::Tensor& gradient);

class Trainer {
 public:
  /// The network must outlive the trainer and stay where it is. InputError for options out of range.
  Trainer(Network& network, TrainerOptions options);

  /// Forward pass, record, gradients, update. False when a logit or a gradient is not finite: then neither
  /// `record` nor the weights change.
  bool step(const Batch& batch, StepRecord& record);
  /// The same without the update; gradients() are those of this step.
  bool compute_gradients(const Batch& batch, StepRecord& record);
  const std::vector<tensor::Tensor>& gradients() const { return gradients_; }
  std::int64_t updates() const { return optimizer_->steps(); }

 private:
  void smooth_labels(std::span<const std::int32_t> labels);
  void fill_cotangent();

  Network& network_;
  TrainerOptions options_;
  tensor::Tape tape_;
  std::unique_ptr<nn::Optimizer> optimizer_;
  tensor::RoundedCrossEntropy kernel_;
  StepMeter meter_;
  std::vector<double> logits_, losses_, gradient_;
  std::int64_t rows_ = 0;  // of the batches so far
  tensor::Tensor cotangent_;
  std::vector<tensor::Tensor> gradients_;
};

}  // namespace reprise::slingshot
