// Studies that exist for tests only: tasks that draw numbers, take their time, leave artefacts, or fail as
// told.
#pragma once

#include "study/marks.h"
#include "study/registry.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <string>
#include <unistd.h>

namespace reprise::testing {

struct WorkConfig {
  std::int64_t tasks = 4;
  std::int64_t steps = 3;
  std::int64_t step_milliseconds = 0;
  std::string mode = "fine";
};

inline Parameters<WorkConfig> work_parameters() {
  Parameters<WorkConfig> list;
  list.integer("tasks", &WorkConfig::tasks).within(1, 100000).preset("paper", 400);
  list.integer("steps", &WorkConfig::steps).within(1, 100000);
  list.integer("step_milliseconds", &WorkConfig::step_milliseconds).within(0, 60000);
  list.choice("mode", &WorkConfig::mode,
              {"fine", "asset", "input_error", "exception", "die_once", "die_always"});
  return list;
}

inline Description work_description() {
  Description description;
  description.study = "test/work";
  description.title = "Work";
  description.question = "Does every engine give the same sum?";
  description.inputs = {{"numbers", false, {"csv"}, "any bytes", "", "1\n2\n"}};
  description.assets = {{"fashion-mnist", "mode", "asset"}};
  description.claims = {
      claim_spec("count", "every step left one row", Relation::Equal, 0, "counting is exact")};
  return description;
}

/// Stage "draw": `steps` rows of a named stream each, and their sum as an artefact. Stage "sum" (one task)
/// adds the artefacts. Mode "die_once": the worker of draw/1 kills itself unless the file in
/// REPRISE_TEST_MARKER exists. Mode "asset": every row is the size of a bundled asset.
class WorkStudy final : public StudyOf<WorkConfig> {
 public:
  WorkStudy() : StudyOf(work_parameters(), work_description()) {}

 protected:
  Plan plan_of(const WorkConfig& config, const InputInfos&) const override {
    return {{"draw", config.tasks, {}, "cpu", 1}, {"sum", 1, {"draw"}, "cpu", 1}};
  }
  Estimate estimate_of(const WorkConfig& config, const InputInfos&) const override {
    StageCost cost;
    cost.stage = "draw";
    cost.special_ops = static_cast<double>(config.tasks * config.steps) * 100;
    return {{cost}, 1000};
  }
  Json key_of(const WorkConfig&, std::string_view stage, std::int64_t index) const override {
    return Json::object({{std::string(stage), index}});
  }
  std::unique_ptr<Stepper> start_task(const WorkConfig& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    if (stage == "sum") {
      return simple_task([&context, config] {
        double total = 0;
        for (std::int64_t task = 0; task < config.tasks; ++task) {
          double part = 0;
          const std::vector<std::byte> bytes = read_all(context.artefact("draw", task, "part"));
          std::memcpy(&part, bytes.data(), sizeof part);
          total += part;
        }
        context.partial().table("total", {{"value"}}).append_row(total);
      });
    }
    return std::make_unique<Draw>(config, index, context);
  }
  void fill_report(const WorkConfig& config, const Results& results, Report& report) const override {
    const Table draws = results.gather("draw", "draws", draw_columns());
    const Table total = results.gather("sum", "total", {{"value"}});
    report.metrics["rows"] = static_cast<double>(draws.rows());
    if (total.rows() == 1) report.metrics["total"] = total.reals("value")[0];
    report.tables["draws"] = draws;
    const std::string text = "rows\n" + std::to_string(draws.rows()) + "\n";
    const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
    report.files["count.csv"] = {"text/csv", std::vector<std::byte>(bytes.begin(), bytes.end())};
    judge(report, results, "count",
          static_cast<double>(draws.rows()) - static_cast<double>(config.tasks * config.steps));
  }

 private:
  static std::vector<ColumnSpec> draw_columns() { return {{"task", ColumnType::Integer}, {"value"}}; }

  class Draw final : public Stepper {
   public:
    Draw(const WorkConfig& config, std::int64_t index, TaskContext& context)
        : config_(config),
          index_(index),
          context_(context),
          random_(context.random("draw", {static_cast<std::uint64_t>(index)})) {}
    bool step() override {
      if (config_.step_milliseconds > 0) usleep(static_cast<useconds_t>(config_.step_milliseconds) * 1000);
      if (index_ == 1) misbehave();
      const double value = config_.mode == "asset"
                               ? static_cast<double>(context_.asset("fashion-mnist").size())
                               : random_.uniform();
      sum_ += value;
      context_.partial().table("draws", draw_columns()).append_row(index_, value);
      if (++done_ < config_.steps) return false;
      std::vector<std::byte> bytes(sizeof sum_);
      std::memcpy(bytes.data(), &sum_, sizeof sum_);
      context_.leave_artefact("part", std::move(bytes));
      return true;
    }
    double progress() const override {
      return static_cast<double>(done_) / static_cast<double>(config_.steps);
    }

   private:
    void misbehave() const {
      if (config_.mode == "input_error") {
        throw InputError(Problem{"numbers", "x", "numbers", "row 2, column 1: 'x' is no number"});
      }
      if (config_.mode == "exception") throw std::runtime_error("the matrix is singular");
      if (config_.mode == "die_always") kill(getpid(), SIGKILL);
      if (config_.mode == "die_once") {
        const char* marker = std::getenv("REPRISE_TEST_MARKER");
        if (marker != nullptr && !std::filesystem::exists(marker)) {
          std::ofstream(marker) << "died\n";
          kill(getpid(), SIGKILL);
        }
      }
    }

    WorkConfig config_;
    std::int64_t index_;
    TaskContext& context_;
    Random random_;
    double sum_ = 0;
    std::int64_t done_ = 0;
  };
};

inline Registry make_test_registry() {
  Registry registry;
  registry.add_lab("test", R"({"title": "Tests", "question": "Does it hold?"})");
  registry.add(std::make_unique<WorkStudy>());
  return registry;
}

}  // namespace reprise::testing
