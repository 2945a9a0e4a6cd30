#include "labs/slingshot/studies.h"

#include "study/registry.h"

namespace reprise {

void register_slingshot(Registry& registry) {
  registry.add(slingshot::make_absorption_threshold());
  registry.add(slingshot::make_loss_spikes());
  registry.add(slingshot::make_number_formats());
}

}  // namespace reprise
