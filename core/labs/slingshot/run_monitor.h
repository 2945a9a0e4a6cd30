// Watches one training run step by step and says at the end what happened: when samples were absorbed, when
// the loss spiked, how the means grew. It keeps the growth of ‖w̄‖ up to the first spike, nothing else of
// length T.
#pragma once

#include "labs/slingshot/spike_detector.h"
#include "labs/slingshot/step_record.h"

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace reprise::slingshot {

struct RunSummary {
  std::int64_t first_absorption = -1;  ///< first step with φ > 0; −1: never
  std::int64_t onset = -1;             ///< φ > 0.25
  std::int64_t majority = -1;          ///< φ > 0.5
  std::int64_t first_spike = -1;
  std::vector<Spike> slingshots;
  double peak_true_loss = std::numeric_limits<double>::quiet_NaN();      ///< from the first spike on
  double min_train_accuracy = std::numeric_limits<double>::quiet_NaN();  ///< from the first spike on
  double norm_ratio = std::numeric_limits<double>::quiet_NaN();  ///< ‖w̄‖ at the first spike / where φ > 0.1
  double cosine_before_spike = 0;                                ///< five steps before; no spike: last step
  double lowest_cosine = std::numeric_limits<double>::infinity();  ///< steps >= 20
  double max_absorbed = 0;
  double absorbed_tail = 0;  ///< mean φ of the last 200 steps
  GrowthWindow window;
  GrowthFit growth = {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN(),
                      std::numeric_limits<double>::quiet_NaN()};
  StepRecord last;
  std::int64_t diverged_at = -1;
};

class RunMonitor {
 public:
  void observe(const StepRecord& record);
  /// A logit or gradient was not finite at this step. The run counts as one without slingshots.
  void diverged(std::int64_t step) { summary_.diverged_at = step; }
  std::int64_t onset() const { return summary_.onset; }
  RunSummary summary() const;

 private:
  RunSummary summary_;
  SpikeDetector spikes_;
  std::vector<double> w_means_;  // from the onset to the end of the growth window
  bool window_open_ = false;
  double w_mean_at_tenth_ = 0;  // ‖w̄‖ where φ first exceeded 0.1; 0: not yet
  double w_mean_at_spike_ = 0;
  std::array<double, 6> cosines_{};     // of the last steps
  std::array<double, 200> absorbed_{};  // of the last steps
};

}  // namespace reprise::slingshot
