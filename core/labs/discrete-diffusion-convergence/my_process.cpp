// Study "What do my own noise and schedule cost, and which grid suits them?".
#include "labs/discrete-diffusion-convergence/my_process.h"

#include "data/npy.h"
#include "labs/discrete-diffusion-convergence/studies.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace reprise::diffusion {

namespace {

constexpr double smallest_bar = 1e-12;  // of the observable's oscillation: below, rounding is all there is

const Specs& step_columns() {
  static const Specs specs = {{"step", ColumnType::Integer},
                              {"sigma", ColumnType::Real},
                              {"sigma_next", ColumnType::Real},
                              {"h", ColumnType::Real},
                              {"discretisation_term", ColumnType::Real},
                              {"residual", ColumnType::Real},
                              {"oscillation", ColumnType::Real},
                              {"max_neighbour_difference", ColumnType::Real}};
  return specs;
}

/// Levels came from the data end to the noisy end; rows of the file go the other way.
ReportFile array_file(const std::vector<double>& values, std::size_t states) {
  const std::size_t levels = values.size() / states;
  std::vector<double> turned;
  turned.reserve(values.size());
  for (std::size_t level = levels; level-- > 0;) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(level * states);
    turned.insert(turned.end(), begin, begin + static_cast<std::ptrdiff_t>(states));
  }
  return {"application/octet-stream",
          write_npy(turned, {static_cast<std::int64_t>(levels), static_cast<std::int64_t>(states)})};
}

class MyProcess final : public StudyOf<MyProcessConfig> {
 public:
  MyProcess() : StudyOf(my_process_parameters(), my_process_description()) {}

 protected:
  void check(const MyProcessConfig& config, const InputInfos& inputs,
             std::vector<Problem>& problems) const override {
    check_target(config, inputs, problems);
    if (inputs.find("observable") == inputs.end() && config.observable == "file") {
      problems.push_back({"observable", "file", "an input 'observable' beside it",
                          "observable is file; allowed: an input 'observable' beside it"});
    }
    if (inputs.find("law") != inputs.end() && inputs.find("corpus") != inputs.end()) {
      problems.push_back({"corpus", "given beside a law", "one of law and corpus",
                          "law and corpus are both given; allowed: one of them"});
    }
    if (inputs.find("kernel") != inputs.end() && config.freeze == "rate") {
      problems.push_back({"freeze", "rate", "score with a sampler of your own",
                          "freeze is rate; allowed: score with a sampler of your own, which has no rates"});
    }
    if (inputs.find("rates") == inputs.end() && config.refresh_rate + config.neighbour_rate == 0) {
      problems.push_back({"refresh_rate", "0", "above 0, or a neighbour_rate above 0",
                          "refresh_rate and neighbour_rate are both 0; allowed: one of them above 0"});
    }
  }
  Plan plan_of(const MyProcessConfig&, const InputInfos&) const override {
    Stage stage;
    stage.name = process_stage;
    return {stage};
  }
  Estimate estimate_of(const MyProcessConfig& config, const InputInfos& inputs) const override;
  Json key_of(const MyProcessConfig&, std::string_view, std::int64_t) const override {
    return Json::object();
  }
  std::unique_ptr<Stepper> start_task(const MyProcessConfig& config, std::string_view, std::int64_t,
                                      TaskContext& context) const override {
    return start_my_process(config, context);
  }
  void fill_report(const MyProcessConfig& config, const Results& results, Report& report) const override;

 private:
  void judge_claims(const MyProcessConfig& config, const Results& results, Report& report) const;
};

Estimate MyProcess::estimate_of(const MyProcessConfig& config, const InputInfos& inputs) const {
  const SpaceEstimate space = space_estimate(config, inputs);
  double jumps = 2 * space.symbols;
  if (const auto rates = inputs.find("rates"); rates != inputs.end()) {
    jumps = std::max(1.0, static_cast<double>(rates->second.bytes) / 12);
  }
  const double steps = static_cast<double>(config.levels);
  const double nodes = static_cast<double>(config.quadrature_nodes);
  // One product: a few passes over the states, and each jump in every line.
  const double product = space.states * space.length * (16 + 5 * jumps / space.symbols);
  const double rate = config.refresh_rate + 2 * config.neighbour_rate;
  const double exit_share = std::min(1.0, 0.5 + rate / 10);
  double terms = 0;
  const markov::NoiseGrid grid = config.grid(config.levels);
  for (std::size_t k = 0; k < grid.steps(); ++k) {
    const double h = grid.sigma[k] - grid.sigma[k + 1];
    const double reverse = exit_share * rate * space.length * (1 + 1 / grid.sigma[k + 1]);
    const auto work = markov::uniformization_work(reverse, h);
    terms += static_cast<double>(work.pieces * work.terms);
  }
  const bool own = inputs.find("kernel") != inputs.end();
  const double densities = own ? 0 : (2 * steps + 60) * nodes;
  // The grid that suits the observable: three products a step, and 60 short ones.
  const double aim = own ? 0 : (3 * terms + 200) * (config.goal_tolerance > 0 ? 4 : 1);
  StageCost cost;
  cost.stage = process_stage;
  cost.vector_ops =
      (4 * terms + aim) * product + densities * (12 * product + 20 * space.states * space.length);
  if (own) cost.vector_ops += 6 * steps * space.states * space.states;
  // Values sorted with their symbols: they take longer than values alone.
  cost.sort_elements =
      1.8 * densities * space.states * space.length * std::max(1.0, std::log2(std::max(2.0, space.symbols)));
  cost.special_ops = steps * space.states;
  const double arrays = std::min(static_cast<double>(most_array_entries), space.states * (steps + 1));
  cost.bytes_task = space.states * 8 * (steps + 30) + 16 * arrays + 16 * jumps + 1e6;
  Estimate estimate;
  estimate.stages = {cost};
  estimate.report_bytes = 12000 + 200 * steps + (80 + 3 * space.length) * std::min(space.states, 20000.0);
  return estimate;
}

