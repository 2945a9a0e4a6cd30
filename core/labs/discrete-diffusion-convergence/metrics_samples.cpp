// Two files of sequences against each other: metrics with intervals, no law needed.
#include "base/math.h"
#include "labs/discrete-diffusion-convergence/metrics.h"
#include "labs/discrete-diffusion-convergence/observables.h"
#include "labs/discrete-diffusion-convergence/own_data.h"
#include "markov/integral_metrics.h"
#include "markov/sample_metrics.h"

#include <algorithm>
#include <map>
#include <utility>

namespace reprise::diffusion {

using namespace markov;

namespace {

constexpr std::size_t most_distinct = 20000;  // sequences that are compared in pairs

using Sequence = std::vector<std::int64_t>;

double observable_of(const std::string& key, const Sequence& x) {
  const std::string kind = effective_observable(key, x.size());
  if (kind == "first_two_equal") return x[0] == x[1] ? 1 : 0;
  if (kind == "first_token_zero") return x[0] == 0 ? 1 : 0;
  return static_cast<double>(std::count(x.begin(), x.end(), 0));
}

void compare_files(const MetricsConfig& config, TaskContext& context) {
  const TokenRows left = read_tokens(context, "samples"), right = read_tokens(context, "reference");
  if (left.length != right.length) {
    const std::string found = std::to_string(right.length);
    const std::string allowed = std::to_string(left.length) + " tokens, as in 'samples'";
    throw InputError(Problem{"reference", found + " tokens", allowed,
                             "'reference' has sequences of " + found + " tokens; allowed: " + allowed});
  }
  std::map<Sequence, std::pair<std::int64_t, std::int64_t>> counts;  // in order, so that sums are fixed
  for (const TokenRows* rows : {&left, &right}) {
    for (std::size_t row = 0; row < rows->rows(); ++row) {
      const auto begin = rows->tokens.begin() + static_cast<std::ptrdiff_t>(row * rows->length);
      auto& pair = counts[Sequence(begin, begin + static_cast<std::ptrdiff_t>(rows->length))];
      ++(rows == &left ? pair.first : pair.second);
    }
  }
  if (counts.size() > most_distinct) {
    const std::string found = std::to_string(counts.size());
    throw InputError(Problem{"samples", found, "at most " + std::to_string(most_distinct),
                             "samples and reference hold " + found +
                                 " different sequences; allowed: at most " + std::to_string(most_distinct)});
  }
  std::vector<Sequence> support;
  std::vector<std::int64_t> a, b;
  std::vector<double> phi;
  for (const auto& [sequence, pair] : counts) {
    support.push_back(sequence);
    a.push_back(pair.first);
    b.push_back(pair.second);
    phi.push_back(observable_of(config.observable, sequence));
  }
  std::vector<double> similarity;  // by Hamming distance
  for (std::size_t distance = 0; distance <= left.length; ++distance) {
    similarity.push_back(math::exp(-config.mmd_gamma * static_cast<double>(distance)));
  }
  const auto kernel = [&](std::vector<double>& v) {
    std::vector<double> out(v.size(), 0);
    for (std::size_t x = 0; x < v.size(); ++x) {
      for (std::size_t y = 0; y < v.size(); ++y) {
        std::size_t distance = 0;
        for (std::size_t i = 0; i < left.length; ++i) distance += support[x][i] != support[y][i] ? 1 : 0;
        out[x] += similarity[distance] * v[y];
      }
    }
    v = std::move(out);
  };
  const SampleComparison result = compare_samples(a, b, phi, kernel);
  Table& table = context.partial().table("samples", sample_columns());
  table.append_row("tv_plug_in", result.tv_plug_in, nan_number);
  table.append_row("mmd_squared", result.mmd_squared, result.mmd_squared_se);
  table.append_row("observable_difference", result.difference, result.difference_se);
}

}  // namespace

const std::vector<ColumnSpec>& sample_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"metric", ColumnType::Text}, {"estimate", ColumnType::Real}, {"standard_error", ColumnType::Real}};
  return specs;
}

std::unique_ptr<Stepper> start_sample_comparison(const MetricsConfig& config, TaskContext& context) {
  return simple_task([config, &context] { compare_files(config, context); });
}

}  // namespace reprise::diffusion
