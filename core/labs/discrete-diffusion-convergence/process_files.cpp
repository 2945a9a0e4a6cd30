#include "labs/discrete-diffusion-convergence/process_files.h"

#include "base/error.h"
#include "base/json.h"
#include "base/number_text.h"
#include "data/csv.h"
#include "data/npy.h"
#include "data/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise::diffusion {

using namespace markov;

namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& place, const std::string& found,
                         const std::string& allowed) {
  throw InputError(
      Problem{file, found, allowed, file + " " + place + ": " + found + "; allowed: " + allowed});
}

enum class FileKind { Npy, Json, Csv };

FileKind kind_of(const ByteSource& source) {
  std::array<std::byte, 64> head{};
  const std::size_t length = source.read(0, head);
  const std::string_view text(reinterpret_cast<const char*>(head.data()), length);
  if (text.starts_with("\x93NUMPY")) return FileKind::Npy;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' ? FileKind::Json : FileKind::Csv;
}

Json read_json(const ByteSource& source, const std::string& file) {
  if (source.size() > most_json_bytes) {
    refuse(file, "has", std::to_string(source.size()) + " bytes",
           "at most " + grouped(most_json_bytes) + " bytes of JSON; larger rates as NPY or CSV");
  }
  const std::vector<std::byte> bytes = read_all(source);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!is_utf8(text)) refuse(file, "holds", "bytes that are not UTF-8", "JSON");
  try {
    return Json::parse(text);
  } catch (const InputError& error) {
    refuse(file, "is no JSON", error.what(), "one JSON object");
  }
}

void check_keys(const Json& object, const std::string& file, std::initializer_list<std::string_view> keys) {
  std::string allowed;
  for (const std::string_view key : keys) allowed += (allowed.empty() ? "" : ", ") + std::string(key);
  for (const auto& [key, value] : object.as_object()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) refuse(file, "key", in_quotes(key), allowed);
  }
}

double number_at(const Json& value, const std::string& file, const std::string& place) {
  if (!value.is_number()) refuse(file, place, shown(value.dump()), "a number");
  return value.as_number();
}

std::vector<double> numbers_at(const Json& object, std::string_view key, const std::string& file) {
  const Json& list = object.at(key);
  const std::string name(key);
  if (!list.is_array()) refuse(file, name, shown(list.dump()), "a list of numbers");
  std::vector<double> values;
  values.reserve(list.size());
  for (const Json& value : list.as_array()) {
    values.push_back(number_at(value, file, name + " entry " + std::to_string(values.size() + 1)));
  }
  return values;
}

std::size_t symbol_of(double value, std::size_t below, const std::string& file, const std::string& place) {
  if (!(value >= 0 && value < static_cast<double>(below)) || value != std::floor(value)) {
    refuse(file, place, number_to_text(value), "symbols 0…" + std::to_string(below - 1));
  }
  return static_cast<std::size_t>(value);
}

std::size_t count_of(double value, double low, double high, const std::string& file,
                     const std::string& place) {
  if (!(value >= low && value <= high) || value != std::floor(value)) {
    refuse(file, place, number_to_text(value),
           "integers " + number_to_text(low) + "…" + number_to_text(high));
  }
  return static_cast<std::size_t>(value);
}

std::vector<double> uniform_prior(std::size_t symbols) {
  return RankOneNoise::uniform(symbols).prior;
}

// Everything TokenRates refuses, with the file's name.
template <class Make>
TokenRates with_file_name(const std::string& file, const Make& make) {
  try {
    return make();
  } catch (const InputError& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) {
      problem.key = file;
      problem.message = file + ", " + problem.message;
    }
    throw InputError(std::move(problems));
  }
}

std::size_t matrix_symbols(std::int64_t rows, std::int64_t columns, const std::string& file) {
  const std::string found = std::to_string(rows) + " × " + std::to_string(columns);
  if (rows != columns || rows < 2) refuse(file, "matrix", found, "as many rows as columns, at least 2");
  if (rows > 2000) refuse(file, "matrix", found, "at most 2000 symbols; more as a list of jumps");
  return static_cast<std::size_t>(rows);
}

TokenRates rates_from_npy(const ByteSource& source, const std::string& file) {
  const NpyReader reader(source, file);
  if (reader.shape().size() != 2) {
    refuse(file, "has", std::to_string(reader.shape().size()) + " dimensions", "2: rates from row to column");
  }
  const std::size_t symbols = matrix_symbols(reader.shape()[0], reader.shape()[1], file);
  return with_file_name(file,
                        [&] { return TokenRates::from_matrix(symbols, reader.read_rows(0, reader.rows())); });
}

TokenRates rates_from_csv(const ByteSource& source, const std::string& file) {
  CsvReader reader(source, file);
  const std::size_t from = reader.required_column("from"), to = reader.required_column("to"),
                    rate = reader.required_column("rate");
  if (reader.columns().size() > 3) {
    refuse(file, "header", std::to_string(reader.columns().size()) + " columns", "from, to, rate");
  }
  std::vector<TokenRates::Jump> jumps;
  std::size_t symbols = 0;
  while (reader.next_row()) {
    const std::string row = "row " + std::to_string(reader.row());
    if (jumps.size() == most_jumps) refuse(file, row, "another jump", "at most " + grouped(most_jumps));
    TokenRates::Jump jump;
    jump.from = symbol_of(reader.number(from), most_rate_symbols, file, row + ", column from");
    jump.to = symbol_of(reader.number(to), most_rate_symbols, file, row + ", column to");
    jump.rate = reader.number(rate);
    if (!(jump.rate >= 0)) {
      refuse(file, row + ", column rate", number_to_text(jump.rate), "0 or more");
    }
    symbols = std::max({symbols, jump.from + 1, jump.to + 1});
    jumps.push_back(jump);
  }
  if (symbols < 2) refuse(file, "has", std::to_string(symbols) + " symbols", "at least 2");
  return with_file_name(file, [&] { return TokenRates(symbols, 0, uniform_prior(symbols), jumps); });
}

