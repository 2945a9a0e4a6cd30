// What the server must not forget: jobs with their finished ranges of tasks, datasets, and idempotency keys.
// One SQLite file; every function is one transaction that is on disk when it returns. Safe to use from
// several threads.
#pragma once

#include "store/database.h"
#include "study/study.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

enum class JobState { Queued, Running, Cancelling, Succeeded, Failed, Cancelled };
inline constexpr int job_states = 6;
std::string_view text_of(JobState state);
std::optional<JobState> job_state_of(std::string_view text);
inline bool is_final(JobState state) {
  return state >= JobState::Succeeded;
}

/// A finished range of tasks of a stage, both ends included.
struct TaskRange {
  std::string stage;
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool operator==(const TaskRange&) const = default;
};

struct JobRecord {
  std::int64_t number = 0;  // in order of submission
  std::string id;           // 32 hexadecimal digits
  std::string owner;
  std::string study;
  std::string preset;
  Json config;  // full
  std::uint64_t seed = 0;
  std::string run_id;
  InputInfos inputs;
  JobState state = JobState::Queued;
  std::int64_t created = 0;   // milliseconds since 1970
  std::int64_t started = 0;   // 0: not yet
  std::int64_t finished = 0;  // 0: not yet
  std::int64_t tasks_done = 0;
  std::int64_t tasks_total = 0;
  Json attempts = Json::array();  // tasks that were tried again: [{stage, index, reason, at}]
  Json errors = Json::array();    // why it failed: [{key, value, allowed, message}]
};

struct DatasetRecord {
  InputInfo info;
  std::int64_t created = 0;
};

class Store {
 public:
  /// Opens or creates `folder`/reprise.sqlite, and brings an older one up to date.
  explicit Store(const std::filesystem::path& folder);

  enum class Submission { Accepted, Repeated, OtherBody, MissingDataset };
  /// Adds a job. With an idempotency key that was used in the last 24 hours nothing is added: `job` becomes
  /// the one of that time (Repeated), unless the body was another one (OtherBody). MissingDataset: an input
  /// has gone.
  Submission submit(JobRecord& job, std::string_view idempotency_key, std::string_view body_sha256);
  std::optional<JobRecord> find_job(std::string_view id);
  /// Newest first, numbers below `before` (0: from the newest).
  std::vector<JobRecord> list_jobs(std::string_view owner, std::optional<JobState> state, std::int64_t before,
                                   std::int64_t limit);
  /// Jobs that are not finished, oldest first.
  std::vector<JobRecord> live_jobs();
  std::vector<TaskRange> finished_ranges(std::string_view job);
  std::map<std::string, std::int64_t> jobs_by_state();

  /// Queued or running becomes cancelling; returns the state before.
  std::optional<JobState> request_cancel(std::string_view id);
  void set_queued(std::string_view id);
  void set_started(std::string_view id, std::int64_t at);
  struct Progress {
    std::string job;
    std::int64_t tasks_done = 0;
    std::vector<TaskRange> ranges;  // all of them
    Json attempts;
  };
  void save_progress(const std::vector<Progress>& list);
  /// The last word on a job: its final state with the progress it has made.
  void finish(const Progress& progress, JobState state, std::int64_t at, const Json& errors);

  std::optional<DatasetRecord> find_dataset(std::string_view sha256);
  enum class Removal { Removed, Unknown, InUse };
  /// Forgets a dataset unless a live job reads it; `remove_file` is called before anybody else can add it
  /// again.
  template <class RemoveFile>
  Removal remove_dataset(std::string_view sha256, const RemoveFile& remove_file) {
    const std::lock_guard lock(mutex_);
    const Removal removal = forget_dataset(sha256);
    if (removal == Removal::Removed) remove_file();
    return removal;
  }
  /// Calls `place_file` while no dataset can be removed, then adds it.
  template <class PlaceFile>
  void place_dataset(const DatasetRecord& dataset, const PlaceFile& place_file) {
    const std::lock_guard lock(mutex_);
    place_file();
    insert_dataset(dataset);
  }

 private:
  void write_progress(const Progress& progress);
  Removal forget_dataset(std::string_view sha256);
  void insert_dataset(const DatasetRecord& dataset);

  std::mutex mutex_;
  Database database_;
};

}  // namespace reprise
