// Study "Which grid of noise levels has the smallest error, and which the smallest bound?".
#include "labs/discrete-diffusion-convergence/schedules.h"

#include "labs/discrete-diffusion-convergence/observables.h"
#include "labs/discrete-diffusion-convergence/sampler_run.h"
#include "labs/discrete-diffusion-convergence/studies.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace reprise::diffusion {

using namespace markov;

namespace {

using Config = SchedulesConfig;
constexpr std::string_view stage_name = "grids";
constexpr std::size_t grids = 6;  // five schedules and the optimal grid

std::string grid_key(std::size_t grid) {
  return grid < schedule_keys().size() ? schedule_keys()[grid] : "optimal";
}

using Specs = std::vector<ColumnSpec>;
const Specs run_columns = {{"instance", ColumnType::Integer}, {"levels", ColumnType::Integer},
                           {"schedule", ColumnType::Text},    {"freeze", ColumnType::Text},
                           {"tv", ColumnType::Real},          {"residual_bound", ColumnType::Real},
                           {"difference", ColumnType::Real}};
const Specs schedule_columns = {{"levels", ColumnType::Integer},
                                {"schedule", ColumnType::Text},
                                {"freeze", ColumnType::Text},
                                {"tv", ColumnType::Real},
                                {"residual_bound", ColumnType::Real}};
const Specs grid_columns = {{"t", ColumnType::Real}, {"sigma", ColumnType::Real}};
const Specs step_columns = {
    {"schedule", ColumnType::Text}, {"freeze", ColumnType::Text},      {"step", ColumnType::Integer},
    {"sigma", ColumnType::Real},    {"signed_term", ColumnType::Real}, {"residual", ColumnType::Real},
    {"h", ColumnType::Real}};
const Specs shown_step_columns(step_columns.begin(), step_columns.end() - 1);

// One grid with one number of steps: both ways of freezing, and for the first target with the most steps the
// signed share of every step.
class GridStepper final : public Stepper {
 public:
  GridStepper(const Config& config, std::int64_t instance, std::size_t levels, std::size_t grid,
              TaskContext& context)
      : config_(config),
        instance_(instance),
        levels_(config.levels_list[levels]),
        detailed_(instance == 0 && levels + 1 == config.levels_list.size()),
        grid_(grid),
        context_(context) {}

  bool step() override {
    if (law_.p.empty()) {
      law_ = target_law(config_, instance_, context_);
      return false;
    }
    if (!run_) {
      begin();
      return false;
    }
    if (!backward_) {
      if (!run_->step()) return false;
      finish_run();
      if (detailed_) {
        backward_ = run_->sampler().steps();
        u_ = make_observable("first_two_equal", law_.space, std::nullopt);
        signed_terms_.assign(backward_, 0);
        return false;
      }
      return next_mode();
    }
    signed_term(--backward_);
    if (backward_ > 0) return false;
    write_steps();
    return next_mode();
  }
  double progress() const override {
    const double part = !run_ ? 0 : detailed_ && backward_ ? 0.75 : run_->progress() / 2;
    return grid_ + 1 == grids ? part : (part + (rate_mode_ ? 1 : 0)) / 2;
  }

 private:
  Schedule schedule() const {
    return config_.schedule_named(grid_ + 1 < grids ? grid_key(grid_) : config_.schedule);
  }
  const char* freeze_key() const { return rate_mode_ ? "rate" : "score"; }

  void begin() {
    const RankOneNoise noise = RankOneNoise::uniform(law_.space.symbols);
    const auto steps = static_cast<std::size_t>(levels_);
    const int nodes = static_cast<int>(config_.quadrature_nodes);
    const NoiseGrid levels =
        grid_ + 1 < grids ? make_grid(schedule(), steps)
                          : optimal_grid(noise, law_, config_.sigma_max, config_.sigma_min, steps, nodes);
    RunSettings settings;
    settings.schedule = schedule();
    settings.freeze = rate_mode_ ? FreezeMode::Rate : FreezeMode::Score;
    settings.nodes = nodes;
    run_ = std::make_unique<SamplerRun>(Sampler(noise, law_, levels), settings);
    if (grid_ + 1 == grids && detailed_) {
      Table& table = context_.partial().table("grid", grid_columns);
      for (std::size_t k = 0; k <= steps; ++k) table.append_row(levels.t[k], levels.sigma[k]);
    }
  }

