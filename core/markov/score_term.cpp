#include "markov/score_term.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace reprise::markov {

namespace {

void check_sequences(const TokenBatch& sequences, std::size_t symbols, double additive) {
  if (sequences.rows() == 0) {
    throw InputError(Problem{"corpus", "0", "at least 1 sequence", "no sequences; at least 1 is needed"});
  }
  if (!(additive >= 0) || !std::isfinite(additive)) {
    const std::string found = number_to_text(additive);
    throw InputError(Problem{"additive", found, "finite numbers, 0 or more",
                             "additive is " + found + "; allowed: finite numbers, 0 or more"});
  }
  for (std::size_t at = 0; at < sequences.tokens.size(); ++at) {
    if (sequences.tokens[at] < symbols) continue;
    const std::string found = std::to_string(sequences.tokens[at]);
    const std::string allowed = "0…" + std::to_string(symbols - 1);
    throw InputError(Problem{"corpus", found, allowed,
                             "sequence " + std::to_string(at / sequences.length + 1) + ", token " +
                                 std::to_string(at % sequences.length + 1) + " is " + found +
                                 "; allowed: " + allowed});
  }
}

void normalise_row(double* p, std::size_t count) {
  const double sum = lane_sum(p, count);
  for (std::size_t a = 0; a < count; ++a) p[a] = sum > 0 ? p[a] / sum : 1 / static_cast<double>(count);
}

std::uint32_t draw(const double* p, std::size_t count, Random& random) {
  double left = random.uniform();
  for (std::size_t a = 0; a + 1 < count; ++a) {
    left -= p[a];
    if (left < 0) return static_cast<std::uint32_t>(a);
  }
  return static_cast<std::uint32_t>(count - 1);
}

}  // namespace

ScoreTerms score_terms(ScoreModel& truth, ScoreModel& estimated, const TokenBatch& noisy, double sigma) {
  if (truth.noise().prior != estimated.noise().prior || truth.length() != estimated.length()) {
    throw std::invalid_argument("two scores of different noise or length");
  }
  std::vector<double> exact, estimate;
  truth.log_score(noisy, sigma, exact);
  estimated.log_score(noisy, sigma, estimate);
  const std::size_t symbols = truth.symbols();
  ScoreTerms terms{std::vector<double>(noisy.rows(), 0), std::vector<double>(noisy.rows(), 0)};
  for (std::size_t at = 0; at < noisy.tokens.size(); ++at) {
    const std::size_t own = noisy.tokens[at];
    const double share = truth.noise().prior[own];
    if (share == 0) continue;
    double difference = 0, entropy = 0;
    for (std::size_t a = 0; a < symbols; ++a) {
      if (a == own) continue;
      const double log_s = exact[at * symbols + a], log_wrong = estimate[at * symbols + a];
      const double s = math::exp(log_s), wrong = math::exp(log_wrong);
      difference += std::fabs(wrong - s);
      if (s == 0) {
        entropy += wrong;
      } else if (wrong == 0) {
        entropy = std::numeric_limits<double>::infinity();
      } else {
        entropy += wrong - s + s * (log_s - log_wrong);
      }
    }
    terms.difference[at / noisy.length] += share * difference;
    terms.entropy[at / noisy.length] += share * entropy;
  }
  return terms;
}

MonteCarloEstimate mean_of(const std::vector<double>& values) {
  if (values.size() < 2) {
    const std::string found = std::to_string(values.size());
    throw InputError(
        Problem{"samples", found, "at least 2", found + " noisy sequences; at least 2 are needed"});
  }
  const double count = static_cast<double>(values.size());
  MonteCarloEstimate result;
  result.value = lane_sum(values.data(), values.size()) / count;
  std::vector<double> squares(values);
  for (double& value : squares) value = (value - result.value) * (value - result.value);
  result.standard_error = std::sqrt(lane_sum(squares.data(), squares.size()) / (count - 1) / count);
  return result;
}

MonteCarloEstimate score_term_density(ScoreModel& truth, ScoreModel& estimated, const TokenBatch& noisy,
                                      double sigma) {
  return mean_of(score_terms(truth, estimated, noisy, sigma).difference);
}

MonteCarloEstimate score_entropy_density(ScoreModel& truth, ScoreModel& estimated, const TokenBatch& noisy,
                                         double sigma) {
  return mean_of(score_terms(truth, estimated, noisy, sigma).entropy);
}

TokenBatch add_noise(const TokenBatch& clean, const RankOneNoise& noise, double sigma, Random& random) {
  const double kept = math::exp(-sigma);
  TokenBatch noisy = clean;
  for (std::uint32_t& token : noisy.tokens) {
    if (random.uniform() >= kept) token = draw(noise.prior.data(), noise.symbols(), random);
  }
  return noisy;
}

MarkovChainFit fit_markov_chain(const TokenBatch& sequences, std::size_t symbols, double additive) {
  check_sequences(sequences, symbols, additive);
  MarkovChainFit chain;
  chain.initial.assign(symbols, additive);
  chain.transition.assign(symbols * symbols, additive);
  for (std::size_t row = 0; row < sequences.rows(); ++row) {
    const std::span<const std::uint32_t> x = sequences.row(row);
    chain.initial[x[0]] += 1;
    for (std::size_t i = 1; i < x.size(); ++i) chain.transition[x[i - 1] * symbols + x[i]] += 1;
  }
  normalise_row(chain.initial.data(), symbols);
  for (std::size_t a = 0; a < symbols; ++a) normalise_row(chain.transition.data() + a * symbols, symbols);
  return chain;
}

TokenBatch draw_chain(const MarkovChainFit& chain, std::size_t length, std::size_t rows, Random& random) {
  const std::size_t symbols = chain.initial.size();
  TokenBatch batch{length, {}};
  batch.tokens.reserve(rows * length);
  for (std::size_t row = 0; row < rows; ++row) {
    const double* p = chain.initial.data();
    for (std::size_t i = 0; i < length; ++i) {
      batch.tokens.push_back(draw(p, symbols, random));
      p = chain.transition.data() + batch.tokens.back() * symbols;
    }
  }
  return batch;
}

Law empirical_law(const TokenBatch& sequences, std::size_t symbols, std::size_t length, double additive) {
  check_sequences(sequences, symbols, additive);
  const std::string window = std::to_string(length) + " tokens";
  if (length < 1 || length > sequences.length) {
    throw InputError(Problem{"length", window, "1…" + std::to_string(sequences.length),
                             "windows of " + window + " in sequences of " + std::to_string(sequences.length) +
                                 "; allowed: 1…" + std::to_string(sequences.length)});
  }
  if (states_up_to_limit(symbols, length) > most_states) {
    const std::string found = std::to_string(symbols) + "^" + std::to_string(length) + " states";
    throw InputError(Problem{"corpus", found, "at most " + std::to_string(most_states),
                             found + "; allowed: at most " + std::to_string(most_states) +
                                 "; take shorter windows, or the sequences as a Markov chain"});
  }
  Law law{{symbols, length}, {}};
  law.p.assign(law.space.size(), additive);
  for (std::size_t row = 0; row < sequences.rows(); ++row) {
    const std::span<const std::uint32_t> x = sequences.row(row);
    for (std::size_t first = 0; first + length <= x.size(); ++first) {
      std::size_t state = 0;
      for (std::size_t i = 0; i < length; ++i) state = state * symbols + x[first + i];
      law.p[state] += 1;
    }
  }
  normalise_row(law.p.data(), law.p.size());
  return law;
}

}  // namespace reprise::markov
