// The local engine: runs a plan on threads of this process. Used by the command line and by tests; the server
// leases the same tasks to worker processes, the page to Web Workers.
#pragma once

#include "study/study.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace reprise {

/// A finished task: what it appended and what it left for later stages.
struct TaskOutput {
  Partial partial;
  std::map<std::string, std::vector<std::byte>> artefacts;
};

struct RunProgress {
  std::int64_t tasks_done = 0;
  std::int64_t tasks_total = 0;
  double fraction = 0;  // includes the tasks in hand
};

/// What surrounds a run; every hook may be empty. Hooks are called from one thread at a time.
struct RunHooks {
  /// A fresh budget for one call of advance (30 ms of the caller's clock); empty: unlimited.
  std::function<std::unique_ptr<Budget>()> make_budget;
  /// True: stop at the next step; the run ends with Cancelled.
  std::function<bool()> cancelled;
  std::function<void(const RunProgress&)> progress;
  /// A task that an earlier, interrupted call has finished; nothing: run it.
  std::function<std::unique_ptr<TaskOutput>(const Stage&, std::int64_t index)> restore;
  std::function<void(const Stage&, std::int64_t index, const TaskOutput&)> finished;
};

struct RunRequest {
  const Study* study = nullptr;
  Json config;  // full and valid
  std::uint64_t seed = 0;
  InputInfos inputs;
  Resources resources;  // the inputs' bytes
  int workers = 1;
};

/// Runs every task and reduces. Throws what a task throws (the first in plan order that failed), or
/// Cancelled. The report does not depend on `workers`.
Report run_locally(RunRequest request, const RunHooks& hooks = {});

/// Tasks of the whole plan.
std::int64_t task_count(const Plan& plan);

}  // namespace reprise
