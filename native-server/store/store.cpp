#include "store/store.h"

#include "clock/clock.h"

#include <array>

namespace reprise {

namespace {

constexpr int schema_version = 1;
constexpr std::int64_t idempotency_milliseconds = std::int64_t{24} * 3600 * 1000;

constexpr std::array<std::string_view, job_states> state_names = {"queued",    "running", "cancelling",
                                                                  "succeeded", "failed",  "cancelled"};

void create_schema(Database& database) {
  Query version = database.query("PRAGMA user_version");
  const std::int64_t found = version.step() ? version.integer(0) : 0;
  while (version.step()) {
  }
  if (found > schema_version) throw DatabaseError("the store was written by a newer version of this program");
  if (found == schema_version) return;
  database.script(R"sql(
    BEGIN IMMEDIATE;
    CREATE TABLE jobs (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      owner TEXT NOT NULL,
      study TEXT NOT NULL,
      preset TEXT NOT NULL,
      config TEXT NOT NULL,
      seed INTEGER NOT NULL,
      run_id TEXT NOT NULL,
      inputs TEXT NOT NULL,
      state TEXT NOT NULL,
      created INTEGER NOT NULL,
      started INTEGER NOT NULL DEFAULT 0,
      finished INTEGER NOT NULL DEFAULT 0,
      tasks_done INTEGER NOT NULL DEFAULT 0,
      tasks_total INTEGER NOT NULL,
      attempts TEXT NOT NULL DEFAULT '[]',
      errors TEXT NOT NULL DEFAULT '[]'
    );
    CREATE INDEX jobs_by_state ON jobs (state, number);
    CREATE TABLE finished_ranges (
      job TEXT NOT NULL REFERENCES jobs (id),
      stage TEXT NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL,
      PRIMARY KEY (job, stage, first)
    ) WITHOUT ROWID;
    CREATE TABLE job_inputs (
      job TEXT NOT NULL REFERENCES jobs (id),
      name TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      PRIMARY KEY (job, name)
    ) WITHOUT ROWID;
    CREATE INDEX job_inputs_by_sha256 ON job_inputs (sha256);
    CREATE TABLE idempotency (
      owner TEXT NOT NULL,
      key TEXT NOT NULL,
      body_sha256 TEXT NOT NULL,
      job TEXT NOT NULL,
      created INTEGER NOT NULL,
      PRIMARY KEY (owner, key)
    ) WITHOUT ROWID;
    CREATE TABLE datasets (
      sha256 TEXT PRIMARY KEY,
      bytes INTEGER NOT NULL,
      rows INTEGER NOT NULL,
      file_name TEXT NOT NULL,
      created INTEGER NOT NULL
    ) WITHOUT ROWID;
    PRAGMA user_version = 1;
    COMMIT;
  )sql");
}

#define REPRISE_JOB_COLUMNS                                                                             \
  "number, id, owner, study, preset, config, seed, run_id, inputs, state, created, started, finished, " \
  "tasks_done, tasks_total, attempts, errors"

JobRecord job_of(const Query& row) {
  JobRecord job;
  job.number = row.integer(0);
  job.id = row.text(1);
  job.owner = row.text(2);
  job.study = row.text(3);
  job.preset = row.text(4);
  job.config = Json::parse(row.text(5));
  job.seed = static_cast<std::uint64_t>(row.integer(6));
  job.run_id = row.text(7);
  job.inputs = input_infos_from_json(Json::parse(row.text(8)));
  job.state = job_state_of(row.text(9)).value();
  job.created = row.integer(10);
  job.started = row.integer(11);
  job.finished = row.integer(12);
  job.tasks_done = row.integer(13);
  job.tasks_total = row.integer(14);
  job.attempts = Json::parse(row.text(15));
  job.errors = Json::parse(row.text(16));
  return job;
}

std::optional<JobRecord> job_in(Database& database, std::string_view id) {
  Query row = database.query("SELECT " REPRISE_JOB_COLUMNS " FROM jobs WHERE id = ?", id);
  if (!row.step()) return std::nullopt;
  return job_of(row);
}

}  // namespace

std::string_view text_of(JobState state) {
  return state_names.at(static_cast<std::size_t>(state));
}

std::optional<JobState> job_state_of(std::string_view text) {
  for (std::size_t i = 0; i < state_names.size(); ++i) {
    if (state_names[i] == text) return static_cast<JobState>(i);
  }
  return std::nullopt;
}

Store::Store(const std::filesystem::path& folder) : database_(folder / "reprise.sqlite") {
  create_schema(database_);
}

Store::Submission Store::submit(JobRecord& job, std::string_view idempotency_key,
                                std::string_view body_sha256) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  if (!idempotency_key.empty()) {
    database_.run("DELETE FROM idempotency WHERE created < ?", job.created - idempotency_milliseconds);
    Query row = database_.query("SELECT body_sha256, job FROM idempotency WHERE owner = ? AND key = ?",
                                job.owner, idempotency_key);
    if (row.step()) {
      if (row.text(0) != body_sha256) return Submission::OtherBody;
      job = job_in(database_, row.text(1)).value();
      return Submission::Repeated;
    }
  }
  for (const auto& [name, info] : job.inputs) {
    Query row = database_.query("SELECT 1 FROM datasets WHERE sha256 = ?", info.sha256);
    if (!row.step()) return Submission::MissingDataset;
  }
  database_.run(
      "INSERT INTO jobs (id, owner, study, preset, config, seed, run_id, inputs, state, created, "
      "tasks_total) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      job.id, job.owner, job.study, job.preset, job.config.dump(), static_cast<std::int64_t>(job.seed),
      job.run_id, to_json(job.inputs).dump(), text_of(job.state), job.created, job.tasks_total);
  for (const auto& [name, info] : job.inputs) {
    database_.run("INSERT INTO job_inputs (job, name, sha256) VALUES (?, ?, ?)", job.id, name, info.sha256);
  }
  if (!idempotency_key.empty()) {
    database_.run("INSERT INTO idempotency (owner, key, body_sha256, job, created) VALUES (?, ?, ?, ?, ?)",
                  job.owner, idempotency_key, body_sha256, job.id, job.created);
  }
  transaction.commit();
  return Submission::Accepted;
}

