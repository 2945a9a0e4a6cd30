#include "nn/classifiers.h"

#include "base/error.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace reprise::nn {
namespace {

class MlpClassifier final : public Classifier {
 public:
  MlpClassifier(const Device& device, const ClassifierOptions& options, Random random)
      : mlp_(device, {options.widths, true, {}, {}}, std::move(random)) {}
  Tensor features(const Tensor& x, Mode) override { return mlp_.features(x); }
  std::vector<Parameter*> parameters() override { return mlp_.parameters(); }

 private:
  const Linear& last() const override { return mlp_.layers().back(); }
  Mlp mlp_;
};

Tensor as_images(const Tensor& x, const ImageSize& image) {
  return reshape(x, {x.shape()[0], image.channels, image.height, image.width});
}

constexpr std::int64_t cnn_channels[] = {8, 16};
constexpr std::int64_t cnn_features = 32;

class Cnn final : public Classifier {
 public:
  Cnn(const Device& device, const ClassifierOptions& options, Random random)
      : image_(options.image),
        first_(device, "conv.0", image_.channels, cnn_channels[0], 3, {1, 1}, true, {}, random),
        second_(device, "conv.1", cnn_channels[0], cnn_channels[1], 3, {1, 1}, true, {}, random),
        dense_(device, "dense", cnn_channels[1] * (image_.height / 4) * (image_.width / 4), cnn_features,
               true, {}, random),
        last_(device, "last", cnn_features, options.widths.back(), true, {}, random) {}

  Tensor features(const Tensor& x, Mode) override {
    Tensor h = max_pool2d(first_(as_images(x, image_), Activation::relu));
    h = max_pool2d(second_(h, Activation::relu));
    return dense_(reshape(h, {h.shape()[0], dense_.weight.value.shape()[1]}), Activation::relu);
  }
  std::vector<Parameter*> parameters() override {
    std::vector<Parameter*> list;
    first_.append_to(list);
    second_.append_to(list);
    dense_.append_to(list);
    last_.append_to(list);
    return list;
  }

 private:
  const Linear& last() const override { return last_; }
  ImageSize image_;
  Conv2d first_, second_;
  Linear dense_, last_;
};

/// A convolution without bias, and what normalises it.
struct Layer {
  std::string name;
  std::int64_t inputs, outputs, kernel, stride;
};
struct BlockPlan {
  std::vector<Layer> layers;
  std::optional<Layer> shortcut;
};
/// A residual network layer by layer.
struct ResNetPlan {
  explicit ResNetPlan(const ClassifierOptions& options) : stem{"stem", options.image.channels, 64, 3, 1} {
    const bool wide = options.architecture == Architecture::Wrn50;
    const std::int64_t blocks_of_stage[] = {wide ? 3 : 2, wide ? 4 : 2, wide ? 6 : 2, wide ? 3 : 2};
    std::int64_t inputs = stem.outputs;
    for (std::int64_t stage = 0; stage < 4; ++stage) {
      const std::int64_t width = std::int64_t{64} << stage;
      for (std::int64_t i = 0; i < blocks_of_stage[stage]; ++i) {
        const std::string name = "stage." + std::to_string(stage) + ".block." + std::to_string(i) + ".";
        const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1, outputs = wide ? 4 * width : width;
        BlockPlan block;
        if (wide) {
          block.layers = {{name + "0", inputs, 2 * width, 1, 1},
                          {name + "1", 2 * width, 2 * width, 3, stride},
                          {name + "2", 2 * width, outputs, 1, 1}};
        } else {
          block.layers = {{name + "0", inputs, width, 3, stride}, {name + "1", width, width, 3, 1}};
        }
        if (stride != 1 || inputs != outputs)
          block.shortcut = Layer{name + "shortcut", inputs, outputs, 1, stride};
        blocks.push_back(std::move(block));
        inputs = outputs;
      }
    }
    features = inputs;
  }
  Layer stem;
  std::vector<BlockPlan> blocks;
  std::int64_t features;
};

struct Unit {
  Unit(const Device& device, const Layer& layer, Random& random)
      : convolution(device, layer.name + ".conv", layer.inputs, layer.outputs, layer.kernel,
                    {layer.stride, layer.kernel / 2}, false, {Scheme::kaiming_uniform, 1, {}}, random),
        normalisation(device, layer.name + ".norm", layer.outputs) {}
  Tensor operator()(const Tensor& x, Mode mode) { return normalisation(convolution(x), mode); }
  Conv2d convolution;
  BatchNorm2d normalisation;
};

class ResNet final : public Classifier {
 public:
  ResNet(const Device& device, const ClassifierOptions& options, Random random)
      : ResNet(device, options, ResNetPlan(options), random) {}

