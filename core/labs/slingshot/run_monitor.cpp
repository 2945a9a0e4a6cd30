#include "labs/slingshot/run_monitor.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace reprise::slingshot {

namespace {

constexpr double onset_share = 0.25;  // with pairwise sums φ may stay below one half until after the spike
constexpr double majority_share = 0.5;
constexpr double tenth = 0.1;
constexpr double tripled = 3;
constexpr std::int64_t settled = 20;
constexpr std::int64_t before_spike = 5;

void mark(std::int64_t& first, std::int64_t step, bool now) {
  if (now && first < 0) first = step;
}

}  // namespace

void RunMonitor::observe(const StepRecord& record) {
  const std::int64_t step = record.step;
  summary_.last = record;
  mark(summary_.first_absorption, step, record.absorbed > 0);
  mark(summary_.majority, step, record.absorbed > majority_share);
  summary_.max_absorbed = std::max(summary_.max_absorbed, record.absorbed);
  if (step >= settled) summary_.lowest_cosine = std::min(summary_.lowest_cosine, record.cosine);
  if (w_mean_at_tenth_ == 0 && record.absorbed > tenth) w_mean_at_tenth_ = record.w_mean_norm;

  const auto places = static_cast<std::int64_t>(cosines_.size());
  cosines_[static_cast<std::size_t>(step % places)] = record.cosine;
  absorbed_[static_cast<std::size_t>(step) % absorbed_.size()] = record.absorbed;
  const bool spiked_before = spikes_.first_spike() >= 0;
  spikes_.push(record.true_loss);
  if (!spiked_before && spikes_.first_spike() >= 0) {
    w_mean_at_spike_ = record.w_mean_norm;
    summary_.cosine_before_spike = cosines_[static_cast<std::size_t>((step - before_spike) % places)];
    summary_.peak_true_loss = record.true_loss;
    summary_.min_train_accuracy = record.train_accuracy;
  } else if (spiked_before) {
    summary_.peak_true_loss = std::max(summary_.peak_true_loss, record.true_loss);
    summary_.min_train_accuracy = std::min(summary_.min_train_accuracy, record.train_accuracy);
  }

  if (summary_.onset < 0 && record.absorbed > onset_share) {
    summary_.onset = step;
    window_open_ = true;
  }
  if (window_open_) {
    w_means_.push_back(record.w_mean_norm);
    if (spikes_.first_spike() >= 0 || record.w_mean_norm >= tripled * w_means_.front()) window_open_ = false;
  }
}

RunSummary RunMonitor::summary() const {
  RunSummary result = summary_;
  if (result.diverged_at < 0) {
    result.slingshots = spikes_.slingshots();
    result.first_spike = spikes_.first_spike();
  }
  if (result.first_spike < 0) {
    result.cosine_before_spike = result.last.cosine;
    result.peak_true_loss = result.min_train_accuracy = std::numeric_limits<double>::quiet_NaN();
  } else if (w_mean_at_tenth_ > 0) {
    result.norm_ratio = w_mean_at_spike_ / w_mean_at_tenth_;
  }
  const auto seen = std::min(static_cast<std::size_t>(spikes_.rows()), absorbed_.size());
  for (std::size_t i = 0; i < seen; ++i) result.absorbed_tail += absorbed_[i] / static_cast<double>(seen);
  if (result.onset < 0) return result;
  const std::int64_t spike = spikes_.first_spike();
  const GrowthWindow from_onset =
      growth_window(w_means_, 0, spike < 0 ? -1 : std::max<std::int64_t>(spike - result.onset, 0));
  result.window = {result.onset, result.onset + from_onset.end};
  const auto points = static_cast<std::size_t>(from_onset.end);
  std::vector<double> steps(points);
  std::iota(steps.begin(), steps.end(), static_cast<double>(result.onset));
  result.growth = fit_growth(steps, std::span(w_means_).first(points));
  return result;
}

}  // namespace reprise::slingshot
