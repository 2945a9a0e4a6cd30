// GET health, GET /metrics.

#include "api/api.h"
#include "base/number_text.h"
#include "build_version.h"

namespace reprise {

namespace {

void append_metric(std::string& text, std::string_view name, std::string_view kind, std::string_view help) {
  text.append("# HELP ").append(name).append(" ").append(help);
  text.append("\n# TYPE ").append(name).append(" ").append(kind).append("\n");
}

void append_sample(std::string& text, std::string_view name_and_labels, double value) {
  text.append(name_and_labels).append(" ");
  append_number(text, value);
  text.append("\n");
}

}  // namespace

Response Api::health(const Request&) const {
  const Engine::Load load = services_.engine.load();
  return json_response(200, Json::object({{"status", "ok"},
                                          {"version", build_version},
                                          {"studies", services_.registry.studies().size()},
                                          {"workers", services_.engine.workers()},
                                          {"jobs", load.jobs},
                                          {"uptime_seconds", seconds_since(started_)}}))
      .with("Cache-Control", "no-store");
}

// The text format of Prometheus, version 0.0.4.
Response Api::metrics(const Request&) const {
  std::string text;
  append_metric(text, "reprise_uptime_seconds", "gauge", "Seconds since the server started.");
  append_sample(text, "reprise_uptime_seconds", seconds_since(started_));
  append_metric(text, "reprise_jobs", "gauge", "Jobs by state.");
  for (const auto& [state, count] : services_.store.jobs_by_state()) {
    append_sample(text, "reprise_jobs{state=\"" + state + "\"}", static_cast<double>(count));
  }
  const Engine::Load load = services_.engine.load();
  append_metric(text, "reprise_queue_jobs", "gauge", "Jobs that have not finished.");
  append_sample(text, "reprise_queue_jobs", static_cast<double>(load.jobs));
  append_metric(text, "reprise_queue_seconds", "gauge", "Predicted seconds until they have.");
  append_sample(text, "reprise_queue_seconds", load.seconds);
  append_metric(text, "reprise_workers", "gauge", "Worker processes alive.");
  append_sample(text, "reprise_workers", load.workers_alive);
  append_metric(text, "reprise_leases", "gauge", "Leases in the hands of workers.");
  append_sample(text, "reprise_leases", load.leases);
  append_metric(text, "reprise_http_requests_total", "counter", "Requests answered, by class of status.");
  if (counts_ != nullptr) {
    for (std::size_t i = 2; i < counts_->by_class.size(); ++i) {
      append_sample(text, "reprise_http_requests_total{status=\"" + std::to_string(i) + "xx\"}",
                    static_cast<double>(counts_->by_class[i].load()));
    }
    append_metric(text, "reprise_http_connections", "gauge", "Open connections.");
    append_sample(text, "reprise_http_connections", static_cast<double>(counts_->connections.load()));
  }
  Response response;
  response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8").with("Cache-Control", "no-store");
  response.body = std::move(text);
  return response;
}

}  // namespace reprise
