// What `reprise run` shows on a terminal: progress while it runs, a summary at the end.
#pragma once

#include "study/driver.h"

#include <chrono>
#include <iosfwd>
#include <string>

namespace reprise {

/// A bar on stderr, drawn only when stderr is a terminal, at most ten times a second.
class ProgressBar {
 public:
  ProgressBar();
  void show(const RunProgress& progress);
  void clear();

 private:
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point begun_, last_;
};

/// Metrics, claims with verdicts, warnings.
void print_summary(std::ostream& out, const Report& report, double seconds);

}  // namespace reprise
