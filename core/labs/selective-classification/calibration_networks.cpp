// Tasks of `calibration-is-not-ranking` that train: one network each, whose outputs for the val and test rows
// are left for the task that judges the scores.
#include "classify/abstention.h"
#include "data/npy.h"
#include "labs/selective-classification/calibration_ranking.h"
#include "tensor/ops.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace reprise::selective {

namespace {

using classify::LabelledPoints;
using tensor::Tensor;

std::int64_t outputs_of(const std::string& network, std::int64_t classes) {
  if (network == "sat") return classes + 1;
  if (network == "selectivenet")
    return static_cast<std::int64_t>(classify::selective_net_outputs(static_cast<std::size_t>(classes)));
  return classes;
}

class NetworkTask final : public Stepper {
 public:
  NetworkTask(const CalibrationConfig& config, std::int64_t repeat, std::size_t which, TaskContext& context)
      : config_(config),
        repeat_(repeat),
        which_(which),
        network_(networks_of(config)[which]),
        context_(context),
        loader_(config.sample(), repeat, context) {}

  bool step() override {
    if (!loaded_) {
      loaded_ = loader_.step();
      return false;
    }
    if (!training_) {
      begin();
      return false;
    }
    if (!trained_) {
      trained_ = training_->step();
      return false;
    }
    return leave_next();
  }

  double progress() const override {
    return loaded_ && training_ ? 0.1 + 0.9 * training_->progress() : 0.1 * loader_.progress();
  }

 private:
  Sample& sample() { return loader_.sample(); }

  void begin() {
    const std::uint64_t run = static_cast<std::uint64_t>(repeat_);
    // Members are numbered; those that learn to abstain have streams of their own.
    const bool member = network_.starts_with("member");
    const std::string who = member ? "member" : network_;
    const std::uint64_t number = member ? which_ : 0;
    TaskContext* context = &context_;
    classify::NetworkStreams streams;
    streams.weights = [=] { return context->random("weights of " + who, {run, number}); };
    streams.order = [=](std::uint64_t epoch) {
      return context->random("order of " + who, {run, number, epoch});
    };
    const classify::NetworkOptions options =
        network_options(config_, network_, sample().inputs, sample().image, sample().classes);
    training_.emplace(options, sample().train.x, sample().train.label, streams, loss());
  }

  classify::NetworkTraining::Loss loss() {
    if (network_ == "sat") {
      classify::SelfAdaptiveOptions options;
      options.momentum = config_.sat_momentum;
      options.start_epoch = static_cast<std::int64_t>(
          std::floor(config_.sat_start_fraction * static_cast<double>(config_.epochs)));
      targets_.emplace(sample().train.label, static_cast<std::size_t>(sample().classes), options);
      return [this](const classify::ModelInTraining& model, const Tensor& inputs,
                    std::span<const std::int32_t> rows,
                    std::int64_t epoch) { return targets_->loss(model(inputs), rows, epoch); };
    }
    if (network_ == "selectivenet") {
      return [this](const classify::ModelInTraining& model, const Tensor& inputs,
                    std::span<const std::int32_t> rows, std::int64_t) {
        std::vector<std::int32_t> labels;
        for (const std::int32_t row : rows)
          labels.push_back(sample().train.label[static_cast<std::size_t>(row)]);
        return classify::selective_net_loss(model(inputs), labels, config_.selectivenet_coverage);
      };
    }
    return {};
  }

  void leave(const char* name, std::span<const double> values, std::size_t rows) {
    const auto count = static_cast<std::int64_t>(rows);
    const std::int64_t width = static_cast<std::int64_t>(values.size()) / std::max<std::int64_t>(1, count);
    context_.leave_artefact(name, write_npy(values, {count, width}));
  }

  void leave_labels(const char* name, const LabelledPoints& rows) {
    leave(name, std::vector<double>(rows.label.begin(), rows.label.end()), rows.rows());
  }

  /// True when the outputs for these rows are left.
  bool leave_outputs(const char* name, const LabelledPoints& rows, classify::NetworkOutputs::Layer layer) {
    if (!outputs_) outputs_.emplace(*training_, rows.x, layer);
    if (!outputs_->step()) return false;
    leave(name, outputs_->take(), rows.rows());
    outputs_.reset();
    ++left_;
    return true;
  }

  /// Some rows a step; true when everything is left.
  bool leave_next() {
    using Layer = classify::NetworkOutputs::Layer;
    const LabelledPoints &val = sample().val, &test = sample().test;
    const bool base = which_ == 0;
    const bool features = base && (config_.uses("correctness-head") || config_.uses("loss-predictor"));
    switch (left_) {
      case 0:
        leave_outputs(val_logits, val, Layer::Logits);
        return false;
      case 1:
        return leave_outputs(test_logits, test, Layer::Logits) && !base;
      case 2:
        leave_labels(val_labels, val);
        leave_labels(test_labels, test);
        if (!sample().posterior.empty()) leave(test_posterior, sample().posterior, test.rows());
        ++left_;
        return !features;
      case 3:
        leave_outputs(val_features, val, Layer::Features);
        return false;
      default:
        return leave_outputs(test_features, test, Layer::Features);
    }
  }

  const CalibrationConfig config_;
  const std::int64_t repeat_;
  const std::size_t which_;
  const std::string network_;
  TaskContext& context_;
  SampleLoader loader_;
  bool loaded_ = false, trained_ = false;
  std::optional<classify::SelfAdaptiveTargets> targets_;
  std::optional<classify::NetworkTraining> training_;
  std::optional<classify::NetworkOutputs> outputs_;
  int left_ = 0;
};

}  // namespace

std::vector<std::string> networks_of(const CalibrationConfig& config) {
  std::vector<std::string> networks = {"member 1"};
  if (config.uses("ensemble")) {
    for (std::int64_t e = 2; e <= config.members; ++e) networks.push_back("member " + std::to_string(e));
  }
  for (const char* network : {"sat", "selectivenet"}) {
    if (config.uses(network)) networks.push_back(network);
  }
  return networks;
}

classify::NetworkOptions network_options(const CalibrationConfig& config, const std::string& network,
                                         std::int64_t inputs, const nn::ImageSize& image,
                                         std::int64_t classes) {
  classify::NetworkOptions options =
      network_for(config.model, inputs, image, config.hidden, outputs_of(network, classes));
  options.epochs = config.epochs;
  options.batch = config.batch_size;
  options.learning_rate = config.learning_rate;
  return options;
}

std::unique_ptr<Stepper> start_network(const CalibrationConfig& config, std::int64_t repeat,
                                       std::size_t which, TaskContext& context) {
  return std::make_unique<NetworkTask>(config, repeat, which, context);
}

}  // namespace reprise::selective
