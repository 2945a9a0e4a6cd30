// One arm of one repeat as a task of a study: trains, appends its trace while it goes and its summary at the
// end.
#pragma once

#include "labs/slingshot/run_monitor.h"
#include "labs/slingshot/training_config.h"
#include "study/study.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace reprise::slingshot {

/// Tables of a task's partial; the report has the same ones, and "events" made of "summary".
extern const std::vector<ColumnSpec> trace_columns;
extern const std::vector<ColumnSpec> slingshot_columns;
extern const std::vector<ColumnSpec> fit_columns;
extern const std::vector<ColumnSpec> summary_columns;  ///< those of events, then what only claims need
extern const std::vector<ColumnSpec> event_columns;
extern const std::vector<ColumnSpec> accuracy_columns;  ///< arm, repeat, step, train_accuracy, test_accuracy

/// layer, outputs, value: the weights of one network, layer by layer in the order [out, in].
extern const std::vector<ColumnSpec> weight_columns;
void append_weights(const Network& network, Partial& partial);

/// Writes what an arm does into a partial.
class ArmRecorder {
 public:
  ArmRecorder(Partial& partial, std::string arm, std::int64_t repeat, std::int64_t log_every)
      : partial_(partial), arm_(std::move(arm)), repeat_(repeat), log_every_(log_every) {}

  /// Every step; appends a row of the trace to every log_every-th.
  void observe(const StepRecord& record);
  /// Appends the rows of summary, slingshots and fits, and the weights of repeat 0.
  void finish(double train_accuracy, double test_accuracy, const Network& network);
  RunMonitor& monitor() { return monitor_; }

 private:
  Partial& partial_;
  std::string arm_;
  std::int64_t repeat_;
  std::int64_t log_every_;
  RunMonitor monitor_;
};

/// Training steps that take a few milliseconds together, from the size of one.
std::int64_t steps_per_slice(std::int64_t rows, std::int64_t width, std::int64_t classes);

/// Weights and data of a repeat, the same for every arm.
Split modular_split(const TrainingConfig& config, const TaskContext& context, std::int64_t repeat);
NetworkShape modular_network(const TrainingConfig& config);
Random weight_stream(const TaskContext& context, std::int64_t repeat);

/// Trains one arm on modular addition for all steps. test_every > 0: also appends to the table "accuracy"
/// after so many updates.
std::unique_ptr<Stepper> start_arm(const TrainingConfig& config, const Arm& arm, std::int64_t repeat,
                                   std::int64_t test_every, TaskContext& context);

/// Cost of training `tasks` arms of `steps` steps each.
StageCost training_cost(std::string_view stage, std::int64_t rows, std::int64_t width, std::int64_t classes,
                        double steps, double tasks);

}  // namespace reprise::slingshot
