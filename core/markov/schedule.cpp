#include "markov/schedule.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"

#include <cmath>
#include <utility>

namespace reprise::markov {

namespace {

// arccos(c) for c in (0, 1], from arccos(e^−x): two Newton steps on the cosine from a start by bisection, so
// that the bits are those of math::cos everywhere.
double arc_cosine(double c) {
  double low = 0, high = 1.5707963267948966;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (math::cos(middle) > c ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

const std::vector<std::string>& schedule_keys() {
  static const std::vector<std::string> keys = {"linear", "geometric", "quadratic", "alpha_linear", "cosine"};
  return keys;
}

std::optional<ScheduleKind> find_schedule(std::string_view key) {
  const std::vector<std::string>& keys = schedule_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return static_cast<ScheduleKind>(i);
  }
  return std::nullopt;
}

double Schedule::sigma(double t) const {
  const double a = sigma_min, b = sigma_max;
  switch (kind) {
    case ScheduleKind::Linear:
      return a + (b - a) * t;
    case ScheduleKind::Geometric:
      return a * math::exp(math::log(b / a) * t);
    case ScheduleKind::Quadratic:
      return a + (b - a) * t * t;
    case ScheduleKind::AlphaLinear:
      return -math::log(math::exp(-a) + (math::exp(-b) - math::exp(-a)) * t);
    case ScheduleKind::Cosine: {
      const double from = arc_cosine(math::exp(-a)), to = arc_cosine(math::exp(-b));
      return -math::log(math::cos(from + (to - from) * t));
    }
  }
  return b;
}

double Schedule::beta(double t) const {
  const double a = sigma_min, b = sigma_max;
  switch (kind) {
    case ScheduleKind::Linear:
      return b - a;
    case ScheduleKind::Geometric:
      return sigma(t) * math::log(b / a);
    case ScheduleKind::Quadratic:
      return 2 * (b - a) * t;
    case ScheduleKind::AlphaLinear: {
      const double from = math::exp(-a), to = math::exp(-b);
      return (from - to) / (from + (to - from) * t);
    }
    case ScheduleKind::Cosine: {
      const double from = arc_cosine(math::exp(-a)), to = arc_cosine(math::exp(-b));
      const double angle = from + (to - from) * t;
      return (to - from) * math::sin(angle) / math::cos(angle);
    }
  }
  return 0;
}

NoiseGrid make_grid(const Schedule& schedule, std::size_t steps) {
  const auto refuse = [](const char* key, double value, const char* allowed) {
    const std::string found = number_to_text(value);
    throw InputError(
        Problem{key, found, allowed, std::string(key) + " is " + found + "; allowed: " + allowed});
  };
  if (steps < 1) refuse("levels", 0, "at least 1");
  if (!std::isfinite(schedule.sigma_max)) refuse("sigma_max", schedule.sigma_max, "a finite number");
  if (!(schedule.sigma_min > 0)) refuse("sigma_min", schedule.sigma_min, "above 0");
  if (!(schedule.sigma_max > schedule.sigma_min)) {
    refuse("sigma_max", schedule.sigma_max, "above sigma_min");
  }
  NoiseGrid grid;
  for (std::size_t k = 0; k <= steps; ++k) {
    const double t = 1 - static_cast<double>(k) / static_cast<double>(steps);
    grid.t.push_back(t);
    grid.sigma.push_back(k == 0 ? schedule.sigma_max : k == steps ? schedule.sigma_min : schedule.sigma(t));
  }
  return grid;
}

NoiseGrid make_grid(std::vector<double> sigma) {
  if (sigma.size() < 2) {
    throw InputError(Problem{"grid", std::to_string(sigma.size()), "at least 2 levels",
                             "the grid has " + std::to_string(sigma.size()) +
                                 " noise levels; at least 2 are needed, one for each end"});
  }
  for (std::size_t k = 0; k < sigma.size(); ++k) {
    const bool finite = std::isfinite(sigma[k]) && sigma[k] >= 0;
    if (finite && (k == 0 || sigma[k] < sigma[k - 1])) continue;
    const std::string found = number_to_text(sigma[k]);
    const std::string allowed = !finite ? "finite numbers, 0 or more"
                                        : "below " + number_to_text(sigma[k - 1]) + ", the level before";
    throw InputError(
        Problem{"grid", found, allowed,
                "grid row " + std::to_string(k + 1) + ": sigma is " + found + "; allowed: " + allowed});
  }
  NoiseGrid grid;
  grid.sigma = std::move(sigma);
  return grid;
}

void check_schedule(const std::function<double(double)>& sigma, const std::function<double(double)>& beta) {
  constexpr int points = 256;
  double before = -1;
  for (int k = 0; k <= points; ++k) {
    const double t = static_cast<double>(k) / points;
    const double level = sigma(t), rate = beta(t);
    const auto refuse = [&](const std::string& what, double value, const std::string& allowed) {
      const std::string found = number_to_text(value);
      throw InputError(
          Problem{"schedule", found, allowed,
                  what + " at t = " + number_to_text(t) + " is " + found + "; allowed: " + allowed});
    };
    if (!std::isfinite(level)) refuse("sigma", level, "a finite number");
    if (level < before) refuse("sigma", level, "at least " + number_to_text(before) + ", as before");
    if (!std::isfinite(rate)) refuse("beta", rate, "a finite number (rate mode needs bounded rates)");
    if (rate < 0) refuse("beta", rate, "0 or more");
    before = level;
  }
}

}  // namespace reprise::markov