TokenRates rates_from_matrix_text(const Json& json, const std::string& file) {
  check_keys(json, file, {"matrix"});
  const Json& rows = json.at("matrix");
  if (!rows.is_array()) refuse(file, "matrix", shown(rows.dump()), "a list of rows");
  std::vector<double> values;
  std::size_t symbols = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Json& line = rows.as_array()[row];
    const std::string place = "matrix row " + std::to_string(row + 1);
    if (!line.is_array()) refuse(file, place, shown(line.dump()), "a list of numbers");
    if (row == 0) {
      symbols = matrix_symbols(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(line.size()),
                               file);
    }
    if (line.size() != symbols) {
      refuse(file, place, std::to_string(line.size()) + " numbers", std::to_string(symbols));
    }
    for (std::size_t column = 0; column < symbols; ++column) {
      values.push_back(
          number_at(line.as_array()[column], file, place + ", column " + std::to_string(column + 1)));
    }
  }
  if (symbols == 0) refuse(file, "matrix", "no rows", "at least 2");
  return with_file_name(file, [&] { return TokenRates::from_matrix(symbols, values); });
}

TokenRates rates_from_json(const ByteSource& source, const std::string& file) {
  const Json json = read_json(source, file);
  if (json.find("matrix") != nullptr) return rates_from_matrix_text(json, file);
  check_keys(json, file, {"symbols", "refresh", "prior", "neighbours", "jumps"});
  if (json.find("symbols") == nullptr)
    refuse(file, "symbols", "nothing", "the number of symbols, or a matrix");
  const std::size_t symbols = count_of(number_at(json.at("symbols"), file, "symbols"), 2,
                                       static_cast<double>(most_rate_symbols), file, "symbols");
  const Json* refresh = json.find("refresh");
  std::vector<double> prior = uniform_prior(symbols);
  if (const Json* given = json.find("prior"); given != nullptr && !(*given == Json("uniform"))) {
    prior = numbers_at(json, "prior", file);
  }
  std::vector<TokenRates::Jump> jumps;
  if (const Json* neighbours = json.find("neighbours")) {
    const double rate = number_at(*neighbours, file, "neighbours");
    for (std::size_t a = 0; a + 1 < symbols && rate != 0; ++a) {
      jumps.push_back({a, a + 1, rate});
      jumps.push_back({a + 1, a, rate});
    }
  }
  if (const Json* list = json.find("jumps")) {
    if (!list->is_array()) refuse(file, "jumps", shown(list->dump()), "a list of [from, to, rate]");
    std::size_t row = 0;
    for (const Json& entry : list->as_array()) {
      const std::string place = "jump " + std::to_string(++row);
      if (!entry.is_array() || entry.size() != 3) {
        refuse(file, place, shown(entry.dump()), "[from, to, rate]");
      }
      const Json::Array& parts = entry.as_array();
      jumps.push_back({symbol_of(number_at(parts[0], file, place), symbols, file, place + ", from"),
                       symbol_of(number_at(parts[1], file, place), symbols, file, place + ", to"),
                       number_at(parts[2], file, place)});
    }
  }
  const double rate = refresh != nullptr ? number_at(*refresh, file, "refresh") : 0;
  return with_file_name(file, [&] { return TokenRates(symbols, rate, std::move(prior), std::move(jumps)); });
}

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

 private:
  std::vector<double> t_, value_;
};

NoiseGrid grid_along(const TimeTable& sigma, std::size_t levels, const std::string& file) {
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
  return grid;
}

// σ = sigma_min + ∫β, β linear between its times.
NoiseGrid grid_of_rates(const TimeTable& beta, double sigma_min, std::size_t levels,
                        const std::string& file) {
  for (std::size_t k = 0; k < beta.t().size(); ++k) {
    if (beta.values()[k] < 0) {
      refuse(file, "row " + std::to_string(k + 1) + ", beta", number_to_text(beta.values()[k]), "0 or more");
    }
  }
  const auto sigma = [&](double t) {
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
  return grid;
}

NoiseGrid grid_from_csv(const ByteSource& source, const std::string& file, std::size_t levels) {
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
  if (!time_column) return make_grid(std::move(sigma));
  return grid_along(TimeTable(std::move(t), std::move(sigma), file, "sigma"), levels, file);
}

NoiseGrid grid_from_json(const ByteSource& source, const std::string& file, const Schedule& defaults,
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
    return make_grid(std::move(sigma));
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
  return make_grid(schedule, levels);
}

}  // namespace

TokenRates read_token_rates(const ByteSource& source, const std::string& file_name) {
  switch (kind_of(source)) {
    case FileKind::Npy:
      return rates_from_npy(source, file_name);
    case FileKind::Json:
      return rates_from_json(source, file_name);
    case FileKind::Csv:
      break;
  }
  return rates_from_csv(source, file_name);
}

NoiseGrid read_noise_grid(const ByteSource& source, const std::string& file_name, const Schedule& defaults,
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

}  // namespace reprise::diffusion
