#include "labs/slingshot/network.h"

#include "tensor/ops.h"

#include <cstddef>

namespace reprise::slingshot {

using tensor::Activation;
using tensor::Tensor;

Network::Network(const tensor::Device& device, const NetworkShape& shape, Random random, tensor::DType type)
    : shape_(shape) {
  nn::Initializer uniform;
  uniform.type = type;
  first_ = {"layers.0.weight", nn::draw(device, {shape.width, shape.inputs}, uniform, random)};
  middle_ = {"layers.1.weight", nn::draw(device, {shape.width, shape.width}, uniform, random)};
  last_ = {"layers.2.weight", nn::draw(device, {shape.classes, shape.width}, uniform, random)};
  if (shape.pairs) first_.value = tensor::contiguous(tensor::transpose(first_.value));
}

Network::Output Network::operator()(const Batch& batch) const {
  const Tensor input = shape_.pairs ? tensor::relu(tensor::add(tensor::gather(first_.value, batch.first()),
                                                               tensor::gather(first_.value, batch.second())))
                                    : tensor::linear(batch.features(), first_.value, {}, Activation::relu);
  Output output;
  output.features = tensor::linear(input, middle_.value, {}, Activation::relu);
  output.logits = tensor::linear(output.features, last_.value);
  return output;
}

std::vector<Tensor> Network::weights() const {
  const Tensor first = tensor::detach(first_.value);
  return {shape_.pairs ? tensor::contiguous(tensor::transpose(first)) : first, tensor::detach(middle_.value),
          tensor::detach(last_.value)};
}

double accuracy(const Tensor& logits, std::span<const std::int32_t> labels) {
  const auto classes = static_cast<std::size_t>(logits.size(1));
  std::int64_t right = 0;
  tensor::with_real_type(logits.dtype(), [&](auto type) {
    const auto* row = logits.data<decltype(type)>();
    for (const std::int32_t label : labels) {
      std::size_t best = 0;
      for (std::size_t k = 1; k < classes; ++k) {
        if (row[k] > row[best]) best = k;
      }
      if (static_cast<std::int32_t>(best) == label) ++right;
      row += classes;
    }
  });
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace reprise::slingshot
