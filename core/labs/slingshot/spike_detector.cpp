#include "labs/slingshot/spike_detector.h"

#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace reprise::slingshot {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t fewest_points = 10;
constexpr double tripled = 3;

struct Line {
  double slope = 0;
  double r2 = 0;
};

Line fit_line(std::span<const double> x, std::span<const double> y) {
  const double n = static_cast<double>(x.size());
  double mean_x = 0, mean_y = 0;
  for (const double value : x) mean_x += value;
  for (const double value : y) mean_y += value;
  mean_x /= n;
  mean_y /= n;
  double xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double dx = x[i] - mean_x, dy = y[i] - mean_y;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  if (!(xx > 0) || !(yy > 0)) return {nan, nan};
  const double slope = xy / xx;
  double residual = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double rest = (y[i] - mean_y) - slope * (x[i] - mean_x);
    residual += rest * rest;
  }
  return {slope, 1 - residual / yy};
}

}  // namespace

void SpikeDetector::push(double loss) {
  const std::int64_t row = rows_++;
  if (row < rule_.burn_in || loss != loss) return;
  if (inside_) {
    Spike& spike = raw_.back();
    spike.peak = std::max(spike.peak, loss);
    slingshots_.back().peak = std::max(slingshots_.back().peak, loss);
    if (loss < spike.peak / rule_.ratio) {
      spike.end = row;
      slingshots_.back().end = row;
      inside_ = false;
      minimum_ = loss;
    }
    return;
  }
  if (has_minimum_ && loss > rule_.ratio * std::max(minimum_, rule_.floor)) {
    inside_ = true;
    raw_.push_back({row, -1, loss});
    if (!slingshots_.empty() && row - slingshots_.back().start <= rule_.merge_gap) {
      slingshots_.back().end = -1;
      slingshots_.back().peak = std::max(slingshots_.back().peak, loss);
    } else {
      slingshots_.push_back({row, -1, loss});
    }
    return;
  }
  minimum_ = has_minimum_ ? std::min(minimum_, loss) : loss;
  has_minimum_ = true;
}

SpikeDetector find_spikes(std::span<const double> losses, const SpikeRule& rule) {
  SpikeDetector detector(rule);
  for (const double loss : losses) detector.push(loss);
  return detector;
}

std::int64_t first_above(std::span<const double> values, double level) {
  const auto found = std::find_if(values.begin(), values.end(), [=](double value) { return value > level; });
  return found == values.end() ? -1 : found - values.begin();
}

GrowthFit fit_growth(std::span<const double> x, std::span<const double> values) {
  const bool positive = std::all_of(values.begin(), values.end(), [](double value) { return value > 0; });
  if (values.size() < fewest_points || !positive) return {nan, nan, nan};
  std::vector<double> logarithms;
  logarithms.reserve(values.size());
  for (const double value : values) logarithms.push_back(math::log(value));
  const Line exponential = fit_line(x, logarithms);
  return {exponential.slope, exponential.r2, fit_line(x, values).r2};
}

GrowthWindow growth_window(std::span<const double> values, std::int64_t onset, std::int64_t first_spike) {
  if (onset < 0 || onset >= static_cast<std::int64_t>(values.size())) return {};
  const double limit = tripled * values[static_cast<std::size_t>(onset)];
  std::int64_t end = onset;
  while (end < static_cast<std::int64_t>(values.size()) && values[static_cast<std::size_t>(end)] < limit &&
         (first_spike < 0 || end < first_spike)) {
    ++end;
  }
  return {onset, end};
}

}  // namespace reprise::slingshot
