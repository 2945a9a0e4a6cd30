// Parameters of the law to sample from, as the studies on laws of one's own have them.
#pragma once

#include "labs/discrete-diffusion-convergence/common_config.h"
#include "labs/discrete-diffusion-convergence/own_data.h"

namespace reprise::diffusion {

template <class Config>
void describe_target(Parameters<Config>& list, std::int64_t paper_vocabulary,
                     std::int64_t browser_vocabulary = 0) {
  list.choice("target", &Config::target, {"sparse", "zipf", "dirichlet", "chain", "file"})
      .label("Law of the data")
      .help("A family, or the law of your file.")
      .essential();
  auto size = list.integer("vocabulary_size", &Config::vocabulary_size)
                  .within(2, 262144)
                  .label("Vocabulary S")
                  .help("Symbols of a token.")
                  .logarithmic()
                  .essential()
                  .preset("paper", paper_vocabulary);
  if (browser_vocabulary > 0) size.preset("browser", browser_vocabulary);
  list.integer("length", &Config::length)
      .within(1, 10)
      .label("Tokens d")
      .help("Length of a sequence; at most 2^20 states in all.");
}

/// Rules of target, vocabulary and noise levels together.
template <class Config>
void check_target(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) {
  check_levels(config, problems);
  check_file_target(config.target, inputs, problems);
  if (inputs.find("law") != inputs.end() || config.target == "file") return;
  check_states(config.vocabulary_size, config.length, problems);
  if (config.target == "chain" && config.vocabulary_size > 1024) {
    const std::string found = std::to_string(config.vocabulary_size);
    problems.push_back({"vocabulary_size", found, "2…1024 for target chain",
                        "vocabulary_size is " + found + "; allowed: 2…1024 for target chain"});
  }
}

/// The visitor's law, or one of the family.
template <class Config>
markov::Law target_law(const Config& config, std::int64_t instance, const TaskContext& context) {
  if (context.has_input("law")) return read_law(context);
  return make_target(
      config.target,
      {static_cast<std::size_t>(config.vocabulary_size), static_cast<std::size_t>(config.length)},
      config.concentration, instance, context);
}

/// Independent targets; a law of one's own is one.
template <class Config>
std::int64_t target_count(const Config& config, const InputInfos& inputs) {
  return inputs.find("law") != inputs.end() ? 1 : config.target_count();
}

/// Symbols, tokens and states of the law, estimated from the file where there is one.
struct SpaceEstimate {
  double symbols = 0, length = 0, states = 0;
};
template <class Config>
SpaceEstimate space_estimate(const Config& config, const InputInfos& inputs) {
  SpaceEstimate space;
  space.symbols = static_cast<double>(config.vocabulary_size);
  space.length = static_cast<double>(config.length);
  space.states = 1;
  for (std::int64_t i = 0; i < config.length; ++i) space.states *= space.symbols;
  if (const auto law = inputs.find("law"); law != inputs.end()) {
    space.states = law->second.rows > 4 ? static_cast<double>(law->second.rows) : 4;
    space.length = 2;
    space.symbols = space.states / 2;
  }
  return space;
}

}  // namespace reprise::diffusion
