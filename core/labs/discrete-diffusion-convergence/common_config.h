// Parameters that several studies share, and the laws they name.
#pragma once

#include "labs/discrete-diffusion-convergence/bounds.h"
#include "study/marks.h"
#include "study/parameters.h"
#include "study/study.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace reprise::diffusion {

inline constexpr double nan_number = std::numeric_limits<double>::quiet_NaN();

/// The noise levels that samplers walk down.
struct NoiseConfig {
  double sigma_max = 6;
  double sigma_min = 0.02;
  std::string schedule = "geometric";
  std::int64_t quadrature_nodes = 8;

  markov::Schedule schedule_named(std::string_view key) const;
  markov::Schedule make_schedule() const { return schedule_named(schedule); }
  markov::NoiseGrid grid(std::int64_t levels) const;
};

/// The law to sample from.
struct TargetConfig {
  std::string target = "dirichlet";
  std::int64_t vocabulary_size = 6;
  std::int64_t length = 2;
  double concentration = 0.3;
  std::int64_t instances = 3;

  /// Independent targets: `instances` for random families, else one.
  std::int64_t target_count() const { return is_random() ? instances : 1; }
  bool is_random() const { return target == "dirichlet" || target == "chain"; }
};

/// A law of the family `target`; random ones are drawn from the stream ("target", instance).
markov::Law make_target(const std::string& target, markov::StateSpace space, double concentration,
                        std::int64_t instance, const TaskContext& context);

template <class Config>
void describe_noise(Parameters<Config>& list) {
  list.real("sigma_max", &Config::sigma_max)
      .within(0.5, 20)
      .label("Noise T at the start")
      .help("Noise level that sampling starts from.")
      .unit("noise clock");
  list.real("sigma_min", &Config::sigma_min)
      .within(1e-4, 0.5)
      .label("Noise δ at the end")
      .help("Noise level that sampling stops at; below T.")
      .unit("noise clock");
  list.choice("schedule", &Config::schedule, markov::schedule_keys())
      .label("Schedule")
      .help("How the noise levels of the steps are spaced.")
      .essential();
  list.integer("quadrature_nodes", &Config::quadrature_nodes)
      .within(2, 64)
      .label("Quadrature nodes")
      .help("Gauss–Legendre nodes of each step's bound.");
}

template <class Config>
void describe_instances(Parameters<Config>& list) {
  list.real("concentration", &Config::concentration)
      .within(0.01, 100)
      .label("Concentration")
      .help("Of the Dirichlet target: small values put the mass on few states.")
      .logarithmic()
      .only_when("target", {"dirichlet"});
  list.integer("instances", &Config::instances)
      .within(1, 20)
      .label("Independent targets")
      .help("Claims on random targets are judged over all of them.");
}

/// Problems of sigma_min, and of S^d above what is handled; `working_symbols` counts a mask.
void check_levels(const NoiseConfig& config, std::vector<Problem>& problems);
void check_states(std::int64_t working_symbols, std::int64_t length, std::vector<Problem>& problems);
/// InputError when a law has too many states once its tokens have that many symbols, a mask among them.
void check_mask_fits(const markov::Law& law, std::size_t symbols);
/// A problem when target is "file" and no law was given.
void check_file_target(const std::string& target, const InputInfos& inputs, std::vector<Problem>& problems);

/// Judges the claim and repeats its statistic among the metrics, '_' for '-'.
std::string metric_of_claim(std::string_view id);

/// Least-squares slope of ln y on ln x; NaN unless all y are positive and finite and there are two.
double log_slope(const std::vector<double>& x, const std::vector<double>& y);
/// Median; NaN when there is none or one of them is NaN.
double median_or_nan(std::vector<double> values);
/// Largest; NaN when there is none or one of them is NaN.
double worst(const std::vector<double>& values);

/// Work of one pass of frozen-rate sampling (a push or a pull at every step): simple operations.
double sweep_operations(double states, double length, const markov::NoiseGrid& grid);
/// Work of the bounds at every step and node: simple operations, elements sorted, logarithms.
StageCost bound_work(double symbols, double states, double length, double steps, double nodes, bool presorted,
                     bool path_kl);

}  // namespace reprise::diffusion
