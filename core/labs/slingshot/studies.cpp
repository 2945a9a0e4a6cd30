#include "labs/slingshot/studies.h"

#include "study/registry.h"

namespace reprise {

void register_slingshot(Registry& registry) {
  registry.add(slingshot::make_absorption_threshold());
  registry.add(slingshot::make_loss_spikes());
  registry.add(slingshot::make_loss_kernels());
  registry.add(slingshot::make_precision_dial());
  registry.add(slingshot::make_inflation_model());
  registry.add(slingshot::make_partial_absorption());
  registry.add(slingshot::make_grokking());
  registry.add(slingshot::make_number_formats());
  registry.add(slingshot::make_logit_audit());
  registry.add(slingshot::make_log_audit());
}

}  // namespace reprise
