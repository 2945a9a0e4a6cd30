// What the parts of a run of my-process share, and the parts: each a stepper of its own, in this order.
#pragma once

#include "labs/discrete-diffusion-convergence/kernel_file.h"
#include "labs/discrete-diffusion-convergence/my_process.h"
#include "labs/discrete-diffusion-convergence/schedule_files.h"
#include "markov/step_kernel.h"
#include "markov/token_rates.h"
#include "stats/quadrature.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace reprise::diffusion {

struct ProcessState {
  ProcessState(const MyProcessConfig& run_config, TaskContext& run_context);

  MyProcessConfig config;
  TaskContext& context;
  stats::QuadratureRule rule;
  std::optional<markov::TokenRates> rates;
  markov::Law clean;
  TimedGrid timed;
  std::vector<double> lengths;  ///< h_k
  std::vector<double> phi;
  std::unique_ptr<KernelFile> own_kernels;  ///< instead of frozen rates
  markov::Law stationary;                   ///< empty for start = exact
  std::vector<markov::Law> marginals;       ///< at the grid's levels; its ends alone once the bound is there
  double tv_init = 0;
  double error = 0;               ///< of the expected observable
  double residual = 0;            ///< bound of all steps
  std::vector<double> generated;  ///< law at the end of the steps
  std::vector<double> probes;     ///< levels at which short steps are tried

  const markov::NoiseGrid& grid() const { return timed.grid; }
  std::size_t steps() const { return timed.grid.steps(); }
  bool freezes_rate() const { return config.freeze == "rate"; }
  /// One step of the sampler.
  std::unique_ptr<markov::StepKernel> kernel(std::size_t k) const;
  const std::vector<double>& start() const {
    return stationary.p.empty() ? marginals.front().p : stationary.p;
  }
  void metric(const char* name, double value) const;
  /// Level k of an array file, if it is one of the levels that are kept; from the data end to the noisy end.
  void keep(const char* table, std::size_t k, const std::vector<double>& values) const;
  std::size_t kept_every = 1;
};

/// Σ (a − b)·u.
double difference(const std::vector<double>& a, const std::vector<double>& b, const std::vector<double>& u);

/// Rates, law, grid and observable from parameters and files; the stationary law; the true laws.
std::unique_ptr<Stepper> begin_process(ProcessState& state);
/// The generated law forwards, the observable backwards, the share of every step.
std::unique_ptr<Stepper> sweep_process(ProcessState& state);
/// The bound of every step, the grid that spends it evenly, and what that changes. Not for own kernels.
std::unique_ptr<Stepper> bound_process(ProcessState& state);
/// The grid that suits the observable, its predicted error with a bar, and the error itself.
std::unique_ptr<Stepper> aim_process(ProcessState& state);

}  // namespace reprise::diffusion
