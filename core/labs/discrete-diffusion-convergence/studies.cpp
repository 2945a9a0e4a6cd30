#include "labs/discrete-diffusion-convergence/studies.h"

#include "study/registry.h"

namespace reprise {

void register_discrete_diffusion_convergence(Registry& registry) {
  registry.add(diffusion::make_evaluate());
  registry.add(diffusion::make_size_sweep());
  registry.add(diffusion::make_error_budget());
  registry.add(diffusion::make_metrics());
  registry.add(diffusion::make_schedules());
  registry.add(diffusion::make_dimension_and_parallel());
  registry.add(diffusion::make_hybrid_prior());
  registry.add(diffusion::make_my_process());
  registry.add(diffusion::make_sequence_score());
}

}  // namespace reprise
