#include "nn/convolutional.h"

namespace reprise::nn {

Conv2d::Conv2d(const Device& device, std::string name, std::int64_t inputs, std::int64_t outputs,
               std::int64_t kernel, tensor::Convolution shape, bool with_bias, const Initializer& initializer,
               Random& random)
    : weight{name + ".weight", draw(device, {outputs, inputs, kernel, kernel}, initializer, random)},
      bias{name + ".bias", {}},
      shape_(shape) {
  if (with_bias) bias.value = draw_bias(device, inputs * kernel * kernel, outputs, initializer, random);
}

void Conv2d::append_to(std::vector<Parameter*>& list) {
  list.push_back(&weight);
  if (bias.value) list.push_back(&bias);
}

BatchNorm2d::BatchNorm2d(const Device& device, const std::string& name, std::int64_t channels)
    : weight{name + ".weight", Tensor::full(device, {channels}, 1)},
      bias{name + ".bias", Tensor::zeros(device, {channels})},
      running_mean{name + ".running_mean", Tensor::zeros(device, {channels})},
      running_variance{name + ".running_var", Tensor::full(device, {channels}, 1)} {}

Tensor BatchNorm2d::operator()(const Tensor& x, Mode mode) {
  const std::int64_t channels = weight.value.shape()[0];
  if (mode == Mode::Evaluation) {
    const auto of_channel = [&](const Tensor& value) { return reshape(value, {channels, 1, 1}); };
    const Tensor factor =
        multiply(weight.value, reciprocal(sqrt(tensor::shift(running_variance.value, epsilon))));
    const Tensor start = subtract(bias.value, multiply(running_mean.value, factor));
    return add(multiply(x, of_channel(factor)), of_channel(start));
  }
  tensor::ChannelMoments moments;
  Tensor out = tensor::batch_norm(x, weight.value, bias.value, epsilon, &moments);
  const std::int64_t count = x.elements() / channels;
  const double unbiased = count > 1 ? static_cast<double>(count) / static_cast<double>(count - 1) : 1;
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto follow = [c](Tensor& running, double now) {
      float& value = running.data<float>()[c];
      value = static_cast<float>((1 - momentum) * static_cast<double>(value) + momentum * now);
    };
    follow(running_mean.value, static_cast<double>(moments.mean.data<float>()[c]));
    follow(running_variance.value, unbiased * static_cast<double>(moments.variance.data<float>()[c]));
  }
  return out;
}

void BatchNorm2d::append_to(std::vector<Parameter*>& list) {
  list.push_back(&weight);
  list.push_back(&bias);
}

void BatchNorm2d::append_state_to(std::vector<std::pair<std::string, Tensor*>>& list) {
  for (Parameter* state : {&running_mean, &running_variance}) list.emplace_back(state->name, &state->value);
}

}  // namespace reprise::nn
