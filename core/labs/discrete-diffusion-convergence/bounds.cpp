#include "labs/discrete-diffusion-convergence/bounds.h"

#include "base/math.h"
#include "labs/discrete-diffusion-convergence/process_bounds.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace reprise::diffusion {

using namespace markov;

BoundIntegrator::BoundIntegrator(const Sampler& sampler, const Schedule& schedule, FreezeMode freeze,
                                 int nodes, BoundWishes wishes)
    : sampler_(sampler),
      schedule_(schedule),
      freeze_(freeze),
      rule_(stats::gauss_legendre(nodes)),
      wishes_(wishes),
      clean_(sampler.clean) {
  // One token: bounds do not depend on the symbols' names, and p_t/w has the order of p_0.
  if (clean_.space.length == 1 && sampler.noise.is_uniform() && sampler.error.xi.empty()) {
    std::sort(clean_.p.begin(), clean_.p.end());
    presorted_ = true;
  }
  const std::size_t symbols = clean_.space.symbols;
  for (std::vector<double>* line : {&w_, &ratio_, &a_, &weight_}) line->resize(symbols);
  sum_w_.resize(symbols + 1);
  sum_p_.resize(symbols + 1);
  order_.resize(symbols);
}

ScoreFactors BoundIntegrator::score_at(double sigma) const {
  ScoreFactors score = exact_score(noised(clean_, sampler_.noise, sigma));
  sampler_.error.apply(score);
  return score;
}

StepBounds BoundIntegrator::at(const ScoreFactors& score, const Law& marginal, double c, double sigma_gap) {
  StepBounds bounds;
  bounds.residual = residual(score, marginal, c);
  if (wishes_.path_kl) bounds.path_kl = path_kl(score, marginal);
  if (wishes_.max_score) bounds.max_score = max_score(score, marginal, sigma_gap);
  return bounds;
}

StepBounds BoundIntegrator::step(std::size_t k) {
  const NoiseGrid& grid = sampler_.grid;
  const ScoreFactors score = score_at(grid.sigma[k]);
  StepBounds sum;
  const auto add = [&](double weight, const StepBounds& part) {
    sum.residual += weight * part.residual;
    sum.path_kl += weight * part.path_kl;
    sum.max_score += weight * part.max_score;
  };
  const bool in_time = freeze_ == FreezeMode::Rate;
  const double high = in_time ? grid.t[k] : grid.sigma[k];
  const double low = in_time ? grid.t[k + 1] : grid.sigma[k + 1];
  const double half = (high - low) / 2;
  for (std::size_t node = 0; node < rule_.nodes.size(); ++node) {
    const double x = low + half + half * rule_.nodes[node];
    const double weight = half * rule_.weights[node];
    if (in_time) {
      const double beta = schedule_.beta(x);
      const double c = schedule_.beta(grid.t[k]) / beta;
      const double sigma = schedule_.sigma(x);
      add(weight * beta, at(score, noised(clean_, sampler_.noise, sigma), c, grid.sigma[k] - sigma));
    } else {
      add(weight, at(score, noised(clean_, sampler_.noise, x), 1, high - x));
    }
  }
  return sum;
}

double BoundIntegrator::residual_between(double high, double low) {
  const ScoreFactors score = score_at(high);
  return rule_.integrate(low, high,
                         [&](double x) { return residual(score, noised(clean_, sampler_.noise, x), 1); });
}

double BoundIntegrator::residual_total() {
  double sum = 0;
  for (std::size_t k = 0; k < sampler_.steps(); ++k) sum += step(k).residual;
  return sum;
}

