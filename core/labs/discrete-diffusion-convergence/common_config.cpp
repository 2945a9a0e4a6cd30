#include "labs/discrete-diffusion-convergence/common_config.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"
#include "markov/target_laws.h"
#include "stats/quantile.h"
#include "stats/regression.h"

#include <algorithm>
#include <cmath>

namespace reprise::diffusion {

using namespace markov;

Schedule NoiseConfig::schedule_named(std::string_view key) const {
  return {find_schedule(key).value(), sigma_min, sigma_max};
}

NoiseGrid NoiseConfig::grid(std::int64_t levels) const {
  return make_grid(make_schedule(), static_cast<std::size_t>(levels));
}

Law make_target(const std::string& target, StateSpace space, double concentration, std::int64_t instance,
                const TaskContext& context) {
  const auto stream = [&] { return context.random("target", {static_cast<std::uint64_t>(instance)}); };
  if (target == "sparse") return sparse_law(space);
  if (target == "zipf") return zipf_law(space);
  if (target == "chain") return chain_law(space, stream());
  return dirichlet_law(space, concentration, stream());
}

void check_levels(const NoiseConfig& config, std::vector<Problem>& problems) {
  if (config.sigma_min < config.sigma_max) return;
  const std::string found = number_to_text(config.sigma_min);
  const std::string allowed = "below sigma_max, " + number_to_text(config.sigma_max);
  problems.push_back({"sigma_min", found, allowed, "sigma_min is " + found + "; allowed: " + allowed});
}

void check_states(std::int64_t working_symbols, std::int64_t length, std::vector<Problem>& problems) {
  const auto symbols = static_cast<std::size_t>(working_symbols), tokens = static_cast<std::size_t>(length);
  if (states_up_to_limit(symbols, tokens) <= most_states) return;
  const std::string found = std::to_string(working_symbols) + "^" + std::to_string(length);
  const std::string allowed = "at most " + std::to_string(most_states) + " states";
  problems.push_back(
      {"vocabulary_size", found, allowed,
       found + " states (symbols to the power of tokens); allowed: " + allowed +
           ". Take fewer tokens or a smaller vocabulary; sequence-score takes long sequences, as "
           "Markov chains"});
}

void check_mask_fits(const Law& law, std::size_t symbols) {
  if (states_up_to_limit(symbols, law.space.length) <= most_states) return;
  const std::string found = std::to_string(symbols) + "^" + std::to_string(law.space.length) + " states";
  const std::string allowed = "at most " + std::to_string(most_states);
  throw InputError(
      Problem{"law", found, allowed, "law: with a mask there are " + found + "; allowed: " + allowed});
}

void check_file_target(const std::string& target, const InputInfos& inputs, std::vector<Problem>& problems) {
  if (target != "file" || inputs.find("law") != inputs.end()) return;
  problems.push_back({"target", "file", "an input 'law'", "target is 'file' and there is no input 'law'"});
}

std::string metric_of_claim(std::string_view id) {
  std::string name(id);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

double log_slope(const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<double> log_x, log_y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(y[i] > 0) || !std::isfinite(y[i]) || !(x[i] > 0)) return nan_number;
    log_x.push_back(math::log(x[i]));
    log_y.push_back(math::log(y[i]));
  }
  if (x.size() < 2) return nan_number;
  return stats::fit_line(log_x, log_y).coefficients[1];
}

double median_or_nan(std::vector<double> values) {
  const bool bad = std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
  return values.empty() || bad ? nan_number : stats::median(std::move(values));
}

double worst(const std::vector<double>& values) {
  double largest = values.empty() ? nan_number : values.front();
  for (const double value : values) {
    if (std::isnan(value)) return nan_number;
    largest = std::max(largest, value);
  }
  return largest;
}

double sweep_operations(double states, double length, const NoiseGrid& grid) {
  double terms = 0;
  for (std::size_t k = 0; k < grid.steps(); ++k) {
    const double h = grid.sigma[k] - grid.sigma[k + 1];
    const UniformizationWork work = uniformization_work(-length / math::expm1(-grid.sigma[k]), h);
    terms += static_cast<double>(work.pieces * work.terms);
  }
  const double steps = static_cast<double>(grid.steps());
  return 2 * states * (terms * (8 + 4 * length) + steps * (10 + 8 * length));
}

StageCost bound_work(double symbols, double states, double length, double steps, double nodes, bool presorted,
                     bool path_kl) {
  StageCost cost;
  const double points = steps * nodes * states;
  cost.vector_ops = 4.5 * (points * (8 + 25 * length) + (path_kl ? points * (5 + 8 * length) : 0));
  if (!presorted) cost.sort_elements = points * length * std::max(1.0, std::log2(symbols));
  if (path_kl) cost.special_ops = points;
  return cost;
}

}  // namespace reprise::diffusion
