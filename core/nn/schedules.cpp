#include "nn/schedules.h"

#include "base/math.h"

#include <algorithm>
#include <numbers>

namespace reprise::nn {

double Schedule::at(std::int64_t step) const {
  double rate = base;
  if (warmup > 0) rate *= std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(warmup));
  const double done = steps > 0 ? std::min(1.0, static_cast<double>(step) / static_cast<double>(steps)) : 0.0;
  switch (decay) {
    case Decay::constant:
      break;
    case Decay::cosine:
      rate *= floor + (1 - floor) * (0.5 * (1 + math::cos(std::numbers::pi * done)));
      break;
    case Decay::linear:
      rate *= 1 - (1 - floor) * done;
      break;
    case Decay::stairs:
      for (const std::int64_t milestone : milestones) rate *= step >= milestone ? factor : 1;
      break;
  }
  return rate;
}

}  // namespace reprise::nn
