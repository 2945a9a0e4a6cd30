#include "labs/recalibration/studies.h"

#include "study/registry.h"

namespace reprise {

void register_recalibration(Registry& registry) {
  registry.add(recal::make_umb_rates());
  registry.add(recal::make_optimal_bins());
  registry.add(recal::make_calibrators());
  registry.add(recal::make_label_shift());
  registry.add(recal::make_ece_bias());
  registry.add(recal::make_population_risk());
  registry.add(recal::make_my_scores());
}

}  // namespace reprise
