// Classifiers: training on cross-entropy or another loss, and their logits as doubles. Trained on the
// portable level, so the bits are the same everywhere. By Adam; residual networks by gradient descent with
// momentum 0.9, weight decay 1e-4 and half the rate every 25 epochs.
//
//   NetworkTraining training({.widths = {2, 16, 16, 2}, .epochs = 40}, x, labels, seeds);
//   while (!training.step()) {}
//   std::vector<double> z = training.logits(x_test);           // [n × 2]
#pragma once

#include "base/random.h"
#include "nn/classifiers.h"
#include "nn/optimizers.h"
#include "nn/training.h"
#include "study/cost.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace reprise::classify {

struct NetworkOptions {
  std::vector<std::int64_t> widths;  ///< inputs, hidden layers (ReLU), classes
  std::int64_t epochs = 40;          ///< 0: the initial weights
  std::int64_t batch = 64;
  double learning_rate = 0.01;
  nn::Architecture architecture = nn::Architecture::Mlp;  ///< others: widths are inputs and classes
  nn::ImageSize image = {};                               ///< of the others
  nn::ClassifierSize size() const { return nn::size_of({architecture, widths, image}); }
};

/// What is random in a training: initial weights, and the order of the rows in each epoch.
struct NetworkStreams {
  std::function<Random()> weights;
  std::function<Random(std::uint64_t epoch)> order;
};

/// Adds the work of training and of `evaluated` forward rows to a cost.
void add_training_cost(const NetworkOptions& options, double rows, double evaluated, StageCost& cost);
/// The rate of every mini-batch: constant for Adam; for residual networks half of it every 25 epochs.
nn::Schedule learning_rate(const NetworkOptions& options, std::int64_t batches_an_epoch);
/// Memory of a training step: layers, weights, gradients, the optimizer's state.
double training_bytes(const NetworkOptions& options);

/// Changes the inputs of an epoch: gets the rows [n × d] as given, returns what the network sees.
using EpochInputs = std::function<std::vector<float>(std::uint64_t epoch)>;

/// A network while it is trained: rows of inputs to logits.
struct ModelInTraining {
  nn::Classifier& network;
  tensor::Tensor operator()(const tensor::Tensor& x) const { return network(x, nn::Mode::Training); }
};

class NetworkTraining : public Stepper {
 public:
  using Loss = std::function<tensor::Tensor(const ModelInTraining& model, const tensor::Tensor& inputs,
                                            std::span<const std::int32_t> rows, std::int64_t epoch)>;
  /// `x`: row-major [n × widths.front()]. Cross-entropy of `labels` unless another loss is given.
  /// InputError when the inputs are no images that the architecture takes.
  NetworkTraining(const NetworkOptions& options, std::span<const double> x,
                  std::span<const std::int32_t> labels, const NetworkStreams& streams, Loss loss = {},
                  EpochInputs inputs = {});
  ~NetworkTraining() override;

  /// A few milliseconds of mini-batches, one at least (every row once an epoch, the last batch may be
  /// smaller); true when all epochs are done. NonFiniteLoss.
  bool step() override;
  double progress() const override;

  /// Outputs of the last layer for rows of inputs, row-major.
  std::vector<double> logits(std::span<const double> x) const;
  /// What enters the last layer.
  std::vector<double> features(std::span<const double> x) const;
  const NetworkOptions& options() const { return options_; }

 private:
  tensor::Tensor loss_of(std::int64_t step);
  void begin_epoch(std::int64_t epoch);

  NetworkOptions options_;
  NetworkStreams streams_;
  Loss loss_;
  EpochInputs epoch_inputs_;
  tensor::Device device_;
  tensor::Tensor inputs_, labels_;
  std::int64_t rows_;
  std::int64_t batches_;         // an epoch
  std::int64_t batches_a_step_;  // some milliseconds
  std::vector<std::int32_t> order_;
  std::int64_t epoch_ = -1;
  std::unique_ptr<nn::Classifier> model_;
  std::unique_ptr<nn::Optimizer> optimizer_;
  std::unique_ptr<nn::Training> training_;
};

/// What a trained network says of many rows, a few milliseconds of them a step.
class NetworkOutputs : public Stepper {
 public:
  enum class Layer : std::uint8_t { Logits, Features };
  /// `network` and `x` have to outlive it.
  NetworkOutputs(const NetworkTraining& network, std::span<const double> x, Layer layer);
  bool step() override;
  double progress() const override;
  std::vector<double> take() { return std::move(values_); }

 private:
  const NetworkTraining& network_;
  std::span<const double> x_;
  Layer layer_;
  std::size_t numbers_a_step_;
  std::size_t done_ = 0;
  std::vector<double> values_;
};

}  // namespace reprise::classify
