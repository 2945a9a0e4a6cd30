// Any bytes as a file of scores, in every mode: only InputError may come out, with few problems that name the
// file or a parameter; the rows must not depend on how many are read at a time; what is accepted keeps the
// promises of ScoreTable. The first byte chooses mode and scale, the second the rows of a step.
#include "base/error.h"
#include "labs/recalibration/score_table.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace reprise::recal;

struct Outcome {
  ScoreTable table;
  std::vector<reprise::Problem> problems;
};

void require(bool holds) {
  if (!holds) std::abort();
}

Outcome read(const reprise::ByteSource& source, const ScoreOptions& options, std::int64_t rows,
             std::int64_t reserved) {
  Outcome outcome;
  try {
    ScoreTableReader reader(source, "fuzz", options);
    reader.reserve(reserved);
    double before = 0;
    while (!reader.step(rows)) {
      require(reader.progress() >= before && reader.progress() <= 1);
      before = reader.progress();
    }
    outcome.table = reader.take();
  } catch (const reprise::InputError& error) {
    outcome.problems = error.problems();
    require(!outcome.problems.empty());
  }
  return outcome;
}

bool same(const Outcome& a, const Outcome& b) {
  if (a.problems.size() != b.problems.size() || a.table.rows() != b.table.rows()) return false;
  for (std::size_t i = 0; i < a.problems.size(); ++i) {
    const reprise::Problem& one = a.problems[i];
    const reprise::Problem& other = b.problems[i];
    if (one.key != other.key || one.message != other.message || one.value != other.value) return false;
  }
  const std::size_t bytes = a.table.rows() * sizeof(double);
  return (bytes == 0 || std::memcmp(a.table.score.data(), b.table.score.data(), bytes) == 0) &&
         a.table.label == b.table.label && a.table.role == b.table.role;
}

void check(const ScoreTable& table) {
  require(table.rows() > 0);
  require(table.label.size() == table.rows() && table.role.size() == table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const double score = table.score[row];
    require(std::isfinite(score));
    // A softmax may miss 1 by rounding, never by more.
    if (table.scale == ScoreScale::Probability) require(score >= 0 && score <= 1);
    require(table.label[row] <= no_label);
    require(table.label[row] != no_label || table.role[row] != RowRole::Fitted);
    if (table.role[row] == RowRole::Test) require(table.has_split);
    if (table.role[row] == RowRole::Target) require(table.has_domain);
  }
}

void check(const std::vector<reprise::Problem>& problems) {
  require(problems.size() <= most_reported_problems + 1);
  for (const reprise::Problem& problem : problems) {
    require(problem.key == "scores" || problem.key == "mode" || problem.key == "positive_class");
    require(!problem.message.empty() && problem.message.size() < 2000);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  ScoreOptions options;
  options.mode = static_cast<ScoreMode>(data[0] % 3);
  options.scale = (data[0] & 4U) != 0 ? ScoreScale::Logit : ScoreScale::Probability;
  options.positive_class = data[0] >> 6U;
  const std::int64_t rows = 1 + data[1] % 16;
  const reprise::MemoryView source(std::as_bytes(std::span(data + 2, size - 2)));
  const Outcome whole = read(source, options, std::int64_t{1} << 40U, 0);
  require(same(whole, read(source, options, rows, std::int64_t{1} << 50U)));
  if (whole.problems.empty()) check(whole.table);
  check(whole.problems);
  return 0;
}
