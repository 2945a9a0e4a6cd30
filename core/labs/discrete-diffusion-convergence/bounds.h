// Upper bounds on the error of a sampler with frozen rates, and what older analyses give: all computed
// exactly up to quadrature.
#pragma once

#include "labs/discrete-diffusion-convergence/sampler.h"
#include "stats/quadrature.h"

#include <cstddef>
#include <vector>

namespace reprise::diffusion {

/// Contributions of one step.
struct StepBounds {
  double residual = 0;  ///< ∫ Σ_y p_t(y) Σ_{x≠y} |Q̂ − Q̄_t|(y, x): valid for every observable of oscillation 1
  double path_kl = 0;    ///< ∫ E_p Σ_x [Q̄ ln(Q̄/Q̂) − Q̄ + Q̂]: relative entropy of the paths
  double max_score = 0;  ///< ∫ d(S−1)/S · largest difference of the frozen and the true score
};

/// What to compute beside the residual.
struct BoundWishes {
  bool path_kl = false;    ///< exact score and FreezeMode::Score alone
  bool max_score = false;  ///< one token, uniform prior, exact score and FreezeMode::Score alone
};

/// Integrates over each step of a sampler by Gauss–Legendre quadrature. Works along lines of one token, where
/// the sum over all pairs of symbols takes one sort; with one token and uniform noise a single sort serves
/// all steps.
class BoundIntegrator {
 public:
  BoundIntegrator(const Sampler& sampler, const markov::Schedule& schedule, FreezeMode freeze, int nodes,
                  BoundWishes wishes = {});

  StepBounds step(std::size_t k);
  /// The residual of one step between two noise levels, frozen at `high`.
  double residual_between(double high, double low);
  double residual_total();  ///< B_res, over all steps

 private:
  StepBounds at(const markov::ScoreFactors& score, const markov::Law& marginal, double c, double sigma_gap);
  double residual(const markov::ScoreFactors& score, const markov::Law& marginal, double c);
  double path_kl(const markov::ScoreFactors& score, const markov::Law& marginal) const;
  double max_score(const markov::ScoreFactors& score, const markov::Law& marginal, double sigma_gap) const;
  markov::ScoreFactors score_at(double sigma) const;

  const Sampler& sampler_;
  markov::Schedule schedule_;
  FreezeMode freeze_;
  stats::QuadratureRule rule_;
  BoundWishes wishes_;
  markov::Law clean_;  // sorted when one sort serves all
  bool presorted_ = false;
  std::vector<double> w_, ratio_, a_, weight_, sum_w_, sum_p_;  // one line
  std::vector<std::size_t> order_;
};

/// Σ_y π(y)·Σ_{x≠y} |A_y·w_x − p_x| along one line with p = w·R and A_y given, by a double loop: the plain
/// reference of what BoundIntegrator does in S log S.
double residual_of_line(const std::vector<double>& w, const std::vector<double>& p,
                        const std::vector<double>& a, const std::vector<double>& prior);

/// The same for any score table: Σ_y Σ_i Σ_{x≠y} |c·p(y)·rate − π(y_i)·p(y^{i→x})|.
double residual_of_table(const markov::ScoreTableGenerator& generator, const markov::RankOneNoise& noise,
                         double c, const markov::Law& marginal);

/// 1 − (1 − e^(−T))^d: a chain agrees with its noise once every token was redrawn.
double explicit_initial_bound(double sigma_max, std::size_t length);
/// Uniform noise: Σ d²h²(1 + 1/(1 − e^(−σ_k))). Masked: d·Σ[(1 + λ_k)(α_{k+1} − α_k) − λ_k·h_k], which the
/// residual equals. FreezeMode::Score.
double explicit_step_bound(const markov::NoiseGrid& grid, std::size_t length, bool masked);

/// Masked noise, exact routing: every token is masked at the end with probability exp(−Σ λ(σ_k)·h_k).
double generated_mask_probability(const markov::NoiseGrid& grid, const std::vector<double>& lengths);
/// 1 − e^(−δ).
double target_mask_probability(const markov::NoiseGrid& grid);
/// Total variation of two binomial laws of d trials: the error of masked sampling from the all-mask start.
double binomial_total_variation(std::size_t length, double p, double q);

/// The grid of N steps from T to δ that spends the residual bound evenly: 60 levels probe how much a short
/// step costs, nodes lie at equal shares of ∫√cost dσ.
markov::NoiseGrid optimal_grid(const markov::RankOneNoise& noise, const markov::Law& law, double sigma_max,
                               double sigma_min, std::size_t steps, int nodes);

}  // namespace reprise::diffusion
