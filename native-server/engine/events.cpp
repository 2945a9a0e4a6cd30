#include "engine/events.h"

#include "clock/clock.h"

#include <algorithm>
#include <array>

namespace reprise {

namespace {

constexpr std::size_t most_row_events =
    256;  // per stream; older ones are dropped, counts are in the snapshots
constexpr std::array<std::string_view, 4> names = {"state", "progress", "rows", "snapshot"};

}  // namespace

std::string_view text_of(EventType type) {
  return names.at(static_cast<std::size_t>(type));
}

class EventHub::Subscription final : public EventStream {
 public:
  void push(const JobEventPointer& event) {
    std::function<void()> wake;
    {
      const std::lock_guard lock(mutex_);
      merge(event);
      wake = wake_;
    }
    if (wake) wake();
  }

  std::string take() override {
    std::deque<JobEventPointer> events;
    {
      const std::lock_guard lock(mutex_);
      events.swap(queue_);
      row_events_ = 0;
    }
    std::string text;
    for (const JobEventPointer& event : events) {
      text.append("id: ").append(std::to_string(event->id));
      text.append("\nevent: ").append(text_of(event->type));
      text.append("\ndata: ").append(event->data).append("\n\n");
    }
    return text;
  }

  void wake_with(std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }

 private:
  // Progress and snapshots replace older ones of the same job; rows are dropped from the front.
  void merge(const JobEventPointer& event) {
    const auto same = [&](const JobEventPointer& other) {
      return other->type == event->type && other->job == event->job;
    };
    const auto is_rows = [](const JobEventPointer& other) { return other->type == EventType::Rows; };
    if (event->type == EventType::Progress || event->type == EventType::Snapshot) {
      queue_.erase(std::remove_if(queue_.begin(), queue_.end(), same), queue_.end());
    } else if (event->type == EventType::Rows) {
      if (row_events_ == most_row_events) {
        queue_.erase(std::find_if(queue_.begin(), queue_.end(), is_rows));
      } else {
        ++row_events_;
      }
    }
    queue_.push_back(event);
  }

  std::mutex mutex_;
  std::deque<JobEventPointer> queue_;
  std::size_t row_events_ = 0;
  std::function<void()> wake_;
};

// From the clock, so that the ids of a later start of the server are higher: what a browser has seen stays
// older.
EventHub::EventHub() : next_id_(static_cast<std::uint64_t>(unix_milliseconds()) * 1000) {}

JobEventPointer EventHub::make(std::string_view job, EventType type, std::string data) {
  return std::make_shared<const JobEvent>(JobEvent{next_id_++, std::string(job), type, std::move(data)});
}

void EventHub::publish(std::string_view job, EventType type, std::string data) {
  const std::lock_guard lock(mutex_);
  const JobEventPointer event = make(job, type, std::move(data));
  Job& entry = jobs_[std::string(job)];
  if (type != EventType::Rows) entry.newest[type] = event;
  auto& watchers = entry.watchers;
  for (std::size_t i = 0; i < watchers.size();) {
    if (const auto subscription = watchers[i].lock()) {
      subscription->push(event);
      ++i;
    } else {
      watchers.erase(watchers.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

void EventHub::forget(std::string_view job) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job);
  if (found != jobs_.end()) jobs_.erase(found);
}

std::shared_ptr<EventStream> EventHub::subscribe(const std::vector<std::string>& jobs,
                                                 std::uint64_t last_id) {
  const auto subscription = std::make_shared<Subscription>();
  const std::lock_guard lock(mutex_);
  for (const std::string& job : jobs) {
    Job& entry = jobs_[job];
    entry.watchers.push_back(subscription);
    for (const auto& [type, event] : entry.newest) {
      if (type != EventType::Snapshot || event->id > last_id) subscription->push(event);
    }
  }
  return subscription;
}

void EventHub::tell(EventStream& stream, std::string_view job, EventType type, std::string data) {
  JobEventPointer event;
  {
    const std::lock_guard lock(mutex_);
    event = make(job, type, std::move(data));
  }
  dynamic_cast<Subscription&>(stream).push(event);
}

bool EventHub::is_watched(std::string_view job) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return false;
  return std::any_of(found->second.watchers.begin(), found->second.watchers.end(),
                     [](const auto& watcher) { return !watcher.expired(); });
}

}  // namespace reprise
