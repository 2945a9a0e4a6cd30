// The study contract: describe → validate → plan → tasks (steppers) → partials → reduce → report.
// One decomposition serves every engine; a study knows neither page, file, process nor clock.
#pragma once

#include "base/byte_source.h"
#include "base/random.h"
#include "study/assets.h"
#include "study/cost.h"
#include "study/description.h"
#include "study/partial.h"
#include "study/report.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

/// The contract's problem list: [{key, value, allowed, message}].
Json to_json(const std::vector<Problem>& problems);

/// What an engine knows of an input before any task reads it.
struct InputInfo {
  std::string sha256;
  std::string file_name;
  std::uint64_t bytes = 0;
  std::int64_t rows = 0;  // estimated from the first bytes; 0: unknown
};
using InputInfos = std::map<std::string, InputInfo, std::less<>>;
Json to_json(const InputInfos& inputs);
InputInfos input_infos_from_json(const Json& json);
/// Looks at the first bytes (and nothing more): everything but the hash.
InputInfo inspect_input(const ByteSource& source, std::string_view file_name);

/// A counted set of like tasks. It begins when the stages it needs are finished.
struct Stage {
  std::string name;
  std::int64_t count = 1;
  std::vector<std::string> needs;
  std::string device = "cpu";   // or "any"
  std::int64_t batch_hint = 1;  // tasks that are worth taking in one lease
  /// The rows of this stage only pass through into the report's files: engines keep its partials outside the
  /// memory (Results::stored). Its tasks give no metrics and no warnings.
  bool rows_to_files = false;

  Json to_json() const;
};
using Plan = std::vector<Stage>;

/// Asked between steps whether to go on; engines put their clock behind it.
class Budget {
 public:
  virtual ~Budget() = default;
  virtual bool spent() const = 0;
};
/// Never spent: run to the end.
class UnlimitedBudget final : public Budget {
 public:
  bool spent() const override { return false; }
};
/// Spent at once: exactly one step.
class SingleStep final : public Budget {
 public:
  bool spent() const override { return true; }
};

/// Named read-only bytes of a run: its inputs, the bundled assets it needs, and the artefacts that finished
/// tasks left.
class Resources {
 public:
  void add_input(std::string name, std::shared_ptr<const ByteSource> source);
  void add_artefact(std::string_view stage, std::int64_t index, std::string_view name,
                    std::shared_ptr<const ByteSource> source);
  void add_asset(std::string name, std::shared_ptr<const ByteSource> source);
  const ByteSource* input(std::string_view name) const;
  const ByteSource* artefact(std::string_view stage, std::int64_t index, std::string_view name) const;
  const ByteSource* asset(std::string_view name) const;

 private:
  std::map<std::string, std::shared_ptr<const ByteSource>, std::less<>> inputs_, assets_;
  std::map<std::string, std::shared_ptr<const ByteSource>, std::less<>> artefacts_;  // "stage/index/name"
};

/// What a task may touch: random streams, inputs, declared assets, artefacts of needed stages, its own
/// partial and artefacts.
class TaskContext {
 public:
  TaskContext(std::uint64_t seed, InputInfos inputs, const Resources& resources)
      : seed_(seed), inputs_(std::move(inputs)), resources_(resources) {}

  Random random(std::string_view name, std::initializer_list<std::uint64_t> coordinates = {}) const {
    return Random(seed_, name, coordinates);
  }
  const InputInfos& inputs() const { return inputs_; }
  bool has_input(std::string_view name) const { return resources_.input(name) != nullptr; }
  const ByteSource& input(std::string_view name) const;  ///< InputError when it was not given
  const ByteSource& artefact(std::string_view stage, std::int64_t index, std::string_view name) const;
  /// A bundled asset that the study's description names for this config.
  const ByteSource& asset(std::string_view name) const;

  Partial& partial() { return partial_; }
  void leave_artefact(std::string name, std::vector<std::byte> bytes);
  std::map<std::string, std::vector<std::byte>>& artefacts() { return artefacts_; }
  /// Artefacts go to `keep` as soon as they are left, instead of staying in memory until the task ends.
  using KeepArtefact = std::function<void(const std::string& name, std::vector<std::byte> bytes)>;
  void keep_artefacts_with(KeepArtefact keep) { keep_artefact_ = std::move(keep); }

 private:
  std::uint64_t seed_;
  InputInfos inputs_;
  const Resources& resources_;
  Partial partial_;
  std::map<std::string, std::vector<std::byte>> artefacts_;
  KeepArtefact keep_artefact_;
};

/// One task in hand. A step takes a few milliseconds; slicing never changes a number.
class Stepper {
 public:
  virtual ~Stepper() = default;
  /// Does one step; true when the task is done.
  virtual bool step() = 0;
  /// Share of the task that is done, in [0, 1].
  virtual double progress() const { return 0; }
  /// Does whole steps, at least one, until the task is done (true) or the budget is spent (false).
  bool advance(const Budget& budget) {
    do {
      if (step()) return true;
    } while (!budget.spent());
    return false;
  }
};
/// A task of one step.
std::unique_ptr<Stepper> simple_task(std::function<void()> work);
/// A task as a list of steps, done in order; each returns true when it is finished, false to be called again.
std::unique_ptr<Stepper> sequence_task(std::vector<std::function<bool()>> steps);

/// What reduce sees: the partials of every stage so far, tasks in index order.
struct Results {
  std::uint64_t seed = 0;
  InputInfos inputs;
  Plan plan;
  std::map<std::string, std::map<std::int64_t, Partial>, std::less<>>
      partials;  // stage → index → rows so far
  /// Instead, for stages with rows_to_files: the pieces of each task's partial.
  std::map<std::string, std::map<std::int64_t, StoredPartials>, std::less<>> stored;
  bool complete = false;  ///< every task has finished; otherwise claims are not evaluated

