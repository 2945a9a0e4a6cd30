// Gauss–Legendre quadrature.
//
//   const QuadratureRule rule = gauss_legendre(16);
//   double area = rule.integrate(0, 1, [](double x) { return x * x; });   // 1/3
#pragma once

#include <cstddef>
#include <vector>

namespace reprise::stats {

/// Nodes in (−1, 1), ascending, and their weights.
struct QuadratureRule {
  std::vector<double> nodes, weights;

  /// ∫ f over [low, high]; exact for polynomials up to degree 2·nodes − 1.
  template <class Function>
  double integrate(double low, double high, const Function& f) const {
    const double centre = (low + high) / 2;
    const double half = (high - low) / 2;
    double sum = 0;
    for (std::size_t k = 0; k < nodes.size(); ++k) sum += weights[k] * f(centre + half * nodes[k]);
    return half * sum;
  }
  /// The same over every panel between neighbours of the ascending `edges`, summed in order.
  template <class Function>
  double integrate(const std::vector<double>& edges, const Function& f) const {
    double sum = 0;
    for (std::size_t k = 0; k + 1 < edges.size(); ++k) sum += integrate(edges[k], edges[k + 1], f);
    return sum;
  }
};

/// The rule with `order` >= 1 nodes: roots of the Legendre polynomial by Newton's method.
QuadratureRule gauss_legendre(int order);

}  // namespace reprise::stats