  Tensor features(const Tensor& x, Mode mode) override {
    Tensor h = relu(units_.front()(as_images(x, image_), mode));
    for (const Block& block : blocks_) {
      Tensor branch = h;
      for (std::size_t i = block.begin; i < block.end; ++i) {
        branch = units_[i](branch, mode);
        if (i + 1 < block.end) branch = relu(branch);
      }
      h = relu(add(branch, block.has_shortcut ? units_[block.end](h, mode) : h));
    }
    return mean(h, {2, 3});
  }
  std::vector<Parameter*> parameters() override {
    std::vector<Parameter*> list;
    for (Unit& unit : units_) {
      unit.convolution.append_to(list);
      unit.normalisation.append_to(list);
    }
    last_.append_to(list);
    return list;
  }
  std::vector<std::pair<std::string, Tensor*>> state() override {
    std::vector<std::pair<std::string, Tensor*>> list;
    for (Unit& unit : units_) unit.normalisation.append_state_to(list);
    return list;
  }

 private:
  struct Block {
    std::size_t begin, end;  // of its units; the shortcut, if there is one, stands behind them
    bool has_shortcut;
  };

  ResNet(const Device& device, const ClassifierOptions& options, const ResNetPlan& plan, Random& random)
      : image_(options.image),
        units_(units_of(device, plan, random)),
        blocks_(blocks_of(plan)),
        last_(device, "last", plan.features, options.widths.back(), true, {}, random) {}

  static std::vector<Unit> units_of(const Device& device, const ResNetPlan& plan, Random& random) {
    std::vector<Unit> units;
    units.emplace_back(device, plan.stem, random);
    for (const BlockPlan& block : plan.blocks) {
      for (const Layer& layer : block.layers) units.emplace_back(device, layer, random);
      if (block.shortcut) units.emplace_back(device, *block.shortcut, random);
    }
    return units;
  }
  static std::vector<Block> blocks_of(const ResNetPlan& plan) {
    std::vector<Block> blocks;
    std::size_t next = 1;
    for (const BlockPlan& block : plan.blocks) {
      const std::size_t begin = next, end = begin + block.layers.size();
      blocks.push_back({begin, end, block.shortcut.has_value()});
      next = end + (block.shortcut ? 1 : 0);
    }
    return blocks;
  }
  const Linear& last() const override { return last_; }

  ImageSize image_;
  std::vector<Unit> units_;
  std::vector<Block> blocks_;
  Linear last_;
};

/// Adds up layers.
class Sizes {
 public:
  ClassifierSize size;

