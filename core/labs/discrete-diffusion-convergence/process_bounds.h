// The residual bound and the recommended grid for any rates of a token.
#pragma once

#include "labs/discrete-diffusion-convergence/schedule_files.h"
#include "markov/schedule.h"
#include "markov/token_rates.h"
#include "stats/quadrature.h"

#include <cstddef>
#include <vector>

namespace reprise::diffusion {

/// Σ_y p(y) Σ_{x≠y} |a·Q̂ − b·Q̄|(y, x): frozen reverse rates against those of the true law `p`, what the
/// residual bound integrates. Jumps one by one, refreshes along a line by one sort. a and b: how fast the
/// schedule runs at the noisy end and now; 1 when the score alone is frozen.
double residual_density(const markov::FrozenJumps& frozen, const markov::TokenRates& rates,
                        const markov::Law& p, double a = 1, double b = 1);

/// The bound of one step or of a short one, a quadrature node at a time, from the data end upwards: each law
/// comes from the one before by the noise between them.
class StepBound {
 public:
  /// `rates` and `rule` outlive it.
  StepBound(const markov::TokenRates& rates, const stats::QuadratureRule& rule, markov::Law high,
            markov::Law low, double sigma_high, double sigma_low);
  /// The whole rate is frozen in step k of that grid, which has times; integrates over time. Before step().
  void freeze_rate(const TimedGrid& timed, std::size_t k);

  /// One node; true when the value is complete.
  bool step();
  double value() const { return value_; }

 private:
  const markov::TokenRates& rates_;
  const stats::QuadratureRule& rule_;
  markov::FrozenJumps frozen_;
  markov::Law law_;
  const TimedGrid* timed_ = nullptr;
  double low_, half_, at_, high_speed_ = 1, value_ = 0;
  std::size_t node_ = 0;
};

/// 60 levels from T to δ, equally spaced in their logarithm, at which a short step is tried.
std::vector<double> probe_levels(double sigma_max, double sigma_min);
/// Relative length of that step.
inline constexpr double probe_step = 1e-3;
/// What a step costs per squared length, twice: from the bound of the short step that ends at a level.
double probe_cost(double residual, double level);
/// The grid that spends √cost evenly. `cost`: of a step's squared length at each level, up to a factor.
markov::NoiseGrid even_grid(const std::vector<double>& levels, const std::vector<double>& cost,
                            std::size_t steps);

}  // namespace reprise::diffusion
