#include "labs/recalibration/score_models.h"

#include "base/math.h"
#include "stats/quadrature.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace reprise::recal {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double tail = 12;         // standard deviations beyond the means that quadrature looks at
constexpr double logit_range = 42;  // |logit z| up to which the Beta family's panels go; mass 1e-18 beyond
constexpr double saturated = 40;    // σ(−40) = 4e-18: the truth is constant there
constexpr double log_of_root_2pi = 0.91893853320467274178;

// P(low < N(0, 1) <= high) from the tail that is small.
double normal_mass(double low, double high) {
  if (!(low < high)) return 0;
  if (low > 0) return math::normal_cdf(-low) - math::normal_cdf(-high);
  return math::normal_cdf(high) - math::normal_cdf(low);
}

double log_normal_density(double x) {
  return -x * x / 2 - log_of_root_2pi;
}

// log(e^u + e^v)
double log_sum(double u, double v) {
  const double top = std::max(u, v);
  return top + math::log1p(math::exp(std::min(u, v) - top));
}

// log(1 + e^t) without overflow, and log σ(t)
double softplus(double t) {
  return log_sum(0, t);
}
double log_logistic(double t) {
  return -softplus(-t);
}

// Equal pieces of [low, high] no longer than `longest`, appended behind `edges.back()` == low.
void append_pieces(std::vector<double>& edges, double high, double longest) {
  const double low = edges.back();
  const int pieces = std::max(1, static_cast<int>(std::ceil((high - low) / longest)));
  for (int k = 1; k < pieces; ++k) edges.push_back(low + (high - low) * k / pieces);
  edges.push_back(high);
}

// Ascending points from `low` to at least `high` in steps of at most `longest`, shorter where the rising
// function s moves by more than `most` and is not saturated.
template <class Function>
std::vector<double> adaptive_points(double low, double high, double longest, double most, const Function& s) {
  std::vector<double> points = {low};
  while (points.back() < high) {
    const double t = points.back();
    const double here = s(t);
    double step = longest;
    while (step > 1e-6) {
      const double next = s(t + step);
      if (next - here <= most || next < -saturated || here > saturated) break;
      step /= 2;
    }
    points.push_back(t + step);
  }
  return points;
}

// Largest value of f on [low, high]: a grid of `cells`, then golden sections around its best point.
template <class Function>
double maximum(double low, double high, int cells, const Function& f) {
  int best = 0;
  double most = -infinity;
  for (int k = 0; k <= cells; ++k) {
    const double value = f(low + (high - low) * k / cells);
    if (value > most) {
      most = value;
      best = k;
    }
  }
  double left = low + (high - low) * std::max(best - 1, 0) / cells;
  double right = low + (high - low) * std::min(best + 1, cells) / cells;
  const double golden = 0.6180339887498949;
  for (int iteration = 0; iteration < 80; ++iteration) {
    const double x1 = right - golden * (right - left);
    const double x2 = left + golden * (right - left);
    const double f1 = f(x1);
    const double f2 = f(x2);
    most = std::max({most, f1, f2});
    (f1 < f2 ? left : right) = f1 < f2 ? x1 : x2;
  }
  return most;
}

}  // namespace

double ModelConstants::optimal_bins_constant() const {
  return math::pow(2 * rank_slope_energy / bayes_mse, 1.0 / 3.0);
}

double ModelConstants::optimal_risk(double n) const {
  return 3 * math::pow(rank_slope_energy / 4, 1.0 / 3.0) * math::pow(bayes_mse / n, 2.0 / 3.0);
}

ScoreModel ScoreModel::gauss(double mu, double p) {
  return gauss_with_means(-mu, mu, p);
}

ScoreModel ScoreModel::gauss_with_means(double mean0, double mean1, double p) {
  ScoreModel model;
  model.gaussian_ = true;
  model.mean0_ = mean0;
  model.mean1_ = mean1;
  model.positive_ = p;
  // Poles of h* lie π/|mean1 − mean0| off the real axis; the density bends over one unit.
  const double separation = std::fabs(mean1 - mean0);
  const double longest = separation > 2 ? 1 / separation : 0.5;
  model.breaks_ = {std::min(mean0, mean1) - tail};
  append_pieces(model.breaks_, (mean0 + mean1) / 2, longest);
  append_pieces(model.breaks_, std::max(mean0, mean1) + tail, longest);
  return model;
}

