#include "labs/discrete-diffusion-convergence/own_data.h"

#include "base/number_text.h"
#include "data/csv.h"
#include "labs/discrete-diffusion-convergence/file_values.h"
#include "labs/discrete-diffusion-convergence/schedule_files.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace reprise::diffusion {

using namespace markov;

namespace {

// Rows of tokens with, where `value` is not empty, a number.
class TokenTable {
 public:
  TokenTable(const TaskContext& context, std::string_view input, std::string value)
      : file_(file_name_of(context, input)), reader_(context.input(input), file_) {
    const std::vector<std::string>& names = reader_.columns();
    length_ = names.size() - (value.empty() ? 0 : 1);
    for (std::size_t i = 0; i < length_; ++i) {
      columns_.push_back(reader_.required_column("x" + std::to_string(i + 1)));
    }
    if (length_ < 1) {
      refuse(file_, "header", "no column of tokens",
             "columns x1, …, xd" + (value.empty() ? "" : ", " + value));
    }
    if (!value.empty()) value_column_ = reader_.required_column(value);
    value_name_ = std::move(value);
  }

  bool next() { return reader_.next_row(); }
  std::size_t length() const { return length_; }
  const std::string& file() const { return file_; }
  std::string row_text() const { return "row " + std::to_string(reader_.row()); }
  std::int64_t row() const { return reader_.row(); }
  double value() const { return reader_.number(value_column_); }
  std::int64_t token(std::size_t i, std::int64_t below) const {
    const double value = reader_.number(columns_[i]);
    if (!(value >= 0 && value < static_cast<double>(below)) || value != std::floor(value)) {
      refuse(file_, row_text() + ", column x" + std::to_string(i + 1), number_to_text(value),
             "tokens 0…" + std::to_string(below - 1));
    }
    return static_cast<std::int64_t>(value);
  }

 private:
  std::string file_, value_name_;
  CsvReader reader_;
  std::size_t length_ = 0, value_column_ = 0;
  std::vector<std::size_t> columns_;
};

constexpr std::int64_t most_symbols = std::int64_t{1} << 20;

}  // namespace

Law read_law(const TaskContext& context) {
  TokenTable table(context, "law", "p");
  std::vector<std::int64_t> tokens;
  std::vector<double> p;
  std::int64_t largest = 1;
  while (table.next()) {
    for (std::size_t i = 0; i < table.length(); ++i) {
      tokens.push_back(table.token(i, most_symbols));
      largest = std::max(largest, tokens.back());
    }
    p.push_back(table.value());
    if (!(p.back() >= 0)) {
      refuse(table.file(), table.row_text() + ", column p", number_to_text(p.back()), "probabilities in 0…1");
    }
  }
  Law law{{static_cast<std::size_t>(largest) + 1, table.length()}, {}};
  if (states_up_to_limit(law.space.symbols, law.space.length) > most_states) {
    refuse(table.file(), "tokens",
           std::to_string(law.space.symbols) + "^" + std::to_string(law.space.length) + " states",
           "at most " + std::to_string(most_states) +
               " states; take fewer tokens or merge rare symbols, or ask sequence-score, which takes long "
               "sequences as Markov chains");
  }
  law.p.assign(law.space.size(), 0);
  std::vector<std::int64_t> row_of(law.p.size(), 0);
  for (std::size_t row = 0; row < p.size(); ++row) {
    std::size_t state = 0;
    for (std::size_t i = 0; i < law.space.length; ++i) {
      state = state * law.space.symbols + static_cast<std::size_t>(tokens[row * law.space.length + i]);
    }
    if (row_of[state] != 0) {
      refuse(table.file(), "row " + std::to_string(row + 1),
             "the state of row " + std::to_string(row_of[state]) + " again", "every state once");
    }
    row_of[state] = static_cast<std::int64_t>(row) + 1;
    law.p[state] = p[row];
  }
  check_law(law);
  const double sum = lane_sum(law.p.data(), law.p.size());
  for (double& value : law.p) value /= sum;
  return law;
}

RankOneNoise read_prior(const TaskContext& context, std::size_t symbols) {
  const std::string file = file_name_of(context, "prior");
  CsvReader reader(context.input("prior"), file);
  const std::size_t token_column = reader.required_column("token"), p_column = reader.required_column("p");
  std::vector<double> prior(symbols, -1);
  std::int64_t rows = 0;
  while (reader.next_row()) {
    const double token = reader.number(token_column);
    const std::string place = "row " + std::to_string(reader.row());
    if (!(token >= 0 && token < static_cast<double>(symbols)) || token != std::floor(token)) {
      refuse(file, place + ", column token", number_to_text(token),
             "tokens 0…" + std::to_string(symbols - 1));
    }
    double& p = prior[static_cast<std::size_t>(token)];
    if (p != -1) refuse(file, place, "token " + number_to_text(token) + " again", "every token once");
    p = reader.number(p_column);
    if (!(p >= 0)) refuse(file, place + ", column p", number_to_text(p), "probabilities in 0…1");
    ++rows;
  }
  if (rows != static_cast<std::int64_t>(symbols)) {
    refuse(file, "has", std::to_string(rows) + " rows", std::to_string(symbols) + ", one for every token");
  }
  return RankOneNoise::general(std::move(prior));
}

NoiseGrid read_grid(const TaskContext& context, const Schedule& schedule, std::size_t levels) {
  if (!context.has_input("grid")) return make_grid(schedule, levels);
  return read_noise_grid(context.input("grid"), file_name_of(context, "grid"), schedule, levels);
}

