#include "labs/selective-classification/calibration_error.h"

#include "stats/compensated_sum.h"
#include "stats/row_order.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::selective {

namespace {

/// Means of bins from sums.
class Sums {
 public:
  explicit Sums(std::int64_t bins)
      : bins_(static_cast<std::size_t>(bins)), p_(bins_.size()), right_(bins_.size()) {}
  void add(std::size_t bin, double p, std::uint8_t correct) {
    ++bins_[bin].count;
    p_[bin].add(p);
    right_[bin] += correct;
  }
  std::vector<ReliabilityBin> take() {
    for (std::size_t b = 0; b < bins_.size(); ++b) {
      const auto count = static_cast<double>(bins_[b].count);
      const double nan = std::numeric_limits<double>::quiet_NaN();
      bins_[b].confidence = bins_[b].count == 0 ? nan : p_[b].value() / count;
      bins_[b].accuracy = bins_[b].count == 0 ? nan : static_cast<double>(right_[b]) / count;
    }
    return std::move(bins_);
  }

 private:
  std::vector<ReliabilityBin> bins_;
  std::vector<stats::CompensatedSum> p_;
  std::vector<std::int64_t> right_;
};

}  // namespace

std::vector<ReliabilityBin> equal_width_bins(std::span<const double> probability,
                                             std::span<const std::uint8_t> correct, std::int64_t bins) {
  Sums sums(bins);
  for (std::size_t i = 0; i < probability.size(); ++i) {
    const double place = std::ceil(static_cast<double>(bins) * probability[i]) - 1;
    const double bin = std::clamp(place, 0.0, static_cast<double>(bins - 1));
    sums.add(static_cast<std::size_t>(bin), probability[i], correct[i]);
  }
  return sums.take();
}

std::vector<ReliabilityBin> equal_mass_bins(std::span<const double> probability,
                                            std::span<const std::uint8_t> correct, std::int64_t bins) {
  const std::vector<std::uint32_t> rows = stats::rows_in_order(probability);
  Sums sums(bins);
  const auto n = static_cast<std::int64_t>(rows.size());
  for (std::int64_t b = 0; b < bins; ++b) {
    for (std::int64_t i = b * n / bins; i < (b + 1) * n / bins; ++i) {
      const std::uint32_t row = rows[static_cast<std::size_t>(i)];
      sums.add(static_cast<std::size_t>(b), probability[row], correct[row]);
    }
  }
  return sums.take();
}

double calibration_error(std::span<const ReliabilityBin> bins) {
  std::int64_t rows = 0;
  stats::CompensatedSum sum;
  for (const ReliabilityBin& bin : bins) {
    rows += bin.count;
    if (bin.count > 0) sum.add(static_cast<double>(bin.count) * std::fabs(bin.confidence - bin.accuracy));
  }
  return rows == 0 ? std::numeric_limits<double>::quiet_NaN() : sum.value() / static_cast<double>(rows);
}

}  // namespace reprise::selective
