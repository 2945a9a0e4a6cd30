#include "labs/selective-classification/calibrators.h"

#include "base/error.h"
#include "base/math.h"
#include "stats/compensated_sum.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace reprise::selective {

namespace {

std::vector<std::uint32_t> ascending_rows(std::span<const double> score) {
  std::vector<std::uint32_t> rows(score.size());
  std::iota(rows.begin(), rows.end(), 0U);
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return score[a] < score[b]; });
  return rows;
}

void need_rows(std::size_t rows, std::size_t answers) {
  if (rows == 0 || rows != answers)
    throw InputError("a calibrator needs validation rows, each with an answer");
}

/// log(1 + e^x) without overflow.
double softplus(double x) {
  return x > 0 ? x + math::log1p(math::exp(-x)) : math::log1p(math::exp(x));
}

constexpr double platt_ridge = 1e-8;
constexpr int platt_steps = 100;

double platt_loss(std::span<const double> score, std::span<const std::uint8_t> correct, const Platt& at) {
  stats::CompensatedSum loss;
  for (std::size_t i = 0; i < score.size(); ++i) {
    const double margin = at.linear(score[i]);
    loss.add(softplus(correct[i] != 0 ? -margin : margin));
  }
  return loss.value() + platt_ridge / 2 * (at.slope * at.slope + at.intercept * at.intercept);
}

}  // namespace

double mean_log_loss(const classify::LogitsView& logits, std::span<const std::int32_t> label,
                     double temperature) {
  stats::CompensatedSum loss;
  std::vector<double> scaled(logits.classes());
  for (std::size_t i = 0; i < logits.rows(); ++i) {
    const std::span<const double> row = logits.row(i);
    for (std::size_t k = 0; k < scaled.size(); ++k) scaled[k] = row[k] / temperature;
    loss.add(classify::log_sum_exp(scaled) - scaled[static_cast<std::size_t>(label[i])]);
  }
  return loss.value() / static_cast<double>(logits.rows());
}

Temperature fit_temperature(const classify::LogitsView& logits, std::span<const std::int32_t> label) {
  need_rows(logits.rows(), label.size());
  constexpr int steps = 80;
  const double golden = (std::sqrt(5.0) - 1) / 2;
  const double first = math::log(smallest_temperature), last = math::log(largest_temperature);
  const auto loss = [&](double u) { return mean_log_loss(logits, label, math::exp(u)); };
  double low = first, high = last;
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double loss_a = loss(a), loss_b = loss(b);
  for (int i = 0; i < steps && high - low > 1e-13; ++i) {
    if (loss_a <= loss_b) {
      high = b;
      b = a;
      loss_b = loss_a;
      a = high - golden * (high - low);
      loss_a = loss(a);
    } else {
      low = a;
      a = b;
      loss_a = loss_b;
      b = low + golden * (high - low);
      loss_b = loss(b);
    }
  }
  const double best = (low + high) / 2;
  Temperature result;
  result.value = math::exp(best);
  result.at_bound = best - first < 1e-3 || last - best < 1e-3;
  return result;
}

double Platt::operator()(double score) const {
  return math::logistic(linear(score));
}

Platt fit_platt(std::span<const double> score, std::span<const std::uint8_t> correct) {
  need_rows(score.size(), correct.size());
  const auto n = static_cast<double>(score.size());
  double right = 0;
  for (const std::uint8_t e : correct) right += e;
  Platt at;
  at.intercept = math::logit(std::clamp(right / n, 1e-6, 1 - 1e-6));
  double loss = platt_loss(score, correct, at);
  for (int step = 0; step < platt_steps; ++step) {
    double g0 = platt_ridge * at.slope, g1 = platt_ridge * at.intercept;
    double h00 = platt_ridge, h01 = 0, h11 = platt_ridge;
    for (std::size_t i = 0; i < score.size(); ++i) {
      const double p = at(score[i]), s = score[i];
      const double error = p - (correct[i] != 0 ? 1 : 0), weight = p * (1 - p);
      g0 += error * s;
      g1 += error;
      h00 += weight * s * s;
      h01 += weight * s;
      h11 += weight;
    }
    if (std::max(std::fabs(g0), std::fabs(g1)) <= 1e-10 * n) break;
    const double determinant = h00 * h11 - h01 * h01;
    const double d0 = (h11 * g0 - h01 * g1) / determinant, d1 = (h00 * g1 - h01 * g0) / determinant;
    double share = 1;
    Platt next;
    double next_loss = loss;
    for (; share > 1e-12; share /= 2) {
      next.slope = at.slope - share * d0;
      next.intercept = at.intercept - share * d1;
      next_loss = platt_loss(score, correct, next);
      if (next_loss <= loss) break;
    }
    if (share <= 1e-12) break;
    at = next;
    loss = next_loss;
  }
  return at;
}

