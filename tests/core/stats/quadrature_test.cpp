#include "stats/quadrature.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace reprise::stats {
namespace {

// Abramowitz & Stegun, table 25.4, n = 5.
TEST(GaussLegendre, FivePoints) {
  const QuadratureRule rule = gauss_legendre(5);
  EXPECT_NEAR(rule.nodes[4], 0.906179845938664, 1e-15);
  EXPECT_NEAR(rule.nodes[3], 0.538469310105683, 1e-15);
  EXPECT_EQ(rule.nodes[2], 0);
  EXPECT_NEAR(rule.weights[4], 0.236926885056189, 1e-15);
  EXPECT_NEAR(rule.weights[3], 0.478628670499366, 1e-15);
  EXPECT_NEAR(rule.weights[2], 0.568888888888889, 1e-15);
}

TEST(GaussLegendre, ExactForPolynomials) {
  for (const int order : {1, 2, 3, 8, 16, 64, 400}) {
    const QuadratureRule rule = gauss_legendre(order);
    EXPECT_NEAR(std::accumulate(rule.weights.begin(), rule.weights.end(), 0.0), 2, 1e-13);
    const int degree = 2 * order - 1;
    EXPECT_NEAR(rule.integrate(0, 1, [&](double x) { return std::pow(x, degree); }), 1.0 / (degree + 1),
                1e-13);
    for (std::size_t k = 1; k < rule.nodes.size(); ++k) EXPECT_GT(rule.nodes[k], rule.nodes[k - 1]);
  }
}

TEST(GaussLegendre, Panels) {
  const QuadratureRule rule = gauss_legendre(16);
  EXPECT_NEAR(rule.integrate({0, 1, 2, 3}, [](double x) { return std::exp(x); }), std::exp(3.0) - 1, 1e-13);
}

}  // namespace
}  // namespace reprise::stats