  /// Returns the image behind it. `kept`: arrays of its outputs that training keeps.
  ImageSize convolve(ImageSize from, const Layer& layer, bool normalised, double kept) {
    const auto area = [](const ImageSize& image) {
      return static_cast<double>(image.channels * image.height * image.width);
    };
    const std::int64_t padding = layer.kernel / 2;
    const ImageSize to{layer.outputs, (from.height + 2 * padding - layer.kernel) / layer.stride + 1,
                       (from.width + 2 * padding - layer.kernel) / layer.stride + 1};
    const auto patch = static_cast<double>(layer.inputs * layer.kernel * layer.kernel);
    const auto positions = static_cast<double>(to.height * to.width);
    const auto outputs = static_cast<double>(layer.outputs);
    weigh(patch * outputs + (normalised ? 2 : 1) * outputs, patch * outputs * positions);
    size.patches += patch * positions;
    size.activations += kept * area(to);
    return to;
  }
  void connect(std::int64_t inputs, std::int64_t outputs) {
    const double weights = static_cast<double>(inputs) * static_cast<double>(outputs);
    weigh(weights + static_cast<double>(outputs), weights);
    size.activations += static_cast<double>(outputs);
  }

 private:
  void weigh(double parameters, double multiply_adds) {
    if (size.layers == 0) size.first_layer = multiply_adds;
    size.parameters += parameters;
    size.multiply_adds += multiply_adds;
    size.layers += 1;
  }
};

std::string_view name_of(Architecture architecture) {
  constexpr std::string_view names[] = {"mlp", "cnn", "resnet18", "wrn50"};
  return names[static_cast<std::size_t>(architecture)];
}

/// Least height and width of its images; 0: it takes any row of numbers.
std::int64_t least_side(Architecture architecture) {
  return architecture == Architecture::Mlp ? 0 : architecture == Architecture::Cnn ? 4 : 8;
}

}  // namespace

void check_classifier(const ClassifierOptions& options) {
  const std::int64_t side = least_side(options.architecture);
  if (side == 0) return;
  const ImageSize& image = options.image;
  const std::string name(name_of(options.architecture));
  if (image.channels * image.height * image.width == 0)
    throw InputError(name + " needs images with channels, height and width; rows of numbers have none");
  if (options.widths.size() < 2 || options.widths.front() != image.channels * image.height * image.width)
    throw std::logic_error("a convolutional network takes as many numbers as its images have");
  if (std::min(image.height, image.width) < side)
    throw InputError(name + ": images of " + std::to_string(image.height) + " × " +
                     std::to_string(image.width) + " pixels; allowed are " + std::to_string(side) + " × " +
                     std::to_string(side) + " and more");
}

std::unique_ptr<Classifier> make_classifier(const Device& device, const ClassifierOptions& options,
                                            Random random) {
  check_classifier(options);
  if (options.architecture == Architecture::Mlp)
    return std::make_unique<MlpClassifier>(device, options, std::move(random));
  if (options.architecture == Architecture::Cnn)
    return std::make_unique<Cnn>(device, options, std::move(random));
  return std::make_unique<ResNet>(device, options, std::move(random));
}

ClassifierSize size_of(const ClassifierOptions& options) {
  Sizes sizes;
  ClassifierSize& size = sizes.size;
  if (options.architecture == Architecture::Mlp) {
    for (std::size_t i = 0; i + 1 < options.widths.size(); ++i)
      sizes.connect(options.widths[i], options.widths[i + 1]);
    size.features = options.widths[options.widths.size() - 2];
    return size;
  }
  if (options.architecture == Architecture::Cnn) {
    ImageSize image = options.image;
    for (const std::int64_t channels : cnn_channels) {
      image = sizes.convolve(image, {"", image.channels, channels, 3, 1}, false, 1.5);
      image.height /= 2;
      image.width /= 2;
    }
    sizes.connect(image.channels * image.height * image.width, cnn_features);
    size.features = cnn_features;
  } else {
    const ResNetPlan plan(options);
    ImageSize image = sizes.convolve(options.image, plan.stem, true, 3);
    for (const BlockPlan& block : plan.blocks) {
      const ImageSize before = image;
      for (const Layer& layer : block.layers) image = sizes.convolve(image, layer, true, 3);
      if (block.shortcut) sizes.convolve(before, *block.shortcut, true, 2);
    }
    size.features = plan.features;
  }
  sizes.connect(size.features, options.widths.back());
  return size;
}

}  // namespace reprise::nn
