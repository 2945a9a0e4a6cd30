#include "command_line/summary.h"

#include "base/number_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <unistd.h>

namespace reprise {

namespace {

// Four significant digits, as people read numbers.
std::string readable(double value) {
  if (!std::isfinite(value)) return number_to_text(value);
  if (value == std::floor(value) && std::fabs(value) < 1e9) return number_to_text(value);
  char text[40];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string_view verdict(ClaimStatus status) {
  switch (status) {
    case ClaimStatus::Holds:
      return "holds";
    case ClaimStatus::Fails:
      return "does not hold";
    case ClaimStatus::NotEvaluated:
      return "not run here";
  }
  return "";
}

}  // namespace

ProgressBar::ProgressBar()
    : terminal_(::isatty(STDERR_FILENO) != 0), begun_(std::chrono::steady_clock::now()), last_(begun_) {}

void ProgressBar::show(const RunProgress& progress) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  constexpr int width = 30;
  const int filled = static_cast<int>(std::clamp(progress.fraction, 0.0, 1.0) * width);
  const double spent = std::chrono::duration<double>(now - begun_).count();
  std::string bar;
  for (int i = 0; i < width; ++i) bar += i < filled ? "█" : "░";
  std::fprintf(stderr, "\r%s %3d %%  %lld of %lld tasks", bar.c_str(),
               static_cast<int>(100 * progress.fraction), static_cast<long long>(progress.tasks_done),
               static_cast<long long>(progress.tasks_total));
  if (spent > 1 && progress.fraction > 0.01) {
    std::fprintf(stderr, "  about %.0f s left ", spent * (1 - progress.fraction) / progress.fraction);
  }
  std::fprintf(stderr, "\033[K");
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (drawn_) std::fprintf(stderr, "\r\033[K");
  drawn_ = false;
}

void print_summary(std::ostream& out, const Report& report, double seconds) {
  out << report.study << ", seed " << report.seed << ", " << readable(seconds) << " s\n\n";
  std::size_t width = 0;
  for (const auto& [name, value] : report.metrics) width = std::max(width, name.size());
  for (const auto& [name, value] : report.metrics) {
    out << "  " << std::left << std::setw(static_cast<int>(width)) << name << "  " << readable(value) << '\n';
  }
  if (!report.claims.empty()) out << "\nClaims\n";
  for (const Claim& claim : report.claims) {
    out << "  " << std::left << std::setw(13) << verdict(claim.status) << "  " << claim.id << ": "
        << readable(claim.statistic) << ", needed " << text_of(claim.relation) << ' ';
    if (claim.relation == Relation::Within) {
      out << '[' << readable(claim.threshold) << ", " << readable(claim.threshold_high) << ']';
    } else {
      out << readable(claim.threshold);
    }
    out << "\n                 " << claim.statement << '\n';
    if (!claim.reason.empty()) out << "                 (" << claim.reason << ")\n";
  }
  if (!report.warnings.empty()) out << "\nWarnings\n";
  for (const std::string& warning : report.warnings) out << "  " << warning << '\n';
}

}  // namespace reprise