  void finish_run() {
    const RunOutcome& outcome = run_->outcome();
    double difference = nan_number;
    if (rate_mode_) {
      difference = 0;
      for (std::size_t y = 0; y < first_law_.size(); ++y) {
        difference = std::max(difference, std::fabs(first_law_[y] - outcome.law[y]));
      }
    }
    first_law_ = outcome.law;
    context_.partial()
        .table("runs", run_columns)
        .append_row(instance_, levels_, grid_key(grid_), freeze_key(), outcome.tv, outcome.residual,
                    difference);
  }

  void signed_term(std::size_t k) {
    const Sampler& sampler = run_->sampler();
    const std::unique_ptr<StepKernel> kernel = sampler.kernel(k);
    std::vector<double> moved = sampler.marginal(k).p;
    kernel->push(moved);
    const std::vector<double> next = sampler.marginal(k + 1).p;
    for (std::size_t y = 0; y < moved.size(); ++y) moved[y] -= next[y];
    signed_terms_[k] = dot(moved, u_);
    kernel->pull(u_);
  }

  void write_steps() {
    const Sampler& sampler = run_->sampler();
    Table& table = context_.partial().table("steps", step_columns);
    for (std::size_t k = 0; k < signed_terms_.size(); ++k) {
      table.append_row(grid_key(grid_), freeze_key(), k, sampler.grid.sigma[k], signed_terms_[k],
                       run_->outcome().step_residual[k], sampler.lengths[k]);
    }
  }

  bool next_mode() {
    backward_ = 0;
    if (rate_mode_ || grid_ + 1 == grids) return true;
    rate_mode_ = true;
    run_.reset();
    return false;
  }

  Config config_;
  std::int64_t instance_, levels_;
  bool detailed_;
  std::size_t grid_;
  TaskContext& context_;
  Law law_;
  std::unique_ptr<SamplerRun> run_;
  std::vector<double> first_law_, u_, signed_terms_;
  std::size_t backward_ = 0;
  bool rate_mode_ = false;
};

class SchedulesStudy final : public StudyOf<Config> {
 public:
  SchedulesStudy() : StudyOf(schedules_parameters(), schedules_description()) {}

