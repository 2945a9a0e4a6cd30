// What a job gives: GET jobs/{id}/report, …/files/{name}, …/log, and GET events.

#include "api/api.h"
#include "base/number_text.h"
#include "data/text.h"

#include <algorithm>

namespace reprise {

namespace {

constexpr std::size_t most_watched_jobs = 64;

std::vector<std::string> job_ids_of(const Request& request) {
  std::vector<std::string> ids;
  std::string_view rest = request.argument("jobs");
  while (!rest.empty()) {
    const std::string_view id = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(id.size() + 1, rest.size()));
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.emplace_back(id);
  }
  if (ids.empty() || ids.size() > most_watched_jobs) {
    throw InputError(Problem{"jobs", request.argument("jobs"), "1–64 job ids, separated by commas",
                             "jobs must name 1–64 jobs, separated by commas"});
  }
  return ids;
}

}  // namespace

Response Api::get_report(const Request& request) const {
  const JobRecord job = job_of(request);
  const JobFolder folder = services_.data.job(job.id);
  const bool partial = request.argument("partial") == "1";
  std::shared_ptr<const OpenFile> file;
  if (job.state == JobState::Succeeded) {
    file = OpenFile::open(folder.report().string());
  } else if (partial) {
    file = OpenFile::open(folder.partial_report().string());
    if (!file) throw HttpError(404, "no-partial-report", "there is no partial report of this job yet");
  }
  if (!file) {
    const std::string state(text_of(job.state));
    throw HttpError(409, "no-report",
                    is_final(job.state) ? "the job has no report: it has " + state +
                                              " (a partial one may be had with ?partial=1)"
                                        : "the job has not finished: it is " + state);
  }
  const std::string entity_tag = file->entity_tag();
  return file_response(request, std::move(file), "application/json", entity_tag)
      .with("Cache-Control", "no-cache");
}

Response Api::get_file(const Request& request) const {
  const JobRecord job = job_of(request);
  const JobFolder folder = services_.data.job(job.id);
  const std::string& name = request.captured.find("name")->second;
  // Only names that the report lists: no path can be made up.
  if (const auto types = OpenFile::open(folder.file_types().string())) {
    std::string text(static_cast<std::size_t>(types->size()), '\0');
    text.resize(types->read(0, text));
    const Json list = Json::parse(text);
    if (const Json* type = list.find(name)) {
      if (auto file = OpenFile::open((folder.files() / name).string())) {
        const std::string entity_tag = file->entity_tag();
        return file_response(request, std::move(file), type->as_string(), entity_tag)
            .with("Cache-Control", "no-cache")
            .with("Content-Security-Policy", "sandbox");
      }
    }
  }
  throw HttpError(404, "unknown-file", "the job has no file " + in_quotes(name));
}

Response Api::get_log(const Request& request) const {
  const JobRecord job = job_of(request);
  Response response;
  response.with("Content-Type", "text/plain; charset=utf-8").with("Cache-Control", "no-store");
  if (auto file = OpenFile::open(services_.data.job(job.id).log().string())) {
    const std::uint64_t size = file->size();
    response.body = FileSlice{std::move(file), 0, size};
  }
  return response;
}

Response Api::get_events(const Request& request) const {
  const std::vector<std::string> ids = job_ids_of(request);
  std::vector<Problem> unknown;
  for (const std::string& id : ids) {
    if (is_hexadecimal(id, 32) && services_.store.find_job(id)) continue;
    unknown.push_back({"jobs", shown(id), "ids of jobs", "there is no job " + in_quotes(id)});
  }
  if (!unknown.empty()) throw HttpError(404, "unknown-job", unknown.front().message, unknown);

  const std::optional<std::int64_t> last = parse_integer(request.header("last-event-id"));
  const std::shared_ptr<EventStream> stream = services_.events.subscribe(
      ids, static_cast<std::uint64_t>(std::max<std::int64_t>(last.value_or(0), 0)));
  // The engine keeps no events of jobs that have finished, nor of those it has not taken up yet.
  for (const std::string& id : ids) {
    const std::optional<JobRecord> job = services_.store.find_job(id);
    if (!job || (!is_final(job->state) && services_.engine.progress(id))) continue;
    const Json json = job_json(*job);
    Json state = Json::object({{"job", id}, {"state", json.at("state")}});
    if (const Json* errors = json.find("errors")) state["errors"] = *errors;
    Json progress = json.at("progress");
    progress["job"] = id;
    services_.events.tell(*stream, id, EventType::Progress, progress.dump());
    services_.events.tell(*stream, id, EventType::State, state.dump());
  }
  Response response;
  response.with("Content-Type", "text/event-stream");
  response.with("Cache-Control", "no-store");
  response.with("X-Accel-Buffering", "no");  // reverse proxies should pass events on at once
  response.body = stream;
  return response;
}

}  // namespace reprise
