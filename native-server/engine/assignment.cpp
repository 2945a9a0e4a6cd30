// Which worker gets which lease.

#include "engine/scheduler.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace reprise {

namespace {

constexpr double least_live_pause = 0.3;    // seconds between live reductions
constexpr double unwatched_live_pause = 5;  // when nobody looks
constexpr double live_pause_factor = 10;    // times the last one's own duration
constexpr int most_live_failures = 2;

}  // namespace

void Scheduler::assign() {
  if (assign_alone()) return;
  assign_reductions();
  assign_tasks();
}

// A task whose worker died gets the machine to itself: memory may have been the reason. True: leases wait for
// that.
bool Scheduler::assign_alone() {
  LiveJob* job = nullptr;
  for (const auto& [id, candidate] : jobs_) {
    if (candidate->phase == LiveJob::Phase::Tasks && !candidate->alone.empty()) job = candidate.get();
  }
  const bool busy = std::any_of(workers_.begin(), workers_.end(),
                                [](const auto& worker) { return worker->lease.has_value(); });
  const bool runs_alone =
      std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->runs_alone; });
  if (job == nullptr) return runs_alone;
  if (busy) return true;
  Worker* worker = idle_worker(false, true);
  if (worker == nullptr) return true;
  const LiveJob::TaskName task = job->alone.back();
  job->alone.pop_back();
  if (!job->run.take_one(task.first, task.second)) return true;
  Lease lease = lease_of(*job);
  lease.stage = task.first;
  lease.first = task.second;
  lease.count = 1;
  hand_out(*worker, *job, std::move(lease));
  worker->runs_alone = true;
  return true;
}

// Jobs take turns: the one with the fewest leases in hand, among these the oldest.
LiveJob* Scheduler::next_job() {
  LiveJob* next = nullptr;
  for (const auto& [id, job] : jobs_) {
    if (job->phase != LiveJob::Phase::Tasks || !job->run.has_waiting()) continue;
    const auto rank = [](const LiveJob& one) {
      return std::pair(one.leases - (one.reducing ? 1 : 0), one.record.number);
    };
    if (next == nullptr || rank(*job) < rank(*next)) next = job.get();
  }
  return next;
}

void Scheduler::assign_tasks() {
  while (LiveJob* job = next_job()) {
    Worker* worker = idle_worker(false, true);
    if (worker == nullptr) return;
    const std::optional<TaskSpan> span = job->run.take(workers_limit_);
    if (!span) return;
    Lease lease = lease_of(*job);
    lease.stage = span->stage;
    lease.first = span->first;
    lease.count = span->count;
    hand_out(*worker, *job, std::move(lease));
  }
}

// Reductions have a process of their own, which keeps the rows that it has read: live ones never take a
// worker from the tasks. A final one also takes an idle worker.
void Scheduler::assign_reductions() {
  for (const auto& [id, job] : jobs_) {
    if (job->reducing) continue;
    const bool final_one = job->phase == LiveJob::Phase::Reduction && job->leases == 0;
    const bool live_one = job->phase == LiveJob::Phase::Tasks && is_reduction_due(*job);
    const bool last_one = job->phase == LiveJob::Phase::Ending && job->is_stored && job->partial_wanted;
    if (!final_one && !live_one && !last_one) continue;
    Worker* worker = idle_worker(true, true);
    if (worker == nullptr && final_one) worker = idle_worker(false, true);
    if (worker != nullptr) hand_out_reduction(*worker, *job, final_one);
  }
}

bool Scheduler::is_reduction_due(const LiveJob& job) const {
  if (!job.new_rows || job.reduction_failures >= most_live_failures) return false;
  const double waited = seconds_since(job.last_reduction);
  if (waited < std::max(least_live_pause, live_pause_factor * job.reduction_seconds)) return false;
  return waited >= unwatched_live_pause || events_.is_watched(job.record.id);
}

Scheduler::Worker* Scheduler::idle_worker(bool reducer, bool may_start) {
  int alive = 0;
  for (const auto& worker : workers_) {
    if (worker->is_reducer != reducer || worker->process->ended()) continue;
    ++alive;
    if (!worker->lease) return worker.get();
  }
  if (!may_start || alive >= (reducer ? 1 : workers_limit_) || steady_now() < next_start_) return nullptr;
  auto worker = std::make_unique<Worker>();
  try {
    worker->process = std::make_unique<WorkerProcess>(worker_command_);
  } catch (const std::runtime_error& error) {
    std::fprintf(stderr, "reprise: %s\n", error.what());
    next_start_ = steady_now() + std::chrono::seconds(1);
    return nullptr;
  }
  worker->is_reducer = reducer;
  workers_.push_back(std::move(worker));
  return workers_.back().get();
}

Lease Scheduler::lease_of(const LiveJob& job) {
  Lease lease;
  lease.number = next_lease_++;
  lease.token = random_id();
  lease.study = job.record.study;
  lease.config = job.record.config;
  lease.seed = job.record.seed;
  lease.inputs = job.record.inputs;
  for (const auto& [name, info] : job.record.inputs)
    lease.input_paths[name] = data_.dataset(info.sha256).string();
  lease.folder = job.folder.root().string();
  return lease;
}

void Scheduler::hand_out(Worker& worker, LiveJob& job, Lease lease) {
  if (job.record.state == JobState::Queued) mark_started(job);
  ++job.leases;
  worker.job = job.record.id;
  worker.index = lease.first;
  worker.process->send(lease.to_json().dump());
  worker.lease = std::move(lease);
}

void Scheduler::hand_out_reduction(Worker& worker, LiveJob& job, bool complete) {
  Lease lease = lease_of(job);
  lease.finished = job.run.finished();
  lease.complete = complete;
  lease.seconds =
      static_cast<double>(unix_milliseconds() - std::max(job.record.started, job.record.created)) / 1000;
  if (!complete) {
    for (const auto& other : workers_) {
      if (other->lease && other->job == job.record.id && other->has_live_rows) {
        lease.live[other->lease->stage].push_back(other->index);
      }
    }
  }
  job.reducing = true;
  job.new_rows = false;
  hand_out(worker, job, std::move(lease));
}

}  // namespace reprise
