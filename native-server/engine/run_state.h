// Which tasks of one run are finished, waiting or handed out, and how large the next lease should be. Plain
// bookkeeping: no processes, no files, no clock.
#pragma once

#include "engine/ranges.h"
#include "store/store.h"
#include "study/study.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

/// Tasks of one stage that are handed out together.
struct TaskSpan {
  std::string stage;
  std::int64_t first = 0;
  std::int64_t count = 0;
};

class RunState {
 public:
  /// `speeds` of one worker, for predictions.
  RunState(Plan plan, const Estimate& estimate, const Speeds& speeds);

  const Plan& plan() const { return plan_; }
  std::int64_t tasks_total() const { return total_; }
  std::int64_t tasks_done() const { return done_; }
  bool all_done() const { return done_ == total_; }

  /// Tasks that an earlier start of the server has finished; what does not belong to the plan is ignored.
  void restore(const std::vector<TaskRange>& ranges);
  std::vector<TaskRange> finished_ranges() const;
  std::map<std::string, RangeSet> finished() const;

  bool has_waiting() const;
  /// Takes waiting tasks of the first stage whose needs are met: about a second of work (within 0.5–5 s where
  /// tasks are that short), less near the end so that all workers finish together.
  std::optional<TaskSpan> take(int workers);
  /// Takes one certain waiting task; false when it is not waiting.
  bool take_one(std::string_view stage, std::int64_t index);
  /// A task of a span is done. False: it was done already.
  bool finish(std::string_view stage, std::int64_t index, double seconds);
  /// Tasks that were taken and not finished wait again.
  void give_back(const TaskSpan& span);
  /// A finished task whose rows were lost waits again.
  void lose(std::string_view stage, std::int64_t index);

  /// Work of one task relative to the whole run, by prediction: adds up to 1 over all tasks.
  double share_of_task(std::string_view stage) const;
  /// Share of the run that is done, by prediction, without tasks in hand.
  double fraction() const;
  /// Seconds of work of one worker that are left, by what tasks took so far.
  double remaining_seconds() const;

 private:
  struct StageState {
    RangeSet finished;
    RangeSet waiting;
    double predicted_seconds = 0;  // one task
    double measured_seconds = 0;   // all measured tasks
    std::int64_t measured = 0;
    double task_seconds() const;
  };
  std::size_t position(std::string_view stage) const;  ///< std::logic_error when there is no such stage
  bool is_ready(const Stage& stage) const;

  Plan plan_;
  std::vector<StageState> stages_;
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
  double predicted_total_ = 0;
};

}  // namespace reprise
