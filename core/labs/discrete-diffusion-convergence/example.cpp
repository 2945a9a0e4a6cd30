// Exact error of a sampler on a law of one's own, and the bound that does not know the vocabulary.
//   example_discrete-diffusion-convergence
#include "base/byte_source.h"
#include "labs/discrete-diffusion-convergence/bounds.h"
#include "labs/discrete-diffusion-convergence/process_bounds.h"
#include "labs/discrete-diffusion-convergence/rate_files.h"
#include "labs/discrete-diffusion-convergence/schedule_files.h"
#include "markov/adjoint.h"
#include "markov/integral_metrics.h"
#include "markov/score_term.h"
#include "markov/target_laws.h"

#include <iostream>
#include <memory>
#include <vector>

namespace {

using namespace reprise;
using namespace reprise::markov;

// Rates and noise levels of one's own: true laws, the observable backwards, the error step by step.
void own_process() {
  const TokenRates rates = diffusion::read_token_rates(
      MemoryView(R"({"symbols": 5, "refresh": 0.2, "neighbours": 1})"), "rates.json");
  const NoiseGrid grid = diffusion::read_noise_grid(
      MemoryView(R"({"t": [0, 0.5, 1], "sigma": [0.02, 0.5, 8], "levels": 6})"), "schedule.json", {}, 6);
  const Law data = zipf_law({5, 1});
  std::vector<Law> marginals;
  for (const double sigma : grid.sigma) marginals.push_back(noised(data, rates, sigma));
  std::vector<std::unique_ptr<StepKernel>> owned;
  std::vector<StepKernel*> kernels;
  for (std::size_t k = 0; k < grid.steps(); ++k) {
    owned.push_back(std::make_unique<GeneratorStep>(std::make_unique<FrozenJumps>(rates, marginals[k]),
                                                    grid.sigma[k] - grid.sigma[k + 1]));
    kernels.push_back(owned.back().get());
  }
  const Law start = product_law(rates.stationary(), 1);
  const std::vector<double> first = {1, 0, 0, 0, 0};
  const AdjointSolution adjoint = solve_adjoint(data.space, kernels, first);
  const ErrorBudget budget = error_identity(kernels, {}, marginals, start, first);
  std::cout << "own noise: symbol 0 is off by " << budget.total << ", by level its oscillation is";
  for (const double oscillation : adjoint.oscillation) std::cout << ' ' << oscillation;
  const std::vector<double> levels = diffusion::probe_levels(grid.sigma.front(), grid.sigma.back());
  std::vector<double> cost;
  for (const double level : levels) {
    const double width = diffusion::probe_step * level;
    const FrozenJumps frozen(rates, noised(data, rates, level + width));
    const double density = diffusion::residual_density(frozen, rates, noised(data, rates, level));
    cost.push_back(diffusion::probe_cost(width * density / 2, level));
  }
  std::cout << "\nrecommended grid";
  for (const double sigma : diffusion::even_grid(levels, cost, grid.steps()).sigma) std::cout << ' ' << sigma;
  std::cout << "\n";
}

// A score that takes tokens for independent, on sequences of a Markov chain that are too long to enumerate.
void own_score() {
  const RankOneNoise noise = RankOneNoise::absorbing(2);
  const MarkovChainFit chain{{0.5, 0.5}, {0.9, 0.1, 0.2, 0.8}};
  constexpr std::size_t length = 64;
  MarkovChainScore truth(noise, chain.initial, chain.transition, length);
  std::vector<double> alone;
  for (std::size_t i = 0; i < length; ++i) alone.insert(alone.end(), {2.0 / 3, 1.0 / 3});
  ProductMixtureScore independent(noise, {1}, alone, length);
  Random random(1, "sequences");
  const TokenBatch noisy = add_noise(draw_chain(chain, length, 500, random), noise, 1, random);
  const MonteCarloEstimate term = score_term_density(truth, independent, noisy, 1);
  std::cout << "64 tokens: independent tokens add " << term.value << " ± " << term.standard_error
            << " to the bound, per unit of noise at 1\n";
}

}  // namespace

int main() {
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

  own_process();
  own_score();
}