 protected:
  void check(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) const override {
    check_target(config, inputs, problems);
  }
  Plan plan_of(const Config& config, const InputInfos& inputs) const override {
    Stage stage;
    stage.name = stage_name;
    stage.count = target_count(config, inputs) * static_cast<std::int64_t>(config.levels_list.size() * grids);
    return {stage};
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config& config, std::string_view, std::int64_t index) const override {
    const Place place = place_of(config, index);
    return Json::object({{"instance", place.instance},
                         {"levels", config.levels_list[place.levels]},
                         {"schedule", grid_key(place.grid)}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    const Place place = place_of(config, index);
    return std::make_unique<GridStepper>(config, place.instance, place.levels, place.grid, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;

 private:
  struct Place {
    std::int64_t instance;
    std::size_t levels, grid;
  };
  static Place place_of(const Config& config, std::int64_t index) {
    const auto at = static_cast<std::size_t>(index), each = config.levels_list.size() * grids;
    return {static_cast<std::int64_t>(at / each), at % each / grids, at % grids};
  }
};

Estimate SchedulesStudy::estimate_of(const Config& config, const InputInfos& inputs) const {
  const SpaceEstimate space = space_estimate(config, inputs);
  const double targets = static_cast<double>(target_count(config, inputs));
  const double nodes = static_cast<double>(config.quadrature_nodes);
  StageCost cost;
  double all = 0, most = 0;
  for (const std::int64_t levels : config.levels_list) {
    const double steps = static_cast<double>(levels);
    const StageCost bounds =
        bound_work(space.symbols, space.states, space.length, steps + 6, nodes, space.length == 1, false);
    cost.vector_ops +=
        11 * (bounds.vector_ops + sweep_operations(space.states, space.length, config.grid(levels)));
    cost.sort_elements += 11 * bounds.sort_elements;
    all += steps;
    most = steps;
  }
  cost.vector_ops *= targets * (1 + most / all / targets / 2);
  cost.sort_elements *= targets;
  cost.special_ops = targets * 6 * space.states;
  cost.stage = stage_name;
  cost.bytes_task = 250 * space.states + 1e6;
  cost.longest_task_share = std::min(1.0, 2 * most / all / targets / static_cast<double>(grids));
  Estimate estimate;
  estimate.stages = {cost};
  estimate.report_bytes = 10000 + 1100 * most + 900 * static_cast<double>(config.levels_list.size());
  return estimate;
}

void SchedulesStudy::fill_report(const Config& config, const Results& results, Report& report) const {
  const Table runs = results.gather(stage_name, "runs", run_columns);
  const Table steps = results.gather(stage_name, "steps", step_columns);
  report.table("grid", grid_columns).append(results.gather(stage_name, "grid", grid_columns));
  Table& schedules = report.table("schedules", schedule_columns);
  Table& shown = report.table("steps", shown_step_columns);
  Series& density = report.series["residual_density"];
  for (std::size_t row = 0; row < steps.rows(); ++row) {
    const std::string& key = steps.texts("schedule")[row];
    const std::string& freeze = steps.texts("freeze")[row];
    const double residual = steps.reals("residual")[row], h = steps.reals("h")[row];
    shown.append_row(key, freeze, steps.integers("step")[row], steps.reals("sigma")[row],
                     steps.reals("signed_term")[row], residual);
    if (key != config.schedule || freeze != "score") continue;
    density.x.push_back(steps.reals("sigma")[row]);
    density.y.push_back(residual / (h * h));
  }

  struct Cell {
    double tv = nan_number, residual = nan_number;
  };
  std::map<std::int64_t, std::map<std::string, Cell>> at_most, at_least;  // instance → "schedule/freeze"
  std::vector<double> linear;
  for (std::size_t row = 0; row < runs.rows(); ++row) {
    const std::int64_t instance = runs.integers("instance")[row], levels = runs.integers("levels")[row];
    const std::string& key = runs.texts("schedule")[row];
    const std::string& freeze = runs.texts("freeze")[row];
    const Cell cell = {runs.reals("tv")[row], runs.reals("residual_bound")[row]};
    if (instance == 0) schedules.append_row(levels, key, freeze, cell.tv, cell.residual);
    if (levels == config.levels_list.back()) at_most[instance][key + "/" + freeze] = cell;
    if (levels == config.levels_list.front()) at_least[instance][key + "/" + freeze] = cell;
    if (key == "linear" && freeze == "rate") linear.push_back(runs.reals("difference")[row]);
  }
  std::vector<double> optimal, cancelled, missed;
  for (auto& [instance, cells] : at_most) {
    double best = nan_number;
    for (const std::string& key : schedule_keys()) {
      const double residual = cells[key + "/score"].residual;
      best = std::isnan(best) ? residual : std::min(best, residual);
    }
    optimal.push_back(cells["optimal/score"].residual / best);
    cancelled.push_back(cells[config.schedule + "/rate"].tv / cells[config.schedule + "/score"].tv);
  }
  for (auto& [instance, cells] : at_least) {
    missed.push_back(cells[config.schedule + "/rate"].residual / cells[config.schedule + "/score"].residual);
  }
  const auto claim = [&](const char* id, double statistic) {
    report.metrics[metric_of_claim(id)] = statistic;
    judge(report, results, id, statistic);
  };
  claim("linear-modes-coincide", worst(linear));
  claim("optimal-grid-smallest-bound", median_or_nan(optimal));
  claim("rate-freeze-cancels", median_or_nan(cancelled));
  claim("absolute-bound-misses-cancellation", median_or_nan(missed));
}

}  // namespace

std::unique_ptr<Study> make_schedules() {
  return std::make_unique<SchedulesStudy>();
}

}  // namespace reprise::diffusion