void MyProcess::fill_report(const MyProcessConfig& config, const Results& results, Report& report) const {
  for (const std::string& name : process_metric_names()) report.metrics[name] = nan_number;
  const Table metrics = results.gather(process_stage, "metrics", process_metric_columns());
  for (std::size_t row = 0; row < metrics.rows(); ++row) {
    report.metrics[metrics.texts("name")[row]] = metrics.reals("value")[row];
  }
  const Table levels = results.gather(process_stage, "marginals", process_marginal_columns());
  const Table backward = results.gather(process_stage, backward_table, process_backward_columns());
  const Table bounds = results.gather(process_stage, bound_table, process_bound_columns());
  Table& marginals = report.table("marginals", process_marginal_columns());
  Series& forgetting = report.series["forgetting"];
  for (std::size_t row = levels.rows(); row-- > 0;) {
    const auto cell = [&](const char* name) { return levels.reals(name)[row]; };
    marginals.append_row(levels.integers("level")[row], cell("sigma"), cell("tv_to_stationary"),
                         cell("entropy"), cell("expected_observable"));
    if (std::isfinite(cell("tv_to_stationary"))) {
      forgetting.x.push_back(cell("sigma"));
      forgetting.y.push_back(cell("tv_to_stationary"));
    }
  }
  Table& steps = report.table("steps", step_columns());
  Series& oscillation = report.series["oscillation"];
  Series& density = report.series["residual_density"];
  for (std::size_t row = backward.rows(); row-- > 0;) {
    const auto cell = [&](const char* name) { return backward.reals(name)[row]; };
    const auto step = static_cast<std::size_t>(backward.integers("step")[row]);
    const double residual = step < bounds.rows() ? bounds.reals("residual")[step] : nan_number;
    steps.append_row(step, cell("sigma"), cell("sigma_next"), cell("h"), cell("discretisation_term"),
                     residual, cell("oscillation"), cell("max_neighbour_difference"));
    oscillation.x.push_back(cell("sigma"));
    oscillation.y.push_back(cell("oscillation"));
    if (step < bounds.rows()) {
      density.x.push_back(cell("sigma"));
      density.y.push_back(residual / (cell("h") * cell("h")));
    }
  }
  report.table("grid", process_grid_columns());
  report.table("goal_grid", process_goal_columns());
  const Partial* partial = nullptr;
  if (const auto stage = results.partials.find(process_stage); stage != results.partials.end()) {
    for (const auto& [index, one] : stage->second) partial = &one;
  }
  if (partial != nullptr) {
    for (const char* name : {"law", "stationary", "grid", "goal_grid", "symbols"}) {
      if (const Table* table = partial->find(name)) report.tables[name] = *table;
    }
    const Table* law = partial->find("law");
    const Table* marginal_array = partial->find("marginal_array");
    const Table* adjoint_array = partial->find("adjoint_array");
    if (results.complete && marginal_array != nullptr && adjoint_array != nullptr && law != nullptr) {
      const auto kept = [&](const Table& table) -> const std::vector<double>& {
        return table.reals("value");
      };
      const auto states = static_cast<std::size_t>(partial->find("states")->integers("states")[0]);
      report.files["marginals.npy"] = array_file(kept(*marginal_array), states);
      report.files["adjoint.npy"] = array_file(kept(*adjoint_array), states);
      for (const char* name : {"grid", "goal_grid"}) {
        const std::string csv = table_csv(report.tables.at(name));
        const auto* begin = reinterpret_cast<const std::byte*>(csv.data());
        report.files[std::string(name) + ".csv"] = {"text/csv",
                                                    std::vector<std::byte>(begin, begin + csv.size())};
      }
    }
  }
  judge_claims(config, results, report);
}

void MyProcess::judge_claims(const MyProcessConfig& config, const Results& results, Report& report) const {
  const auto claim = [&](const char* id, double statistic) {
    report.metrics[metric_of_claim(id)] = statistic;
    judge(report, results, id, statistic);
  };
  const auto& m = report.metrics;
  claim("identity-exact", std::fabs(m.at("identity_residual")));
  claim("oscillation-nonincreasing", m.at("largest_oscillation_increase"));
  claim("bound-valid", m.at("tv") / m.at("bound"));
  if (results.inputs.find("kernel") != results.inputs.end()) return;               // no rates, no grids
  if (results.complete && std::isnan(m.at("recommended_residual_bound"))) return;  // ends without noise
  claim("recommended-grid-smaller-bound", m.at("recommended_residual_bound") / m.at("residual_bound"));
  const double range = m.at("observable_oscillation");
  if (results.complete && !(m.at("goal_error_bar") > smallest_bar * range)) return;  // nothing to aim at
  claim("goal-error-within-bar",
        std::fabs(m.at("goal_error") - m.at("goal_predicted_error")) / m.at("goal_error_bar"));
  if (config.goal_tolerance > 0) {
    claim("goal-within-tolerance",
          std::fabs(m.at("goal_error") - m.at("goal_init_term")) / (config.goal_tolerance * range));
  } else if (config.freeze == "score") {
    claim("goal-grid-smaller-terms", m.at("goal_sum_of_terms") / m.at("sum_of_terms"));
  }
}

}  // namespace

std::unique_ptr<Study> make_my_process() {
  return std::make_unique<MyProcess>();
}

}  // namespace reprise::diffusion