double BoundIntegrator::residual(const ScoreFactors& score, const Law& marginal, double c) {
  const StateSpace& space = marginal.space;
  const std::vector<double>& prior = sampler_.noise.prior;
  const bool exact = sampler_.error.xi.empty();
  double total = 0;
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    const std::size_t stride = space.stride(axis), group = stride * space.symbols;
    double axis_total = 0;
    for (std::size_t base = 0; base < marginal.p.size(); base += group) {
      for (std::size_t first = base; first < base + stride; ++first) {
        const double* w = score.w.p.data() + first;
        const double* r = score.r.data() + first;
        const double* p = marginal.p.data() + first;
        if (sampler_.noise.mask) {  // only masked tokens jump
          const std::size_t mask = *sampler_.noise.mask;
          const double a = c * p[mask * stride] * r[mask * stride];
          for (std::size_t x = 0; x < space.symbols; ++x) {
            if (x != mask) axis_total += std::fabs(a * w[x * stride] - p[x * stride]);
          }
          continue;
        }
        for (std::size_t x = 0; x < space.symbols; ++x) order_[x] = x;
        for (std::size_t x = 0; x < space.symbols; ++x) {
          a_[x] = w[x * stride] > 0 ? p[x * stride] / w[x * stride] : 0;  // R, unsorted for now
        }
        if (!presorted_) {
          std::sort(order_.begin(), order_.end(),
                    [&](std::size_t x, std::size_t y) { return a_[x] != a_[y] ? a_[x] < a_[y] : x < y; });
        }
        sum_w_[0] = sum_p_[0] = 0;
        for (std::size_t j = 0; j < space.symbols; ++j) {
          const std::size_t x = order_[j];
          ratio_[j] = a_[x];
          w_[j] = w[x * stride];
          weight_[j] = prior[x];
          sum_w_[j + 1] = sum_w_[j] + w_[j];
          sum_p_[j + 1] = sum_p_[j] + w_[j] * ratio_[j];
        }
        for (std::size_t j = 0; j < space.symbols; ++j) {
          const std::size_t x = order_[j];
          a_[x] = exact ? c * ratio_[j] : c * p[x * stride] * r[x * stride];
        }
        const double all_w = sum_w_[space.symbols], all_p = sum_p_[space.symbols];
        std::size_t below = 0;  // entries with R <= A
        double line = 0;
        for (std::size_t j = 0; j < space.symbols; ++j) {
          if (weight_[j] == 0) continue;
          const double a = a_[order_[j]];
          if (exact) {
            while (below < space.symbols && ratio_[below] <= a) ++below;
          } else {
            below =
                static_cast<std::size_t>(std::upper_bound(ratio_.begin(), ratio_.end(), a) - ratio_.begin());
          }
          const double value = a * sum_w_[below] - sum_p_[below] + (all_p - sum_p_[below]) -
                               a * (all_w - sum_w_[below]) - w_[j] * std::fabs(a - ratio_[j]);
          line += weight_[j] * value;
        }
        axis_total += line;
      }
    }
    total += axis_total;
  }
  return total;
}

double BoundIntegrator::path_kl(const ScoreFactors& score, const Law& marginal) const {
  const StateSpace& space = marginal.space;
  const std::vector<double>& prior = sampler_.noise.prior;
  std::vector<double> logs(marginal.p.size());
  for (std::size_t y = 0; y < logs.size(); ++y) {
    logs[y] = marginal.p[y] > 0 ? math::log(marginal.p[y] / score.w.p[y]) : 0;
  }
  double total = 0;
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    const std::size_t stride = space.stride(axis), group = stride * space.symbols;
    for (std::size_t base = 0; base < marginal.p.size(); base += group) {
      for (std::size_t first = base; first < base + stride; ++first) {
        double weighted_log = 0, sum_p = 0, sum_w = 0;
        for (std::size_t y = first; y < first + group; y += stride) {
          weighted_log += marginal.p[y] * logs[y];
          sum_p += marginal.p[y];
          sum_w += score.w.p[y];
        }
        for (std::size_t a = 0; a < space.symbols; ++a) {
          const std::size_t y = first + a * stride;
          if (prior[a] == 0) continue;
          total += prior[a] * (weighted_log - sum_p * (logs[y] + 1) + marginal.p[y] * score.r[y] * sum_w);
        }
      }
    }
  }
  return total;
}

