#include "worker.h"

#include "engine/worker_loop.h"
#include "study/registry.h"

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace reprise {

namespace {

constexpr int lowered_priority = 10;

// The kernel should end a worker rather than the server when memory runs out.
void offer_to_out_of_memory_killer() {
  if (std::FILE* file = std::fopen("/proc/self/oom_score_adj", "w")) {
    std::fputs("500", file);
    std::fclose(file);
  }
}

}  // namespace

int work() {
  return work(make_registry());
}

int work(const Registry& registry) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // no worker outlives its server
  std::signal(SIGPIPE, SIG_IGN);
  setpriority(PRIO_PROCESS, 0, lowered_priority);
  offer_to_out_of_memory_killer();
  const rlimit no_core_files{0, 0};
  setrlimit(RLIMIT_CORE, &no_core_files);
  // What a study might print must not get between the reports.
  const int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (output < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return 1;
  WorkerLoop(registry, STDIN_FILENO, output).run();
  return 0;
}

}  // namespace reprise
