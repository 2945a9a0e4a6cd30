#include "classify/scores.h"

#include "base/error.h"
#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::classify {

namespace {

// Σ p log p and Σ p² from shifted exponentials.
double negative_entropy(std::span<const double> logits) {
  const double total = log_sum_exp(logits);
  double sum = 0;
  for (const double z : logits) {
    const double log_p = z - total;
    const double p = math::exp(log_p);
    if (p > 0) sum += p * log_p;
  }
  return sum;
}

double sum_of_squares(std::span<const double> logits) {
  const double total = log_sum_exp(logits);
  double sum = 0;
  for (const double z : logits) {
    const double p = math::exp(z - total);
    sum += p * p;
  }
  return sum;
}

double margin(std::span<const double> logits, std::size_t best) {
  double second = -std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < logits.size(); ++k) {
    if (k != best) second = std::max(second, logits[k]);
  }
  return logits.size() < 2 ? 0 : logits[best] - second;
}

}  // namespace

ScoreKind score_kind_named(std::string_view name) {
  for (std::size_t i = 0; i < score_kind_names.size(); ++i) {
    if (score_kind_names[i] == name) return static_cast<ScoreKind>(i);
  }
  std::string allowed;
  for (const std::string& known : score_kind_names) allowed += (allowed.empty() ? "" : ", ") + known;
  throw InputError(Problem{"score_kind", std::string(name), allowed,
                           "score_kind: no score is called " + std::string(name) + "; allowed: " + allowed});
}

std::size_t first_largest(std::span<const double> values) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < values.size(); ++k) {
    if (values[k] > values[best]) best = k;
  }
  return best;
}

double log_sum_exp(std::span<const double> values) {
  if (values.empty()) return -std::numeric_limits<double>::infinity();
  const double largest = values[first_largest(values)];
  if (!std::isfinite(largest)) return largest;
  double sum = 0;
  for (const double value : values) sum += math::exp(value - largest);
  return largest + math::log(sum);
}

double log_odds(std::span<const double> logits, std::size_t k) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < logits.size(); ++j) {
    if (j != k) largest = std::max(largest, logits[j]);
  }
  if (logits.size() < 2) return std::numeric_limits<double>::infinity();
  // Two classes: the plain difference, so that a temperature scales it exactly.
  if (logits.size() == 2) return logits[k] - largest;
  double sum = 0;
  for (std::size_t j = 0; j < logits.size(); ++j) {
    if (j != k) sum += math::exp(logits[j] - largest);
  }
  return logits[k] - largest - math::log(sum);
}

std::vector<std::int32_t> predictions(const LogitsView& logits) {
  std::vector<std::int32_t> result(logits.rows());
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<std::int32_t>(first_largest(logits.row(i)));
  return result;
}

double score_of(std::span<const double> logits, ScoreKind kind) {
  const std::size_t best = first_largest(logits);
  switch (kind) {
    case ScoreKind::Msp:
      return logits.size() < 2 ? 0 : log_odds(logits, best);
    case ScoreKind::MaxLogit:
      return logits[best];
    case ScoreKind::Margin:
      return margin(logits, best);
    case ScoreKind::NegEntropy:
      return negative_entropy(logits);
    case ScoreKind::Gini:
      return sum_of_squares(logits);
    case ScoreKind::Energy:
      break;
  }
  return log_sum_exp(logits);
}

std::vector<double> score_from_logits(const LogitsView& logits, ScoreKind kind) {
  std::vector<double> result(logits.rows());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = score_of(logits.row(i), kind);
  return result;
}

std::vector<double> single_precision_msp(const LogitsView& logits) {
  std::vector<double> result;
  for (std::size_t i = 0; i < logits.rows(); ++i) {
    const std::span<const double> z = logits.row(i);
    const auto largest = static_cast<float>(z[first_largest(z)]);
    float sum = 0;
    for (const double value : z) {
      const float difference = static_cast<float>(value) - largest;
      sum += static_cast<float>(math::exp(static_cast<double>(difference)));
    }
    result.push_back(static_cast<double>(1.0F / sum));
  }
  return result;
}

std::vector<std::uint8_t> right_answers(std::span<const std::int32_t> prediction,
                                        std::span<const std::int32_t> label) {
  std::vector<std::uint8_t> result(prediction.size());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = prediction[i] == label[i] ? 1 : 0;
  return result;
}

}  // namespace reprise::classify
