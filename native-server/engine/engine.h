// The engine `local`: executes jobs in worker processes of this machine. A thread of its own runs the
// scheduler; everything here may be called from any thread.
#pragma once

#include "engine/scheduler.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace reprise {

class Engine {
 public:
  /// `workers`: processes for tasks (one more makes reductions). `command` starts one.
  Engine(const Registry& registry, Store& store, const DataFolder& data, EventHub& events, int workers,
         std::vector<std::string> command);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Measures the machine's speeds, takes up the jobs that an earlier start has left, and goes on from there.
  void start();
  /// Workers stop at their next step; returns when all have ended, after two seconds at most.
  void stop();

  void submit(JobRecord job);
  void cancel(std::string id);

  int workers() const { return workers_; }
  /// What one worker does per second; waits for the measurement in the first moments.
  Speeds speeds();
  std::optional<LiveProgress> progress(std::string_view job);
  struct Load {
    int workers_alive = 0;
    int leases = 0;
    std::int64_t jobs = 0;  // not finished
    double seconds = 0;     // until they are, on all workers
  };
  Load load();

 private:
  struct Submit {
    JobRecord job;
  };
  struct Cancel {
    std::string id;
  };
  using Command = std::variant<Submit, Cancel>;

  void run();
  void wait(const Scheduler& scheduler);
  void obey(Scheduler& scheduler);
  void wake();

  const Registry& registry_;
  Store& store_;
  const DataFolder& data_;
  EventHub& events_;
  int workers_;
  std::vector<std::string> command_;
  Board board_;

  std::mutex mutex_;
  std::condition_variable measured_;
  std::optional<Speeds> speeds_;
  std::vector<Command> commands_;
  int wake_descriptor_ = -1;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// Times `calibration_work`, about a fifth of a second in all.
Speeds measure_speeds();

}  // namespace reprise