ScoreModel ScoreModel::beta(double a, double b, double c) {
  ScoreModel model;
  model.gaussian_ = false;
  model.a_ = a;
  model.b_ = b;
  model.c_ = c;
  // Steps in t = logit z that at most double z or 1 − z, and move the logit of the truth by at most 2.
  model.breaks_ = {0};
  for (const double t : adaptive_points(-logit_range, logit_range, 0.69, 2,
                                        [&](double x) { return model.beta_logit_of_truth(x); })) {
    model.breaks_.push_back(math::logistic(t));
  }
  // Towards 1 the numbers run out of bits.
  while (model.breaks_.back() >= 1 - 1e-15) model.breaks_.pop_back();
  model.breaks_.push_back(1);
  return model;
}

ScoreModel ScoreModel::named(std::string_view name, double mu, double p, double a, double b, double c) {
  if (name == "gauss") return gauss(mu, p);
  if (name == "logistic44") return beta(4, 4, 0);
  if (name == "beta01_4") return beta(0.1, 4, 0);
  if (name == "identity") return beta(1, 1, 0);
  if (name == "custom") return beta(a, b, c);
  throw std::logic_error("ScoreModel: unknown name");
}

double ScoreModel::lowest() const {
  return gaussian_ ? -infinity : 0.0;
}
double ScoreModel::highest() const {
  return gaussian_ ? infinity : 1.0;
}

double ScoreModel::logit_of_truth(double t) const {
  if (gaussian_) {
    // log of the ratio of the two densities, plus the prior's
    return (mean1_ - mean0_) * (t - (mean0_ + mean1_) / 2) + math::logit(positive_);
  }
  // 0·log 0 counts as 0: with a = 0 or b = 0 that factor is absent.
  const double left = a_ == 0 ? 0 : a_ * math::log(t);
  const double right = b_ == 0 ? 0 : b_ * math::log1p(-t);
  return c_ + left - right;
}

double ScoreModel::beta_logit_of_truth(double logit_z) const {
  return c_ + a_ * log_logistic(logit_z) - b_ * log_logistic(-logit_z);
}

double ScoreModel::truth(double t) const {
  return math::logistic(logit_of_truth(t));
}

double ScoreModel::density(double t) const {
  if (!gaussian_) return 1;
  return positive_ * math::exp(log_normal_density(t - mean1_)) +
         (1 - positive_) * math::exp(log_normal_density(t - mean0_));
}

double ScoreModel::cdf(double t) const {
  if (!gaussian_) return t;
  return positive_ * math::normal_cdf(t - mean1_) + (1 - positive_) * math::normal_cdf(t - mean0_);
}

Mass ScoreModel::mass(double low, double high) const {
  Mass mass;
  if (!(low < high)) return mass;
  if (gaussian_) {
    mass.positive = positive_ * normal_mass(low - mean1_, high - mean1_);
    mass.all = mass.positive + (1 - positive_) * normal_mass(low - mean0_, high - mean0_);
    return mass;
  }
  static const stats::QuadratureRule rule = stats::gauss_legendre(8);
  mass.all = high - low;
  mass.positive = integrate(rule, low, high, [this](double z) { return truth(z); });
  return mass;
}

