// GET studies, GET studies/{lab}/{study}, POST studies/{lab}/{study}/estimate.

#include "api/api.h"
#include "api/openapi_document.h"
#include "api/run_request.h"
#include "base/hash.h"

#include <array>
#include <cmath>
#include <stdexcept>
#include <zlib.h>

namespace reprise {

namespace {

// RFC 1952, with zlib's best compression.
std::string gzip(std::string_view text) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib cannot start");
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("zlib cannot compress");
  return out;
}

std::map<std::string, PreparedJson, std::less<>> describe_all(const Registry& registry) {
  std::map<std::string, PreparedJson, std::less<>> all;
  for (const auto& study : registry.studies()) {
    all.emplace(study->description().study, PreparedJson(registry.describe(*study).dump() + "\n"));
  }
  return all;
}

std::string study_of(const Request& request) {
  return request.captured.find("lab")->second + "/" + request.captured.find("study")->second;
}

}  // namespace

PreparedJson::PreparedJson(std::string json)
    : text(std::move(json)),
      compressed(gzip(text)),
      entity_tag("\"" + sha256_hex(text).substr(0, 32) + "\"") {}

Response PreparedJson::answer(const Request& request) const {
  Response response;
  response.with("ETag", entity_tag);
  response.with("Cache-Control", "no-cache");
  response.with("Vary", "Accept-Encoding");
  if (matches_entity_tag(request, entity_tag)) {
    response.status = 304;
    return response;
  }
  response.with("Content-Type", "application/json");
  const bool compress = accepts_gzip(request);
  if (compress) response.with("Content-Encoding", "gzip");
  response.body = compress ? compressed : text;
  return response;
}

Api::Api(Services services)
    : services_(services),
      studies_(services.registry.list().dump() + "\n"),
      descriptions_(describe_all(services.registry)),
      openapi_(std::string(openapi_document)) {}

void Api::add_routes(Router& router) {
  const auto bind = [this](Response (Api::*endpoint)(const Request&) const) {
    return [this, endpoint](const Request& request) { return (this->*endpoint)(request); };
  };
  router.add("GET", "/api/v1/health", bind(&Api::health));
  router.add("GET", "/api/v1/openapi.json",
             [this](const Request& request) { return openapi_.answer(request); });
  router.add("GET", "/api/v1/studies", bind(&Api::list_studies));
  router.add("GET", "/api/v1/studies/{lab}/{study}", bind(&Api::describe_study));
  router.add("POST", "/api/v1/studies/{lab}/{study}/estimate", bind(&Api::estimate));
  router.add("GET", "/api/v1/jobs", bind(&Api::list_jobs));
  router.add("POST", "/api/v1/jobs", bind(&Api::submit_job));
  router.add("GET", "/api/v1/jobs/{id}", bind(&Api::get_job));
  router.add("POST", "/api/v1/jobs/{id}/cancel", bind(&Api::cancel_job));
  router.add("GET", "/api/v1/jobs/{id}/report", bind(&Api::get_report));
  router.add("GET", "/api/v1/jobs/{id}/files/{name}", bind(&Api::get_file));
  router.add("GET", "/api/v1/jobs/{id}/log", bind(&Api::get_log));
  router.add("GET", "/api/v1/events", bind(&Api::get_events));
  router.add_upload("/api/v1/datasets", [this](const Request& request) { return upload_dataset(request); });
  router.add("GET", "/api/v1/datasets/{sha256}", bind(&Api::get_dataset));
  router.add("DELETE", "/api/v1/datasets/{sha256}", bind(&Api::delete_dataset));
  router.add("GET", "/api/v1/datasets/{sha256}/content", bind(&Api::get_dataset_content));
  router.add("GET", "/metrics", bind(&Api::metrics));
}

Response Api::list_studies(const Request& request) const {
  return studies_.answer(request);
}

Response Api::describe_study(const Request& request) const {
  const std::string name = study_of(request);
  const auto found = descriptions_.find(name);
  if (found != descriptions_.end()) return found->second.answer(request);
  try {
    services_.registry.find(name);
  } catch (const InputError& error) {
    throw HttpError(404, "unknown-study", error.what(), error.problems());
  }
  throw std::logic_error("a study without a description: " + name);
}

Response Api::estimate(const Request& request) const {
  const Study* study = nullptr;
  try {
    study = &services_.registry.find(study_of(request));
  } catch (const InputError& error) {
    throw HttpError(404, "unknown-study", error.what(), error.problems());
  }
  const RunRequestBody run =
      read_run_request(parse_body(request), services_.registry, study, services_.store, true);
  const Estimate estimate = study->estimate(run.config, run.inputs);
  const Speeds speeds = services_.engine.speeds();
  const int workers = services_.engine.workers();
  const Engine::Load load = services_.engine.load();
  Response response =
      json_response(200, Json::object({{"estimate", estimate.to_json()},
                                       {"seconds", predicted_seconds(estimate, speeds, workers)},
                                       {"workers", workers},
                                       {"queue", load.jobs},
                                       {"queue_seconds", load.seconds},
                                       {"memory_bytes", std::ceil(predicted_memory(estimate, workers))},
                                       {"speeds", speeds.to_json()}}));
  return response.with("Cache-Control", "no-store");
}

}  // namespace reprise
