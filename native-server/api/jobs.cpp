// POST jobs, GET jobs, GET jobs/{id}, POST jobs/{id}/cancel.

#include "api/api.h"
#include "api/run_request.h"
#include "base/hash.h"
#include "base/number_text.h"
#include "data/text.h"
#include "study/driver.h"

#include <algorithm>

namespace reprise {

namespace {

constexpr std::int64_t most_live_jobs = 1000;
constexpr std::int64_t most_jobs_a_page = 200;
constexpr std::int64_t jobs_a_page = 50;
const std::string anonymous = "anonymous";  // the one owner, until there are tokens

const std::string& idempotency_key_of(const Request& request) {
  const std::string& key = request.header("idempotency-key");
  const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (key.size() > 200 || !printable) {
    throw HttpError(400, "malformed-header", "Idempotency-Key must be 1 to 200 printable characters");
  }
  return key;
}

}  // namespace

bool is_hexadecimal(std::string_view text, std::size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

JobRecord Api::job_of(const Request& request) const {
  const std::string& id = request.captured.find("id")->second;
  if (is_hexadecimal(id, 32)) {
    if (std::optional<JobRecord> job = services_.store.find_job(id)) return std::move(*job);
  }
  throw HttpError(404, "unknown-job", "there is no job " + in_quotes(id));
}

Json Api::job_json(const JobRecord& job) const {
  LiveProgress progress{job.tasks_done, job.tasks_total, 0, 0};
  bool is_predicted = is_final(job.state);
  if (!is_final(job.state)) {
    if (const auto live = services_.engine.progress(job.id)) {
      progress = *live;
      is_predicted = true;
    }
  } else if (job.tasks_total > 0) {
    progress.fraction = static_cast<double>(job.tasks_done) / static_cast<double>(job.tasks_total);
  }
  Json json = Json::object({{"id", job.id},
                            {"study", job.study},
                            {"state", text_of(job.state)},
                            {"progress", progress_json(progress, services_.engine.workers())},
                            {"created", rfc3339(job.created)},
                            {"config", job.config},
                            {"seed", job.seed},
                            {"run_id", job.run_id},
                            {"inputs", to_json(job.inputs)},
                            {"attempts", job.attempts}});
  if (!is_predicted) json["progress"]["eta_seconds"] = nullptr;
  if (job.started != 0) json["started"] = rfc3339(job.started);
  if (job.finished != 0) json["finished"] = rfc3339(job.finished);
  if (!job.preset.empty()) json["preset"] = job.preset;
  if (job.errors.size() > 0) json["errors"] = job.errors;
  return json;
}

Response Api::submit_job(const Request& request) const {
  const std::string& key = idempotency_key_of(request);
  const RunRequestBody run =
      read_run_request(parse_body(request), services_.registry, nullptr, services_.store, false);
  JobRecord job;
  job.id = random_id();
  job.owner = anonymous;
  job.study = run.study->description().study;
  job.preset = run.preset;
  job.config = run.config;
  job.seed = run.seed;
  job.inputs = run.inputs;
  job.run_id = run_id(*run.study, run.config, run.seed, run.inputs, portable_level);
  job.created = unix_milliseconds();
  job.tasks_total = task_count(run.study->plan(run.config, run.inputs));
  if (services_.engine.load().jobs >= most_live_jobs) {
    HttpError error(503, "queue-full",
                    "there are " + grouped(most_live_jobs) + " jobs waiting; try again later");
    error.headers.emplace_back("Retry-After", "60");
    throw error;
  }
  const Store::Submission submission = services_.store.submit(job, key, sha256_hex(request.body));
  if (submission == Store::Submission::OtherBody) {
    throw HttpError(409, "idempotency-conflict", "this Idempotency-Key was used with another body");
  }
  if (submission == Store::Submission::MissingDataset) {
    throw HttpError(409, "dataset-gone",
                    "a dataset was deleted while the job was submitted; upload it again");
  }
  if (submission == Store::Submission::Accepted) services_.engine.submit(job);
  Response response = json_response(202, job_json(job));
  response.with("Location", "/api/v1/jobs/" + job.id);
  if (submission == Store::Submission::Repeated) response.with("Idempotent-Replayed", "true");
  return response.with("Cache-Control", "no-store");
}

Response Api::list_jobs(const Request& request) const {
  std::vector<Problem> problems;
  const auto number = [&](const std::string& name, std::int64_t least, std::int64_t most,
                          std::int64_t otherwise) {
    const std::string& text = request.argument(name);
    if (text.empty()) return otherwise;
    const std::optional<std::int64_t> value = parse_integer(text);
    if (value && *value >= least && *value <= most) return *value;
    const std::string allowed = std::to_string(least) + "…" + std::to_string(most);
    problems.push_back({name, text, allowed, name + " must be an integer " + allowed});
    return otherwise;
  };
  const std::int64_t limit = number("limit", 1, most_jobs_a_page, jobs_a_page);
  const std::int64_t cursor = number("cursor", 1, std::int64_t{1} << 53, 0);
  const std::string& name = request.argument("state");
  const std::optional<JobState> state = job_state_of(name);
  if (!name.empty() && !state) {
    const std::string allowed = "queued, running, cancelling, succeeded, failed, cancelled";
    problems.push_back({"state", name, allowed, "state must be one of " + allowed});
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  std::vector<JobRecord> jobs = services_.store.list_jobs(anonymous, state, cursor, limit + 1);
  Json next;
  if (static_cast<std::int64_t>(jobs.size()) > limit) {
    jobs.pop_back();
    next = std::to_string(jobs.back().number);
  }
  Json items = Json::array();
  for (const JobRecord& job : jobs) items.push_back(job_json(job));
  return json_response(200, Json::object({{"items", std::move(items)}, {"next", std::move(next)}}))
      .with("Cache-Control", "no-store");
}

Response Api::get_job(const Request& request) const {
  return json_response(200, job_json(job_of(request))).with("Cache-Control", "no-store");
}

Response Api::cancel_job(const Request& request) const {
  const std::string id = job_of(request).id;
  const std::optional<JobState> before = services_.store.request_cancel(id);
  if (before && is_final(*before)) {
    throw HttpError(409, "job-finished", "the job has finished already: " + std::string(text_of(*before)));
  }
  services_.engine.cancel(id);
  return json_response(202, job_json(job_of(request))).with("Cache-Control", "no-store");
}

}  // namespace reprise
