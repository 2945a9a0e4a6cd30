// Layers of networks that look at images [n, channels, height, width].
#pragma once

#include "nn/layers.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace reprise::nn {

/// activation(x ∗ weight + bias): weight [out, in, kernel, kernel], bias [out] or none.
class Conv2d {
 public:
  /// Draws the weight, then the bias, if there is one: U(±1/√(in·kernel²)).
  Conv2d(const Device& device, std::string name, std::int64_t inputs, std::int64_t outputs,
         std::int64_t kernel, tensor::Convolution shape, bool with_bias, const Initializer& initializer,
         Random& random);
  Tensor operator()(const Tensor& x, Activation activation = Activation::none) const {
    return tensor::conv2d(x, weight.value, bias.value, shape_, activation);
  }
  void append_to(std::vector<Parameter*>& list);

  Parameter weight;
  Parameter bias;  // empty value: none

 private:
  tensor::Convolution shape_;
};

/// Where batch normalisation takes mean and variance from.
enum class Mode : std::uint8_t {
  Training,    ///< the batch; the running ones follow it
  Evaluation,  ///< the running ones
};

/// Each channel with mean 0 and deviation 1, times weight, plus bias (Ioffe & Szegedy 2015). Running mean and
/// variance (with n − 1) move by a tenth of the way at each batch, as in PyTorch.
class BatchNorm2d {
 public:
  BatchNorm2d(const Device& device, const std::string& name, std::int64_t channels);
  Tensor operator()(const Tensor& x, Mode mode);
  void append_to(std::vector<Parameter*>& list);
  /// Tensors that a checkpoint keeps beside the parameters.
  void append_state_to(std::vector<std::pair<std::string, Tensor*>>& list);

  Parameter weight, bias;
  Parameter running_mean, running_variance;  // not trained

  static constexpr double epsilon = 1e-5, momentum = 0.1;
};

}  // namespace reprise::nn
