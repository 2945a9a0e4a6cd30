#include "stats/incomplete_beta.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <stdexcept>

namespace reprise::stats {
namespace {

TEST(IncompleteBeta, MatchesMpmathWithFortyDigits) {
  EXPECT_NEAR(regularized_incomplete_beta(2, 3, 0.4), 0.5248, 1e-15);
  EXPECT_NEAR(regularized_incomplete_beta(0.5, 0.5, 0.1), 0.20483276469913345754, 1e-15);
  EXPECT_NEAR(regularized_incomplete_beta(10, 90, 0.15), 0.94047009142712815143, 1e-14);
  EXPECT_NEAR(regularized_incomplete_beta(1000, 2000, 0.35), 0.97290450431688492113, 1e-13);
  EXPECT_NEAR(regularized_incomplete_beta(3, 0.2, 0.99), 0.4762454291337723028, 1e-14);
}

TEST(IncompleteBeta, KeepsRelativeAccuracyInTheLowerTail) {
  EXPECT_NEAR(regularized_incomplete_beta(50, 50, 0.25) / 4.3848470459334600682e-8, 1, 1e-12);
  EXPECT_NEAR(regularized_incomplete_beta(50, 50, 0.05) / 3.821806499539854321e-38, 1, 1e-12);
  EXPECT_NEAR(regularized_incomplete_beta(200, 1000, 0.05) / 7.8230412807530383501e-50, 1, 1e-12);
}

TEST(IncompleteBeta, ClosedForms) {
  // I_x(a, 1) = x^a, I_x(1, b) = 1 − (1 − x)^b, I_x(½, ½) = 2 asin(√x)/π.
  EXPECT_NEAR(regularized_incomplete_beta(1e6, 1, 0.999999), 0.3678792572210664712, 1e-13);
  EXPECT_NEAR(regularized_incomplete_beta(1, 7, 0.2), 1 - std::pow(0.8, 7), 1e-15);
  EXPECT_NEAR(regularized_incomplete_beta(0.5, 0.5, 0.7), 2 * std::asin(std::sqrt(0.7)) / std::acos(-1.0),
              1e-14);
  EXPECT_EQ(regularized_incomplete_beta(3, 4, 0), 0);
  EXPECT_EQ(regularized_incomplete_beta(3, 4, 1), 1);
}

TEST(IncompleteBeta, IsTheBinomialTail) {
  // I_p(k, n − k + 1) = P(Bin(n, p) >= k), summed by hand for n = 6.
  const double p = 0.3;
  const double choose[] = {1, 6, 15, 20, 15, 6, 1};
  for (int k = 1; k <= 6; ++k) {
    double tail = 0;
    for (int j = k; j <= 6; ++j) tail += choose[j] * std::pow(p, j) * std::pow(1 - p, 6 - j);
    EXPECT_NEAR(regularized_incomplete_beta(k, 7 - k, p), tail, 1e-15);
  }
}

TEST(IncompleteBeta, SymmetryAtVeryLargeParameters) {
  // A symmetric law has its median at ½; lgamma alone would leave an error of 1e-7 here.
  EXPECT_NEAR(regularized_incomplete_beta(1e8, 1e8, 0.5), 0.5, 1e-11);
}

TEST(IncompleteBeta, InverseUndoesIt) {
  for (const double a : {0.5, 1.0, 3.0, 40.0, 5000.0}) {
    for (const double b : {0.5, 2.0, 60.0, 20000.0}) {
      for (const double p : {1e-9, 0.005, 0.025, 0.3, 0.5, 0.975, 0.999}) {
        const double x = inverse_regularized_incomplete_beta(a, b, p);
        if (x == 1) continue;
        // x itself is rounded to 2^-53, which moves the value by that much times the density.
        const double rounding = beta_density(a, b, x) * 2.3e-16;
        EXPECT_NEAR(regularized_incomplete_beta(a, b, x), p, 1e-12 + rounding) << a << " " << b << " " << p;
      }
    }
  }
}

TEST(IncompleteBeta, InverseOfClosedForms) {
  EXPECT_NEAR(inverse_regularized_incomplete_beta(1, 10, 0.025), 1 - std::pow(0.975, 0.1), 1e-15);
  EXPECT_NEAR(inverse_regularized_incomplete_beta(10, 1, 0.025), std::pow(0.025, 0.1), 1e-15);
  // x^a = p far below the smallest ordinary numbers.
  EXPECT_NEAR(std::log10(inverse_regularized_incomplete_beta(0.01, 1, 0.01)), -200, 1e-9);
  EXPECT_EQ(inverse_regularized_incomplete_beta(2, 5, 0), 0);
  EXPECT_EQ(inverse_regularized_incomplete_beta(2, 5, 1), 1);
}

TEST(IncompleteBeta, DensityIsTheDerivative) {
  // Beta(2, 3): 12 x (1 − x)².
  EXPECT_NEAR(beta_density(2, 3, 0.4), 12 * 0.4 * 0.36, 1e-14);
}

TEST(IncompleteBeta, RefusesImpossibleArguments) {
  EXPECT_THROW(regularized_incomplete_beta(0, 1, 0.5), std::invalid_argument);
  EXPECT_THROW(regularized_incomplete_beta(1, -1, 0.5), std::invalid_argument);
  EXPECT_THROW(regularized_incomplete_beta(1, 1, 1.5), std::invalid_argument);
  EXPECT_THROW(regularized_incomplete_beta(1, 1, std::numeric_limits<double>::quiet_NaN()),
               std::invalid_argument);
  EXPECT_THROW(inverse_regularized_incomplete_beta(1, 1, -0.1), std::invalid_argument);
}

}  // namespace
}  // namespace reprise::stats
