#include "engine/engine.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <sys/eventfd.h>
#include <unistd.h>

namespace reprise {

namespace {

constexpr double calibration_seconds = 0.03;  // for each of the five kinds

double measure(const std::string& kind) {
  double best = 0;
  const SteadyTime start = steady_now();
  do {  // the fastest of a few: whatever else runs can only slow it down
    const SteadyTime begin = steady_now();
    const double units = calibration_work(kind);
    best = std::max(best, units / std::max(seconds_since(begin), 1e-9));
  } while (seconds_since(start) < calibration_seconds);
  return best;
}

}  // namespace

Speeds measure_speeds() {
  Speeds speeds;
  speeds.gemm_flops = measure("gemm_flops");
  speeds.vector_ops = measure("vector_ops");
  speeds.special_ops = measure("special_ops");
  speeds.sort_elements = measure("sort_elements");
  speeds.bytes_touched = measure("bytes_touched");
  return speeds;
}

Engine::Engine(const Registry& registry, Store& store, const DataFolder& data, EventHub& events, int workers,
               std::vector<std::string> command)
    : registry_(registry),
      store_(store),
      data_(data),
      events_(events),
      workers_(workers > 0 ? workers : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))),
      command_(std::move(command)),
      wake_descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_descriptor_ < 0) throw std::runtime_error("the system gives no event descriptor");
}

Engine::~Engine() {
  stop();
  close(wake_descriptor_);
}

void Engine::start() {
  for (JobRecord& job : store_.live_jobs()) submit(std::move(job));
  thread_ = std::thread([this] { run(); });
}

void Engine::stop() {
  stopping_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
}

void Engine::wake() {
  const std::uint64_t one = 1;
  if (write(wake_descriptor_, &one, sizeof one) < 0) return;  // full: it is awake anyway
}

void Engine::submit(JobRecord job) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(Submit{std::move(job)});
  }
  wake();
}

void Engine::cancel(std::string id) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(Cancel{std::move(id)});
  }
  wake();
}

Speeds Engine::speeds() {
  std::unique_lock lock(mutex_);
  measured_.wait(lock, [this] { return speeds_.has_value() || stopping_; });
  return speeds_.value_or(Speeds{});
}

std::optional<LiveProgress> Engine::progress(std::string_view job) {
  const std::lock_guard lock(board_.mutex);
  const auto found = board_.jobs.find(job);
  if (found == board_.jobs.end()) return std::nullopt;
  return found->second;
}

Engine::Load Engine::load() {
  const std::lock_guard lock(board_.mutex);
  Load load{board_.workers_alive, board_.leases, static_cast<std::int64_t>(board_.jobs.size()), 0};
  for (const auto& [id, progress] : board_.jobs) load.seconds += progress.remaining_seconds / workers_;
  return load;
}

void Engine::run() {
  sigset_t signals;  // they are the HTTP server's
  sigfillset(&signals);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  {
    const Speeds measured = measure_speeds();
    const std::lock_guard lock(mutex_);
    speeds_ = measured;
  }
  measured_.notify_all();
  Scheduler scheduler(registry_, store_, data_, events_, board_, speeds(), workers_, command_);
  bool stop_begun = false;
  while (!(stop_begun && scheduler.has_stopped())) {
    try {
      if (!stop_begun && stopping_) {
        scheduler.begin_stop();
        stop_begun = true;
      }
      if (!stop_begun) obey(scheduler);
      scheduler.advance();
    } catch (const std::exception& error) {
      // Disk full, most likely. Nothing is lost; it goes on when it can.
      std::fprintf(stderr, "reprise: engine: %s\n", error.what());
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    wait(scheduler);
  }
  scheduler.save_progress(true);
}

// Waits for a message of a worker, a command, or the scheduler's patience to end.
void Engine::wait(const Scheduler& scheduler) {
  std::vector<pollfd> descriptors = {{wake_descriptor_, POLLIN, 0}};
  scheduler.add_descriptors(descriptors);
  poll(descriptors.data(), descriptors.size(), scheduler.patience());
  std::uint64_t ignored = 0;
  if ((descriptors[0].revents & POLLIN) != 0 && read(wake_descriptor_, &ignored, sizeof ignored) < 0) return;
}

void Engine::obey(Scheduler& scheduler) {
  for (;;) {
    Command command;
    {
      const std::lock_guard lock(mutex_);
      if (commands_.empty()) return;
      command = commands_.front();
    }
    if (const auto* submit = std::get_if<Submit>(&command)) {
      scheduler.adopt(submit->job);
    } else {
      scheduler.cancel(std::get<Cancel>(command).id);
    }
    const std::lock_guard lock(mutex_);  // only now: what could not be obeyed is tried again
    commands_.erase(commands_.begin());
  }
}

}  // namespace reprise
