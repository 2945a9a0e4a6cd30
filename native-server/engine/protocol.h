// What server and worker process say to each other over the worker's stdin and stdout: one JSON text a line.
//
// To the worker:   {"type": "tasks", …Lease, stage, first, count}   {"type": "reduce", …Lease, tasks, live,
// complete}
//                  {"type": "cancel", lease}
// From the worker: {"type": "rows"|"task"|"finished"|"cancelled"|"failed"|"missing"|"report", lease, token,
// …}
//
// Every message carries the lease's number and its attempt token; what comes with an old one is ignored.
#pragma once

#include "engine/ranges.h"
#include "study/study.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace reprise {

/// Work handed to one worker: a range of tasks of one stage, or a reduction.
struct Lease {
  std::int64_t number = 0;
  std::string token;  // of this attempt

  // The run.
  std::string study;
  Json config;
  std::uint64_t seed = 0;
  InputInfos inputs;
  std::map<std::string, std::string> input_paths;  // by input name
  std::string folder;                              // of the job (store/data_folder.h)

  // A range of tasks.
  std::string stage;
  std::int64_t first = 0;
  std::int64_t count = 0;  // 0: a reduction

  // A reduction.
  std::map<std::string, RangeSet> finished;               // tasks by stage
  std::map<std::string, std::vector<std::int64_t>> live;  // tasks in hand that have rows already
  bool complete = false;                                  // every task has finished: the final report
  double seconds = 0;                                     // the run's so far, for the report's provenance

  bool is_reduction() const { return count == 0; }
  Json to_json() const;
  /// InputError when something is missing or of another type.
  static Lease from_json(const Json& json);
};

/// How a worker reports that a task or a reduction failed for good.
enum class FailureKind { Input, Internal, Memory };
std::string text_of(FailureKind kind);
FailureKind failure_kind_of(const std::string& text);

Json ranges_to_json(const RangeSet& ranges);
RangeSet ranges_from_json(const Json& json);
std::vector<Problem> problems_from_json(const Json& json);

}  // namespace reprise
