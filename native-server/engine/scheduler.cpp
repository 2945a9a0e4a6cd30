#include "engine/scheduler.h"

#include <algorithm>
#include <cstdio>

namespace reprise {

namespace {

constexpr int busy_milliseconds = 50;  // how often clocks are looked at while there is work
constexpr int idle_milliseconds = 1000;
constexpr double stop_seconds = 1.5;  // for workers to reach the end of a step when the server stops
SteadyTime after(double seconds) {
  return steady_now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                            std::chrono::duration<double>(seconds));
}

}  // namespace

Scheduler::Scheduler(const Registry& registry, Store& store, const DataFolder& data, EventHub& events,
                     Board& board, const Speeds& speeds, int workers, std::vector<std::string> worker_command)
    : registry_(registry),
      store_(store),
      data_(data),
      events_(events),
      board_(board),
      speeds_(speeds),
      workers_limit_(std::max(workers, 1)),
      worker_command_(std::move(worker_command)) {}

Scheduler::~Scheduler() = default;

void Scheduler::adopt(JobRecord record) {
  const std::string id = record.id;
  const JobFolder folder = data_.job(id);
  std::filesystem::create_directories(folder.root());
  try {
    const Study& study = registry_.find(record.study);
    if (run_id(study, record.config, record.seed, record.inputs, portable_level) != record.run_id) {
      throw InputError("the study has changed since this job was accepted; submit it again");
    }
    RunState run(study.plan(record.config, record.inputs), study.estimate(record.config, record.inputs),
                 speeds_);
    run.restore(store_.finished_ranges(id));
    const auto job =
        jobs_.emplace(id, std::make_unique<LiveJob>(std::move(record), study, folder, std::move(run)));
    LiveJob& live = *job.first->second;
    if (live.record.state == JobState::Cancelling) {
      end_job(live, JobState::Cancelled, {});
      return;
    }
    live.record.state = JobState::Queued;
    store_.set_queued(id);
    log(live, "queued: " + live.record.study + ", " + std::to_string(live.run.tasks_done()) + " of " +
                  std::to_string(live.run.tasks_total()) + " tasks done");
    if (live.run.all_done()) live.phase = LiveJob::Phase::Reduction;
    tell_state(live);
  } catch (const InputError& error) {
    store_.finish({id, 0, {}, Json::array()}, JobState::Failed, unix_milliseconds(),
                  to_json(error.problems()));
    append_log(folder.log(), std::string("failed: ") + error.what());
    events_.publish(id, EventType::State, Json::object({{"job", id}, {"state", "failed"}}).dump());
    events_.forget(id);
  }
}

void Scheduler::cancel(const std::string& id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || found->second->phase == LiveJob::Phase::Ending) return;
  found->second->record.state = JobState::Cancelling;
  tell_state(*found->second);
  end_job(*found->second, JobState::Cancelled, {});
}

void Scheduler::add_descriptors(std::vector<pollfd>& list) const {
  for (const auto& worker : workers_) {
    list.push_back({worker->process->output(), POLLIN, 0});
    if (worker->process->wants_to_write()) list.push_back({worker->process->input(), POLLOUT, 0});
  }
}

int Scheduler::patience() const {
  return jobs_.empty() && !stopping_ ? idle_milliseconds : busy_milliseconds;
}

void Scheduler::advance() {
  for (const auto& worker : workers_) {
    worker->process->write_more();
    read_messages(*worker);
    if (worker->kill_at && steady_now() >= *worker->kill_at) worker->process->kill();
    if (worker->process->ended()) handle_death(*worker);
  }
  workers_.erase(std::remove_if(workers_.begin(), workers_.end(),
                                [](const auto& worker) { return worker->process->ended(); }),
                 workers_.end());
  if (!stopping_) {
    for (auto place = jobs_.begin(); place != jobs_.end();) {
      place = settle(*place->second) ? jobs_.erase(place) : std::next(place);
    }
    assign();
  }
  tell_progress();
  save_progress(false);
}

