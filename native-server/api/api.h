// The endpoints under /api/v1 and /metrics, as api/openapi.json describes them; a test holds both together.
#pragma once

#include "clock/clock.h"
#include "engine/engine.h"
#include "http/dispatcher.h"
#include "http/router.h"
#include "store/data_folder.h"
#include "store/store.h"
#include "study/registry.h"

#include <atomic>
#include <map>
#include <string>
#include <string_view>

namespace reprise {

/// What the endpoints work on; all of it outlives them.
struct Services {
  const Registry& registry;
  Store& store;
  const DataFolder& data;
  EventHub& events;
  Engine& engine;
};

/// A JSON text that never changes, also compressed.
struct PreparedJson {
  std::string text;
  std::string compressed;
  std::string entity_tag;

  explicit PreparedJson(std::string json);
  Response answer(const Request& request) const;
};

class Api {
 public:
  explicit Api(Services services);

  void add_routes(Router& router);
  /// For /metrics; set before the first request.
  void watch(const RequestCounts& counts) { counts_ = &counts; }

 private:
  // studies.cpp
  Response list_studies(const Request& request) const;
  Response describe_study(const Request& request) const;
  Response estimate(const Request& request) const;
  // jobs.cpp
  Response submit_job(const Request& request) const;
  Response list_jobs(const Request& request) const;
  Response get_job(const Request& request) const;
  Response cancel_job(const Request& request) const;
  Json job_json(const JobRecord& job) const;
  JobRecord job_of(const Request& request) const;  ///< of {id}; HttpError 404
  // results.cpp
  Response get_report(const Request& request) const;
  Response get_file(const Request& request) const;
  Response get_log(const Request& request) const;
  Response get_events(const Request& request) const;
  // datasets.cpp
  std::unique_ptr<UploadSink> upload_dataset(const Request& request) const;
  Response get_dataset(const Request& request) const;
  Response get_dataset_content(const Request& request) const;
  Response delete_dataset(const Request& request) const;
  // status.cpp
  Response health(const Request& request) const;
  Response metrics(const Request& request) const;

  Services services_;
  PreparedJson studies_;
  std::map<std::string, PreparedJson, std::less<>> descriptions_;
  PreparedJson openapi_;
  const RequestCounts* counts_ = nullptr;
  SteadyTime started_ = steady_now();
};

/// Whether `text` is `length` lower-case hexadecimal digits.
bool is_hexadecimal(std::string_view text, std::size_t length);

}  // namespace reprise
