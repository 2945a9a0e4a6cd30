#include "labs/recalibration/studies.h"

#include "study/registry.h"

namespace reprise {

void register_recalibration(Registry& registry) {
  registry.add(recal::make_umb_rates());
  registry.add(recal::make_optimal_bins());
}

}  // namespace reprise
