#include "labs/discrete-diffusion-convergence/schedule_files.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/csv.h"
#include "data/text.h"
#include "labs/discrete-diffusion-convergence/file_values.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise::diffusion {

using namespace markov;

namespace {

// A table of σ or β at times from 0 to 1, linear between them.
class TimeTable {
 public:
  TimeTable(std::vector<double> t, std::vector<double> value, const std::string& file, const char* name)
      : t_(std::move(t)), value_(std::move(value)) {
    if (t_.size() != value_.size() || t_.size() < 2) {
      refuse(file, name,
             std::to_string(value_.size()) + " numbers and " + std::to_string(t_.size()) + " times",
             "as many as times, at least 2");
    }
    for (std::size_t k = 0; k < t_.size(); ++k) {
      const std::string place = "row " + std::to_string(k + 1);
      if (!std::isfinite(t_[k]) || (k > 0 && !(t_[k] > t_[k - 1]))) {
        refuse(file, place + ", t", number_to_text(t_[k]), "finite times that grow");
      }
      if (!std::isfinite(value_[k])) {
        refuse(file, place + ", " + name, number_to_text(value_[k]), "finite numbers");
      }
    }
    if (t_.front() != 0 || t_.back() != 1) {
      refuse(file, "t", number_to_text(t_.front()) + "…" + number_to_text(t_.back()), "times from 0 to 1");
    }
  }
  const std::vector<double>& t() const { return t_; }
  const std::vector<double>& values() const { return value_; }
  double operator()(double t) const {
    const auto above = std::upper_bound(t_.begin(), t_.end() - 1, t);
    const auto k = std::max<std::ptrdiff_t>(1, above - t_.begin());
    const auto i = static_cast<std::size_t>(k);
    const double share = (t - t_[i - 1]) / (t_[i] - t_[i - 1]);
    return value_[i - 1] + share * (value_[i] - value_[i - 1]);
  }
  /// Of the piece that ends at t or holds it; the first at 0.
  double slope(double t) const {
    const auto end = std::lower_bound(t_.begin() + 1, t_.end() - 1, t);
    const auto i = static_cast<std::size_t>(end - t_.begin());
    return (value_[i] - value_[i - 1]) / (t_[i] - t_[i - 1]);
  }