std::optional<JobRecord> Store::find_job(std::string_view id) {
  const std::lock_guard lock(mutex_);
  return job_in(database_, id);
}

std::vector<JobRecord> Store::list_jobs(std::string_view owner, std::optional<JobState> state,
                                        std::int64_t before, std::int64_t limit) {
  const std::lock_guard lock(mutex_);
  const std::int64_t below = before > 0 ? before : std::int64_t{1} << 62;
  Query row = state
                  ? database_.query("SELECT " REPRISE_JOB_COLUMNS
                                    " FROM jobs WHERE owner = ? AND number < ? AND state = ? "
                                    "ORDER BY number DESC LIMIT ?",
                                    owner, below, text_of(*state), limit)
                  : database_.query("SELECT " REPRISE_JOB_COLUMNS
                                    " FROM jobs WHERE owner = ? AND number < ? ORDER BY number DESC LIMIT ?",
                                    owner, below, limit);
  std::vector<JobRecord> jobs;
  while (row.step()) jobs.push_back(job_of(row));
  return jobs;
}

std::vector<JobRecord> Store::live_jobs() {
  const std::lock_guard lock(mutex_);
  Query row =
      database_.query("SELECT " REPRISE_JOB_COLUMNS
                      " FROM jobs WHERE state IN ('queued', 'running', 'cancelling') ORDER BY number");
  std::vector<JobRecord> jobs;
  while (row.step()) jobs.push_back(job_of(row));
  return jobs;
}

std::vector<TaskRange> Store::finished_ranges(std::string_view job) {
  const std::lock_guard lock(mutex_);
  Query row = database_.query(
      "SELECT stage, first, last FROM finished_ranges WHERE job = ? ORDER BY stage, first", job);
  std::vector<TaskRange> ranges;
  while (row.step()) ranges.push_back({row.text(0), row.integer(1), row.integer(2)});
  return ranges;
}

