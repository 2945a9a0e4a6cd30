// Updates of parameters from gradients.
//
//   Adam adam(model.parameters(), {.beta2 = 0.98});
//   adam.step(gradients, 0.01);                        // one gradient for each parameter
#pragma once

#include "nn/layers.h"
#include "tensor/autodiff.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace reprise::nn {

/// What all of them share: parameters, a step count, state tensors for the checkpoint.
class Optimizer {
 public:
  explicit Optimizer(std::vector<Parameter*> parameters) : parameters_(std::move(parameters)) {}
  virtual ~Optimizer() = default;

  /// One update with learning rate `rate` > 0; gradients[i] belongs to parameters()[i]. InputError when a
  /// shape differs.
  void step(std::span<const Tensor> gradients, double rate);
  /// Tensors that a checkpoint keeps beside the parameters: name and handle.
  virtual std::vector<std::pair<std::string, Tensor*>> state() = 0;

  const std::vector<Parameter*>& parameters() const { return parameters_; }
  std::int64_t steps() const { return steps_; }  ///< updates so far
  void set_steps(std::int64_t steps) { steps_ = steps; }

 protected:
  virtual void update(std::size_t index, Tensor& parameter, const Tensor& gradient, double rate) = 0;
  /// Called once a step before the updates, with steps() already counted.
  virtual void begin_step(double) {}

 private:
  std::vector<Parameter*> parameters_;
  std::int64_t steps_ = 0;
};

struct SgdOptions {
  double momentum = 0;         ///< [0, 1): v = momentum·v + g, no dampening
  double weight_decay = 0;     ///< L2: added to the gradient
  double decoupled_decay = 0;  ///< parameter × (1 − rate·decay) first
};

class Sgd final : public Optimizer {
 public:
  explicit Sgd(std::vector<Parameter*> parameters, SgdOptions options = {});
  std::vector<std::pair<std::string, Tensor*>> state() override;

 private:
  void update(std::size_t index, Tensor& parameter, const Tensor& gradient, double rate) override;
  SgdOptions options_;
  std::vector<Tensor> velocity_;
};

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;     ///< L2: added to the gradient
  double decoupled_decay = 0;  ///< AdamW: parameter × (1 − rate·decay) first (Loshchilov & Hutter 2019)
  /// float64: moments and update in double (with epsilon < 1e-12 squares would underflow in float32).
  tensor::DType state_type = tensor::DType::float32;
};

/// Kingma & Ba 2015, bias-corrected; the count begins at 1. InputError for options out of range.
class Adam final : public Optimizer {
 public:
  explicit Adam(std::vector<Parameter*> parameters, AdamOptions options = {});
  std::vector<std::pair<std::string, Tensor*>> state() override;

 private:
  void begin_step(double rate) override;
  void update(std::size_t index, Tensor& parameter, const Tensor& gradient, double rate) override;
  AdamOptions options_;
  std::vector<Tensor> mean_;
  std::vector<Tensor> square_;
  tensor::cpu::AdamStep numbers_;
};

/// Gradients of the parameters after a walk, into a list that is kept between steps.
void collect_gradients(const tensor::Tape& tape, std::span<Parameter* const> parameters,
                       std::vector<Tensor>& gradients);
/// √Σ‖gᵢ‖² over all tensors, in double.
double global_norm(std::span<const Tensor> gradients);
/// Scales all gradients so that their global norm is at most `largest`; returns the norm before.
double clip_global_norm(std::span<Tensor> gradients, double largest);

}  // namespace reprise::nn
