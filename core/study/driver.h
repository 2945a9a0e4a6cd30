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

/// A finished task: what it appended and what it left for later stages; in memory, or where a hook has put
/// it.
struct TaskOutput {
  Partial partial;
  std::map<std::string, std::vector<std::byte>> artefacts;
  std::map<std::string, std::shared_ptr<const ByteSource>> stored_artefacts;
  std::shared_ptr<const ByteSource> stored_partial;  // only for stages with rows_to_files
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
  /// May move artefacts and, for a stage with rows_to_files, the partial out of the memory.
  std::function<void(const Stage&, std::int64_t index, TaskOutput&)> finished;
  /// Takes an artefact while its task is still running; empty: it waits in memory for `finished`.
  std::function<std::shared_ptr<const ByteSource>(const Stage&, std::int64_t index, const std::string& name,
                                                  std::vector<std::byte> bytes)>
      store_artefact;
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