double ScoreModel::quantile(double q) const {
  if (!gaussian_) return q;
  double low = mean0_ - 40;
  double high = mean1_ + 40;
  for (int iteration = 0; iteration < 200; ++iteration) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (cdf(middle) < q ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

Draw ScoreModel::draw(Random& random) const {
  Draw draw;
  if (gaussian_) {
    draw.label = random.bernoulli(positive_) ? 1 : 0;
    draw.score = (draw.label == 1 ? mean1_ : mean0_) + random.normal();
  } else {
    draw.score = random.uniform();
    draw.label = random.bernoulli(truth(draw.score)) ? 1 : 0;
  }
  return draw;
}

double ScoreModel::coordinate(double score, ScoreScale scale) const {
  if (scale == this->scale()) return score;
  return gaussian_ ? math::logit(score) : math::logistic(score);
}

double ScoreModel::gauss_slope(double x) const {
  // |dh*/dF| = |mean1 − mean0| p q φ₁ φ₀/f³, in logarithms: the tails underflow.
  const double one = math::log(positive_) + log_normal_density(x - mean1_);
  const double zero = math::log1p(-positive_) + log_normal_density(x - mean0_);
  return math::exp(math::log(std::fabs(mean1_ - mean0_)) + one + zero - 3 * log_sum(one, zero));
}

// (1/12)∫ h*'(z)² dz over t = logit z, where the integrand decays exponentially; beyond the last point its
// leading term is integrated by hand.
double ScoreModel::beta_slope_energy() const {
  if ((a_ > 0 && a_ <= 0.5) || (b_ > 0 && b_ <= 0.5)) return infinity;
  const double far_left = a_ > 0 ? std::max(60.0, (saturated + std::fabs(c_)) / a_) : 60;
  const double far_right = b_ > 0 ? std::max(60.0, (saturated + std::fabs(c_)) / b_) : 60;
  // h*' z(1 − z) = h*(1 − h*)(a(1 − z) + bz), and dz = z(1 − z) dt.
  const auto integrand = [this](double t) {
    const double s = beta_logit_of_truth(t);
    const double slope = a_ * math::logistic(-t) + b_ * math::logistic(t);
    const double rest = 2 * (log_logistic(s) + log_logistic(-s)) - log_logistic(t) - log_logistic(-t);
    return slope * slope * math::exp(rest);
  };
  const std::vector<double> points =
      adaptive_points(-far_left, far_right, 0.5, 1.5, [this](double t) { return beta_logit_of_truth(t); });
  double sum = stats::gauss_legendre(16).integrate(points, integrand);
  if (a_ > 0) sum += integrand(points.front()) / (2 * a_ - 1);
  if (b_ > 0) sum += integrand(points.back()) / (2 * b_ - 1);
  return sum / 12;
}

double ScoreModel::beta_max_slope() const {
  if ((a_ > 0 && a_ < 1) || (b_ > 0 && b_ < 1)) return infinity;
  return maximum(-logit_range, logit_range, 40000, [this](double t) {
    const double s = beta_logit_of_truth(t);
    return math::logistic(s) * math::logistic(-s) * (a_ / math::logistic(t) + b_ / math::logistic(-t));
  });
}

ModelConstants ScoreModel::constants() const {
  ModelConstants constants;
  const stats::QuadratureRule rule = stats::gauss_legendre(16);
  // E of a function of h* and 1 − h*, both accurate where they are small.
  const auto expectation = [&](const auto& f) {
    return integrate(rule, lowest(), highest(), [&](double t) {
      const double s = logit_of_truth(t);
      return density(t) * f(math::logistic(s), math::logistic(-s));
    });
  };
  constants.second_moment = expectation([](double h, double) { return h * h; });
  constants.bayes_mse = expectation([](double h, double not_h) { return h * not_h; });
  constants.positive_rate = gaussian_ ? positive_ : expectation([](double h, double) { return h; });
  const double negative_rate =
      gaussian_ ? 1 - positive_ : expectation([](double, double not_h) { return not_h; });
  constants.label_shift_kappa = expectation([](double h, double not_h) { return h * not_h * h * not_h; }) /
                                (constants.positive_rate * negative_rate);
  if (!gaussian_) {
    constants.rank_slope_energy = beta_slope_energy();
    constants.max_rank_slope = beta_max_slope();
    return constants;
  }
  constants.max_rank_slope = maximum(-11, 11, 22000, [this](double x) { return gauss_slope(x); });
  // The integral is cut at |x| = 5μ: beyond, its integrand grows again without bound.
  const double mu = std::fabs(mean1_ - mean0_) / 2;
  if (mu < 1) {
    constants.rank_slope_energy = std::numeric_limits<double>::quiet_NaN();
    return constants;
  }
  const double centre = (mean0_ + mean1_) / 2;
  std::vector<double> edges = {centre - 5 * mu};
  append_pieces(edges, centre + 5 * mu, std::min(0.25, 0.5 / mu));
  constants.rank_slope_energy = rule.integrate(edges, [this](double x) {
    const double slope = gauss_slope(x);
    return slope * slope * density(x);
  }) / 12;
  return constants;
}

}  // namespace reprise::recal
