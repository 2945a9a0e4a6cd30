// Classifiers by name: fully connected and convolutional networks behind one interface.
//
//   auto model = make_classifier(cpu, {.architecture = Architecture::ResNet18, .widths = {3072, 10},
//                                      .image = {3, 32, 32}}, Random(seed, "init"));
//   Tensor logits = (*model)(x, Mode::Training);           // x [n, 3072]
#pragma once

#include "nn/convolutional.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace reprise::nn {

enum class Architecture : std::uint8_t {
  Mlp,  ///< linear layers with ReLU between them
  Cnn,  ///< conv 3×3 (8) – pool – conv 3×3 (16) – pool – linear (32) – linear, ReLU; 4 × 4 pixels or more
  ResNet18,  ///< He et al. 2016: four stages of two basic blocks. 8 × 8 pixels or more
  Wrn50,  ///< WideResNet-50-2 (Zagoruyko & Komodakis 2016): 3, 4, 6, 3 bottlenecks of twice the inner width
};
// Both residual networks in the form for small images: a stem of one 3 × 3 convolution with stride 1 and no
// pooling, where the form for ImageNet has 7 × 7 with stride 2 and a pooling, which would leave 2 × 2 of 32 ×
// 32 pixels for the last stage. The stride of a bottleneck is in its 3 × 3 convolution; shortcuts that change
// the shape are 1 × 1 convolutions. Weights U(±√(6/in)), of the variance that He et al. 2015 give.

/// Of the input; all 0: rows of numbers without a shape.
struct ImageSize {
  std::int64_t channels = 0, height = 0, width = 0;
};

struct ClassifierOptions {
  Architecture architecture = Architecture::Mlp;
  std::vector<std::int64_t> widths = {};  ///< inputs, hidden layers of Mlp, outputs
  ImageSize image = {};                   ///< of convolutional networks: inputs = channels × height × width
};

class Classifier {
 public:
  virtual ~Classifier() = default;
  /// What enters the last layer: [n, inputs] to [n, feature width].
  virtual Tensor features(const Tensor& x, Mode mode) = 0;
  Tensor operator()(const Tensor& x, Mode mode) { return last()(features(x, mode)); }
  /// Pointers into this model.
  virtual std::vector<Parameter*> parameters() = 0;
  /// Tensors that a checkpoint keeps beside the parameters: running statistics.
  virtual std::vector<std::pair<std::string, Tensor*>> state() { return {}; }

 protected:
  virtual const Linear& last() const = 0;
};

/// InputError when image and widths do not fit, or the image is too small for the architecture.
void check_classifier(const ClassifierOptions& options);
/// InputError as above.
std::unique_ptr<Classifier> make_classifier(const Device& device, const ClassifierOptions& options,
                                            Random random);

/// What a classifier costs, without building it. Numbers of one row.
struct ClassifierSize {
  double parameters = 0;
  double multiply_adds = 0;  ///< forward
  double first_layer = 0;    ///< of these; its input needs no gradient
  double patches = 0;        ///< numbers of a convolution's patches that are packed, forward
  double activations = 0;    ///< numbers that training keeps
  double layers = 0;         ///< with weights
  std::int64_t features = 0;
};
ClassifierSize size_of(const ClassifierOptions& options);

}  // namespace reprise::nn
