#include "labs/discrete-diffusion-convergence/rate_files.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/csv.h"
#include "data/npy.h"
#include "data/text.h"
#include "labs/discrete-diffusion-convergence/file_values.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace reprise::diffusion {

using namespace markov;

namespace {

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

}  // namespace reprise::diffusion
