// The outside of a worker process: started with posix_spawn, spoken to through two pipes, ended for certain.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace reprise {

class WorkerProcess {
 public:
  /// Starts `command` (a path and its arguments). std::runtime_error when the system cannot.
  explicit WorkerProcess(const std::vector<std::string>& command);
  /// Kills it if it still runs.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  int id() const { return id_; }
  int output() const { return output_; }  ///< descriptor to poll for reading
  int input() const { return input_; }  ///< descriptor to poll for writing while wants_to_write(); -1: closed
  bool wants_to_write() const { return !outgoing_.empty() && input_ >= 0; }

  /// Sends one line, now or when the pipe has room again.
  void send(std::string_view line);
  void write_more();
  /// Whole lines that have arrived. `ended` becomes true when the process has closed its side.
  std::vector<std::string> read_lines();
  bool ended() const { return ended_; }

  /// No more leases: an idle worker ends by itself.
  void close_input();
  void kill();
  /// Ends and reaps it; "signal 9 (Killed)" or "exit code 3". `was_asked`: it ended by SIGTERM or SIGINT, as
  /// when an administrator or the system stops it.
  std::string reap(bool& was_asked);

 private:
  pid_t id_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string outgoing_;
  std::string incoming_;
  bool ended_ = false;
};

}  // namespace reprise
