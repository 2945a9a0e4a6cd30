// How jobs end, and what is told and saved of them on the way.

#include "engine/scheduler.h"

#include <algorithm>
#include <cstdio>

namespace reprise {

namespace {

constexpr std::chrono::milliseconds told_interval{100};
constexpr std::chrono::milliseconds saved_interval{250};
constexpr std::chrono::milliseconds call_back_time{
    2000};  // a worker that does not answer for so long is killed

}  // namespace

void Scheduler::end_job(LiveJob& job, JobState state, std::vector<Problem> problems) {
  if (job.phase == LiveJob::Phase::Ending) return;
  job.phase = LiveJob::Phase::Ending;
  job.final_state = state;
  job.problems = std::move(problems);
  job.partial_wanted = state != JobState::Succeeded && job.run.tasks_done() > 0;
  call_back_leases(job.record.id);
}

void Scheduler::call_back_leases(const std::string& job) {
  for (const auto& worker : workers_) {
    if (!worker->lease || worker->job != job) continue;
    worker->process->send(Json::object({{"type", "cancel"}, {"lease", worker->lease->number}}).dump());
    worker->kill_at = steady_now() + call_back_time;
  }
}

bool Scheduler::settle(LiveJob& job) {
  if (job.phase != LiveJob::Phase::Ending || job.leases > 0) return false;
  if (!job.is_stored) {
    const std::int64_t now = unix_milliseconds();
    try {
      store_.finish({job.record.id, job.run.tasks_done(), job.run.finished_ranges(), job.record.attempts},
                    job.final_state, now, to_json(job.problems));
    } catch (const DatabaseError& error) {
      std::fprintf(stderr, "reprise: %s; trying again\n", error.what());
      return false;
    }
    job.is_stored = true;
    job.progress_unsaved = false;
    job.progress_untold = true;
    job.last_told = {};
    tell_progress();
    job.record.state = job.final_state;
    job.record.finished = now;
    log(job, std::string(text_of(job.final_state)) +
                 (job.problems.empty() ? "" : ": " + job.problems.front().message));
    tell_state(job);
  }
  if (job.partial_wanted) return false;
  std::error_code ignored;
  std::filesystem::remove_all(job.folder.work(), ignored);
  if (job.final_state == JobState::Succeeded) std::filesystem::remove(job.folder.partial_report(), ignored);
  events_.forget(job.record.id);
  const std::lock_guard lock(board_.mutex);
  board_.jobs.erase(job.record.id);
  return true;
}

void Scheduler::mark_started(LiveJob& job) {
  const std::int64_t now = unix_milliseconds();
  try {
    store_.set_started(job.record.id, now);
  } catch (const DatabaseError& error) {  // the job goes on; its end will be written
    std::fprintf(stderr, "reprise: %s\n", error.what());
  }
  if (job.record.started == 0) job.record.started = now;
  job.record.state = JobState::Running;
  log(job, "running");
  tell_state(job);
}

void Scheduler::tell_state(const LiveJob& job) {
  Json data = Json::object({{"job", job.record.id}, {"state", text_of(job.record.state)}});
  if (!job.problems.empty()) data["errors"] = to_json(job.problems);
  events_.publish(job.record.id, EventType::State, data.dump());
}

double Scheduler::fraction_of(const LiveJob& job) const {
  double fraction = job.run.fraction();
  for (const auto& worker : workers_) {
    if (worker->lease && worker->job == job.record.id && !worker->lease->is_reduction()) {
      fraction += job.run.share_of_task(worker->lease->stage) * worker->fraction;
    }
  }
  return std::min(fraction, 1.0);
}

void Scheduler::tell_progress() {
  const SteadyTime now = steady_now();
  for (const auto& [id, job] : jobs_) {
    if (!job->progress_untold || now - job->last_told < told_interval) continue;
    job->progress_untold = false;
    job->last_told = now;
    const LiveProgress progress{job->run.tasks_done(), job->run.tasks_total(), fraction_of(*job),
                                job->run.remaining_seconds()};
    Json data = progress_json(progress, workers_limit_);
    data["job"] = id;
    events_.publish(id, EventType::Progress, data.dump());
    const std::lock_guard lock(board_.mutex);
    board_.jobs[id] = progress;
  }
  const std::lock_guard lock(board_.mutex);
  board_.workers_alive = static_cast<int>(workers_.size());
  board_.leases = static_cast<int>(std::count_if(
      workers_.begin(), workers_.end(), [](const auto& worker) { return worker->lease.has_value(); }));
}

void Scheduler::save_progress(bool now) {
  if (!now && steady_now() - last_saved_ < saved_interval) return;
  last_saved_ = steady_now();
  std::vector<Store::Progress> list;
  for (const auto& [id, job] : jobs_) {
    if (job->progress_unsaved)
      list.push_back({id, job->run.tasks_done(), job->run.finished_ranges(), job->record.attempts});
  }
  if (list.empty()) return;
  try {
    store_.save_progress(list);
    for (const Store::Progress& saved : list) jobs_.at(saved.job)->progress_unsaved = false;
  } catch (const DatabaseError& error) {
    std::fprintf(stderr, "reprise: %s; trying again\n", error.what());
  }
}

void Scheduler::log(const LiveJob& job, const std::string& line) const {
  append_log(job.folder.log(), line);
}

}  // namespace reprise
