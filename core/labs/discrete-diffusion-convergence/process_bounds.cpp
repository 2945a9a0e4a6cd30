#include "labs/discrete-diffusion-convergence/process_bounds.h"

#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace reprise::diffusion {

using namespace markov;

namespace {

// Refreshes: Σ π_y·Σ_{x≠y} w_x·|a·R_y − b·R_x| along every line, R = p/w.
double refresh_density(const FrozenJumps& frozen, const TokenRates& rates, const std::vector<double>& ratio,
                       double a, double b) {
  const StateSpace& space = frozen.w().space;
  const std::size_t symbols = space.symbols;
  const double* w = frozen.w().p.data();
  struct Entry {
    double ratio;
    std::size_t symbol;
  };
  std::vector<Entry> order(symbols);
  double total = 0;
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    const std::size_t stride = space.stride(axis), group = stride * symbols;
    for (std::size_t base = 0; base < ratio.size(); base += group) {
      for (std::size_t first = base; first < base + stride; ++first) {
        for (std::size_t x = 0; x < symbols; ++x) order[x] = {ratio[first + x * stride], x};
        std::sort(order.begin(), order.end(), [](const Entry& x, const Entry& y) {
          return x.ratio != y.ratio ? x.ratio < y.ratio : x.symbol < y.symbol;
        });
        double all_w = 0, all_p = 0;
        for (const Entry& x : order) {
          const double weight = w[first + x.symbol * stride];
          all_w += weight;
          all_p += weight * x.ratio;
        }
        double below_w = 0, below_p = 0, line = 0;  // symbols with b·R <= a·R_y
        std::size_t below = 0;
        for (const Entry& y : order) {
          const double frozen_rate = a * y.ratio;
          for (; below < symbols && b * order[below].ratio <= frozen_rate; ++below) {
            const double weight = w[first + order[below].symbol * stride];
            below_w += weight;
            below_p += weight * order[below].ratio;
          }
          const double own = w[first + y.symbol * stride] * std::fabs(frozen_rate - b * y.ratio);
          const double value = frozen_rate * below_w - b * below_p + b * (all_p - below_p) -
                               frozen_rate * (all_w - below_w) - own;
          line += rates.prior()[y.symbol] * std::max(0.0, value);
        }
        total += line;
      }
    }
  }
  return rates.refresh() * total;
}

}  // namespace

double residual_density(const FrozenJumps& frozen, const TokenRates& rates, const Law& p, double a,
                        double b) {
  const StateSpace& space = p.space;
  const std::vector<double>& w = frozen.w().p;
  std::vector<double> ratio(p.p.size());  // R = p/w
  for (std::size_t y = 0; y < ratio.size(); ++y) ratio[y] = p.p[y] * frozen.r()[y];
  double total = rates.refresh() > 0 ? refresh_density(frozen, rates, ratio, a, b) : 0;
  // A reverse jump y → y^{i→a} has the rate of the jump a → y_i.
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    const std::size_t stride = space.stride(axis), group = stride * space.symbols;
    for (std::size_t base = 0; base < p.p.size(); base += group) {
      rates.for_each_jump([&](std::size_t from, std::size_t to, double rate) {
        const std::size_t target = base + from * stride, source = base + to * stride;
        double sum = 0;
        for (std::size_t i = 0; i < stride; ++i) {
          sum += w[target + i] * std::fabs(a * ratio[source + i] - b * ratio[target + i]);
        }
        total += rate * sum;
      });
    }
  }
  return total;
}

StepBound::StepBound(const TokenRates& rates, const stats::QuadratureRule& rule, Law high, Law low,
                     double sigma_high, double sigma_low)
    : rates_(rates),
      rule_(rule),
      frozen_(rates, std::move(high)),
      law_(std::move(low)),
      low_(sigma_low),
      half_((sigma_high - sigma_low) / 2),
      at_(sigma_low) {}

void StepBound::freeze_rate(const TimedGrid& timed, std::size_t k) {
  timed_ = &timed;
  high_speed_ = timed.beta(timed.grid.t[k]);
  low_ = timed.grid.t[k + 1];
  half_ = (timed.grid.t[k] - low_) / 2;
}

bool StepBound::step() {
  const double x = low_ + half_ + half_ * rule_.nodes[node_];
  const double sigma = timed_ != nullptr ? std::max(at_, timed_->sigma(x)) : x;
  law_ = noised(law_, rates_, sigma - at_);
  at_ = sigma;
  const double a = timed_ != nullptr ? high_speed_ : 1, b = timed_ != nullptr ? timed_->beta(x) : 1;
  value_ += half_ * rule_.weights[node_] * residual_density(frozen_, rates_, law_, a, b);
  return ++node_ == rule_.nodes.size();
}

std::vector<double> probe_levels(double sigma_max, double sigma_min) {
  constexpr std::size_t probes = 60;
  std::vector<double> level(probes);
  const double ratio = math::log(sigma_min / sigma_max);
  for (std::size_t j = 0; j < probes; ++j) {
    level[j] = sigma_max * math::exp(ratio * static_cast<double>(j) / static_cast<double>(probes - 1));
  }
  level.front() = sigma_max;
  level.back() = sigma_min;
  return level;
}

double probe_cost(double residual, double level) {
  const double width = probe_step * level;
  return 2 * residual / (width * width);
}

NoiseGrid even_grid(const std::vector<double>& levels, const std::vector<double>& cost, std::size_t steps) {
  std::vector<double> spent(levels.size(), 0);
  double before = 0;
  for (std::size_t j = 0; j < levels.size(); ++j) {
    const double root = std::sqrt(std::max(0.0, cost[j]));
    if (j > 0) spent[j] = spent[j - 1] + (levels[j - 1] - levels[j]) * (root + before) / 2;
    before = root;
  }
  if (!(spent.back() > 0)) {
    return make_grid(Schedule{ScheduleKind::Geometric, levels.back(), levels.front()}, steps);
  }
  std::vector<double> sigma = {levels.front()};
  std::size_t j = 1;
  for (std::size_t k = 1; k < steps; ++k) {
    const double share = spent.back() * static_cast<double>(k) / static_cast<double>(steps);
    while (j + 1 < levels.size() && spent[j] < share) ++j;
    const double along = (share - spent[j - 1]) / (spent[j] - spent[j - 1]);
    sigma.push_back(levels[j - 1] + along * (levels[j] - levels[j - 1]));
  }
  sigma.push_back(levels.back());
  NoiseGrid grid = make_grid(std::move(sigma));
  for (std::size_t k = 0; k <= steps; ++k) {
    grid.t.push_back(1 - static_cast<double>(k) / static_cast<double>(steps));
  }
  return grid;
}

}  // namespace reprise::diffusion