double BoundIntegrator::max_score(const ScoreFactors& score, const Law& marginal, double sigma_gap) const {
  const double symbols = static_cast<double>(marginal.p.size());
  const auto [low, high] = std::minmax_element(marginal.p.begin(), marginal.p.end());
  const double mixed = -math::expm1(-sigma_gap) / symbols;
  double largest = 0;
  for (std::size_t y = 0; y < marginal.p.size(); ++y) {
    const double p = marginal.p[y];
    largest = std::max(largest, mixed * std::max(*high - p, p - *low) / (p * score.w.p[y]));
  }
  return (symbols - 1) / symbols * largest;
}

double residual_of_line(const std::vector<double>& w, const std::vector<double>& p,
                        const std::vector<double>& a, const std::vector<double>& prior) {
  double sum = 0;
  for (std::size_t y = 0; y < w.size(); ++y) {
    for (std::size_t x = 0; x < w.size(); ++x) {
      if (x != y) sum += prior[y] * std::fabs(a[y] * w[x] - p[x]);
    }
  }
  return sum;
}

double residual_of_table(const ScoreTableGenerator& generator, const RankOneNoise& noise, double c,
                         const Law& marginal) {
  const StateSpace& space = marginal.space;
  double total = 0;
  for (std::size_t y = 0; y < marginal.p.size(); ++y) {
    for (std::size_t axis = 0; axis < space.length; ++axis) {
      const std::size_t stride = space.stride(axis), own = space.symbol(y, axis);
      if (noise.prior[own] == 0) continue;
      const std::size_t base = y - own * stride;
      for (std::size_t x = 0; x < generator.tokens(); ++x) {
        if (x == own) continue;
        total += std::fabs(c * marginal.p[y] * generator.rate(y, axis, x) -
                           noise.prior[own] * marginal.p[base + x * stride]);
      }
    }
  }
  return total;
}

double explicit_initial_bound(double sigma_max, std::size_t length) {
  return -math::expm1(static_cast<double>(length) * math::log1p(-math::exp(-sigma_max)));
}

double explicit_step_bound(const NoiseGrid& grid, std::size_t length, bool masked) {
  const double d = static_cast<double>(length);
  double sum = 0;
  for (std::size_t k = 0; k < grid.steps(); ++k) {
    const double high = grid.sigma[k], low = grid.sigma[k + 1], h = high - low;
    if (masked) {
      const double rate = 1 / math::expm1(high);  // λ
      sum += d * ((1 + rate) * -math::expm1(-h) * math::exp(-low) - rate * h);
    } else {
      sum += d * d * h * h * (1 - 1 / math::expm1(-high));
    }
  }
  return sum;
}

double generated_mask_probability(const NoiseGrid& grid, const std::vector<double>& lengths) {
  double sum = 0;
  for (std::size_t k = 0; k < lengths.size(); ++k) sum += lengths[k] / math::expm1(grid.sigma[k]);
  return math::exp(-sum);
}

double target_mask_probability(const NoiseGrid& grid) {
  return -math::expm1(-grid.sigma.back());
}

double binomial_total_variation(std::size_t length, double p, double q) {
  const auto probability = [length](std::size_t k, double share) {
    if (share <= 0) return k == 0 ? 1.0 : 0.0;
    if (share >= 1) return k == length ? 1.0 : 0.0;
    const double n = static_cast<double>(length), x = static_cast<double>(k);
    return math::exp(math::lgamma(n + 1) - math::lgamma(x + 1) - math::lgamma(n - x + 1) +
                     x * math::log(share) + (n - x) * math::log1p(-share));
  };
  double sum = 0;
  for (std::size_t k = 0; k <= length; ++k) sum += std::fabs(probability(k, p) - probability(k, q));
  return sum / 2;
}

NoiseGrid optimal_grid(const RankOneNoise& noise, const Law& law, double sigma_max, double sigma_min,
                       std::size_t steps, int nodes) {
  const Sampler sampler(noise, law, make_grid({sigma_max, sigma_min}));
  BoundIntegrator integrator(sampler, {}, FreezeMode::Score, nodes);
  const std::vector<double> levels = probe_levels(sigma_max, sigma_min);
  std::vector<double> cost;
  for (const double level : levels) {
    cost.push_back(probe_cost(integrator.residual_between(level + probe_step * level, level), level));
  }
  return even_grid(levels, cost, steps);
}

}  // namespace reprise::diffusion
