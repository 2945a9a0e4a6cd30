#include "labs/discrete-diffusion-convergence/process_state.h"

#include "markov/score_term.h"

#include <utility>

namespace reprise::diffusion {

using namespace markov;

ProcessState::ProcessState(const MyProcessConfig& run_config, TaskContext& run_context)
    : config(run_config),
      context(run_context),
      rule(stats::gauss_legendre(static_cast<int>(run_config.quadrature_nodes))) {}

std::unique_ptr<StepKernel> ProcessState::kernel(std::size_t k) const {
  if (own_kernels) return own_kernels->step(k);
  return std::make_unique<GeneratorStep>(std::make_unique<FrozenJumps>(*rates, marginals[k]), lengths[k]);
}

void ProcessState::metric(const char* name, double value) const {
  context.partial().table("metrics", process_metric_columns()).append_row(name, value);
}

void ProcessState::keep(const char* table, std::size_t k, const std::vector<double>& values) const {
  if (k % kept_every != 0 && k != steps()) return;
  std::vector<double>& column = context.partial().table(table, process_array_columns()).reals("value");
  column.insert(column.end(), values.begin(), values.end());
}

double difference(const std::vector<double>& a, const std::vector<double>& b, const std::vector<double>& u) {
  std::vector<double> change(a.size());
  for (std::size_t y = 0; y < a.size(); ++y) change[y] = a[y] - b[y];
  return dot(change, u);
}

}  // namespace reprise::diffusion