std::map<std::string, std::int64_t> Store::jobs_by_state() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::int64_t> counts;
  for (const std::string_view name : state_names) counts.emplace(name, 0);
  Query row = database_.query("SELECT state, COUNT(*) FROM jobs GROUP BY state");
  while (row.step()) counts[row.text(0)] = row.integer(1);
  return counts;
}

std::optional<JobState> Store::request_cancel(std::string_view id) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  std::optional<JobState> state;
  {
    Query row = database_.query("SELECT state FROM jobs WHERE id = ?", id);
    if (row.step()) state = job_state_of(row.text(0));
  }
  if (state == JobState::Queued || state == JobState::Running) {
    database_.run("UPDATE jobs SET state = 'cancelling' WHERE id = ?", id);
    transaction.commit();
  }
  return state;
}

void Store::set_queued(std::string_view id) {
  const std::lock_guard lock(mutex_);
  database_.run("UPDATE jobs SET state = 'queued' WHERE id = ? AND state = 'running'", id);
}

void Store::set_started(std::string_view id, std::int64_t at) {
  const std::lock_guard lock(mutex_);
  database_.run(
      "UPDATE jobs SET state = 'running', started = CASE started WHEN 0 THEN ? ELSE started END "
      "WHERE id = ? AND state = 'queued'",
      at, id);
}

void Store::write_progress(const Progress& progress) {
  database_.run("UPDATE jobs SET tasks_done = ?, attempts = ? WHERE id = ?", progress.tasks_done,
                progress.attempts.dump(), progress.job);
  database_.run("DELETE FROM finished_ranges WHERE job = ?", progress.job);
  for (const TaskRange& range : progress.ranges) {
    database_.run("INSERT INTO finished_ranges (job, stage, first, last) VALUES (?, ?, ?, ?)", progress.job,
                  range.stage, range.first, range.last);
  }
}

void Store::save_progress(const std::vector<Progress>& list) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  for (const Progress& progress : list) write_progress(progress);
  transaction.commit();
}

void Store::finish(const Progress& progress, JobState state, std::int64_t at, const Json& errors) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  write_progress(progress);
  database_.run("UPDATE jobs SET state = ?, finished = ?, errors = ? WHERE id = ?", text_of(state), at,
                errors.dump(), progress.job);
  transaction.commit();
}

std::optional<DatasetRecord> Store::find_dataset(std::string_view sha256) {
  const std::lock_guard lock(mutex_);
  Query row =
      database_.query("SELECT bytes, rows, file_name, created FROM datasets WHERE sha256 = ?", sha256);
  if (!row.step()) return std::nullopt;
  DatasetRecord dataset;
  dataset.info.sha256 = sha256;
  dataset.info.bytes = static_cast<std::uint64_t>(row.integer(0));
  dataset.info.rows = row.integer(1);
  dataset.info.file_name = row.text(2);
  dataset.created = row.integer(3);
  return dataset;
}

void Store::insert_dataset(const DatasetRecord& dataset) {
  database_.run(
      "INSERT INTO datasets (sha256, bytes, rows, file_name, created) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (sha256) DO UPDATE SET rows = excluded.rows, file_name = excluded.file_name",
      dataset.info.sha256, static_cast<std::int64_t>(dataset.info.bytes), dataset.info.rows,
      dataset.info.file_name, dataset.created);
}

Store::Removal Store::forget_dataset(std::string_view sha256) {
  Transaction transaction(database_);
  Query used = database_.query(
      "SELECT 1 FROM job_inputs JOIN jobs ON jobs.id = job_inputs.job "
      "WHERE job_inputs.sha256 = ? AND jobs.state IN ('queued', 'running', 'cancelling') LIMIT 1",
      sha256);
  if (used.step()) return Removal::InUse;
  if (database_.run("DELETE FROM datasets WHERE sha256 = ?", sha256) == 0) return Removal::Unknown;
  transaction.commit();
  return Removal::Removed;
}

}  // namespace reprise
