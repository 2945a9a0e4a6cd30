#include "stats/regression.h"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace reprise::stats {
namespace {

// Norris, NIST Statistical Reference Datasets (linear regression, low difficulty), certified values.
TEST(LeastSquares, NistNorris) {
  const std::vector<double> x = {0.2,   337.4, 118.2, 884.6, 10.1,  226.5, 666.3, 996.3, 448.6,
                                 777.0, 558.2, 0.4,   0.6,   775.5, 666.9, 338.0, 447.5, 11.6,
                                 556.0, 228.1, 995.8, 887.6, 120.2, 0.3,   0.3,   556.8, 339.1,
                                 887.2, 999.0, 779.0, 11.1,  118.3, 229.2, 669.1, 448.9, 0.5};
  const std::vector<double> y = {0.1,   338.8, 118.1, 888.0, 9.2,   228.1, 668.5, 998.5, 449.1,
                                 778.9, 559.2, 0.3,   0.1,   778.1, 668.8, 339.3, 448.9, 10.8,
                                 557.7, 228.3, 998.0, 888.8, 119.6, 0.3,   0.6,   557.6, 339.3,
                                 888.0, 998.5, 778.9, 10.2,  117.6, 228.9, 668.4, 449.2, 0.2};
  const LinearFit fit = fit_line(x, y);
  EXPECT_NEAR(fit.coefficients[0], -0.262323073774029, 1e-12);
  EXPECT_NEAR(fit.coefficients[1], 1.00211681802045, 1e-13);
  EXPECT_NEAR(fit.standard_errors[0], 0.232818234301152, 1e-12);
  EXPECT_NEAR(fit.standard_errors[1], 0.429796848199937e-03, 1e-14);
  EXPECT_NEAR(std::sqrt(fit.residual_variance), 0.884796396144373, 1e-12);
}

// y = 2 + 3u − v exactly; then one unit of noise orthogonal to all columns.
TEST(LeastSquares, ThreeUnknowns) {
  const std::vector<double> one = {1, 1, 1, 1};
  const std::vector<double> u = {1, 1, -1, -1};
  const std::vector<double> v = {1, -1, 1, -1};
  const std::vector<double> noise = {1, -1, -1, 1};
  std::vector<double> y(4);
  for (std::size_t i = 0; i < 4; ++i) y[i] = 2 + 3 * u[i] - v[i] + noise[i];
  const LinearFit fit = least_squares({one, u, v}, y);
  EXPECT_NEAR(fit.coefficients[0], 2, 1e-14);
  EXPECT_NEAR(fit.coefficients[1], 3, 1e-14);
  EXPECT_NEAR(fit.coefficients[2], -1, 1e-14);
  // residual sum of squares 4 on one degree of freedom, XᵀX = 4 I
  EXPECT_NEAR(fit.residual_variance, 4, 1e-13);
  for (const double error : fit.standard_errors) EXPECT_NEAR(error, 1, 1e-14);
}

TEST(LeastSquares, UndeterminedIsNaN) {
  EXPECT_TRUE(std::isnan(fit_line(std::vector<double>{1}, std::vector<double>{2}).coefficients[1]));
  EXPECT_TRUE(
      std::isnan(fit_line(std::vector<double>{1, 1, 1}, std::vector<double>{2, 3, 4}).coefficients[1]));
  const LinearFit exact = fit_line(std::vector<double>{1, 2}, std::vector<double>{2, 4});
  EXPECT_NEAR(exact.coefficients[1], 2, 1e-14);
  EXPECT_TRUE(std::isnan(exact.standard_errors[1]));
}

}  // namespace
}  // namespace reprise::stats
