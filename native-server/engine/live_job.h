// One job while the server works on it.
#pragma once

#include "clock/clock.h"
#include "engine/run_state.h"
#include "store/data_folder.h"
#include "store/store.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace reprise {

struct LiveJob {
  enum class Phase {
    Tasks,      // tasks are handed out
    Reduction,  // all tasks are finished: the final reduction is wanted or in hand
    Ending,     // its state is decided; leases are called back, then a partial report is made
  };
  using TaskName = std::pair<std::string, std::int64_t>;  // stage, index

  LiveJob(JobRecord job_record, const Study& job_study, JobFolder job_folder, RunState run_state)
      : record(std::move(job_record)),
        study(&job_study),
        folder(std::move(job_folder)),
        run(std::move(run_state)) {}

  JobRecord record;
  const Study* study;
  JobFolder folder;
  RunState run;
  Phase phase = Phase::Tasks;
  int leases = 0;  // in hand, reductions included

  // Tasks whose worker died: tried once more, with nothing else running beside them.
  std::vector<TaskName> alone;
  std::set<TaskName> tried;
  bool reduction_tried = false;

  // Live reductions.
  bool new_rows = false;
  bool reducing = false;  // never twice at once
  SteadyTime last_reduction{};
  double reduction_seconds = 0;  // what the last one took
  int reduction_failures = 0;

  // Ending.
  JobState final_state = JobState::Succeeded;
  std::vector<Problem> problems;
  bool is_stored = false;
  bool partial_wanted = false;

  bool progress_unsaved = false;
  bool progress_untold = true;
  SteadyTime last_told{};
};

}  // namespace reprise
