// Parameters that the studies on modular addition share, described once.
#pragma once

#include "labs/slingshot/arm.h"
#include "labs/slingshot/trainer.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::slingshot {

/// Values at the preset "browser" of loss-spikes.
struct TrainingConfig {
  TrainingConfig() = default;

  std::int64_t modulus = 23;
  std::int64_t width = 48;
  double train_fraction = 0.5;
  std::string optimizer = "adam";
  double learning_rate = 0.01;
  double beta1 = 0.9, beta2 = 0.98;
  double epsilon = 1e-8;
  double weight_decay = 0;
  double label_smoothing = 0;
  bool orthogonal_gradient = false;
  std::int64_t steps = 1500;
  std::int64_t log_every = 10;
  std::int64_t repeats = 1;

  TrainerOptions trainer(const Arm& arm) const {
    TrainerOptions options;
    options.arm = arm;
    options.update = optimizer == "sgd" ? Update::sgd : Update::adam;
    options.learning_rate = learning_rate;
    options.beta1 = beta1;
    options.beta2 = beta2;
    options.epsilon = epsilon;
    options.weight_decay = weight_decay;
    options.label_smoothing = label_smoothing;
    options.orthogonal_gradient = orthogonal_gradient;
    return options;
  }
};

template <class Config>
void describe_optimizer(Parameters<Config>& list) {
  list.choice("optimizer", &TrainingConfig::optimizer, {"adam", "sgd"})
      .label("Optimizer")
      .help("Adam divides each gradient by its recent size, so that gradients of 1e-8 move weights.");
  list.real("learning_rate", &TrainingConfig::learning_rate)
      .within(1e-6, 10)
      .label("Learning rate")
      .help("η, constant.")
      .logarithmic()
      .essential();
  list.real("beta1", &TrainingConfig::beta1)
      .within(0, 0.9999)
      .label("Adam β₁")
      .help("Memory of the mean gradient.");
  list.real("beta2", &TrainingConfig::beta2)
      .within(0, 0.9999)
      .label("Adam β₂")
      .help("Memory of the mean square; closer to 1 delays the spike.")
      .preset("paper", 0.99);
  list.real("epsilon", &TrainingConfig::epsilon)
      .within(0, 1)
      .label("Adam ε")
      .help(
          "Suppresses the drift only where it is far above the gradients; below 1e-12 the moments are "
          "float64.")
      .preset("paper", 1e-25);
  list.real("weight_decay", &TrainingConfig::weight_decay)
      .within(0, 10)
      .label("Weight decay")
      .help("Decoupled, as in AdamW.");
  list.real("label_smoothing", &TrainingConfig::label_smoothing)
      .within(0, 0.5)
      .label("Label smoothing")
      .help("Keeps margins bounded, so that nothing is absorbed.");
  list.boolean("orthogonal_gradient", &TrainingConfig::orthogonal_gradient)
      .label("Orthogonal gradient")
      .help("Removes from each gradient its part along the weights (⊥Grad).");
}

/// What differs between the studies; the browser's values are the config's own.
struct TaskPresets {
  std::int64_t widget_modulus = 13, widget_width = 32, widget_steps = 600;
};

/// Data and network: the first parameters of a study.
template <class Config>
void describe_network(Parameters<Config>& list, const TaskPresets& presets = {}) {
  list.integer("modulus", &TrainingConfig::modulus)
      .within(5, 257)
      .label("Modulus P")
      .help("The network learns (a + b) mod P from a share of the P² pairs.")
      .preset("widget", presets.widget_modulus)
      .preset("paper", 113)
      .essential();
  list.integer("width", &TrainingConfig::width)
      .within(8, 1024)
      .label("Width H")
      .help("Of both hidden layers.")
      .preset("widget", presets.widget_width)
      .preset("paper", 200);
  list.real("train_fraction", &TrainingConfig::train_fraction)
      .within(0.05, 0.95)
      .label("Training share")
      .help("Of all pairs; the rest is the test set.")
      .preset("paper", 0.4);
}

template <class Config>
void describe_steps(Parameters<Config>& list, const TaskPresets& presets = {}) {
  list.integer("steps", &TrainingConfig::steps)
      .within(1, 1000000)
      .label("Steps")
      .help("Full-batch updates of each arm.")
      .preset("widget", presets.widget_steps)
      .preset("paper", 80000)
      .logarithmic()
      .essential();
}

template <class Config>
void describe_log(Parameters<Config>& list) {
  list.integer("log_every", &TrainingConfig::log_every)
      .within(1, 1000)
      .label("Log every")
      .help("Steps between two rows of the trace; the detectors look at every step.")
      .preset("widget", 5)
      .preset("paper", 100);
  list.integer("repeats", &TrainingConfig::repeats)
      .within(1, 100)
      .label("Repeats")
      .help("Each with weights and a split of its own; claims take the least favourable one.")
      .preset("paper", 5);
}

/// Three formats under three forms, and float64.
inline const std::vector<std::string> paper_arms = {"float32:log_softmax",  "float32:recentred",
                                                    "float32:log1p",        "float16:log_softmax",
                                                    "float16:recentred",    "float16:log1p",
                                                    "bfloat16:log_softmax", "bfloat16:recentred",
                                                    "bfloat16:log1p",       "float64"};

/// The list of arms of a study.
template <class Config>
ParameterBuilder describe_arms(Parameters<Config>& list, std::vector<std::string> Config::*member) {
  return list.texts("arms", member)
      .entries(1, 12)
      .allowed_text("format:form or format:form:order, or float64")
      .label("Arms")
      .help(
          "Loss kernels to compare: number format, form of the loss and, if not sequential, order of the "
          "sum.")
      .essential();
}

/// Appends the problems that single parameters cannot show.
void check_training(const TrainingConfig& config, std::vector<Problem>& problems);

}  // namespace reprise::slingshot
