#include "labs/discrete-diffusion-convergence/grid_probe.h"

#include "base/error.h"
#include "labs/discrete-diffusion-convergence/observables.h"
#include "labs/discrete-diffusion-convergence/sampler_run.h"
#include "markov/adjoint.h"
#include "markov/target_laws.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reprise::diffusion {

using namespace markov;

namespace {

constexpr std::size_t symbols = 32;
constexpr std::int64_t most_steps = 40;
constexpr int nodes = 8;
constexpr double first_level = 6, last_level = 0.02, least_level = 0.001, most_level = 20;

[[noreturn]] void refuse(const char* key, const std::string& found, const std::string& allowed) {
  throw InputError(Problem{key, found, allowed, std::string(key) + " is " + found + "; allowed: " + allowed});
}

NoiseGrid own_grid(const Json& levels) {
  std::vector<double> sigma;
  for (const Json& level : levels.as_array()) {
    sigma.push_back(level.as_number());
    if (!(sigma.back() >= least_level && sigma.back() <= most_level))
      refuse("sigma", level.dump(), "0.001…20");
  }
  if (sigma.size() > static_cast<std::size_t>(most_steps) + 1) {
    refuse("sigma", std::to_string(sigma.size()) + " levels", "2…41 levels");
  }
  return make_grid(std::move(sigma));
}

}  // namespace

Json probe_grid(const Json& arguments) {
  const Law law = zipf_law({symbols, 1});
  const RankOneNoise noise = RankOneNoise::uniform(symbols);
  RunSettings settings;
  settings.nodes = nodes;
  std::optional<NoiseGrid> grid;
  if (const Json* levels = arguments.find("sigma")) {
    grid = own_grid(*levels);
  } else {
    const std::int64_t steps = arguments.at("levels").as_integer();
    if (steps < 1 || steps > most_steps) refuse("levels", std::to_string(steps), "1…40");
    const std::string& key = arguments.at("schedule").as_string();
    const std::string& freeze = arguments.at("freeze").as_string();
    if (freeze != "score" && freeze != "rate") refuse("freeze", freeze, "score, rate");
    const auto kind = find_schedule(key);
    if (!kind && key != "optimal") refuse("schedule", key, "a schedule's key, or optimal");
    const auto count = static_cast<std::size_t>(steps);
    if (kind) {
      settings.schedule = {*kind, last_level, first_level};
      if (freeze == "rate") settings.freeze = FreezeMode::Rate;
      grid = make_grid(settings.schedule, count);
    } else {
      grid = optimal_grid(noise, law, first_level, last_level, count, nodes);
    }
  }
  SamplerRun run(Sampler(noise, law, *grid), settings);
  const RunOutcome& outcome = run.finish();
  const Sampler& sampler = run.sampler();

  std::vector<std::unique_ptr<StepKernel>> owned;
  std::vector<StepKernel*> kernels;
  std::vector<Law> marginals;
  for (std::size_t k = 0; k <= sampler.steps(); ++k) {
    marginals.push_back(sampler.marginal(k));
    if (k == sampler.steps()) break;
    owned.push_back(sampler.kernel(k));
    kernels.push_back(owned.back().get());
  }
  const ErrorBudget budget = error_identity(kernels, {}, marginals, sampler.start(),
                                            make_observable("first_token_zero", law.space, std::nullopt));
  return Json::object({{"sigma", Json(sampler.grid.sigma)},
                       {"init", budget.init},
                       {"terms", Json(budget.discretisation)},
                       {"residual", Json(outcome.step_residual)},
                       {"error", budget.total},
                       {"tv", outcome.tv},
                       {"tv_init", outcome.tv_init},
                       {"bound", outcome.bound()}});
}

}  // namespace reprise::diffusion
