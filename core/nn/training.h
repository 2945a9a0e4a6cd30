// The loop: loss, gradients, update, again. A Stepper, so that a study's task can be it; it can be
// interrupted after any step and resumed from a checkpoint, and gives the same bits as undisturbed.
#pragma once

#include "base/random.h"
#include "nn/checkpoint.h"
#include "nn/optimizers.h"
#include "nn/schedules.h"
#include "study/study.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace reprise::nn {

/// One parameter at the moment when training stopped.
struct LayerStatistics {
  std::string name;
  double norm = 0;              ///< √Σ of squares
  double largest = 0;           ///< |value|, finite ones only
  std::int64_t not_finite = 0;  ///< NaN and infinite values
  double gradient_norm = 0;     ///< of the step before
};

/// The loss became infinite or NaN. what() names the step and the layers; the checkpoint is the last one that
/// was made (empty: none).
class NonFiniteLoss : public std::runtime_error {
 public:
  NonFiniteLoss(std::int64_t at_step, double loss_value, std::vector<LayerStatistics> statistics,
                std::vector<std::byte> last_checkpoint);
  std::int64_t step;
  double loss;
  std::vector<LayerStatistics> layers;
  std::vector<std::byte> checkpoint;
};

struct TrainingOptions {
  std::int64_t steps = 1000;
  Schedule rate = {};
  double clip_norm = 0;               ///< global norm of the gradients; 0: no clipping
  std::int64_t checkpoint_every = 0;  ///< steps; 0: only when asked
};

class Training : public Stepper {
 public:
  /// The loss of a step (counted from 0), a tensor with one element, as a function of the parameters.
  using Loss = std::function<Tensor(std::int64_t step)>;
  /// Sees each step after the gradients, before the update. May change the gradients.
  struct Step {
    std::int64_t index;
    double loss;
    std::vector<Tensor>& gradients;  ///< one for each parameter
  };
  using Observer = std::function<void(const Step&)>;

  /// Watches the optimizer's parameters; they, and what `loss` refers to, must outlive the training.
  Training(Device device, Optimizer& optimizer, Loss loss, TrainingOptions options, Observer observer = {});

  /// One step; true when all are done. NonFiniteLoss.
  bool step() override;
  double progress() const override;
  std::int64_t steps_done() const { return done_; }

  /// A random stream whose position belongs to the checkpoint.
  void keep(std::string name, Random& random);
  /// A tensor that the loss changes itself, such as a running mean.
  void keep(std::string name, Tensor& state) { kept_.emplace_back(std::move(name), &state); }
  /// Parameters, optimizer state, tensors to keep, step count and stream positions as safetensors.
  std::vector<std::byte> checkpoint() const;
  /// Goes on from there. InputError when it belongs to another model or optimizer.
  void resume(std::span<const std::byte> checkpoint, std::string_view file_name = "checkpoint");

 private:
  NamedTensors tensors() const;
  [[noreturn]] void fail(double loss) const;

  tensor::Tape tape_;
  Optimizer& optimizer_;
  Loss loss_;
  TrainingOptions options_;
  Observer observer_;
  std::int64_t done_ = 0;
  std::vector<Tensor> gradients_;
  std::vector<std::pair<std::string, Random*>> streams_;
  NamedTensors kept_;
  std::vector<std::byte> last_checkpoint_;
};

}  // namespace reprise::nn
