#include "classify/network.h"

#include "base/error.h"
#include "tensor/ops.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace reprise::classify {

using tensor::Tensor;

namespace {

constexpr std::int64_t most_batches_a_step = 16;
constexpr double flops_a_step = 5e7;
constexpr std::int64_t evaluated_rows = 8192;  // at once
constexpr double evaluated_numbers = 8e6;      // of a convolutional network's layers, at once
constexpr std::int64_t epochs_of_a_rate = 25;  // of a residual network: then half of it
constexpr nn::SgdOptions momentum_and_decay = {0.9, 1e-4, 0};

bool is_residual(nn::Architecture architecture) {
  return architecture == nn::Architecture::ResNet18 || architecture == nn::Architecture::Wrn50;
}

std::unique_ptr<nn::Optimizer> optimizer_of(const NetworkOptions& options, nn::Classifier& model) {
  if (is_residual(options.architecture))
    return std::make_unique<nn::Sgd>(model.parameters(), momentum_and_decay);
  return std::make_unique<nn::Adam>(model.parameters());
}

/// Rows whose layers fit the memory.
std::int64_t rows_at_once(const NetworkOptions& options) {
  if (options.architecture == nn::Architecture::Mlp) return evaluated_rows;
  return std::clamp(static_cast<std::int64_t>(evaluated_numbers / options.size().activations),
                    std::int64_t{1}, evaluated_rows);
}

/// Multiply-adds that a row costs forward.
double work_of(const NetworkOptions& options) {
  const nn::ClassifierSize size = options.size();
  return options.architecture == nn::Architecture::Mlp ? size.parameters : size.multiply_adds;
}

std::vector<float> as_floats(std::span<const double> values) {
  std::vector<float> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(),
                 [](double v) { return static_cast<float>(v); });
  return result;
}

// Rows through `layers`, in blocks that fit the cache.
template <class Layers>
std::vector<double> evaluate(const tensor::Device& device, std::span<const double> x,
                             const NetworkOptions& options, const Layers& layers) {
  const std::int64_t width = options.widths.front(), at_once = rows_at_once(options);
  const auto rows = static_cast<std::int64_t>(x.size()) / width;
  std::vector<double> result;
  for (std::int64_t begin = 0; begin < rows; begin += at_once) {
    const std::int64_t count = std::min(at_once, rows - begin);
    const auto part =
        x.subspan(static_cast<std::size_t>(begin * width), static_cast<std::size_t>(count * width));
    const Tensor out = layers(Tensor::from<float>(device, as_floats(part), {count, width}));
    for (const float value : out.template values<float>()) result.push_back(static_cast<double>(value));
  }
  return result;
}

}  // namespace

void add_training_cost(const NetworkOptions& options, double rows, double evaluated, StageCost& cost) {
  const nn::ClassifierSize size = options.size();
  const double epochs = static_cast<double>(options.epochs);
  const double steps = epochs * std::max(1.0, rows / static_cast<double>(options.batch));
  double units = size.activations;
  if (options.architecture == nn::Architecture::Mlp) {
    units = 0;
    for (const std::int64_t width : options.widths) units += static_cast<double>(width);
  }
  // Forward, and twice backward; nobody asks for the gradient of the inputs.
  cost.gemm_flops +=
      (6 * size.multiply_adds - 2 * size.first_layer) * rows * epochs + 2 * size.multiply_adds * evaluated;
  // Noting, walking back and updating cost a step about two microseconds an operation, whatever its size.
  cost.vector_ops += steps * (15000 + 15000 * size.layers + 12 * size.parameters) + epochs * rows * 8 * units;
  // Patches are packed for each of the three products.
  cost.vector_ops += (3 * epochs * rows + evaluated) * size.patches;
  cost.special_ops += epochs * rows * static_cast<double>(options.widths.back());
}

nn::Schedule learning_rate(const NetworkOptions& options, std::int64_t batches_an_epoch) {
  nn::Schedule rate = nn::Schedule::constant(options.learning_rate);
  if (!is_residual(options.architecture)) return rate;
  rate.decay = nn::Schedule::Decay::stairs;
  rate.factor = 0.5;
  for (std::int64_t epoch = epochs_of_a_rate; epoch < options.epochs; epoch += epochs_of_a_rate)
    rate.milestones.push_back(epoch * batches_an_epoch);
  return rate;
}

double training_bytes(const NetworkOptions& options) {
  const nn::ClassifierSize size = options.size();
  return 4 * (6 * size.parameters + 1.5 * size.activations * static_cast<double>(options.batch));
}