  /// The rows of one table over all tasks of a stage, in index order; an empty table when nothing is there
  /// yet.
  Table gather(std::string_view stage, std::string_view table, const std::vector<ColumnSpec>& specs) const;
  /// Everything tasks warned of, in order, without repeats.
  std::vector<std::string> warnings() const;
  /// A table of a stage with rows_to_files, over all its tasks.
  StoredTable stored_table(std::string_view stage, std::string_view table) const;
  /// Whether the plan has such a stage with rows_to_files.
  bool goes_to_files(std::string_view stage) const;
};

/// Adds a table of a stage with rows_to_files to the report: whole when it is small; else, once the run is
/// complete, as files with its first rows.
void pass_on_table(const Results& results, std::string_view stage, std::string_view table, Report& report);

class Study {
 public:
  virtual ~Study();
  const Description& description() const { return description_; }

  /// Defaults, then `preset`, then `overrides`; InputError with every problem of key, type or range.
  Json resolve(std::string_view preset, const Json& overrides) const;
  /// All problems of a full config: single parameters, cross-parameter rules, missing or unknown inputs.
  std::vector<Problem> validate(const Json& config, const InputInfos& inputs) const;

  /// The bundled assets that tasks of this config read.
  std::vector<AssetInfo> needed_assets(const Json& config) const;

  virtual Plan plan(const Json& config, const InputInfos& inputs) const = 0;
  virtual Estimate estimate(const Json& config, const InputInfos& inputs) const = 0;
  /// The stable name of a task, e.g. {"n": 1000, "repeat": 3}.
  virtual Json task_key(const Json& config, std::string_view stage, std::int64_t index) const = 0;
  /// Begins a task. `context` outlives the stepper.
  virtual std::unique_ptr<Stepper> start(const Json& config, std::string_view stage, std::int64_t index,
                                         TaskContext& context) const = 0;
  /// Pure; claims are evaluated only when `results.complete`.
  virtual Report reduce(const Json& config, const Results& results) const = 0;
  /// What an interactive figure asks while the visitor drags: pure, a few milliseconds. InputError when the
  /// study has no probe of that name, or for arguments it cannot use.
  virtual Json probe(const Json& config, std::string_view name, const Json& arguments) const;

 protected:
  Study(const std::vector<Parameter>& parameters, Description description);
  virtual void check_config_rules(const Json& config, const InputInfos& inputs,
                                  std::vector<Problem>& problems) const = 0;

  /// A report with study, revision, seed, config and warnings filled in.
  Report begin_report(const Json& config, const Results& results) const;
  /// Adds the declared claim `id` with its statistic; its threshold may come from the config.
  void judge(Report& report, const Results& results, std::string_view id, double statistic) const;

 private:
  Description description_;
};

/// A study whose config is a struct: what a lab derives from.
template <class Config>
class StudyOf : public Study {
 public:
  Plan plan(const Json& config, const InputInfos& inputs) const final {
    return plan_of(parameters_.decode(config), inputs);
  }
  Estimate estimate(const Json& config, const InputInfos& inputs) const final {
    return estimate_of(parameters_.decode(config), inputs);
  }
  Json task_key(const Json& config, std::string_view stage, std::int64_t index) const final {
    return key_of(parameters_.decode(config), stage, index);
  }
  std::unique_ptr<Stepper> start(const Json& config, std::string_view stage, std::int64_t index,
                                 TaskContext& context) const final {
    return start_task(parameters_.decode(config), stage, index, context);
  }
  Json probe(const Json& config, std::string_view name, const Json& arguments) const final {
    return probe_of(parameters_.decode(config), name, arguments);
  }
  Report reduce(const Json& config, const Results& results) const final {
    Report report = begin_report(config, results);
    fill_report(parameters_.decode(config), results, report);
    return report;
  }

 protected:
  StudyOf(Parameters<Config> parameters, Description description)
      : Study(parameters.list(), std::move(description)), parameters_(std::move(parameters)) {}

  virtual void check(const Config&, const InputInfos&, std::vector<Problem>&) const {}
  virtual Plan plan_of(const Config& config, const InputInfos& inputs) const = 0;
  virtual Estimate estimate_of(const Config& config, const InputInfos& inputs) const = 0;
  virtual Json key_of(const Config& config, std::string_view stage, std::int64_t index) const = 0;
  virtual std::unique_ptr<Stepper> start_task(const Config& config, std::string_view stage,
                                              std::int64_t index, TaskContext& context) const = 0;
  virtual void fill_report(const Config& config, const Results& results, Report& report) const = 0;
  virtual Json probe_of(const Config&, std::string_view name, const Json& arguments) const {
    return Study::probe(Json(), name, arguments);
  }

 private:
  void check_config_rules(const Json& config, const InputInfos& inputs,
                          std::vector<Problem>& problems) const final {
    check(parameters_.decode(config), inputs, problems);
  }

  Parameters<Config> parameters_;
};

/// SHA-256 of canonical JSON {study, revision, config, seed, inputs: {name: hash}, level}; the assets that
/// the run needs are among the inputs as "assets/<name>".
std::string run_id(const Study& study, const Json& config, std::uint64_t seed, const InputInfos& inputs,
                   std::string_view level);
/// The level that a run of this study has on the portable code path: "exact" studies are the same everywhere.
inline constexpr std::string_view portable_level = "portable";
/// The seed of a run that names none.
inline constexpr std::uint64_t default_seed = 1;
/// Seeds are integers that JSON and JavaScript hold exactly.
inline constexpr std::uint64_t largest_seed = (std::uint64_t{1} << 53) - 1;

}  // namespace reprise

extern template class std::vector<reprise::Stage>;
