// Learning rates as functions of the step.
#pragma once

#include <cstdint>
#include <vector>

namespace reprise::nn {

/// base × warm-up × decay, a pure function of the step (counted from 0).
struct Schedule {
  enum class Decay : std::uint8_t {
    constant,
    cosine,  ///< from 1 to `floor` along half a cosine over `steps`
    linear,  ///< from 1 to `floor` along a line over `steps`
    stairs,  ///< × `factor` at every step in `milestones`
  };
  double base = 1e-3;
  std::int64_t warmup = 0;  ///< steps: factor min(1, (step + 1)/warmup)
  Decay decay = Decay::constant;
  std::int64_t steps = 0;  ///< cosine, linear: length; afterwards `floor`
  double floor = 0;        ///< as a share of base
  double factor = 0.1;
  std::vector<std::int64_t> milestones;

  static Schedule constant(double rate) {
    Schedule schedule;
    schedule.base = rate;
    return schedule;
  }
  double at(std::int64_t step) const;
};

}  // namespace reprise::nn
