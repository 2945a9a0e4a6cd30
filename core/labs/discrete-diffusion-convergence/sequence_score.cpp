// Study "What does a wrong score add on sequences that cannot be enumerated?".
#include "labs/discrete-diffusion-convergence/sequence_score.h"

#include "labs/discrete-diffusion-convergence/bounds.h"
#include "labs/discrete-diffusion-convergence/studies.h"
#include "markov/score_term.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace reprise::diffusion {

namespace {

class SequenceScore final : public StudyOf<SequenceScoreConfig> {
 public:
  SequenceScore() : StudyOf(sequence_score_parameters(), sequence_score_description()) {}

 protected:
  void check(const SequenceScoreConfig& config, const InputInfos&,
             std::vector<Problem>& problems) const override {
    if (config.sigma_min >= config.sigma_max) {
      NoiseConfig noise;
      noise.sigma_min = config.sigma_min;
      noise.sigma_max = config.sigma_max;
      check_levels(noise, problems);
    }
  }
  Plan plan_of(const SequenceScoreConfig& config, const InputInfos&) const override {
    Stage fit;
    fit.name = fit_stage;
    Stage levels;
    levels.name = level_stage;
    levels.count = config.levels + 1;
    levels.needs = {std::string(fit_stage)};
    return {fit, levels};
  }
  Estimate estimate_of(const SequenceScoreConfig& config, const InputInfos& inputs) const override;
  Json key_of(const SequenceScoreConfig&, std::string_view stage, std::int64_t index) const override {
    return stage == level_stage ? Json::object({{"level", index}}) : Json::object();
  }
  std::unique_ptr<Stepper> start_task(const SequenceScoreConfig& config, std::string_view stage,
                                      std::int64_t index, TaskContext& context) const override {
    return stage == fit_stage ? start_sequence_fit(config, context)
                              : start_sequence_level(config, index, context);
  }
  void fill_report(const SequenceScoreConfig& config, const Results& results, Report& report) const override;
};

Estimate SequenceScore::estimate_of(const SequenceScoreConfig& config, const InputInfos& inputs) const {
  const double symbols = static_cast<double>(config.vocabulary_size);
  const double tokens = static_cast<double>(config.samples) * static_cast<double>(config.length);
  const double levels = static_cast<double>(config.levels + 1);
  StageCost fit;
  fit.stage = fit_stage;
  fit.special_ops = 4 * symbols * symbols;
  if (const auto corpus = inputs.find("corpus"); corpus != inputs.end()) {
    fit.vector_ops = 40 * static_cast<double>(corpus->second.bytes);
  }
  fit.bytes_task = 8 * symbols * symbols + 1e6;
  StageCost level;
  level.stage = level_stage;
  level.vector_ops = levels * tokens * (4 * symbols * symbols + 60 * symbols);
  level.special_ops = levels * tokens * (4 * symbols + 2);
  level.longest_task_share = 1 / levels;
  if (const auto network = inputs.find("network"); network != inputs.end()) {
    level.vector_ops += levels * tokens * static_cast<double>(network->second.bytes);
  }
  level.bytes_task = 16 * (tokens + symbols * symbols) + 1e6;
  Estimate estimate;
  estimate.stages = {fit, level};
  estimate.report_bytes = 12000 + 400 * levels;
  return estimate;
}

// ∫ over the levels by the trapezoid rule, from the noisy end; NaN when a level is missing.
double integral(const std::vector<double>& sigma, const std::vector<double>& value, std::size_t levels) {
  if (sigma.size() != levels) return nan_number;
  double sum = 0;
  for (std::size_t k = 0; k + 1 < levels; ++k) {
    sum += (sigma[k] - sigma[k + 1]) * (value[k] + value[k + 1]) / 2;
  }
  return sum;
}

void SequenceScore::fill_report(const SequenceScoreConfig& config, const Results& results,
                                Report& report) const {
  const Table levels = results.gather(level_stage, "levels", sequence_level_columns());
  const Table chain = results.gather(fit_stage, "chain", sequence_fit_columns());
  report.table("levels", sequence_level_columns()).append(levels);
  auto& m = report.metrics;
  m["symbols"] = chain.rows() > 0 ? static_cast<double>(chain.integers("symbols")[0]) : nan_number;
  m["corpus_tokens"] = chain.rows() > 0 ? static_cast<double>(chain.integers("tokens")[0]) : nan_number;
  const auto count = static_cast<std::size_t>(config.levels + 1);
  double smallest = nan_number;
  for (const char* name : {"independent", "network"}) {
    std::vector<double> sigma, term, entropy;
    for (std::size_t row = 0; row < levels.rows(); ++row) {
      if (levels.texts("score")[row] != name) continue;
      sigma.push_back(levels.reals("sigma")[row]);
      term.push_back(levels.reals("score_term")[row]);
      entropy.push_back(levels.reals("entropy")[row]);
      smallest = std::isnan(smallest) ? entropy.back() : std::min(smallest, entropy.back());
    }
    m[std::string(name) + "_score_term"] = integral(sigma, term, count);
    m[std::string(name) + "_score_kl"] = integral(sigma, entropy, count);
    if (sigma.empty()) continue;
    report.series[std::string(name) + "_score_term"] = {sigma, term, {}, {}};
    report.series[std::string(name) + "_entropy"] = {sigma, entropy, {}, {}};
  }
  const markov::NoiseGrid grid =
      markov::make_grid({markov::find_schedule(config.schedule).value(), config.sigma_min, config.sigma_max},
                        static_cast<std::size_t>(config.levels));
  const auto length = static_cast<std::size_t>(config.length);
  m["init_bound"] = explicit_initial_bound(config.sigma_max, length);
  m["masked_tv"] = nan_number;
  if (config.prior == "masked") {
    const std::vector<double> lengths = step_lengths(grid, {}, FreezeMode::Score);
    m["masked_tv"] = binomial_total_variation(length, generated_mask_probability(grid, lengths),
                                              target_mask_probability(grid));
  }
  const auto claim = [&](const char* id, double statistic) {
    m[metric_of_claim(id)] = statistic;
    judge(report, results, id, statistic);
  };
  claim("entropy-nonnegative", smallest);
  const bool network = results.inputs.find("network") != results.inputs.end();
  if (network || !results.complete) {
    claim("network-beats-independence", m["network_score_kl"] / m["independent_score_kl"]);
  }
}

}  // namespace

std::unique_ptr<Study> make_sequence_score() {
  return std::make_unique<SequenceScore>();
}

}  // namespace reprise::diffusion
