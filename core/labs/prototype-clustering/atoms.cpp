#include "labs/prototype-clustering/atoms.h"

#include "base/math.h"
#include "labs/prototype-clustering/condition.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::protoclust {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double least_distance = 1, greatest_distance = 1e6, precision = 1e-9;
constexpr int most_bisections = 200;

double exponent(const Loss& loss) {
  if (loss.squared()) return 2;
  if (loss.linear() || loss.manhattan()) return 1;
  return loss.kind == LossKind::Power ? loss.par : 0;
}

/// distance^q (a^(−s) + b^(−s))^(−(q−1)), s = 1/(q − 1), with the larger mass taken out: s is large near 1.
double power_cost(double q, double a, double b, double distance) {
  if (q == 1) return std::min(a, b) * distance;
  const double s = 1 / (q - 1);
  const double small = std::min(a, b), ratio = small / std::max(a, b);
  return math::pow(distance, q) * small * math::pow(1 + math::pow(ratio, s), 1 - q);
}

/// The best prototype of a capped loss is the mean of those atoms that lie within δ of it.
double capped_cost(const Loss& loss, double a, double b, double distance) {
  const double far = loss.psi(distance);
  const double mean = a * loss.psi(distance * b / (a + b)) + b * loss.psi(distance * a / (a + b));
  return std::min({b * far, a * far, mean});
}

/// Bisection on the rising derivative a·ψ'(t) − b·ψ'(distance − t).
double convex_cost(const Loss& loss, double a, double b, double distance) {
  const auto slope = [&loss](double t) { return t > 0 ? loss.irls_weight(t) * t : 0; };
  double low = 0, high = distance;
  for (int step = 0; step < most_bisections; ++step) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (a * slope(middle) < b * slope(distance - middle) ? low : high) = middle;
  }
  return std::min(a * loss.psi(low) + b * loss.psi(distance - low),
                  a * loss.psi(high) + b * loss.psi(distance - high));
}

/// What the two atoms of equal mass cost together, whatever the distance of the third.
double cost_of_equal_pair(AtomInstance instance, const Loss& loss, double share) {
  const double mass = (1 - share) / 2;
  return pair_cost(loss, mass, mass, instance == AtomInstance::TwoAtom ? 2 : 1);
}

}  // namespace

double pair_cost(const Loss& loss, double a, double b, double distance) {
  if (distance <= 0) return 0;
  if (loss.kind == LossKind::Capped) return capped_cost(loss, a, b, distance);
  const double q = exponent(loss);
  return q > 0 ? power_cost(q, a, b, distance) : convex_cost(loss, a, b, distance);
}

bool far_atom_alone(AtomInstance instance, const Loss& loss, double share, double distance) {
  return cost_of_equal_pair(instance, loss, share) < pair_cost(loss, (1 - share) / 2, share, distance - 1);
}

double measured_threshold(AtomInstance instance, const Loss& loss, double share) {
  double low = least_distance, high = greatest_distance;
  if (!far_atom_alone(instance, loss, share, high)) return infinity;
  while (high - low > precision / 4 * low) {
    const double middle = low + (high - low) / 2;
    (far_atom_alone(instance, loss, share, middle) ? high : low) = middle;
  }
  return high;
}

double closed_form_threshold(AtomInstance instance, const Loss& loss, double share) {
  const double q = exponent(loss);
  if (q > 0)
    return instance == AtomInstance::TwoAtom ? two_atom_threshold(q, share) : outlier_threshold(q, share);
  const double most = std::min(share, (1 - share) / 2) * loss.par * loss.par;  // what a stray atom can cost
  const bool blind = loss.kind == LossKind::Capped && most <= cost_of_equal_pair(instance, loss, share);
  return blind ? infinity : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace reprise::protoclust
