// The inside of a worker process: executes leases one after the other, and looks for a word to stop between
// the steps of a task.
#pragma once

#include "engine/protocol.h"
#include "store/data_folder.h"
#include "study/registry.h"

#include <memory>
#include <optional>
#include <string>

namespace reprise {

/// Lines from a pipe, waited for or glanced at.
class LineReader {
 public:
  explicit LineReader(int descriptor) : descriptor_(descriptor) {}
  /// The next line; nothing at the end. Without `wait` also nothing when no whole line is there yet.
  std::optional<std::string> next(bool wait);
  bool ended() const { return ended_; }

 private:
  int descriptor_;
  std::string buffer_;
  bool ended_ = false;
};

class WorkerLoop {
 public:
  WorkerLoop(const Registry& registry, int input, int output);
  ~WorkerLoop();

  /// Until the input ends.
  void run();

 private:
  struct Run;  // what is kept between leases of the same run

  void execute(const Lease& lease);
  void execute_tasks(const Lease& lease);
  void execute_task(const Lease& lease, std::int64_t index);
  void reduce(const Lease& lease);
  void find_stored(const std::string& stage, const RangeSet& ranges, Json& missing);
  Run& prepare(const Lease& lease);
  void stop_if_cancelled(const Lease& lease);  ///< throws Cancelled
  void send(const Lease& lease, std::string_view type, Json message = Json::object());
  void send_failure(const Lease& lease, FailureKind kind, const std::vector<Problem>& problems);

  const Registry& registry_;
  LineReader reader_;
  int output_;
  std::unique_ptr<Run> run_;
  std::int64_t index_ = -1;  // of the task in hand
};

}  // namespace reprise
