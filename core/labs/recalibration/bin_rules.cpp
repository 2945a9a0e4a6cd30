#include "labs/recalibration/bin_rules.h"

#include "base/error.h"
#include "base/math.h"
#include "labs/recalibration/bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace reprise::recal {

namespace {

void check_rows(std::int64_t rows) {
  if (rows >= 8) return;
  throw InputError(
      {"rows", std::to_string(rows), "at least 8",
       "choosing the number of bins from data needs at least 8 rows, got " + std::to_string(rows)});
}

// What a bin with rows adds to n times the leave-one-out score.
double leave_one_out_term(std::int64_t rows, double mean) {
  if (rows == 1) return std::numeric_limits<double>::infinity();
  const double count = static_cast<double>(rows);
  return count * count * count * mean * (1 - mean) / ((count - 1) * (count - 1));
}

// n^{1/3} as a real number.
double cube_root(double n) {
  return n <= 0 ? 0 : math::pow(n, 1.0 / 3.0);
}

}  // namespace

std::int64_t integer_cube_root(std::int64_t n) {
  std::int64_t root = static_cast<std::int64_t>(cube_root(static_cast<double>(n)));
  while (root > 0 && root * root * root > n) --root;
  while ((root + 1) * (root + 1) * (root + 1) <= n) ++root;
  return root;
}

BinChoice plug_in_bins(const SortedScores& sample) {
  const std::int64_t rows = sample.size();
  check_rows(rows);
  const double n = static_cast<double>(rows);
  const std::int64_t wanted = std::max<std::int64_t>(4, static_cast<std::int64_t>(2 * cube_root(n) + 0.5));
  const BinMap pilot =
      fit_histogram(sample, std::min(wanted, rows / 2), EdgeRule::OrderStatistic, TiePolicy::Merge);

  // v̂_b/n_b, the squared standard error of a bin's mean, is taken off the squared difference of neighbours.
  const std::size_t bins = pilot.bins();
  std::vector<double> mean_variance(bins);
  double variance_sum = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    const double count = static_cast<double>(pilot.count[b]);
    const double mean = pilot.value[b];
    const double variance = pilot.count[b] > 1 ? mean * (1 - mean) * count / (count - 1) : 0;
    variance_sum += count * variance;
    mean_variance[b] = variance / count;
  }
  double squared_steps = 0;
  for (std::size_t b = 0; b + 1 < bins; ++b) {
    const double step = pilot.value[b + 1] - pilot.value[b];
    squared_steps += step * step - mean_variance[b + 1] - mean_variance[b];
  }

  BinChoice choice;
  choice.pilot_bins = static_cast<std::int64_t>(bins);
  choice.label_variance = variance_sum / n;
  choice.rank_slope_energy =
      std::max(static_cast<double>(bins) / 12 * squared_steps, 4 * choice.label_variance / n);
  if (choice.label_variance > 0) {
    const double best = cube_root(2 * choice.rank_slope_energy * n / choice.label_variance) + 0.5;
    const double most = static_cast<double>(rows / 4);
    choice.bins = std::max<std::int64_t>(2, static_cast<std::int64_t>(std::min(best, most)));
  }
  return choice;
}

double leave_one_out_brier(const BinMap& map) {
  double sum = 0;
  std::int64_t rows = 0;
  for (std::size_t b = 0; b < map.bins(); ++b) {
    if (map.count[b] == 0) continue;
    sum += leave_one_out_term(map.count[b], map.value[b]);
    rows += map.count[b];
  }
  return sum / static_cast<double>(rows);
}

LeaveOneOutBrier::LeaveOneOutBrier(const SortedScores& sample, std::int64_t bins, EdgeRule rule)
    : walk_(sample, sample, bins, rule, TiePolicy::Merge) {}

bool LeaveOneOutBrier::step(std::int64_t bins) {
  for (BinWalk::Bin bin; bins > 0; --bins) {
    if (!walk_.next(bin)) return true;
    if (bin.count == 0) continue;
    sum_ +=
        leave_one_out_term(bin.count, static_cast<double>(bin.positives) / static_cast<double>(bin.count));
    rows_ += bin.count;
  }
  return false;
}

double LeaveOneOutBrier::value() const {
  return sum_ / static_cast<double>(rows_);
}

std::vector<std::int64_t> leave_one_out_grid(std::int64_t n) {
  check_rows(n);
  const double half = static_cast<double>(n / 4) / 2;
  std::vector<std::int64_t> grid;
  for (int k = 0; k < 30; ++k) {
    // The ends are exact; only between them a power is needed.
    const double power = k == 0 ? 1 : k == 29 ? half : math::pow(half, k / 29.0);
    const std::int64_t bins = static_cast<std::int64_t>(2 * power + 0.5);
    if (grid.empty() || bins != grid.back()) grid.push_back(bins);
  }
  return grid;
}

LeaveOneOutCurve leave_one_out_curve(const SortedScores& sample, EdgeRule rule) {
  LeaveOneOutCurve curve;
  curve.bins = leave_one_out_grid(sample.size());
  double least = std::numeric_limits<double>::infinity();
  for (const std::int64_t bins : curve.bins) {
    LeaveOneOutBrier score(sample, bins, rule);
    while (!score.step()) {
    }
    const double brier = score.value();
    curve.brier.push_back(brier);
    if (brier < least) {
      least = brier;
      curve.best_bins = bins;
    }
  }
  return curve;
}

std::int64_t choose_bins(const SortedScores& sample, BinRule rule, double lipschitz, double delta,
                         EdgeRule edges) {
  switch (rule) {
    case BinRule::CubeRoot:
      return std::max<std::int64_t>(2, integer_cube_root(sample.size()));
    case BinRule::Plugin:
      return plug_in_bins(sample).bins;
    case BinRule::LeaveOneOut:
      return leave_one_out_curve(sample, edges).best_bins;
    case BinRule::BoundMinimiser:
      return bound_minimiser(sample.size(), delta, lipschitz);
  }
  throw std::logic_error("choose_bins: unknown rule");
}

}  // namespace reprise::recal
