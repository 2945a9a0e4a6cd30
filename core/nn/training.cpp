#include "nn/training.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/safetensors.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace reprise::nn {
namespace {

std::string describe(std::int64_t step, double loss, const std::vector<LayerStatistics>& layers) {
  std::string text = "the loss is " + number_to_text(loss) + " at step " + std::to_string(step) + ";";
  for (const LayerStatistics& layer : layers) {
    text += " " + layer.name + ": norm " + number_to_text(layer.norm) + ", largest " +
            number_to_text(layer.largest) + ", not finite " + std::to_string(layer.not_finite) +
            ", gradient norm " + number_to_text(layer.gradient_norm) + ";";
  }
  text.pop_back();
  return text;
}

LayerStatistics statistics_of(const std::string& name, const Tensor& value) {
  LayerStatistics result;
  result.name = name;
  double square = 0;
  tensor::with_real_type(value.dtype(), [&](auto type) {
    for (const auto element : value.values<decltype(type)>()) {
      const auto x = static_cast<double>(element);
      square += x * x;
      if (std::isfinite(x)) {
        result.largest = std::max(result.largest, std::abs(x));
      } else {
        ++result.not_finite;
      }
    }
  });
  result.norm = std::sqrt(square);
  return result;
}

std::int64_t integer_in(const Metadata& metadata, const std::string& key, std::string_view file_name) {
  const auto found = metadata.find(key);
  const auto value = found == metadata.end() ? std::nullopt : parse_integer(found->second);
  if (!value || *value < 0) {
    throw InputError(std::string(file_name) + ": metadata '" + key + "' is missing or no integer >= 0");
  }
  return *value;
}

}  // namespace

NonFiniteLoss::NonFiniteLoss(std::int64_t at_step, double loss_value, std::vector<LayerStatistics> statistics,
                             std::vector<std::byte> last_checkpoint)
    : std::runtime_error(describe(at_step, loss_value, statistics)),
      step(at_step),
      loss(loss_value),
      layers(std::move(statistics)),
      checkpoint(std::move(last_checkpoint)) {}

Training::Training(Device device, Optimizer& optimizer, Loss loss, TrainingOptions options, Observer observer)
    : tape_(std::move(device)),
      optimizer_(optimizer),
      loss_(std::move(loss)),
      options_(std::move(options)),
      observer_(std::move(observer)) {
  for (Parameter* parameter : optimizer_.parameters()) tape_.watch(parameter->value);
}

bool Training::step() {
  if (done_ >= options_.steps) return true;
  {
    const Tensor loss = loss_(done_);
    const double value = loss.item();
    if (!std::isfinite(value)) {
      tape_.clear();
      fail(value);
    }
    tape_.backward(loss);
    collect_gradients(tape_, optimizer_.parameters(), gradients_);
    if (observer_) observer_({done_, value, gradients_});
  }
  if (options_.clip_norm > 0) clip_global_norm(gradients_, options_.clip_norm);
  optimizer_.step(gradients_, options_.rate.at(done_));
  ++done_;
  if (options_.checkpoint_every > 0 && done_ % options_.checkpoint_every == 0)
    last_checkpoint_ = checkpoint();
  return done_ >= options_.steps;
}

double Training::progress() const {
  return options_.steps > 0 ? static_cast<double>(done_) / static_cast<double>(options_.steps) : 1;
}

void Training::keep(std::string name, Random& random) {
  streams_.emplace_back(std::move(name), &random);
}

NamedTensors Training::tensors() const {
  NamedTensors list;
  for (Parameter* parameter : optimizer_.parameters()) list.emplace_back(parameter->name, &parameter->value);
  for (auto& [name, value] : optimizer_.state()) list.emplace_back(name, value);
  list.insert(list.end(), kept_.begin(), kept_.end());
  return list;
}

std::vector<std::byte> Training::checkpoint() const {
  Metadata metadata{{"step", std::to_string(done_)}, {"updates", std::to_string(optimizer_.steps())}};
  for (const auto& [name, random] : streams_) {
    metadata["random." + name + ".block"] = std::to_string(random->position().block);
    metadata["random." + name + ".word"] = std::to_string(random->position().word);
  }
  return write_checkpoint(tensors(), metadata);
}

void Training::resume(std::span<const std::byte> checkpoint, std::string_view file_name) {
  const Metadata metadata = Safetensors::parse(checkpoint, file_name).metadata();
  const auto number = [&](const std::string& key) { return integer_in(metadata, key, file_name); };
  std::vector<Random::Position> positions;
  for (const auto& stream : streams_) {
    positions.push_back({static_cast<std::uint64_t>(number("random." + stream.first + ".block")),
                         static_cast<std::uint32_t>(number("random." + stream.first + ".word"))});
  }
  const std::int64_t done = number("step");
  const std::int64_t updates = number("updates");
  read_checkpoint(checkpoint, tensors(), file_name);
  for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i].second->seek(positions[i]);
  done_ = done;
  optimizer_.set_steps(updates);
  tape_.clear();
  last_checkpoint_.assign(checkpoint.begin(), checkpoint.end());
}

void Training::fail(double loss) const {
  std::vector<LayerStatistics> layers;
  for (std::size_t i = 0; i < optimizer_.parameters().size(); ++i) {
    const Parameter& parameter = *optimizer_.parameters()[i];
    layers.push_back(statistics_of(parameter.name, parameter.value));
    if (i < gradients_.size() && gradients_[i])
      layers.back().gradient_norm = global_norm(std::span(&gradients_[i], 1));
  }
  throw NonFiniteLoss(done_, loss, std::move(layers), last_checkpoint_);
}

}  // namespace reprise::nn
