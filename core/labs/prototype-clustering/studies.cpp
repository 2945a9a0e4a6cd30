#include "labs/prototype-clustering/studies.h"

#include "study/registry.h"

namespace reprise {

void register_prototype_clustering(Registry& registry) {
  registry.add(protoclust::make_gap_vs_error());
  registry.add(protoclust::make_certificate());
  registry.add(protoclust::make_equally_good());
  registry.add(protoclust::make_loss_tradeoff());
  registry.add(protoclust::make_boundary_core());
  registry.add(protoclust::make_solvers());
  registry.add(protoclust::make_evaluate());
}

}  // namespace reprise
