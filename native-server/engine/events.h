// Events of jobs, from the engine to the event streams of browsers. Nothing is kept for a slow reader but the
// newest state of affairs: queues are bounded by merging.
#pragma once

#include "http/message.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

enum class EventType { State, Progress, Rows, Snapshot };
std::string_view text_of(EventType type);

struct JobEvent {
  std::uint64_t id = 0;  // rises, also over restarts of the server
  std::string job;
  EventType type = EventType::State;
  std::string data;  // one line of JSON
};
using JobEventPointer = std::shared_ptr<const JobEvent>;

class EventHub {
 public:
  EventHub();

  /// Numbers an event and hands it to whoever watches the job. The newest state, progress and snapshot are
  /// kept.
  void publish(std::string_view job, EventType type, std::string data);
  /// Forgets a job that has finished.
  void forget(std::string_view job);
  /// A stream of the events of these jobs. It begins with what is kept of them; snapshots only when newer
  /// than `last_id`.
  std::shared_ptr<EventStream> subscribe(const std::vector<std::string>& jobs, std::uint64_t last_id);
  /// Adds an event to one stream only: how a job that has finished earlier is told.
  void tell(EventStream& stream, std::string_view job, EventType type, std::string data);
  /// Whether anybody watches.
  bool is_watched(std::string_view job) const;

 private:
  class Subscription;
  struct Job {
    std::map<EventType, JobEventPointer> newest;
    std::vector<std::weak_ptr<Subscription>> watchers;
  };
  JobEventPointer make(std::string_view job, EventType type, std::string data);

  mutable std::mutex mutex_;
  std::uint64_t next_id_;
  std::map<std::string, Job, std::less<>> jobs_;
};

}  // namespace reprise
