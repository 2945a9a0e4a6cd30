#include "classify/two_moons.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"
#include "stats/quadrature.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::classify {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double least_sigma = 0.05;
// Terms smaller than e^−50 of the largest are left out: 10⁵ of them are below one unit in the last place.
constexpr double negligible = 50;

}  // namespace

MoonDraw draw_moon(Random& random) {
  MoonDraw draw{};
  draw.label = random.bernoulli(0.5) ? 1 : 0;
  const double t = pi * random.uniform();
  const double c = math::cos(t), s = math::sin(t);
  draw.mean1 = draw.label == 0 ? c : 1 - c;
  draw.mean2 = draw.label == 0 ? s : 0.5 - s;
  draw.noise1 = random.normal();
  draw.noise2 = random.normal();
  return draw;
}

LabelledPoints draw_two_moons(std::int64_t rows, double sigma, Random& random) {
  LabelledPoints points;
  points.x.reserve(static_cast<std::size_t>(2 * rows));
  points.label.reserve(static_cast<std::size_t>(rows));
  for (std::int64_t i = 0; i < rows; ++i) {
    const MoonDraw draw = draw_moon(random);
    points.x.push_back(draw.mean1 + sigma * draw.noise1);
    points.x.push_back(draw.mean2 + sigma * draw.noise2);
    points.label.push_back(draw.label);
  }
  return points;
}

TwoMoonsPosterior::TwoMoonsPosterior(double sigma) : half_precision_(0.5 / (sigma * sigma)) {
  if (!(sigma >= least_sigma)) {
    throw InputError(
        Problem{"sigma", number_to_text(sigma), ">= 0.05",
                "sigma=" + number_to_text(sigma) + ": the posterior of two moons needs sigma >= 0.05"});
  }
  const double ratio = 0.2 / sigma;
  const auto panels = 16 * std::max(1, static_cast<int>(std::ceil(ratio * ratio - 1e-12)));
  const stats::QuadratureRule rule = stats::gauss_legendre(8);
  for (int panel = 0; panel < panels; ++panel) {
    for (std::size_t node = 0; node < rule.nodes.size(); ++node) {
      const double t = pi * (panel + 0.5 * (1 + rule.nodes[node])) / panels;
      cosine_.push_back(math::cos(t));
      sine_.push_back(math::sin(t));
      weight_.push_back(rule.weights[node]);
    }
  }
}

double TwoMoonsPosterior::log_density(double x1, double x2) const {
  // |x − m|² = |x|² + 1 − 2 x·m: the exponent is largest where x·m is.
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < cosine_.size(); ++i)
    largest = std::max(largest, x1 * cosine_[i] + x2 * sine_[i]);
  const double slope = 2 * half_precision_;
  double sum = 0;
  for (std::size_t i = 0; i < cosine_.size(); ++i) {
    const double exponent = slope * (x1 * cosine_[i] + x2 * sine_[i] - largest);
    if (exponent > -negligible) sum += weight_[i] * math::exp(exponent);
  }
  return math::log(sum) + slope * largest - half_precision_ * (x1 * x1 + x2 * x2 + 1);
}

double TwoMoonsPosterior::operator()(double x1, double x2) const {
  // The second moon is the first, reflected about (½, ¼).
  return math::logistic(log_density(1 - x1, 0.5 - x2) - log_density(x1, x2));
}

}  // namespace reprise::classify
