#include "engine/worker_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace reprise {

namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;

  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("no more pipes: " + std::string(strerror(errno)));
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    if (read_end >= 0) close(read_end);
    if (write_end >= 0) close(write_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  static int release(int& descriptor) {
    const int released = descriptor;
    descriptor = -1;
    return released;
  }
};

}  // namespace

WorkerProcess::WorkerProcess(const std::vector<std::string>& command) {
  Pipe to_worker;
  Pipe from_worker;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, to_worker.read_end, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_worker.write_end, STDOUT_FILENO);
  // Sockets and the data folder's lock stay here: Asio does not mark what it accepts close-on-exec.
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  sigdelset(&signals, SIGKILL);
  sigdelset(&signals, SIGSTOP);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setpgroup(&attributes, 0);  // Ctrl-C at a terminal is for the server alone
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int result = posix_spawn(&id_, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (result != 0) {
    throw std::runtime_error("cannot start a worker (" + command.at(0) + "): " + std::strerror(result));
  }
  input_ = Pipe::release(to_worker.write_end);
  output_ = Pipe::release(from_worker.read_end);
  fcntl(input_, F_SETFL, O_NONBLOCK);
  fcntl(output_, F_SETFL, O_NONBLOCK);
}

WorkerProcess::~WorkerProcess() {
  if (id_ > 0) {
    bool ignored = false;
    reap(ignored);
  }
  close_input();
  close(output_);
}

void WorkerProcess::send(std::string_view line) {
  outgoing_.append(line).append("\n");
  write_more();
}

void WorkerProcess::write_more() {
  while (!outgoing_.empty() && input_ >= 0) {
    const ssize_t count = write(input_, outgoing_.data(), outgoing_.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) {  // it has died: read_lines will see that
      outgoing_.clear();
      return;
    }
    outgoing_.erase(0, static_cast<std::size_t>(count));
  }
}

std::vector<std::string> WorkerProcess::read_lines() {
  for (;;) {
    std::array<char, 65536> chunk{};
    const ssize_t count = read(output_, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) {
      ended_ = true;
      break;
    }
    incoming_.append(chunk.data(), static_cast<std::size_t>(count));
  }
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end = incoming_.find('\n'); end != std::string::npos; end = incoming_.find('\n', start)) {
    lines.push_back(incoming_.substr(start, end - start));
    start = end + 1;
  }
  incoming_.erase(0, start);
  return lines;
}

void WorkerProcess::close_input() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

void WorkerProcess::kill() {
  if (id_ > 0) ::kill(id_, SIGKILL);
}

std::string WorkerProcess::reap(bool& was_asked) {
  kill();  // without effect on one that has ended: its own reason stays
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  id_ = -1;
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    was_asked = signal == SIGTERM || signal == SIGINT;
    return "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  }
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace reprise
