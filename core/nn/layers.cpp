#include "nn/layers.h"

#include "base/error.h"

namespace reprise::nn {

Linear::Linear(const Device& device, std::string name, std::int64_t inputs, std::int64_t outputs,
               bool with_bias, const Initializer& initializer, Random& random)
    : weight{name + ".weight", draw(device, {outputs, inputs}, initializer, random)},
      bias{name + ".bias", {}} {
  if (!with_bias) return;
  bias.value = Tensor::zeros(device, {outputs}, initializer.type);
  if (initializer.scheme == Scheme::fan_in_uniform)
    bias.value = draw_bias(device, inputs, outputs, initializer, random);
}

void Linear::append_to(std::vector<Parameter*>& list) {
  list.push_back(&weight);
  if (bias.value) list.push_back(&bias);
}

Embedding::Embedding(const Device& device, std::string name, std::int64_t count, std::int64_t width,
                     const Initializer& initializer, Random& random)
    : table{name + ".weight", draw(device, {count, width}, initializer, random)} {}

Mlp::Mlp(const Device& device, const MlpOptions& options, Random random) {
  const std::size_t count = options.widths.size();
  if (count < 2) {
    throw InputError("an MLP needs at least two widths (inputs and outputs), not " + std::to_string(count));
  }
  if (!options.layer_scales.empty() && options.layer_scales.size() != count - 1) {
    throw InputError("an MLP of " + std::to_string(count - 1) + " layers was given " +
                     std::to_string(options.layer_scales.size()) + " layer scales");
  }
  for (std::size_t i = 0; i + 1 < count; ++i) {
    Initializer initializer = options.initializer;
    if (!options.layer_scales.empty()) initializer.scale *= options.layer_scales[i];
    layers_.emplace_back(device, "layers." + std::to_string(i), options.widths[i], options.widths[i + 1],
                         options.bias, initializer, random);
  }
}

Tensor Mlp::features(const Tensor& x) const {
  Tensor h = x;
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) h = layers_[i](h, Activation::relu);
  return h;
}

Tensor Mlp::operator()(const Tensor& x) const {
  return layers_.back()(features(x));
}

std::vector<Parameter*> Mlp::parameters() {
  std::vector<Parameter*> list;
  for (Linear& layer : layers_) layer.append_to(list);
  return list;
}

}  // namespace reprise::nn
