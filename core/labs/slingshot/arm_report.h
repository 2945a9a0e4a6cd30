// From the partials of trained arms to a report: tables, series, and the statistics of claims.
#pragma once

#include "labs/slingshot/arm_task.h"
#include "study/study.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::slingshot {

/// The stage of a study that trains arms; task = repeat·arms + arm.
inline constexpr std::string_view arms_stage = "arms";
Plan arms_plan(std::size_t arms, std::int64_t repeats);
Json arm_key(const std::vector<Arm>& arms, std::int64_t index);

/// Tables events, slingshots, fits and trace; series of repeat 0 (x = step) by arm: true_loss, absorbed,
/// w_mean_norm, h_mean_norm, median_margin; table "curves": the trace of repeat 0, thinned for figures; when
/// the run is complete, the file weights.safetensors: ARM/layers.0.weight … [out, in] of repeat 0.
void add_arm_tables(const Results& results, Report& report);

/// What claims ask of one arm of one repeat.
struct ArmOutcome {
  std::int64_t onset = -1, first_spike = -1, slingshots = 0;
  double norm_ratio = 0, cosine_before_spike = 0, lowest_cosine = 0;
  double r2_exponential = 0, r2_linear = 0;
  double final_w_mean_norm = 0, final_h_mean_norm = 0, final_zero_sum_defect = 0;
  double test_accuracy = 0, absorbed_tail = 0;
  bool diverged = false;
};
/// Outcomes by repeat and arm: [repeat][arm]; those of unfinished tasks are missing at the end.
using Outcomes = std::vector<std::vector<ArmOutcome>>;
Outcomes read_outcomes(const Results& results, std::size_t arms);

/// Largest or smallest value of `statistic` over the repeats, whichever is less favourable for a claim; NaN
/// when one of them is NaN, or while the run is not complete.
enum class Worst : std::uint8_t { largest, smallest };
double worst_repeat(const Results& results, const Outcomes& outcomes, Worst worst,
                    const std::function<double(const std::vector<ArmOutcome>&)>& statistic);

/// Slingshots of an arm that must have none: NaN when it diverged, because then nothing was shown.
double slingshots_or_nan(const ArmOutcome& arm);

/// Characters of report that arms of this length take.
double arm_report_bytes(std::size_t arms, std::int64_t repeats, std::int64_t steps, std::int64_t log_every);

/// Figures that several studies show.
Figure true_loss_figure();
Figure means_figure();
Figure margin_figure();
Figure absorbed_figure();

}  // namespace reprise::slingshot
