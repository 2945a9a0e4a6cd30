#include "labs/recalibration/calibration_error.h"

#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace reprise::recal {

namespace {

ReliabilityBin bin_of_rows(std::span<const double> ascending, std::size_t begin, std::size_t end, double sum,
                           std::int64_t positives) {
  ReliabilityBin bin;
  bin.positives = positives;
  bin.count = static_cast<std::int64_t>(end - begin);
  // Equal predictions have themselves as mean; the sum would round.
  bin.mean_prediction =
      ascending[begin] == ascending[end - 1] ? ascending[begin] : sum / static_cast<double>(bin.count);
  return bin;
}

ReliabilityBin bin_of_rows(std::span<const double> ascending, std::span<const std::uint8_t> label,
                           std::size_t begin, std::size_t end) {
  double sum = 0;
  std::int64_t positives = 0;
  for (std::size_t row = begin; row < end; ++row) {
    sum += ascending[row];
    positives += label[row];
  }
  return bin_of_rows(ascending, begin, end, sum, positives);
}

void check_shapes(std::span<const double> p, std::span<const std::uint8_t> y, std::int64_t bins) {
  if (p.size() != y.size()) throw std::invalid_argument("calibration error: as many labels as predictions");
  if (bins < 1) throw std::invalid_argument("calibration error: at least one bin");
}

}  // namespace

EqualMassBinner::EqualMassBinner(std::span<const double> ascending, std::span<const std::uint8_t> label,
                                 std::int64_t bins)
    : ascending_(ascending), label_(label) {
  check_shapes(ascending, label, bins);
  bins_ = std::min(bins, static_cast<std::int64_t>(ascending.size()));
}

bool EqualMassBinner::step(std::size_t rows) {
  const std::size_t stop = std::min(ascending_.size(), row_ + rows);
  while (row_ < stop) {
    if (row_ == end_) begin_bin();
    const std::size_t until = std::min(stop, end_);
    for (; row_ < until; ++row_) {
      sum_ += ascending_[row_];
      positives_ += label_[row_];
    }
    if (row_ == end_) found_.push_back(bin_of_rows(ascending_, begin_, end_, sum_, positives_));
  }
  return row_ == ascending_.size();
}

// The next bin with rows; there is one, since rows are left.
void EqualMassBinner::begin_bin() {
  const auto rows = static_cast<std::int64_t>(ascending_.size());
  begin_ = row_;
  sum_ = 0;
  positives_ = 0;
  while (end_ == begin_) {
    ++bin_;
    if (bin_ >= bins_) {
      end_ = ascending_.size();
    } else {
      const double edge = ascending_[static_cast<std::size_t>(rows * bin_ / bins_ - 1)];
      end_ = static_cast<std::size_t>(std::upper_bound(ascending_.begin(), ascending_.end(), edge) -
                                      ascending_.begin());
    }
  }
}

std::vector<ReliabilityBin> equal_mass_bins(std::span<const double> ascending,
                                            std::span<const std::uint8_t> label, std::int64_t bins) {
  EqualMassBinner binner(ascending, label, bins);
  while (!binner.step(ascending.size())) {
  }
  return binner.take();
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
  return ece(rule == EdgeRule::UniformWidth ? equal_width_bins(sorted.scores(), sorted.labels(), bins)
                                            : equal_mass_bins(sorted.scores(), sorted.labels(), bins));
}

EceIntervals ece_bootstrap(std::span<const double> p, std::span<const std::uint8_t> y, std::int64_t bins,
                           double confidence, std::int64_t resamples, Random& random) {
  check_shapes(p, y, bins);
  if (!(confidence > 0 && confidence < 1) || resamples < 1 || p.empty()) {
    throw std::invalid_argument("bootstrap: rows, a confidence in (0, 1) and at least one resample");
  }
  // Rows in order of their prediction: how often each is drawn is all that a resample needs.
  const SortedScores sorted(p, y);
  const auto rows = static_cast<std::size_t>(sorted.size());
  std::vector<std::uint32_t> times(rows);
  std::vector<double> prediction(rows);
  std::vector<std::uint8_t> label(rows);
  std::vector<double> l1, plugin, debiased;
  for (std::int64_t resample = 0; resample < resamples; ++resample) {
    std::fill(times.begin(), times.end(), 0);
    for (std::size_t draw = 0; draw < rows; ++draw) ++times[random.below(rows)];
    std::size_t next = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::uint32_t copy = 0; copy < times[row]; ++copy, ++next) {
        prediction[next] = sorted.scores()[row];
        label[next] = sorted.labels()[row];
      }
    }
    const EceReport report = ece(equal_mass_bins(prediction, label, bins));
    l1.push_back(report.l1);
    plugin.push_back(report.l2sq_plugin);
    debiased.push_back(report.l2sq_debiased);
  }
  const double tail = (1 - confidence) / 2;
  const auto interval = [tail](std::vector<double>& values) {
    std::sort(values.begin(), values.end());
    return stats::Interval{stats::sorted_quantile(values, tail), stats::sorted_quantile(values, 1 - tail)};
  };
  return {interval(l1), interval(plugin), interval(debiased)};
}

std::int64_t monotone_sweep_bins(const SortedScores& sample, std::int64_t most_bins) {
  const std::int64_t most = std::max<std::int64_t>(1, most_bins > 0 ? most_bins : sample.size() / 2);
  for (std::int64_t bins = 2; bins <= std::min(most, sample.size() / 2); ++bins) {
    BinWalk walk(sample, sample, bins, EdgeRule::OrderStatistic, TiePolicy::Merge);
    BinWalk::Bin before;
    for (BinWalk::Bin bin; walk.next(bin); before = bin) {
      // Means are compared without division.
      if (before.count > 0 && bin.positives * before.count < before.positives * bin.count) return bins - 1;
    }
  }
  return std::max<std::int64_t>(1, std::min(most, sample.size() / 2));
}

std::int64_t default_reliability_bins(std::int64_t rows) {
  std::int64_t root = 0;
  while (root < 50 && (root + 1) * (root + 1) <= rows) ++root;
  return std::max<std::int64_t>(root, 1);
}

}  // namespace reprise::recal