 private:
  std::vector<double> t_, value_;
};

TimedGrid grid_along(const TimeTable& sigma, std::size_t levels, const std::string& file) {
  for (std::size_t k = 0; k < sigma.t().size(); ++k) {
    const double value = sigma.values()[k];
    if (value < 0 || (k > 0 && value < sigma.values()[k - 1])) {
      refuse(file, "row " + std::to_string(k + 1) + ", sigma", number_to_text(value),
             k > 0 ? "at least " + number_to_text(sigma.values()[k - 1]) + ", as before: noise grows with t"
                   : "0 or more");
    }
  }
  std::vector<double> level;
  for (std::size_t k = 0; k <= levels; ++k) {
    level.push_back(sigma(1 - static_cast<double>(k) / static_cast<double>(levels)));
  }
  NoiseGrid grid = make_grid(std::move(level));
  for (std::size_t k = 0; k <= levels; ++k) {
    grid.t.push_back(1 - static_cast<double>(k) / static_cast<double>(levels));
  }
  return {std::move(grid), sigma, [sigma](double t) { return sigma.slope(t); }};
}

// σ = sigma_min + ∫β, β linear between its times.
TimedGrid grid_of_rates(const TimeTable& beta, double sigma_min, std::size_t levels,
                        const std::string& file) {
  for (std::size_t k = 0; k < beta.t().size(); ++k) {
    if (beta.values()[k] < 0) {
      refuse(file, "row " + std::to_string(k + 1) + ", beta", number_to_text(beta.values()[k]), "0 or more");
    }
  }
  const auto sigma = [beta, sigma_min](double t) {
    double sum = sigma_min;
    for (std::size_t k = 1; k < beta.t().size() && beta.t()[k - 1] < t; ++k) {
      const double from = beta.t()[k - 1], to = std::min(t, beta.t()[k]);
      sum += (to - from) * (beta.values()[k - 1] + beta(to)) / 2;
    }
    return sum;
  };
  std::vector<double> level, times;
  for (std::size_t k = 0; k <= levels; ++k) {
    times.push_back(1 - static_cast<double>(k) / static_cast<double>(levels));
    level.push_back(sigma(times.back()));
  }
  NoiseGrid grid = make_grid(std::move(level));
  grid.t = std::move(times);
  return {std::move(grid), sigma, beta};
}

TimedGrid grid_from_csv(const ByteSource& source, const std::string& file, std::size_t levels) {
  CsvReader reader(source, file);
  const std::size_t sigma_column = reader.required_column("sigma");
  const std::optional<std::size_t> time_column = reader.column("t");
  std::vector<double> t, sigma;
  while (reader.next_row()) {
    if (sigma.size() > most_grid_levels) {
      refuse(file, "has", "more than " + std::to_string(most_grid_levels) + " steps",
             "at most " + std::to_string(most_grid_levels) + " steps");
    }
    sigma.push_back(reader.number(sigma_column));
    if (time_column) t.push_back(reader.number(*time_column));
  }
  if (!time_column) return {make_grid(std::move(sigma)), {}, {}};
  return grid_along(TimeTable(std::move(t), std::move(sigma), file, "sigma"), levels, file);
}

TimedGrid grid_from_json(const ByteSource& source, const std::string& file, const Schedule& defaults,
                         std::size_t levels) {
  const Json json = read_json(source, file);
  const auto has = [&](const char* key) { return json.find(key) != nullptr; };
  if (has("levels")) {
    levels = count_of(number_at(json.at("levels"), file, "levels"), 1, static_cast<double>(most_grid_levels),
                      file, "levels");
  }
  Schedule schedule = defaults;
  if (has("sigma_min")) schedule.sigma_min = number_at(json.at("sigma_min"), file, "sigma_min");
  if (has("sigma_max")) schedule.sigma_max = number_at(json.at("sigma_max"), file, "sigma_max");
  if (has("beta")) {
    check_keys(json, file, {"t", "beta", "sigma_min", "levels"});
    if (!has("t")) refuse(file, "t", "nothing", "the times of beta, from 0 to 1");
    if (!(schedule.sigma_min >= 0) || !std::isfinite(schedule.sigma_min)) {
      refuse(file, "sigma_min", number_to_text(schedule.sigma_min), "finite numbers, 0 or more");
    }
    const TimeTable beta(numbers_at(json, "t", file), numbers_at(json, "beta", file), file, "beta");
    return grid_of_rates(beta, schedule.sigma_min, levels, file);
  }
  if (has("t")) {
    check_keys(json, file, {"t", "sigma", "levels"});
    if (!has("sigma")) refuse(file, "sigma", "nothing", "the noise levels at the times t");
    return grid_along(TimeTable(numbers_at(json, "t", file), numbers_at(json, "sigma", file), file, "sigma"),
                      levels, file);
  }
  if (has("sigma")) {
    check_keys(json, file, {"sigma"});
    std::vector<double> sigma = numbers_at(json, "sigma", file);
    if (sigma.size() > most_grid_levels + 1) {
      refuse(file, "sigma", std::to_string(sigma.size()) + " levels",
             "at most " + std::to_string(most_grid_levels + 1));
    }
    return {make_grid(std::move(sigma)), {}, {}};
  }
  check_keys(json, file, {"schedule", "sigma_min", "sigma_max", "levels"});
  if (has("schedule")) {
    const Json& key = json.at("schedule");
    const std::optional<ScheduleKind> kind =
        key.is_string() ? find_schedule(key.as_string()) : std::optional<ScheduleKind>();
    if (!kind) {
      std::string allowed;
      for (const std::string& name : schedule_keys()) allowed += (allowed.empty() ? "" : ", ") + name;
      refuse(file, "schedule", shown(key.dump()), allowed);
    }
    schedule.kind = *kind;
  }
  return timed_grid(schedule, levels);
}

}  // namespace

TimedGrid timed_grid(const Schedule& schedule, std::size_t levels) {
  return {make_grid(schedule, levels), [schedule](double t) { return schedule.sigma(t); },
          [schedule](double t) { return schedule.beta(t); }};
}

TimedGrid read_timed_grid(const ByteSource& source, const std::string& file_name, const Schedule& defaults,
                          std::size_t levels) {
  switch (kind_of(source)) {
    case FileKind::Npy:
      refuse(file_name, "is", "an array", "CSV with a column sigma, or JSON");
    case FileKind::Json:
      return grid_from_json(source, file_name, defaults, levels);
    case FileKind::Csv:
      break;
  }
  return grid_from_csv(source, file_name, levels);
}

NoiseGrid read_noise_grid(const ByteSource& source, const std::string& file_name, const Schedule& defaults,
                          std::size_t levels) {
  return read_timed_grid(source, file_name, defaults, levels).grid;
}

}  // namespace reprise::diffusion
