// What a training log says about slingshots: spikes of the loss, when absorption sets in, and how the mean of
// the classifier's rows grows between the two. Everything works on rows 0, 1, …; a log whose rows are further
// apart has its own `steps`.
//
//   SpikeDetector detector;
//   for (const double loss : losses) detector.push(loss);
//   for (const Spike& slingshot : detector.slingshots()) …
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace reprise::slingshot {

/// When a loss counts as a spike.
struct SpikeRule {
  double ratio = 100;           ///< a spike starts above ratio · running minimum, ends below peak / ratio
  double floor = 1e-9;          ///< the running minimum counts as at least this
  std::int64_t burn_in = 20;    ///< rows before this one are not looked at
  std::int64_t merge_gap = 50;  ///< a start at most so many rows after a slingshot's start belongs to it
};

/// Rows [start, end) with the loss far above where it was; end −1: not over yet.
struct Spike {
  std::int64_t start = 0;
  std::int64_t end = -1;
  double peak = 0;
  bool operator==(const Spike&) const = default;
};

/// Finds spikes row by row. A loss that is not a number is passed over.
class SpikeDetector {
 public:
  explicit SpikeDetector(SpikeRule rule = {}) : rule_(rule) {}

  /// The loss of the next row.
  void push(double loss);
  std::int64_t rows() const { return rows_; }
  /// Every spike, in order.
  const std::vector<Spike>& raw() const { return raw_; }
  /// Spikes close to each other counted once: the first one's start, the last one's end, the highest peak.
  const std::vector<Spike>& slingshots() const { return slingshots_; }
  /// Start of the first one; −1: none.
  std::int64_t first_spike() const { return raw_.empty() ? -1 : raw_.front().start; }

 private:
  SpikeRule rule_;
  std::int64_t rows_ = 0;
  bool inside_ = false;
  double minimum_ = 0;  // valid once has_minimum_
  bool has_minimum_ = false;
  std::vector<Spike> raw_, slingshots_;
};

/// The detector over a whole log.
SpikeDetector find_spikes(std::span<const double> losses, const SpikeRule& rule = {});

/// First row with values[row] > level; −1: none.
std::int64_t first_above(std::span<const double> values, double level);

/// A line through ln(value) and one through the value itself.
struct GrowthFit {
  double slope = 0;           ///< of ln(value), per unit of x
  double r2_exponential = 0;  ///< of the line through ln(value)
  double r2_linear = 0;       ///< of the line through the value
};
/// Least squares on x. All NaN with fewer than 10 points, a value that is not positive, or values that are
/// all equal.
GrowthFit fit_growth(std::span<const double> x, std::span<const double> values);

/// Rows [start, end); −1, −1: none.
struct GrowthWindow {
  std::int64_t start = -1;
  std::int64_t end = -1;
  bool operator==(const GrowthWindow&) const = default;
};
/// From `onset` to the first row where the value has tripled, or the first spike, or the end of the log.
GrowthWindow growth_window(std::span<const double> values, std::int64_t onset, std::int64_t first_spike);

}  // namespace reprise::slingshot
