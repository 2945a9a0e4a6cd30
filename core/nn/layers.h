// Layers: parameters with names, and a call that is made of tensor operations.
//
//   Device cpu = Device::cpu();
//   Mlp model(cpu, {.widths = {2, 32, 32, 2}}, Random(seed, "init"));
//   Tensor logits = model(inputs);             // inputs [n, 2]
#pragma once

#include "base/random.h"
#include "nn/initializers.h"
#include "tensor/ops.h"

#include <string>
#include <vector>

namespace reprise::nn {

using tensor::Activation;
using tensor::Device;
using tensor::Shape;
using tensor::Tensor;

/// A tensor that training changes. Names are those of a checkpoint: "layers.0.weight".
struct Parameter {
  std::string name;
  Tensor value;
};

/// activation(x·weightᵀ + bias): weight [out, in], bias [out] or none.
class Linear {
 public:
  /// Draws the weight; the bias, if there is one, is drawn after it for Scheme::fan_in_uniform, else zero.
  Linear(const Device& device, std::string name, std::int64_t inputs, std::int64_t outputs, bool with_bias,
         const Initializer& initializer, Random& random);

  Tensor operator()(const Tensor& x, Activation activation = Activation::none) const {
    return tensor::linear(x, weight.value, bias.value, activation);
  }
  void append_to(std::vector<Parameter*>& list);

  Parameter weight;
  Parameter bias;  // empty value: none
};

/// Rows of a table [count, width] by index.
class Embedding {
 public:
  Embedding(const Device& device, std::string name, std::int64_t count, std::int64_t width,
            const Initializer& initializer, Random& random);
  Tensor operator()(const Tensor& indices) const { return tensor::gather(table.value, indices); }
  void append_to(std::vector<Parameter*>& list) { list.push_back(&table); }

  Parameter table;
};

struct MlpOptions {
  std::vector<std::int64_t> widths = {};  // inputs, hidden layers, outputs
  bool bias = true;
  Initializer initializer = {};
  std::vector<double> layer_scales = {};  // each layer's initial weight times this; empty: 1
};

/// Linear layers with ReLU between them.
class Mlp {
 public:
  /// InputError when there are fewer than two widths, or another number of scales than of layers.
  Mlp(const Device& device, const MlpOptions& options, Random random);
  Tensor operator()(const Tensor& x) const;  ///< [n, inputs] to [n, outputs]
  /// What enters the last layer: [n, last hidden width].
  Tensor features(const Tensor& x) const;
  /// Pointers into this model: it must stay where it is while they are used.
  std::vector<Parameter*> parameters();
  std::vector<Linear>& layers() { return layers_; }
  const std::vector<Linear>& layers() const { return layers_; }

 private:
  std::vector<Linear> layers_;
};

}  // namespace reprise::nn
