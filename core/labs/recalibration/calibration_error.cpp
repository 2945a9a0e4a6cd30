#include "labs/recalibration/calibration_error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace reprise::recal {

namespace {

ReliabilityBin bin_of_rows(std::span<const double> ascending, std::span<const std::uint8_t> label,
                           std::size_t begin, std::size_t end) {
  ReliabilityBin bin;
  double sum = 0;
  for (std::size_t row = begin; row < end; ++row) {
    sum += ascending[row];
    bin.positives += label[row];
  }
  bin.count = static_cast<std::int64_t>(end - begin);
  // Equal predictions have themselves as mean; the sum would round.
  bin.mean_prediction =
      ascending[begin] == ascending[end - 1] ? ascending[begin] : sum / static_cast<double>(bin.count);
  return bin;
}

void check_shapes(std::span<const double> p, std::span<const std::uint8_t> y, std::int64_t bins) {
  if (p.size() != y.size()) throw std::invalid_argument("calibration error: as many labels as predictions");
  if (bins < 1) throw std::invalid_argument("calibration error: at least one bin");
}

}  // namespace

std::vector<ReliabilityBin> equal_mass_bins(std::span<const double> ascending,
                                            std::span<const std::uint8_t> label, std::int64_t bins) {
  check_shapes(ascending, label, bins);
  const auto rows = static_cast<std::int64_t>(ascending.size());
  bins = std::min(bins, rows);
  std::vector<ReliabilityBin> found;
  std::size_t begin = 0;
  for (std::int64_t b = 1; b <= bins; ++b) {
    std::size_t end = ascending.size();
    if (b < bins) {
      const double edge = ascending[static_cast<std::size_t>(rows * b / bins - 1)];
      end = static_cast<std::size_t>(std::upper_bound(ascending.begin(), ascending.end(), edge) -
                                     ascending.begin());
    }
    if (end == begin) continue;
    found.push_back(bin_of_rows(ascending, label, begin, end));
    begin = end;
  }
  return found;
}

std::vector<ReliabilityBin> equal_width_bins(std::span<const double> ascending,
                                             std::span<const std::uint8_t> label, std::int64_t bins) {
  check_shapes(ascending, label, bins);
  std::vector<ReliabilityBin> found;
  std::size_t begin = 0;
  for (std::int64_t b = 1; b <= bins && begin < ascending.size(); ++b) {
    const double edge = static_cast<double>(b) / static_cast<double>(bins);
    const auto end =
        b == bins ? ascending.size()
                  : static_cast<std::size_t>(std::upper_bound(ascending.begin(), ascending.end(), edge) -
                                             ascending.begin());
    if (end == begin) continue;
    found.push_back(bin_of_rows(ascending, label, begin, end));
    begin = end;
  }
  return found;
}

EceReport ece(std::span<const ReliabilityBin> bins) {
  EceReport report;
  report.bins = static_cast<std::int64_t>(bins.size());
  std::int64_t rows = 0;
  for (const ReliabilityBin& bin : bins) {
    const auto count = static_cast<double>(bin.count);
    const double mean = bin.label_mean();
    const double gap = bin.mean_prediction - mean;
    report.l1 += count * std::fabs(gap);
    report.l2sq_plugin += count * gap * gap;
    const double noise = bin.count > 1 ? mean * (1 - mean) / (count - 1) : 0;
    report.l2sq_debiased += count * (gap * gap - noise);
    rows += bin.count;
  }
  const double n = rows > 0 ? static_cast<double>(rows) : std::numeric_limits<double>::quiet_NaN();
  report.l1 /= n;
  report.l2sq_plugin /= n;
  report.l2sq_debiased /= n;
  return report;
}

EceReport ece(std::span<const double> p, std::span<const std::uint8_t> y, std::int64_t bins, EdgeRule rule) {
  if (rule == EdgeRule::InterpolatedQuantile) {
    throw std::invalid_argument("calibration error: bins of equal mass or of equal width");
  }
  check_shapes(p, y, bins);
  const SortedScores sorted(p, y);
  std::vector<std::uint8_t> label(p.size());
  for (std::size_t row = 0; row < label.size(); ++row) {
    const auto before = static_cast<std::int64_t>(row);
    label[row] = static_cast<std::uint8_t>(sorted.positives(before + 1) - sorted.positives(before));
  }
  return ece(rule == EdgeRule::UniformWidth ? equal_width_bins(sorted.scores(), label, bins)
                                            : equal_mass_bins(sorted.scores(), label, bins));
}

std::int64_t default_reliability_bins(std::int64_t rows) {
  std::int64_t root = 0;
  while (root < 50 && (root + 1) * (root + 1) <= rows) ++root;
  return std::max<std::int64_t>(root, 1);
}

}  // namespace reprise::recal
