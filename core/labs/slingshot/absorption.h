// Where a format absorbs: from which margin on the true class's gradient is exactly zero. Closed forms, and a
// search with the kernel itself on the simplest sample there is, equal wrong logits D below the true one.
// Source: papers/slingshot.md, D2.
//
//   absorption_threshold(*tensor::find_format("float16"), 10).single;   // 7.624
//   first_absorbed({.arm = parse_arm("float16:log_softmax")});          // 7.625
#pragma once

#include "labs/slingshot/arm.h"

#include <cstdint>
#include <vector>

namespace reprise::slingshot {

struct AbsorptionThreshold {
  double single = 0;           ///< margin from which 1 + e^(−D) rounds to 1: p ln 2 − ln(1 + 2^(−p))
  double all_equal_exact = 0;  ///< the same for K − 1 equal competitors in an exact sum: p ln 2 + ln(K − 1)
  double zero_underflow = 0;  ///< margin from which e^(−D) itself rounds to zero: (p − e_min) ln 2
};

/// Closed forms for one format, in nats. InputError: fewer than 2 classes.
AbsorptionThreshold absorption_threshold(const FloatFormat& format, std::int64_t num_classes);

/// One sample: the true logit `max_logit`, all others D below it.
struct EqualLogits {
  Arm arm = {};
  std::int64_t num_classes = 2;
  std::int64_t true_index = 0;
  double max_logit = 0;
};

struct SampleResult {
  double loss = 0;
  std::vector<double> gradient;  ///< of the unscaled loss, one a class
};
/// The kernel on that sample at margin D, scale 1.
SampleResult kernel_at(const EqualLogits& sample, double margin);
/// p_y as the kernel has it; 1 + gradient of the true class for log1p and stablemax, which have none.
double probability_at(const EqualLogits& sample, double margin);

inline constexpr int search_steps_per_nat = 256;
inline constexpr int search_points = 28161;  // D = 0, 1/256, …, 110

/// Searches D = i/256 upwards for the first exactly zero gradient of the true class, a few milliseconds a
/// step.
class AbsorptionSearch {
 public:
  explicit AbsorptionSearch(EqualLogits sample);
  bool step();                               ///< true: finished
  double margin() const { return margin_; }  ///< −1: not found up to 110
  double progress() const { return static_cast<double>(next_) / search_points; }

 private:
  EqualLogits sample_;
  tensor::RoundedCrossEntropy kernel_;
  std::vector<double> logits_, gradient_;
  int next_ = 0;
  double margin_ = -1;
};

/// The whole search.
double first_absorbed(const EqualLogits& sample);

}  // namespace reprise::slingshot
