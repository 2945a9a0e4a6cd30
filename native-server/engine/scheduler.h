// Decides what every worker process does next: leases for the tasks of jobs, live and final reductions, a
// second try for tasks whose worker died, and the end of jobs. Runs on the engine's thread alone.
#pragma once

#include "engine/events.h"
#include "engine/live_job.h"
#include "engine/protocol.h"
#include "engine/worker_process.h"
#include "study/registry.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <poll.h>
#include <string>
#include <vector>

namespace reprise {

struct LiveProgress {
  std::int64_t done = 0;
  std::int64_t total = 0;
  double fraction = 0;  // includes the tasks in hand
  double remaining_seconds = 0;
};

/// What other threads may know of the engine.
struct Board {
  std::mutex mutex;
  std::map<std::string, LiveProgress, std::less<>> jobs;
  int workers_alive = 0;
  int leases = 0;
};

class Scheduler {
 public:
  Scheduler(const Registry& registry, Store& store, const DataFolder& data, EventHub& events, Board& board,
            const Speeds& speeds, int workers, std::vector<std::string> worker_command);
  ~Scheduler();

  /// A job that the store holds: a new one, or one of an earlier start of the server.
  void adopt(JobRecord record);
  void cancel(const std::string& id);

  /// Descriptors to wait for, and for how many milliseconds at most.
  void add_descriptors(std::vector<pollfd>& list) const;
  int patience() const;
  /// Reads what workers report, hands out leases, tells and saves progress.
  void advance();

  /// Calls every lease back; jobs stay as they are in the store.
  void begin_stop();
  bool has_stopped() const;
  /// Writes what has changed to the store, four times a second or `now`.
  void save_progress(bool now);

 private:
  struct Worker {
    std::unique_ptr<WorkerProcess> process;
    bool is_reducer = false;
    std::optional<Lease> lease;
    std::string job;         // of the lease
    std::int64_t index = 0;  // task in hand
    double fraction = 0;     // of it
    bool has_live_rows = false;
    bool runs_alone = false;
    bool has_spoken = false;
    std::optional<SteadyTime> kill_at;
  };

  // Messages (scheduler.cpp).
  void read_messages(Worker& worker);
  void handle(Worker& worker, const Json& message);
  void handle_report(Worker& worker, LiveJob& job, const Json& message);
  void handle_failure(Worker& worker, LiveJob& job, const Json& message);
  void handle_death(Worker& worker);
  void end_lease(Worker& worker);
  void try_again_alone(LiveJob& job, const LiveJob::TaskName& task, const std::string& reason);

  // Leases (assignment.cpp).
  void assign();
  bool assign_alone();
  void assign_tasks();
  void assign_reductions();
  bool is_reduction_due(const LiveJob& job) const;
  LiveJob* next_job();
  Worker* idle_worker(bool reducer, bool may_start);
  void hand_out(Worker& worker, LiveJob& job, Lease lease);
  Lease lease_of(const LiveJob& job);
  void hand_out_reduction(Worker& worker, LiveJob& job, bool complete);

  // Ends of jobs and what is told of them (endings.cpp).
  void end_job(LiveJob& job, JobState state, std::vector<Problem> problems);
  void call_back_leases(const std::string& job);
  bool settle(LiveJob& job);  ///< true: nothing is left to do for it
  void mark_started(LiveJob& job);
  void tell_state(const LiveJob& job);
  void tell_progress();
  double fraction_of(const LiveJob& job) const;
  void log(const LiveJob& job, const std::string& line) const;

  const Registry& registry_;
  Store& store_;
  const DataFolder& data_;
  EventHub& events_;
  Board& board_;
  Speeds speeds_;
  int workers_limit_;
  std::vector<std::string> worker_command_;

  std::map<std::string, std::unique_ptr<LiveJob>> jobs_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::int64_t next_lease_ = 1;
  bool stopping_ = false;
  int silent_deaths_ = 0;    // workers that died before they said anything, in a row
  SteadyTime next_start_{};  // no new worker before
  SteadyTime last_saved_{};
};

/// What the API and the events say of a job's progress: {done, total, fraction, eta_seconds}.
Json progress_json(const LiveProgress& progress, int workers);

}  // namespace reprise
