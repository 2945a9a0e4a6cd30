// Simulation models in which everything about a score is known in closed form: its law F, the truth
// h*(z) = P(Y = 1 | Z = z), and hence the exact risk of any recalibration map.
//
//   ScoreModel model = ScoreModel::gauss(2, 0.5);
//   Draw draw = model.draw(random);               // draw.score is the logit of z for the Gaussian model
//   model.constants().bayes_mse;                  // 0.01714935
#pragma once

#include "base/random.h"
#include "labs/recalibration/bin_map.h"
#include "stats/quadrature.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::recal {

/// One labelled score, in the model's own coordinate t.
struct Draw {
  double score = 0;
  std::uint8_t label = 0;
};

/// Mass and positive mass of an interval of scores.
struct Mass {
  double all = 0;       // P(Z in it)
  double positive = 0;  // P(Y = 1, Z in it)
};

/// What follows from the model alone, without any sample.
struct ModelConstants {
  double positive_rate = 0;      // E h*
  double second_moment = 0;      // M₂ = E h*²
  double bayes_mse = 0;          // v = E[h*(1 − h*)]
  double rank_slope_energy = 0;  // a = E[(dh*/dF)²]/12; infinite or NaN where the model says so
  double max_rank_slope = 0;     // sup dh*/dF (gauss: over |x| <= 11)
  /// κ = E[(h*(1 − h*))²]/(π(1 − π)): with this model as target of a label shift, n labels that only serve to
  /// estimate its class shares cost κ/n in risk.
  double label_shift_kappa = 0;
  /// (2a/v)^{1/3}: the best number of bins is about this times n^{1/3}.
  double optimal_bins_constant() const;
  /// Best asymptotic risk at n labels: 3 (a/4)^{1/3} (v/n)^{2/3}.
  double optimal_risk(double n) const;
};

class ScoreModel {
 public:
  /// Y ~ Bernoulli(p), X | Y ~ N(∓mu, 1), Z = σ(X). Coordinate: x = logit z. mu > 0, p in (0, 1).
  static ScoreModel gauss(double mu, double p);
  /// The same with a mean for each class: X | Y=0 ~ N(mean0, 1), X | Y=1 ~ N(mean1, 1).
  static ScoreModel gauss_with_means(double mean0, double mean1, double p);
  /// Z uniform on [0, 1], h*(z) = σ(c + a ln z − b ln(1 − z)); a, b >= 0. Coordinate: z.
  static ScoreModel beta(double a, double b, double c);
  /// By the names of the studies: "gauss" (mu, p), "logistic44", "beta01_4", "identity", "custom" (a, b, c).
  static ScoreModel named(std::string_view name, double mu, double p, double a, double b, double c);

  bool gaussian() const { return gaussian_; }
  /// The scale of the coordinate t: logits for the Gaussian model, probabilities for the other.
  ScoreScale scale() const { return gaussian_ ? ScoreScale::Logit : ScoreScale::Probability; }
  double lowest() const;   ///< smallest t: −inf or 0
  double highest() const;  ///< largest t: inf or 1

  double truth(double t) const;    ///< h*
  double density(double t) const;  ///< of t
  double cdf(double t) const;      ///< F
  /// P(Z in (low, high]) and with Y = 1, without cancellation in the tails.
  Mass mass(double low, double high) const;
  /// t with F(t) = q, q in (0, 1), by bisection until neighbouring numbers or 1e-14 in F.
  double quantile(double q) const;

  /// Score and label: two uniform numbers for the Beta family, a uniform and a normal for the Gaussian one.
  Draw draw(Random& random) const;

  /// ∫ f(t) dt over [low, high], piece by piece: pieces are finer where the truth bends, geometric towards 0
  /// and 1; Gaussian tails are cut 12 beyond the means. Rules of 8 nodes and more are accurate to 1e-12.
  template <class Function>
  double integrate(const stats::QuadratureRule& rule, double low, double high, const Function& f) const {
    low = std::max(low, breaks_.front());
    high = std::min(high, breaks_.back());
    if (!(low < high)) return 0;
    double sum = 0;
    auto next = std::upper_bound(breaks_.begin(), breaks_.end(), low);
    for (; next != breaks_.end() && *next < high; ++next) {
      sum += rule.integrate(low, *next, f);
      low = *next;
    }
    return sum + rule.integrate(low, high, f);
  }

  /// t of a probability z, or of a logit.
  double coordinate(double score, ScoreScale scale) const;

  /// Computed on demand by quadrature, some milliseconds.
  ModelConstants constants() const;

 private:
  ScoreModel() = default;
  double logit_of_truth(double t) const;
  double beta_logit_of_truth(double logit_z) const;
  double beta_slope_energy() const;
  double beta_max_slope() const;
  double gauss_slope(double x) const;  // dh*/dF

  bool gaussian_ = true;
  double mean0_ = -2, mean1_ = 2, positive_ = 0.5;  // Gaussian
  double a_ = 1, b_ = 1, c_ = 0;                    // Beta family
  std::vector<double> breaks_;                      // panel boundaries of the whole range
};

}  // namespace reprise::recal
