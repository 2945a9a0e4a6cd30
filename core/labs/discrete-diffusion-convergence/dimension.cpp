// Study "How do error and bounds grow with the number of tokens, and what does sampling in parallel cost?".
#include "labs/discrete-diffusion-convergence/dimension.h"

#include "labs/discrete-diffusion-convergence/sampler_run.h"
#include "labs/discrete-diffusion-convergence/studies.h"
#include "markov/integral_metrics.h"
#include "markov/target_laws.h"

#include <algorithm>
#include <cmath>

namespace reprise::diffusion {

using namespace markov;

namespace {

using Config = DimensionConfig;
constexpr std::string_view lengths_stage = "lengths", masked_stage = "masked", kernels_stage = "kernels";
constexpr std::size_t masked_check_tokens = 3;  // S of the direct computation that the closed form is held to
constexpr std::size_t masked_check_lengths = 2;

using Specs = std::vector<ColumnSpec>;
const Specs length_columns = {{"length", ColumnType::Integer},
                              {"tv", ColumnType::Real},
                              {"bound", ColumnType::Real},
                              {"residual_bound", ColumnType::Real},
                              {"explicit_bound", ColumnType::Real}};
const Specs masked_columns = {{"length", ColumnType::Integer},
                              {"levels", ColumnType::Integer},
                              {"tv", ColumnType::Real},
                              {"mask_probability_generated", ColumnType::Real},
                              {"mask_probability_target", ColumnType::Real}};
const Specs check_columns = {
    {"length", ColumnType::Integer}, {"levels", ColumnType::Integer}, {"difference", ColumnType::Real}};
const Specs kernel_columns = {{"levels", ColumnType::Integer},
                              {"frozen_ctmc", ColumnType::Real},
                              {"tau_leaping", ColumnType::Real},
                              {"euler", ColumnType::Real},
                              {"tweedie", ColumnType::Real}};
const Specs instance_columns = {
    {"instance", ColumnType::Integer}, {"tv_slope", ColumnType::Real}, {"bound_slope", ColumnType::Real}};

class LengthStepper final : public Stepper {
 public:
  LengthStepper(const Config& config, std::int64_t instance, std::int64_t length, TaskContext& context)
      : config_(config), instance_(instance), length_(length), context_(context) {}
  bool step() override {
    if (!run_) {
      const StateSpace space{static_cast<std::size_t>(config_.vocabulary_size),
                             static_cast<std::size_t>(length_)};
      RunSettings settings;
      settings.nodes = static_cast<int>(config_.quadrature_nodes);
      run_ = std::make_unique<SamplerRun>(
          Sampler(RankOneNoise::uniform(space.symbols),
                  make_target(config_.target, space, config_.concentration, instance_, context_),
                  config_.grid(config_.levels)),
          settings);
      return false;
    }
    if (!run_->step()) return false;
    const RunOutcome& outcome = run_->outcome();
    const auto length = static_cast<std::size_t>(length_);
    const double closed = explicit_initial_bound(config_.sigma_max, length) +
                          explicit_step_bound(run_->sampler().grid, length, false);
    context_.partial()
        .table("rows", length_columns)
        .append_row(length_, outcome.tv, outcome.bound(), outcome.residual, closed);
    return true;
  }
  double progress() const override { return run_ ? run_->progress() : 0; }

 private:
  Config config_;
  std::int64_t instance_, length_;
  TaskContext& context_;
  std::unique_ptr<SamplerRun> run_;
};

// One number of steps: the closed form for every length, and the whole law of one and two tokens beside it.
void run_masked(const Config& config, std::int64_t levels, TaskContext& context) {
  const NoiseGrid grid = config.grid_from(config.masked_sigma_max, levels);
  const double generated = generated_mask_probability(grid, step_lengths(grid, {}, FreezeMode::Score));
  const double target = target_mask_probability(grid);
  Table& rows = context.partial().table("rows", masked_columns);
  for (const std::int64_t length : config.masked_length_list) {
    rows.append_row(length, levels,
                    binomial_total_variation(static_cast<std::size_t>(length), generated, target), generated,
                    target);
  }
  Table& checks = context.partial().table("checks", check_columns);
  for (std::size_t length = 1; length <= masked_check_lengths; ++length) {
    const Sampler sampler(RankOneNoise::absorbing(masked_check_tokens),
                          dirichlet_law({masked_check_tokens, length}, config.concentration,
                                        context.random("masked-target", {length})),
                          grid);
    const double tv =
        total_variation(sampler.generate(sampler.start().p), sampler.marginal(sampler.steps()).p);
    checks.append_row(length, levels, std::fabs(tv - binomial_total_variation(length, generated, target)));
  }
}

class KernelStepper final : public Stepper {
 public:
  KernelStepper(const Config& config, std::int64_t instance, std::int64_t levels, TaskContext& context)
      : config_(config), instance_(instance), levels_(levels), context_(context) {}
  bool step() override {
    if (!run_) {
      const StateSpace space{static_cast<std::size_t>(config_.parallel_vocabulary_size), 2};
      Sampler sampler(RankOneNoise::uniform(space.symbols),
                      make_target(config_.parallel_target, space, config_.concentration, instance_, context_),
                      config_.grid_from(config_.parallel_sigma_max, levels_));
      sampler.kind = static_cast<KernelKind>(tv_.size());
      RunSettings settings;
      settings.bounds = false;
      run_ = std::make_unique<SamplerRun>(std::move(sampler), settings);
      return false;
    }
    if (!run_->step()) return false;
    tv_.push_back(run_->outcome().tv);
    run_.reset();
    if (tv_.size() < kernel_keys().size()) return false;
    context_.partial().table("rows", kernel_columns).append_row(levels_, tv_[0], tv_[1], tv_[2], tv_[3]);
    return true;
  }
  double progress() const override {
    return (static_cast<double>(tv_.size()) + (run_ ? run_->progress() : 0)) / 4;
  }