void Scheduler::begin_stop() {
  stopping_ = true;
  for (const auto& worker : workers_) {
    if (worker->lease) {
      worker->process->send(Json::object({{"type", "cancel"}, {"lease", worker->lease->number}}).dump());
    }
    worker->process->close_input();
    worker->kill_at = after(stop_seconds);
  }
}

bool Scheduler::has_stopped() const {
  return workers_.empty();
}

void Scheduler::read_messages(Worker& worker) {
  for (const std::string& line : worker.process->read_lines()) {
    worker.has_spoken = true;
    silent_deaths_ = 0;
    try {
      handle(worker, Json::parse(line));
    } catch (const InputError& error) {
      std::fprintf(stderr, "reprise: a worker sent what is no report: %s\n", error.what());
      worker.process->kill();
      return;
    }
  }
}

void Scheduler::handle(Worker& worker, const Json& message) {
  const bool current = worker.lease && message.at("lease").as_integer() == worker.lease->number &&
                       message.at("token").as_string() == worker.lease->token;
  const auto found = current ? jobs_.find(worker.job) : jobs_.end();
  if (found == jobs_.end()) return;  // of a lease that is no longer
  LiveJob& job = *found->second;
  const std::string& type = message.at("type").as_string();
  if (type == "rows") {
    worker.index = message.at("index").as_integer();
    worker.fraction = std::clamp(message.at("fraction").as_number(), 0.0, 1.0);
    worker.has_live_rows = message.at("rows").as_integer() > 0;
    job.new_rows = job.new_rows || worker.has_live_rows;
    job.progress_untold = true;
  } else if (type == "task") {
    const std::int64_t index = message.at("index").as_integer();
    job.run.finish(worker.lease->stage, index, message.at("seconds").as_number());
    worker.index = index + 1;
    worker.fraction = 0;
    worker.has_live_rows = false;
    job.new_rows = job.progress_untold = job.progress_unsaved = true;
    events_.publish(job.record.id, EventType::Rows,
                    Json::object({{"job", job.record.id},
                                  {"stage", worker.lease->stage},
                                  {"index", index},
                                  {"rows", message.at("rows")}})
                        .dump());
    if (job.run.all_done() && job.phase == LiveJob::Phase::Tasks) job.phase = LiveJob::Phase::Reduction;
  } else if (type == "finished" || type == "cancelled") {
    end_lease(worker);
  } else if (type == "missing") {
    for (const Json& task : message.at("tasks").as_array()) {
      job.run.lose(task.as_array().at(0).as_string(), task.as_array().at(1).as_integer());
    }
    log(job, "the rows of " + std::to_string(message.at("tasks").size()) +
                 " finished tasks were lost; they run again");
    if (job.phase == LiveJob::Phase::Reduction) job.phase = LiveJob::Phase::Tasks;
    job.partial_wanted = false;
    job.progress_unsaved = true;
    end_lease(worker);
  } else if (type == "report") {
    handle_report(worker, job, message);
  } else if (type == "failed") {
    handle_failure(worker, job, message);
  }
}

void Scheduler::handle_report(Worker& worker, LiveJob& job, const Json& message) {
  const bool complete = worker.lease->complete;
  end_lease(worker);
  job.partial_wanted = false;
  if (complete) {
    if (job.phase != LiveJob::Phase::Ending) end_job(job, JobState::Succeeded, {});
    return;
  }
  job.last_reduction = steady_now();
  job.reduction_seconds = message.at("seconds").as_number();
  if (const auto file = OpenFile::open(job.folder.partial_report().string())) {
    std::string report(static_cast<std::size_t>(file->size()), '\0');
    report.resize(file->read(0, report));
    while (!report.empty() && report.back() == '\n') report.pop_back();
    events_.publish(job.record.id, EventType::Snapshot,
                    R"({"job":")" + job.record.id + R"(","report":)" + report + "}");
  }
}

