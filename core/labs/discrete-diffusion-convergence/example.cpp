// Exact error of a sampler on a law of one's own, and the bound that does not know the vocabulary.
//   example_discrete-diffusion-convergence
#include "labs/discrete-diffusion-convergence/bounds.h"
#include "markov/adjoint.h"
#include "markov/integral_metrics.h"
#include "markov/target_laws.h"

#include <iostream>
#include <memory>
#include <vector>

int main() {
  using namespace reprise;
  using namespace reprise::markov;

  // 50,000 symbols, of which few hold everything; 32 steps from noise 6 down to 0.02.
  const Law data = sparse_law({50000, 1});
  const diffusion::Sampler sampler(RankOneNoise::uniform(50000), data, make_grid(Schedule{}, 32));
  const Law target = sampler.marginal(32);
  const std::vector<double> generated = sampler.generate(sampler.start().p);
  diffusion::BoundIntegrator bounds(sampler, {}, diffusion::FreezeMode::Score, 8);
  std::cout << "50,000 symbols: total variation " << total_variation(generated, target.p) << ", bound "
            << total_variation(sampler.start().p, sampler.marginal(0).p) + bounds.residual_total() << "\n";

  // Two tokens: which part of the error of "both tokens agree" comes from where?
  const Law pair = zipf_law({8, 2});
  const diffusion::Sampler small(RankOneNoise::uniform(8), pair, make_grid(Schedule{}, 8));
  std::vector<std::unique_ptr<StepKernel>> owned;
  std::vector<StepKernel*> kernels;
  std::vector<Law> marginals;
  for (std::size_t k = 0; k <= small.steps(); ++k) marginals.push_back(small.marginal(k));
  for (std::size_t k = 0; k < small.steps(); ++k) {
    owned.push_back(small.kernel(k));
    kernels.push_back(owned.back().get());
  }
  std::vector<double> agree(64, 0);
  for (std::size_t a = 0; a < 8; ++a) agree[a * 8 + a] = 1;
  const ErrorBudget budget = error_identity(kernels, {}, marginals, small.start(), agree);
  std::cout << "error " << budget.total << " = start " << budget.init;
  for (const double step : budget.discretisation)
    std::cout << (step < 0 ? " - " : " + ") << (step < 0 ? -step : step);
  std::cout << "\nleft over " << budget.residual << "\n";

  // The grid that spends the bound evenly.
  const NoiseGrid best = diffusion::optimal_grid(RankOneNoise::uniform(8), pair, 6, 0.02, 8, 8);
  std::cout << "grid";
  for (const double sigma : best.sigma) std::cout << ' ' << sigma;
  std::cout << "\n";
}
