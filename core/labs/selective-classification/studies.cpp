#include "labs/selective-classification/studies.h"

#include "study/registry.h"

namespace reprise {

void register_selective_classification(Registry& registry) {
  registry.add(selective::make_my_scores());
  registry.add(selective::make_two_moons_budget());
  registry.add(selective::make_calibration_ranking());
  registry.add(selective::make_feature_head());
  registry.add(selective::make_label_noise());
  registry.add(selective::make_shift());
}

}  // namespace reprise