void Scheduler::handle_failure(Worker& worker, LiveJob& job, const Json& message) {
  const FailureKind kind = failure_kind_of(message.at("kind").as_string());
  std::vector<Problem> problems = problems_from_json(message.at("problems"));
  const Lease lease = *worker.lease;
  const std::int64_t index = message.at("index").as_integer();
  const std::string what = problems.empty() ? "failed" : problems.front().message;
  end_lease(worker);
  if (lease.is_reduction() && !lease.complete) {
    job.partial_wanted = false;
    ++job.reduction_failures;
    job.last_reduction = steady_now();
    log(job, "a partial report could not be made: " + what);
    return;
  }
  const LiveJob::TaskName task{lease.stage, index};
  if (kind == FailureKind::Memory && !lease.is_reduction() && index >= 0 && job.tried.count(task) == 0) {
    try_again_alone(job, task, what);
    return;
  }
  end_job(job, JobState::Failed, std::move(problems));
}

void Scheduler::handle_death(Worker& worker) {
  bool was_asked = false;
  const std::string reason = worker.process->reap(was_asked);
  if (!worker.has_spoken && ++silent_deaths_ >= 3) next_start_ = after(1);
  if (!worker.lease) return;
  const Lease lease = *worker.lease;
  const std::int64_t index = worker.index;
  const bool was_killed_here = worker.kill_at.has_value();
  const auto found = jobs_.find(worker.job);
  end_lease(worker);
  if (found == jobs_.end() || stopping_) return;
  LiveJob& job = *found->second;
  if (job.phase == LiveJob::Phase::Ending) {
    if (lease.is_reduction()) job.partial_wanted = false;
    return;
  }
  if (was_asked || was_killed_here) return;
  if (!lease.is_reduction()) {
    const LiveJob::TaskName task{lease.stage, index};
    if (index >= lease.first + lease.count) return;  // it died after its last task
    if (job.tried.count(task) == 0) {
      try_again_alone(job, task, reason);
      return;
    }
    const std::string name = lease.stage + "/" + std::to_string(index);
    end_job(job, JobState::Failed,
            {{"", reason, "",
              "the worker process of task " + name + " ended twice, the second time by " + reason}});
  } else if (!lease.complete) {
    ++job.reduction_failures;
    log(job, "the process that made a partial report ended by " + reason);
  } else if (!job.reduction_tried) {
    job.reduction_tried = true;
    job.record.attempts.push_back(Json::object(
        {{"stage", "reduce"}, {"index", 0}, {"reason", reason}, {"at", rfc3339(unix_milliseconds())}}));
    log(job, "the reduction ended by " + reason + "; trying it again");
  } else {
    end_job(
        job, JobState::Failed,
        {{"", reason, "", "the worker process of the reduction ended twice, the second time by " + reason}});
  }
}

void Scheduler::try_again_alone(LiveJob& job, const LiveJob::TaskName& task, const std::string& reason) {
  job.tried.insert(task);
  job.alone.push_back(task);
  job.record.attempts.push_back(Json::object({{"stage", task.first},
                                              {"index", task.second},
                                              {"reason", reason},
                                              {"at", rfc3339(unix_milliseconds())}}));
  job.progress_unsaved = true;
  log(job,
      "task " + task.first + "/" + std::to_string(task.second) + ": " + reason + "; trying it again, alone");
}

void Scheduler::end_lease(Worker& worker) {
  const auto found = jobs_.find(worker.job);
  if (found != jobs_.end()) {
    LiveJob& job = *found->second;
    --job.leases;
    if (worker.lease->is_reduction()) {
      job.reducing = false;
    } else {
      job.run.give_back({worker.lease->stage, worker.lease->first, worker.lease->count});
    }
  }
  worker.lease.reset();
  worker.job.clear();
  worker.fraction = 0;
  worker.has_live_rows = false;
  worker.runs_alone = false;
  if (!stopping_ && !worker.process->ended()) worker.kill_at.reset();
}

Json progress_json(const LiveProgress& progress, int workers) {
  const std::int64_t left = progress.total - progress.done;
  const double hands = static_cast<double>(std::clamp<std::int64_t>(left, 1, std::max(workers, 1)));
  return Json::object({{"done", progress.done},
                       {"total", progress.total},
                       {"fraction", progress.fraction},
                       {"eta_seconds", progress.remaining_seconds / hands}});
}

}  // namespace reprise
