#include "stats/quadrature.h"

#include "base/math.h"

#include <cmath>
#include <stdexcept>

namespace reprise::stats {

QuadratureRule gauss_legendre(int order) {
  if (order < 1) throw std::logic_error("gauss_legendre: order < 1");
  const std::size_t count = static_cast<std::size_t>(order);
  QuadratureRule rule{std::vector<double>(count), std::vector<double>(count)};
  for (std::size_t k = 0; k < (count + 1) / 2; ++k) {
    // Tricomi's start, then Newton on P_n by its three-term recurrence.
    double x = math::cos(3.14159265358979323846 * (static_cast<double>(k) + 0.75) / (order + 0.5));
    double derivative = 1;
    for (int iteration = 0; iteration < 100; ++iteration) {
      double previous = 1;
      double value = x;
      for (int degree = 2; degree <= order; ++degree) {
        const double next = ((2 * degree - 1) * x * value - (degree - 1) * previous) / degree;
        previous = value;
        value = next;
      }
      derivative = order * (x * value - previous) / (x * x - 1);
      const double change = value / derivative;
      x -= change;
      if (std::fabs(change) < 1e-15) break;
    }
    if (2 * k + 1 == count) x = 0;
    const double weight = 2 / ((1 - x * x) * derivative * derivative);
    rule.nodes[k] = -x;
    rule.nodes[count - 1 - k] = x;
    rule.weights[k] = rule.weights[count - 1 - k] = weight;
  }
  return rule;
}

}  // namespace reprise::stats
