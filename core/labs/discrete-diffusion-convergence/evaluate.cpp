// Study "What is the exact error of this sampler on this law, and which part causes it?".
#include "labs/discrete-diffusion-convergence/evaluate.h"

#include "labs/discrete-diffusion-convergence/grid_probe.h"
#include "labs/discrete-diffusion-convergence/observables.h"
#include "labs/discrete-diffusion-convergence/studies.h"

#include <algorithm>
#include <cmath>

namespace reprise::diffusion {

const std::vector<ColumnSpec>& evaluate_metric_columns() {
  static const std::vector<ColumnSpec> specs = {{"name", ColumnType::Text}, {"value", ColumnType::Real}};
  return specs;
}

const std::vector<ColumnSpec>& evaluate_backward_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"step", ColumnType::Integer},     {"sigma", ColumnType::Real},
      {"sigma_next", ColumnType::Real},  {"h", ColumnType::Real},
      {"score_term", ColumnType::Real},  {"discretisation_term", ColumnType::Real},
      {"oscillation", ColumnType::Real}, {"max_neighbour_difference", ColumnType::Real}};
  return specs;
}

const std::vector<ColumnSpec>& evaluate_bound_columns() {
  static const std::vector<ColumnSpec> specs = {{"step", ColumnType::Integer},
                                                {"residual", ColumnType::Real}};
  return specs;
}

const std::vector<std::string>& evaluate_metric_names() {
  static const std::vector<std::string> names = {"tv",
                                                 "kl",
                                                 "mmd",
                                                 "w1_ordered",
                                                 "w1_hamming",
                                                 "tv_init",
                                                 "kl_init",
                                                 "residual_bound",
                                                 "bound",
                                                 "explicit_bound",
                                                 "path_kl",
                                                 "pinsker_bound",
                                                 "max_score_bound",
                                                 "error",
                                                 "init_term",
                                                 "score_term",
                                                 "discretisation_term",
                                                 "identity_residual",
                                                 "mask_probability_generated",
                                                 "mask_probability_target",
                                                 "early_stop_tv",
                                                 "observable_oscillation",
                                                 "largest_oscillation_increase"};
  return names;
}

namespace {

const std::vector<ColumnSpec>& step_columns() {
  static const std::vector<ColumnSpec> specs = {{"step", ColumnType::Integer},
                                                {"sigma", ColumnType::Real},
                                                {"sigma_next", ColumnType::Real},
                                                {"h", ColumnType::Real},
                                                {"score_term", ColumnType::Real},
                                                {"discretisation_term", ColumnType::Real},
                                                {"residual", ColumnType::Real},
                                                {"oscillation", ColumnType::Real},
                                                {"max_neighbour_difference", ColumnType::Real}};
  return specs;
}

class Evaluate final : public StudyOf<EvaluateConfig> {
 public:
  Evaluate() : StudyOf(evaluate_parameters(), evaluate_description()) {}