NetworkTraining::NetworkTraining(const NetworkOptions& options, std::span<const double> x,
                                 std::span<const std::int32_t> labels, const NetworkStreams& streams,
                                 Loss loss, EpochInputs inputs)
    : options_(options),
      streams_(streams),
      loss_(std::move(loss)),
      epoch_inputs_(std::move(inputs)),
      device_(tensor::Device::cpu(tensor::NumericLevel::portable)),
      rows_(static_cast<std::int64_t>(labels.size())),
      batches_((rows_ + options.batch - 1) / options.batch),
      batches_a_step_(
          std::clamp(static_cast<std::int64_t>(flops_a_step /
                                               (6 * work_of(options) * static_cast<double>(options.batch))),
                     std::int64_t{1}, most_batches_a_step)) {
  if (rows_ == 0) throw InputError("a network needs at least one row to be trained on");
  inputs_ = Tensor::from<float>(device_, as_floats(x), {rows_, options.widths.front()});
  labels_ = Tensor::from<std::int32_t>(device_, labels, {rows_});
  model_ =
      nn::make_classifier(device_, {options.architecture, options.widths, options.image}, streams.weights());
  optimizer_ = optimizer_of(options, *model_);
  nn::TrainingOptions training;
  training.steps = options.epochs * batches_;
  training.rate = learning_rate(options, batches_);
  training_ = std::make_unique<nn::Training>(
      device_, *optimizer_, [this](std::int64_t step) { return loss_of(step); }, training);
  for (auto& [name, value] : model_->state()) training_->keep(name, *value);
}

NetworkTraining::~NetworkTraining() = default;

void NetworkTraining::begin_epoch(std::int64_t epoch) {
  epoch_ = epoch;
  order_.resize(static_cast<std::size_t>(rows_));
  std::iota(order_.begin(), order_.end(), 0);
  Random random = streams_.order(static_cast<std::uint64_t>(epoch));
  for (std::size_t i = order_.size(); i > 1; --i)
    std::swap(order_[i - 1], order_[static_cast<std::size_t>(random.below(i))]);
  if (epoch_inputs_) {
    inputs_ = Tensor::from<float>(device_, epoch_inputs_(static_cast<std::uint64_t>(epoch)),
                                  {rows_, options_.widths.front()});
  }
}

Tensor NetworkTraining::loss_of(std::int64_t step) {
  const std::int64_t epoch = step / batches_;
  if (epoch != epoch_) begin_epoch(epoch);
  const std::int64_t begin = step % batches_ * options_.batch;
  const std::int64_t count = std::min(options_.batch, rows_ - begin);
  const std::span<const std::int32_t> rows = std::span<const std::int32_t>(order_).subspan(
      static_cast<std::size_t>(begin), static_cast<std::size_t>(count));
  const Tensor index = Tensor::from<std::int32_t>(device_, rows, {count});
  const Tensor x = tensor::gather(inputs_, index);
  const ModelInTraining model{*model_};
  if (loss_) return loss_(model, x, rows, epoch);
  return tensor::cross_entropy(model(x), tensor::gather(labels_, index));
}

bool NetworkTraining::step() {
  if (training_ == nullptr) return true;
  for (std::int64_t i = 0; i < batches_a_step_; ++i) {
    if (!training_->step()) continue;
    training_.reset();  // its tape must not note what evaluation does
    return true;
  }
  return false;
}

double NetworkTraining::progress() const {
  return training_ == nullptr ? 1 : training_->progress();
}

std::vector<double> NetworkTraining::logits(std::span<const double> x) const {
  return evaluate(device_, x, options_,
                  [this](const Tensor& rows) { return (*model_)(rows, nn::Mode::Evaluation); });
}

std::vector<double> NetworkTraining::features(std::span<const double> x) const {
  return evaluate(device_, x, options_,
                  [this](const Tensor& rows) { return model_->features(rows, nn::Mode::Evaluation); });
}

NetworkOutputs::NetworkOutputs(const NetworkTraining& network, std::span<const double> x, Layer layer)
    : network_(network), x_(x), layer_(layer) {
  const NetworkOptions& options = network.options();
  const auto rows = static_cast<std::int64_t>(flops_a_step / (2 * work_of(options)));
  // Weights are packed once a step: not for fewer rows than make up for it.
  const double worth = 64 * options.size().parameters / work_of(options);
  const std::int64_t least = std::clamp<std::int64_t>(static_cast<std::int64_t>(worth), 4, 64);
  numbers_a_step_ =
      static_cast<std::size_t>(std::clamp(rows, least, evaluated_rows) * options.widths.front());
}

bool NetworkOutputs::step() {
  const std::span<const double> rows = x_.subspan(done_, std::min(numbers_a_step_, x_.size() - done_));
  const std::vector<double> some = layer_ == Layer::Logits ? network_.logits(rows) : network_.features(rows);
  values_.insert(values_.end(), some.begin(), some.end());
  done_ += rows.size();
  return done_ == x_.size();
}

double NetworkOutputs::progress() const {
  return x_.empty() ? 1 : static_cast<double>(done_) / static_cast<double>(x_.size());
}

}  // namespace reprise::classify
