// The network of the experiments: inputs → H → H → K with ReLU and without biases. Two one-hot inputs are a
// look-up of two rows of the first layer.
#pragma once

#include "base/random.h"
#include "labs/slingshot/examples.h"
#include "nn/layers.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::slingshot {

struct NetworkShape {
  std::int64_t inputs = 0;
  std::int64_t width = 0;
  std::int64_t classes = 0;
  bool pairs = false;  ///< inputs are two one-hots
};

class Network {
 public:
  /// Weights U(−1/√inputs, 1/√inputs) of each layer, drawn one layer after the other in the order [out, in].
  Network(const tensor::Device& device, const NetworkShape& shape, Random random,
          tensor::DType type = tensor::DType::float32);

  struct Output {
    tensor::Tensor features;  ///< [rows, width]: what enters the last layer
    tensor::Tensor logits;    ///< [rows, classes]
  };
  Output operator()(const Batch& batch) const;

  /// Pointers into this network: it must stay where it is while they are used. The first one is [inputs,
  /// width] when inputs are pairs (a table of rows), else [width, inputs].
  std::vector<nn::Parameter*> parameters() { return {&first_, &middle_, &last_}; }
  /// The three weights as [out, in].
  std::vector<tensor::Tensor> weights() const;
  /// The last layer's weight [classes, width].
  const tensor::Tensor& classifier() const { return last_.value; }
  const NetworkShape& shape() const { return shape_; }

 private:
  NetworkShape shape_;
  nn::Parameter first_, middle_, last_;
};

/// Share of the rows whose largest logit (the first one of equals) is that of their label.
double accuracy(const tensor::Tensor& logits, std::span<const std::int32_t> labels);

}  // namespace reprise::slingshot