std::vector<double> read_observable(const TaskContext& context, const StateSpace& space) {
  TokenTable table(context, "observable", "value");
  if (table.length() != space.length) {
    refuse(table.file(), "header", std::to_string(table.length()) + " token columns",
           std::to_string(space.length) + ", as many as the law has tokens");
  }
  std::vector<double> phi(space.size(), 0);
  std::vector<bool> seen(space.size(), false);
  std::size_t rows = 0;
  while (table.next()) {
    std::size_t state = 0;
    for (std::size_t i = 0; i < space.length; ++i) {
      state = state * space.symbols +
              static_cast<std::size_t>(table.token(i, static_cast<std::int64_t>(space.symbols)));
    }
    if (seen[state]) refuse(table.file(), table.row_text(), "a state again", "every state once");
    seen[state] = true;
    phi[state] = table.value();
    ++rows;
  }
  if (rows != space.size()) {
    refuse(table.file(), "has", std::to_string(rows) + " rows",
           std::to_string(space.size()) + ", one for every state (with a mask: those with mask symbol " +
               std::to_string(space.symbols - 1) + " as well)");
  }
  return phi;
}

TokenRows read_tokens(const TaskContext& context, std::string_view name) {
  TokenTable table(context, name, "");
  TokenRows rows;
  rows.length = table.length();
  while (table.next()) {
    for (std::size_t i = 0; i < rows.length; ++i) rows.tokens.push_back(table.token(i, most_symbols));
  }
  return rows;
}

ScoreFile::ScoreFile(const TaskContext& context, const RankOneNoise& noise, const StateSpace& space,
                     std::size_t steps)
    : noise_(noise),
      space_(space),
      file_name_(file_name_of(context, "score")),
      reader_(context.input("score"), file_name_) {
  const std::vector<std::int64_t> wanted = {
      static_cast<std::int64_t>(steps), static_cast<std::int64_t>(space.size()),
      static_cast<std::int64_t>(space.length), static_cast<std::int64_t>(noise.tokens())};
  const auto text = [](const std::vector<std::int64_t>& shape) {
    std::string joined;
    for (const std::int64_t n : shape) joined += (joined.empty() ? "" : ", ") + std::to_string(n);
    return "(" + joined + ")";
  };
  if (space.size() * space.length * noise.tokens() > most_score_entries) {
    refuse(file_name_, "shape", text(wanted),
           "at most " + std::to_string(most_score_entries) + " numbers a noise level");
  }
  if (reader_.shape() != wanted) {
    refuse(file_name_, "shape", text(reader_.shape()), text(wanted) + " (steps, states, tokens, symbols)");
  }
}

std::vector<double> ScoreFile::level(std::size_t step) const {
  std::vector<double> score = reader_.read_rows(static_cast<std::int64_t>(step), 1);
  const std::size_t tokens = noise_.tokens();
  for (std::size_t at = 0; at < score.size(); ++at) {
    const std::size_t a = at % tokens, axis = at / tokens % space_.length, y = at / tokens / space_.length;
    const std::size_t own = space_.symbol(y, axis);
    if (a == own) continue;
    const std::string place = "step " + std::to_string(step) + ", state " + std::to_string(y) + ", token " +
                              std::to_string(axis) + ", symbol " + std::to_string(a);
    if (!(score[at] >= 0) || !std::isfinite(score[at])) {
      refuse(file_name_, place, number_to_text(score[at]), "finite numbers, 0 or more");
    }
    if (noise_.mask && own != *noise_.mask && score[at] != 0) {
      refuse(file_name_, place, number_to_text(score[at]), "0: only masked tokens change");
    }
  }
  return score;
}

namespace {

InputSpec csv_input(std::string name, std::string description, std::string columns, std::string example) {
  InputSpec spec;
  spec.name = std::move(name);
  spec.formats = {"csv"};
  spec.description = std::move(description);
  spec.columns = std::move(columns);
  spec.example = std::move(example);
  return spec;
}

}  // namespace

InputSpec law_input() {
  return csv_input("law", "The law to sample from.",
                   "x1, …, xd: tokens from 0; p: probability. Missing states have probability 0.",
                   "x1,x2,p\n0,0,0.5\n0,1,0.2\n1,1,0.3\n");
}
InputSpec prior_input() {
  return csv_input("prior", "What a replaced token is drawn from, for prior = user.",
                   "token: 0 to S − 1; p: probability.", "token,p\n0,0.8\n1,0.2\n");
}
InputSpec grid_input() {
  InputSpec spec = csv_input(
      "grid", "Noise levels of your own sampler.",
      "sigma: from the first level down to the last. Replaces schedule, levels and their ends. Also t and "
      "sigma, a schedule; or JSON: {\"sigma\": […]}, {\"t\": […], \"sigma\": […], \"levels\": N}, {\"t\": "
      "[…], \"beta\": […], \"sigma_min\": δ, \"levels\": N}.",
      "sigma\n2\n1\n0.5\n");
  spec.formats = {"csv", "json"};
  return spec;
}
InputSpec observable_input() {
  return csv_input("observable", "A number for every state, whose expectation is followed.",
                   "x1, …, xd: tokens (S for a mask); value.", "x1,x2,value\n0,0,1\n0,1,0\n1,0,0\n1,1,1\n");
}
InputSpec score_input() {
  InputSpec spec;
  spec.name = "score";
  spec.formats = {"npy"};
  spec.description = "A score of your own, to split its error from that of the steps.";
  spec.columns =
      "Array (steps, states, tokens, symbols) of p(y with token i = a)/p(y) at the steps' noisy ends.";
  spec.example = "";
  return spec;
}
InputSpec samples_input(std::string name, std::string description) {
  return csv_input(std::move(name), std::move(description), "x1, …, xd: tokens from 0, one sequence a row.",
                   "x1,x2\n0,3\n1,1\n");
}

}  // namespace reprise::diffusion