 protected:
  void check(const EvaluateConfig& config, const InputInfos& inputs,
             std::vector<Problem>& problems) const override;
  Plan plan_of(const EvaluateConfig&, const InputInfos&) const override {
    Stage stage;
    stage.name = evaluate_stage;
    return {stage};
  }
  Estimate estimate_of(const EvaluateConfig& config, const InputInfos& inputs) const override;
  Json key_of(const EvaluateConfig&, std::string_view, std::int64_t) const override { return Json::object(); }
  std::unique_ptr<Stepper> start_task(const EvaluateConfig& config, std::string_view, std::int64_t,
                                      TaskContext& context) const override {
    return start_evaluate(config, context);
  }
  void fill_report(const EvaluateConfig& config, const Results& results, Report& report) const override;
  Json probe_of(const EvaluateConfig& config, std::string_view name, const Json& arguments) const override {
    if (name == "grid") return probe_grid(arguments);
    return StudyOf::probe_of(config, name, arguments);
  }
};

void Evaluate::check(const EvaluateConfig& config, const InputInfos& inputs,
                     std::vector<Problem>& problems) const {
  const auto given = [&](const char* name) { return inputs.find(name) != inputs.end(); };
  const auto refuse = [&](const char* key, const std::string& found, const char* allowed) {
    problems.push_back({key, found, allowed, std::string(key) + " is " + found + "; allowed: " + allowed});
  };
  check_levels(config, problems);
  check_file_target(config.target, inputs, problems);
  if (!given("law") && config.target != "file") {
    check_states(config.vocabulary_size + (config.prior == "masked" ? 1 : 0), config.length, problems);
    if (config.target == "chain" && config.vocabulary_size > 1024) {
      refuse("vocabulary_size", std::to_string(config.vocabulary_size), "2…1024 for target chain");
    }
  }
  if (given("prior") && config.prior != "user") refuse("prior", config.prior, "user, with an input 'prior'");
  if (!given("prior") && config.prior == "user") refuse("prior", "user", "an input 'prior' beside it");
  if (!given("observable") && config.observable == "file") {
    refuse("observable", "file", "an input 'observable' beside it");
  }
  if (given("grid") && config.freeze == "rate") {
    refuse("freeze", "rate",
           "score with a grid of your own: rates need a schedule (my-process freezes them along one with "
           "times)");
  }
  if (given("score") && config.kernel != "frozen_ctmc") {
    refuse("kernel", config.kernel, "frozen_ctmc with a score of your own");
  }
  if (given("score") && config.score_error > 0) {
    refuse("score_error", "above 0", "0 with a score of your own");
  }
}

Estimate Evaluate::estimate_of(const EvaluateConfig& config, const InputInfos& inputs) const {
  double symbols = static_cast<double>(config.vocabulary_size) + (config.prior == "masked" ? 1 : 0);
  double length = static_cast<double>(config.length);
  double states = std::pow(symbols, length);
  if (const auto law = inputs.find("law"); law != inputs.end()) {
    states = std::max(4.0, static_cast<double>(law->second.rows));
    const double row_bytes = static_cast<double>(law->second.bytes) / states;
    length = std::max(1.0, std::round((row_bytes - 8) / 4));
    symbols = std::pow(states, 1 / length);
  }
  const markov::NoiseGrid grid = config.grid(config.levels);
  const double steps = static_cast<double>(config.levels);
  const bool plain = config.exact_score(inputs) && config.freeze == "score";
  StageCost cost = bound_work(symbols, states, length, steps, static_cast<double>(config.quadrature_nodes),
                              length == 1 && plain && config.prior == "uniform", plain);
  if (config.kernel == "frozen_ctmc") {
    cost.vector_ops += (config.exact_score(inputs) ? 3 : 4) * sweep_operations(states, length, grid);
  } else {
    cost = {};
    cost.vector_ops = 3 * steps * states * states * 3;
    cost.special_ops = 9 * steps * states * length;
  }
  cost.special_ops += states * (config.score_error > 0         ? 2 + 4 * steps
                                : config.target == "dirichlet" ? 6
                                                               : 0);
  cost.stage = evaluate_stage;
  cost.bytes_task = 200 * states + 1e6;
  Estimate estimate;
  estimate.stages = {cost};
  estimate.report_bytes = 12000 + 160 * steps + (70 + 3 * length) * std::min(states, 20000.0);
  return estimate;
}

void Evaluate::fill_report(const EvaluateConfig& config, const Results& results, Report& report) const {
  for (const std::string& name : evaluate_metric_names()) report.metrics[name] = nan_number;
  const Table metrics = results.gather(evaluate_stage, "metrics", evaluate_metric_columns());
  for (std::size_t row = 0; row < metrics.rows(); ++row) {
    report.metrics[metrics.texts("name")[row]] = metrics.reals("value")[row];
  }
  const Table backward = results.gather(evaluate_stage, "backward", evaluate_backward_columns());
  const Table bounds = results.gather(evaluate_stage, "bounds", evaluate_bound_columns());
  Table& steps = report.table("steps", step_columns());
  Series& oscillation = report.series["oscillation"];
  Series& density = report.series["residual_density"];
  for (std::size_t row = backward.rows(); row-- > 0;) {
    const auto cell = [&](const char* name) { return backward.reals(name)[row]; };
    const auto step = static_cast<std::size_t>(backward.integers("step")[row]);
    const double residual = step < bounds.rows() ? bounds.reals("residual")[step] : nan_number;
    steps.append_row(step, cell("sigma"), cell("sigma_next"), cell("h"), cell("score_term"),
                     cell("discretisation_term"), residual, cell("oscillation"),
                     cell("max_neighbour_difference"));
    oscillation.x.push_back(cell("sigma"));
    oscillation.y.push_back(cell("oscillation"));
    if (step < bounds.rows()) {
      density.x.push_back(cell("sigma"));
      density.y.push_back(residual / (cell("h") * cell("h")));
    }
  }
  if (backward.rows() > 0 && backward.integers("step").back() == 0) {
    oscillation.x.push_back(backward.reals("sigma_next").front());
    oscillation.y.push_back(report.metrics["observable_oscillation"]);
  }
  std::vector<ColumnSpec> law_columns;
  for (std::int64_t i = 1; i <= config.length; ++i) {
    law_columns.push_back({"x" + std::to_string(i), ColumnType::Integer});
  }
  for (const char* name : {"data", "noised", "generated"}) law_columns.push_back({name, ColumnType::Real});
  const Table* law = nullptr;
  if (const auto stage = results.partials.find(evaluate_stage); stage != results.partials.end()) {
    for (const auto& [index, partial] : stage->second) law = partial.find("law");
  }
  if (law != nullptr) {
    report.tables["law"] = *law;
  } else {
    report.table("law", law_columns);
  }

  const auto claim = [&](const char* id, double statistic) {
    report.metrics[metric_of_claim(id)] = statistic;
    judge(report, results, id, statistic);
  };
  const auto& m = report.metrics;
  claim("identity-exact", std::fabs(m.at("identity_residual")));
  claim("oscillation-nonincreasing", m.at("largest_oscillation_increase"));
  if (config.kernel != "frozen_ctmc") return;
  claim("bound-valid", m.at("tv") / m.at("bound"));
  if (config.freeze == "score" && config.prior != "user" && config.exact_score(results.inputs) &&
      config.start == "prior") {
    claim("explicit-dominates", m.at("bound") / m.at("explicit_bound"));
  }
}

}  // namespace

std::unique_ptr<Study> make_evaluate() {
  return std::make_unique<Evaluate>();
}

}  // namespace reprise::diffusion