Isotonic fit_isotonic(std::span<const double> score, std::span<const std::uint8_t> correct,
                      Interpolation interpolation) {
  need_rows(score.size(), correct.size());
  struct Block {
    double right, rows;
    std::size_t end;  // first knot behind it
    double value() const { return right / rows; }
  };
  Isotonic map;
  map.interpolation = interpolation;
  std::vector<Block> blocks;
  const std::vector<std::uint32_t> rows = ascending_rows(score);
  for (std::size_t i = 0; i < rows.size();) {
    Block block{0, 0, map.score.size() + 1};
    const double at = score[rows[i]];
    for (; i < rows.size() && score[rows[i]] == at; ++i) {
      block.right += correct[rows[i]];
      ++block.rows;
    }
    map.score.push_back(at);
    while (!blocks.empty() && blocks.back().value() >= block.value()) {
      block.right += blocks.back().right;
      block.rows += blocks.back().rows;
      blocks.pop_back();
    }
    blocks.push_back(block);
  }
  for (const Block& block : blocks) map.value.resize(block.end, block.value());
  return map;
}

std::size_t Isotonic::blocks() const {
  std::size_t count = value.empty() ? 0 : 1;
  for (std::size_t i = 1; i < value.size(); ++i) count += value[i] != value[i - 1] ? 1 : 0;
  return count;
}

double Isotonic::operator()(double x) const {
  const auto after = std::upper_bound(score.begin(), score.end(), x);
  if (after == score.begin()) return value.front();
  const auto j = static_cast<std::size_t>(after - score.begin()) - 1;
  if (interpolation == Interpolation::Step || j + 1 == score.size()) return value[j];
  const double share = (x - score[j]) / (score[j + 1] - score[j]);
  // Rounding may otherwise leave the two values by a last digit and turn an order around.
  return std::clamp(value[j] + (value[j + 1] - value[j]) * share, value[j], value[j + 1]);
}

UniformMass fit_uniform_mass(std::span<const double> score, std::span<const std::uint8_t> correct,
                             std::int64_t bins) {
  need_rows(score.size(), correct.size());
  const std::vector<std::uint32_t> rows = ascending_rows(score);
  const auto n = static_cast<std::int64_t>(rows.size());
  UniformMass map;
  for (std::int64_t b = 0; b + 1 < bins; ++b) {
    const std::int64_t row = std::max<std::int64_t>((b + 1) * n / bins - 1, 0);
    const double edge = score[rows[static_cast<std::size_t>(row)]];
    if (map.upper_edge.empty() || edge > map.upper_edge.back()) map.upper_edge.push_back(edge);
  }
  map.upper_edge.push_back(std::numeric_limits<double>::infinity());
  map.count.assign(map.upper_edge.size(), 0);
  std::vector<std::int64_t> right(map.upper_edge.size(), 0);
  for (std::size_t i = 0; i < score.size(); ++i) {
    const auto bin = static_cast<std::size_t>(
        std::lower_bound(map.upper_edge.begin(), map.upper_edge.end(), score[i]) - map.upper_edge.begin());
    ++map.count[bin];
    right[bin] += correct[i];
  }
  if (map.count.back() == 0) {  // the last edge was the largest score
    map.upper_edge.pop_back();
    map.upper_edge.back() = std::numeric_limits<double>::infinity();
    map.count.pop_back();
    right.pop_back();
  }
  for (std::size_t b = 0; b < right.size(); ++b)
    map.value.push_back(static_cast<double>(right[b]) / static_cast<double>(map.count[b]));
  return map;
}

double UniformMass::operator()(double x) const {
  const auto bin = std::lower_bound(upper_edge.begin(), upper_edge.end(), x) - upper_edge.begin();
  return value[static_cast<std::size_t>(bin)];
}

}  // namespace reprise::selective