 private:
  Config config_;
  std::int64_t instance_, levels_;
  TaskContext& context_;
  std::unique_ptr<SamplerRun> run_;
  std::vector<double> tv_;
};

class DimensionStudy final : public StudyOf<Config> {
 public:
  DimensionStudy() : StudyOf(dimension_parameters(), dimension_description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    check_levels(config, problems);
    check_states(config.vocabulary_size, config.lengths.back(), problems);
  }
  static const std::vector<std::int64_t>& list_of(const Config& config, std::string_view stage) {
    if (stage == lengths_stage) return config.lengths;
    return stage == masked_stage ? config.masked_levels_list : config.parallel_levels_list;
  }
  static std::int64_t instances_of(const Config& config, std::string_view stage) {
    if (stage == lengths_stage) return config.instances;
    return stage == masked_stage ? 1 : config.parallel_instances();
  }
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Plan plan;
    for (const std::string_view name : {lengths_stage, masked_stage, kernels_stage}) {
      Stage stage;
      stage.name = name;
      stage.count = instances_of(config, name) * static_cast<std::int64_t>(list_of(config, name).size());
      plan.push_back(stage);
    }
    return plan;
  }
  Estimate estimate_of(const Config& config, const InputInfos&) const override;
  Json key_of(const Config& config, std::string_view stage, std::int64_t index) const override {
    const auto& list = list_of(config, stage);
    const auto count = static_cast<std::int64_t>(list.size());
    return Json::object(
        {{"instance", index / count},
         {stage == lengths_stage ? "length" : "levels", list[static_cast<std::size_t>(index % count)]}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    const auto& list = list_of(config, stage);
    const auto count = static_cast<std::int64_t>(list.size());
    const std::int64_t entry = list[static_cast<std::size_t>(index % count)];
    if (stage == lengths_stage) return std::make_unique<LengthStepper>(config, index / count, entry, context);
    if (stage == kernels_stage) return std::make_unique<KernelStepper>(config, index / count, entry, context);
    return simple_task([config, entry, &context] { run_masked(config, entry, context); });
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;

 private:
  /// Rows of one instance, in the order of the list.
  static Table rows_of(const Config& config, const Results& results, std::string_view stage,
                       const Specs& specs, std::int64_t instance, const char* name = "rows") {
    Table table(specs);
    const auto count = static_cast<std::int64_t>(list_of(config, stage).size());
    const auto found = results.partials.find(stage);
    for (std::int64_t index = instance * count; index < (instance + 1) * count; ++index) {
      if (found == results.partials.end() || found->second.count(index) == 0) continue;
      if (const Table* rows = found->second.at(index).find(name)) table.append(*rows);
    }
    return table;
  }
};

Estimate DimensionStudy::estimate_of(const Config& config, const InputInfos&) const {
  Estimate estimate;
  const double instances = static_cast<double>(config.instances), steps = static_cast<double>(config.levels);
  StageCost lengths;
  double longest_states = 0, largest = 0, all = 0;
  for (const std::int64_t length : config.lengths) {
    const double d = static_cast<double>(length);
    const double states = std::pow(static_cast<double>(config.vocabulary_size), d);
    const StageCost bounds = bound_work(static_cast<double>(config.vocabulary_size), states, d, steps,
                                        static_cast<double>(config.quadrature_nodes), false, false);
    lengths.vector_ops +=
        instances * (bounds.vector_ops + sweep_operations(states, d, config.grid(config.levels)));
    lengths.sort_elements += instances * bounds.sort_elements;
    lengths.special_ops += instances * 20;
    longest_states = states;
    largest = states * d;
    all += states * d;
  }
  lengths.stage = lengths_stage;
  lengths.bytes_task = 100 * longest_states + 1e6;
  lengths.longest_task_share = largest / all / instances;

  StageCost masked;
  double masked_steps = 0;
  for (const std::int64_t levels : config.masked_levels_list) masked_steps += static_cast<double>(levels);
  double tokens = 0;
  for (const std::int64_t length : config.masked_length_list) tokens += static_cast<double>(length);
  masked.vector_ops = 40000 * masked_steps;
  masked.special_ops =
      30 * masked_steps + 14 * tokens * static_cast<double>(config.masked_levels_list.size());
  masked.stage = masked_stage;
  masked.bytes_task = 1e6;
  masked.longest_task_share =
      std::min(1.0, static_cast<double>(config.masked_levels_list.back()) / masked_steps);

  StageCost kernels;
  const double states = std::pow(static_cast<double>(config.parallel_vocabulary_size), 2.0);
  double kernel_steps = 0;
  for (const std::int64_t levels : config.parallel_levels_list) kernel_steps += static_cast<double>(levels);
  const double targets = static_cast<double>(config.parallel_instances());
  kernels.vector_ops = targets * kernel_steps * 3 * states * (5 * states + 10 * std::sqrt(states) + 200);
  kernels.special_ops = targets * kernel_steps * states * 10;
  kernels.stage = kernels_stage;
  kernels.bytes_task = 100 * states + 1e6;
  kernels.longest_task_share =
      static_cast<double>(config.parallel_levels_list.back()) / kernel_steps / targets;

  estimate.stages = {lengths, masked, kernels};
  estimate.report_bytes =
      12000 + 150 * static_cast<double>(config.masked_length_list.size() * config.masked_levels_list.size());
  return estimate;
}

void DimensionStudy::fill_report(const Config& config, const Results& results, Report& report) const {
  Table& instances = report.table("instances", instance_columns);
  std::vector<double> tv_slopes, bound_slopes, order, closed, additive, penalty;
  for (std::int64_t instance = 0; instance < config.instances; ++instance) {
    const Table rows = rows_of(config, results, lengths_stage, length_columns, instance);
    const std::vector<double> length(rows.integers("length").begin(), rows.integers("length").end());
    if (instance == 0) {
      report.tables["lengths"] = rows;
      for (const char* name : {"tv", "residual_bound", "explicit_bound"}) {
        report.series[name].x = length;
        report.series[name].y = rows.reals(name);
      }
    }
    tv_slopes.push_back(log_slope(length, rows.reals("tv")));
    bound_slopes.push_back(log_slope(length, rows.reals("residual_bound")));
    instances.append_row(instance, tv_slopes.back(), bound_slopes.back());
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const double bound = rows.reals("bound")[row];
      order.push_back(std::max(rows.reals("tv")[row] / bound, bound / rows.reals("explicit_bound")[row]));
    }
  }

  const Table masked_rows = rows_of(config, results, masked_stage, masked_columns, 0);
  Table& masked = report.table("masked", masked_columns);
  for (const std::int64_t length : config.masked_length_list) {  // lengths outer, steps inner
    for (std::size_t row = 0; row < masked_rows.rows(); ++row) {
      if (masked_rows.integers("length")[row] != length) continue;
      const double generated = masked_rows.reals("mask_probability_generated")[row];
      const double target = masked_rows.reals("mask_probability_target")[row];
      const double tv = masked_rows.reals("tv")[row];
      masked.append_row(length, masked_rows.integers("levels")[row], tv, generated, target);
      additive.push_back(tv / (static_cast<double>(length) * binomial_total_variation(1, generated, target)));
    }
  }
  const Table checks = rows_of(config, results, masked_stage, check_columns, 0, "checks");
  closed = checks.reals("difference");

  for (std::int64_t instance = 0; instance < config.parallel_instances(); ++instance) {
    const Table rows = rows_of(config, results, kernels_stage, kernel_columns, instance);
    if (instance == 0) report.tables["kernels"] = rows;
    double least = rows.rows() == 0 ? nan_number : std::numeric_limits<double>::infinity();
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const double ratio = rows.reals("tau_leaping")[row] / rows.reals("frozen_ctmc")[row];
      least = std::isnan(ratio) ? nan_number : std::min(least, ratio);
    }
    penalty.push_back(least);
  }

  const auto claim = [&](const char* id, double statistic) {
    report.metrics[metric_of_claim(id)] = statistic;
    judge(report, results, id, statistic);
  };
  claim("bound-growth-in-length", median_or_nan(bound_slopes));
  claim("tv-growth-in-length", median_or_nan(tv_slopes));
  claim("explicit-dominates", worst(order));
  claim("masked-closed-form-d", worst(closed));
  claim("masked-subadditive", worst(additive));
  claim("tau-leaping-penalty", median_or_nan(penalty));
}

}  // namespace

std::unique_ptr<Study> make_dimension_and_parallel() {
  return std::make_unique<DimensionStudy>();
}

}  // namespace reprise::diffusion
