#include "labs/selective-classification/calibrators.h"

#include "base/error.h"
#include "base/math.h"
#include "stats/row_order.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::selective {

namespace {

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
constexpr int golden_steps = 80;
constexpr std::size_t numbers_a_step = std::size_t{1} << 18;

}  // namespace

bool LogLossSum::add(const classify::LogitsView& logits, std::span<const std::int32_t> label,
                     double temperature, std::size_t rows) {
  std::vector<double> scaled(logits.classes());
  const std::size_t end = std::min(logits.rows(), next_ + rows);
  for (; next_ < end; ++next_) {
    const std::span<const double> row = logits.row(next_);
    for (std::size_t k = 0; k < scaled.size(); ++k) scaled[k] = row[k] / temperature;
    sum_.add(classify::log_sum_exp(scaled) - scaled[static_cast<std::size_t>(label[next_])]);
  }
  return next_ == logits.rows();
}

double mean_log_loss(const classify::LogitsView& logits, std::span<const std::int32_t> label,
                     double temperature) {
  LogLossSum loss;
  loss.add(logits, label, temperature, logits.rows());
  return loss.mean();
}

TemperatureFit::TemperatureFit(const classify::LogitsView& logits, std::span<const std::int32_t> label)
    : logits_(logits), label_(label) {
  need_rows(logits.rows(), label.size());
  low_ = first_ = math::log(smallest_temperature);
  high_ = last_ = math::log(largest_temperature);
  a_ = high_ - golden_ * (high_ - low_);
  b_ = low_ + golden_ * (high_ - low_);
}

bool TemperatureFit::step() {
  const std::size_t rows =
      std::max<std::size_t>(1, numbers_a_step / std::max<std::size_t>(1, logits_.classes()));
  if (!loss_.add(logits_, label_, math::exp(at_a_ ? a_ : b_), rows)) return false;
  (at_a_ ? loss_a_ : loss_b_) = loss_.mean();
  loss_ = {};
  if (begins_) {  // the second of the first two
    if (!at_a_) begins_ = false;
    at_a_ = false;
    if (begins_) return false;
  }
  if (steps_++ == golden_steps || high_ - low_ <= 1e-13) return true;
  at_a_ = loss_a_ <= loss_b_;
  if (at_a_) {
    high_ = b_;
    b_ = a_;
    loss_b_ = loss_a_;
    a_ = high_ - golden_ * (high_ - low_);
  } else {
    low_ = a_;
    a_ = b_;
    loss_a_ = loss_b_;
    b_ = low_ + golden_ * (high_ - low_);
  }
  return false;
}

Temperature TemperatureFit::result() const {
  const double best = (low_ + high_) / 2;
  Temperature result;
  result.value = math::exp(best);
  result.at_bound = best - first_ < 1e-3 || last_ - best < 1e-3;
  return result;
}

Temperature fit_temperature(const classify::LogitsView& logits, std::span<const std::int32_t> label) {
  TemperatureFit fit(logits, label);
  while (!fit.step()) {
  }
  return fit.result();
}

double Platt::operator()(double score) const {
  return math::logistic(linear(score));
}

PlattFit::PlattFit(std::span<const double> score, std::span<const std::uint8_t> correct)
    : score_(score), correct_(correct) {
  need_rows(score.size(), correct.size());
  double right = 0;
  for (const std::uint8_t e : correct) right += e;
  at_.intercept = math::logit(std::clamp(right / static_cast<double>(score.size()), 1e-6, 1 - 1e-6));
}

double PlattFit::loss_at(const Platt& at) const {
  stats::CompensatedSum loss;
  for (std::size_t i = 0; i < score_.size(); ++i) {
    const double margin = at.linear(score_[i]);
    loss.add(softplus(correct_[i] != 0 ? -margin : margin));
  }
  return loss.value() + platt_ridge / 2 * (at.slope * at.slope + at.intercept * at.intercept);
}

bool PlattFit::find_direction() {
  double g0 = platt_ridge * at_.slope, g1 = platt_ridge * at_.intercept;
  double h00 = platt_ridge, h01 = 0, h11 = platt_ridge;
  for (std::size_t i = 0; i < score_.size(); ++i) {
    const double p = at_(score_[i]), s = score_[i];
    const double error = p - (correct_[i] != 0 ? 1 : 0), weight = p * (1 - p);
    g0 += error * s;
    g1 += error;
    h00 += weight * s * s;
    h01 += weight * s;
    h11 += weight;
  }
  if (std::max(std::fabs(g0), std::fabs(g1)) <= 1e-10 * static_cast<double>(score_.size())) return false;
  const double determinant = h00 * h11 - h01 * h01;
  d0_ = (h11 * g0 - h01 * g1) / determinant;
  d1_ = (h00 * g1 - h01 * g0) / determinant;
  return true;
}

bool PlattFit::step() {
  if (!begun_) {
    begun_ = true;
    loss_ = loss_at(at_);
    return false;
  }
  if (share_ == 0) {  // a new direction
    if (steps_++ == platt_steps || !find_direction()) return true;
    share_ = 1;
    return false;
  }
  Platt next;
  next.slope = at_.slope - share_ * d0_;
  next.intercept = at_.intercept - share_ * d1_;
  const double next_loss = loss_at(next);
  if (next_loss <= loss_) {
    at_ = next;
    loss_ = next_loss;
    share_ = 0;
    return false;
  }
  share_ /= 2;
  return share_ <= 1e-12;
}

Platt fit_platt(std::span<const double> score, std::span<const std::uint8_t> correct) {
  PlattFit fit(score, correct);
  while (!fit.step()) {
  }
  return fit.result();
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
  const std::vector<std::uint32_t> rows = stats::rows_in_order(score);
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
  const std::vector<std::uint32_t> rows = stats::rows_in_order(score);
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
