// Special values (C99, annex F) and identities of math.h; math_table_test.cpp has the accuracy.
#include "base/math.h"

#include "base/json.h"
#include "base/math_digest.h"
#include "base/random.h"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <limits>
#include <sstream>

namespace math = reprise::math;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kSmallest = std::numeric_limits<double>::denorm_min();
constexpr double kLargest = std::numeric_limits<double>::max();

/// Equal, and zeros of the same sign.
void expect_same(double found, double expected) {
  EXPECT_EQ(found, expected);
  EXPECT_EQ(std::signbit(found), std::signbit(expected)) << expected;
}

}  // namespace

TEST(Math, NaNGivesNaN) {
  for (const auto function :
       {math::exp, math::expm1, math::log, math::log1p, math::sin, math::cos, math::tanh, math::erfc,
        math::lgamma, math::normal_quantile, math::normal_cdf, math::logistic, math::logit}) {
    EXPECT_TRUE(std::isnan(function(kNaN)));
  }
  EXPECT_TRUE(std::isnan(math::pow(kNaN, 2)));
  EXPECT_TRUE(std::isnan(math::pow(2, kNaN)));
}

TEST(Math, ExponentialSpecialValues) {
  expect_same(math::exp(0), 1);
  expect_same(math::exp(-0.0), 1);
  expect_same(math::exp(kInfinity), kInfinity);
  expect_same(math::exp(-kInfinity), 0);
  EXPECT_EQ(math::exp(709.782712893384), 0x1.fffffffffff2ap+1023);
  expect_same(math::exp(709.7827128933841), kInfinity);
  expect_same(math::exp(-745.1332191019411), kSmallest);
  expect_same(math::exp(-745.1332191019412), 0);  // e^x is just below half the smallest subnormal
  expect_same(math::expm1(0), 0);
  expect_same(math::expm1(-0.0), -0.0);
  expect_same(math::expm1(kInfinity), kInfinity);
  expect_same(math::expm1(-kInfinity), -1);
  expect_same(math::expm1(709.7827128933841), kInfinity);
  expect_same(math::expm1(kSmallest), kSmallest);
}

TEST(Math, LogarithmSpecialValues) {
  expect_same(math::log(1), 0);
  expect_same(math::log(0), -kInfinity);
  expect_same(math::log(-0.0), -kInfinity);
  expect_same(math::log(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(math::log(-1)));
  EXPECT_TRUE(std::isnan(math::log(-kInfinity)));
  EXPECT_TRUE(std::isnan(math::log(-kSmallest)));
  expect_same(math::log1p(0), 0);
  expect_same(math::log1p(-0.0), -0.0);
  expect_same(math::log1p(-1), -kInfinity);
  expect_same(math::log1p(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(math::log1p(-1.0000000000000002)));
  expect_same(math::log1p(kSmallest), kSmallest);
}

TEST(Math, TrigonometricSpecialValues) {
  expect_same(math::sin(0), 0);
  expect_same(math::sin(-0.0), -0.0);
  expect_same(math::cos(0), 1);
  EXPECT_TRUE(std::isnan(math::sin(kInfinity)));
  EXPECT_TRUE(std::isnan(math::cos(-kInfinity)));
  expect_same(math::sin(kSmallest), kSmallest);
}

TEST(Math, TanhAndLogisticSpecialValues) {
  expect_same(math::tanh(0), 0);
  expect_same(math::tanh(-0.0), -0.0);
  expect_same(math::tanh(kInfinity), 1);
  expect_same(math::tanh(-kInfinity), -1);
  expect_same(math::logistic(0), 0.5);
  expect_same(math::logistic(kInfinity), 1);
  expect_same(math::logistic(-kInfinity), 0);
  expect_same(math::logistic(kLargest), 1);
  expect_same(math::logistic(-kLargest), 0);
  expect_same(math::logit(0.5), 0);
  expect_same(math::logit(0), -kInfinity);
  expect_same(math::logit(1), kInfinity);
  EXPECT_TRUE(std::isnan(math::logit(-0.1)));
  EXPECT_TRUE(std::isnan(math::logit(1.1)));
}

TEST(Math, NormalSpecialValues) {
  expect_same(math::erfc(0), 1);
  expect_same(math::erfc(kInfinity), 0);
  expect_same(math::erfc(-kInfinity), 2);
  expect_same(math::erfc(kLargest), 0);
  EXPECT_EQ(math::erfc(27.226), kSmallest);  // 4.98e-324
  EXPECT_EQ(math::erfc(27.24), 0);           // 2.3e-324
  expect_same(math::normal_cdf(0), 0.5);
  expect_same(math::normal_cdf(kInfinity), 1);
  expect_same(math::normal_cdf(-kInfinity), 0);
  expect_same(math::normal_quantile(0.5), 0);
  expect_same(math::normal_quantile(0), -kInfinity);
  expect_same(math::normal_quantile(1), kInfinity);
  EXPECT_TRUE(std::isnan(math::normal_quantile(-kSmallest)));
  EXPECT_TRUE(std::isnan(math::normal_quantile(1.0000000000000002)));
}

TEST(Math, GammaSpecialValues) {
  expect_same(math::lgamma(1), 0);
  expect_same(math::lgamma(2), 0);
  for (const double pole : {0.0, -0.0, -1.0, -2.0, -1e15, -0x1p60})
    expect_same(math::lgamma(pole), kInfinity);
  expect_same(math::lgamma(kInfinity), kInfinity);
  expect_same(math::lgamma(-kInfinity), kInfinity);
  expect_same(math::lgamma(kLargest), kInfinity);
  double logarithm = 0;  // log (n − 1)!
  for (int n = 2; n <= 30; ++n) {
    logarithm += std::log(n - 1.0);
    EXPECT_NEAR(math::lgamma(n), logarithm, 1e-13 * (1 + logarithm)) << n;
  }
}

// Γ(1/2 − n) = (−4)^n n! √π/(2n)!; between the poles log |Γ| has zeros, where its error is absolute.
TEST(Math, GammaOfNegativeArguments) {
  double gamma = std::sqrt(3.14159265358979323846);
  for (int n = 1; n < 60; ++n) {
    gamma /= 0.5 - n;
    EXPECT_NEAR(math::lgamma(0.5 - n), std::log(std::fabs(gamma)), 1e-13 * n) << n;
  }
  // The zeros next to −2.4570247382208, −2.7476826467274 and −3.1435808883499 (mpmath, 30 digits): values
  // there are slope × distance of the double from the zero.
  EXPECT_NEAR(math::lgamma(-2.4570247382208006), 5.6191923589500964509e-17, 2e-17);
  EXPECT_NEAR(math::lgamma(-2.7476826467274127), 1.7335092440245008611e-16, 2e-17);
  EXPECT_NEAR(math::lgamma(-3.1435808883499798), 1.6978655906121084302e-15, 2e-17);
}

TEST(Math, PowerSpecialValues) {
  for (const double y : {0.0, -0.0}) {
    for (const double x : {0.0, 1.0, -3.5, kInfinity, kNaN}) expect_same(math::pow(x, y), 1);
  }
  for (const double y : {-2.5, kInfinity, -kInfinity, kNaN}) expect_same(math::pow(1, y), 1);
  expect_same(math::pow(-1, kInfinity), 1);
  expect_same(math::pow(-1, -kInfinity), 1);
  expect_same(math::pow(0, 3), 0);
  expect_same(math::pow(-0.0, 3), -0.0);
  expect_same(math::pow(-0.0, 2), 0);
  expect_same(math::pow(-0.0, 0.5), 0);
  expect_same(math::pow(-0.0, -3), -kInfinity);
  expect_same(math::pow(0, -2.5), kInfinity);
  expect_same(math::pow(0, -kInfinity), kInfinity);
  expect_same(math::pow(kInfinity, 2), kInfinity);
  expect_same(math::pow(kInfinity, -2), 0);
  expect_same(math::pow(-kInfinity, 3), -kInfinity);
  expect_same(math::pow(-kInfinity, 2), kInfinity);
  expect_same(math::pow(-kInfinity, -3), -0.0);
  expect_same(math::pow(0.5, kInfinity), 0);
  expect_same(math::pow(0.5, -kInfinity), kInfinity);
  expect_same(math::pow(-2, kInfinity), kInfinity);
  expect_same(math::pow(-2, -kInfinity), 0);
  EXPECT_TRUE(std::isnan(math::pow(-2, 0.5)));
  EXPECT_TRUE(std::isnan(math::pow(-2, 1e-300)));
  expect_same(math::pow(-2, 3), -8);
  expect_same(math::pow(-1, 0x1p53 - 1), -1);
  expect_same(math::pow(-1, 0x1p60), 1);
  expect_same(math::pow(2, 1024), kInfinity);
  expect_same(math::pow(-2, 1025), -kInfinity);
  expect_same(math::pow(2, -1074), kSmallest);
  expect_same(math::pow(2, -1080), 0);
  expect_same(math::pow(-2, -1081), -0.0);
  expect_same(math::pow(1.0000000000000002, 1e300), kInfinity);
  expect_same(math::pow(0.9999999999999999, 1e300), 0);
  expect_same(math::pow(3.7, 1e-300), 1);
}

// x^n is exact while it fits into 53 bits, and then nothing else is a correct answer.
TEST(Math, PowersOfIntegersAreExact) {
  for (int x = 2; x <= 12; ++x) {
    double power = 1;
    for (int n = 1; power * x <= 0x1p53; ++n) {
      power *= x;
      EXPECT_EQ(math::pow(x, n), power);
      EXPECT_EQ(math::pow(-x, n), n % 2 == 0 ? power : -power);
    }
  }
  for (int n = -1074; n <= 1023; ++n) EXPECT_EQ(math::pow(2, n), std::ldexp(1.0, n));
}

TEST(Math, Symmetries) {
  reprise::Random random(1, "symmetries");
  for (int i = 0; i < 20000; ++i) {
    const double x = (random.uniform() - 0.5) * std::exp2(static_cast<double>(random.below(60)) - 30);
    EXPECT_EQ(math::sin(-x), -math::sin(x));
    EXPECT_EQ(math::cos(-x), math::cos(x));
    EXPECT_EQ(math::tanh(-x), -math::tanh(x));
    const double p = static_cast<double>(random.bits64() >> 12) * 0x1p-52;  // so that 1 − p is exact
    EXPECT_EQ(math::normal_quantile(1 - p), -math::normal_quantile(p));
    EXPECT_DOUBLE_EQ(math::logit(1 - p), -math::logit(p));
  }
}

TEST(Math, QuantileAndItsInverseAgree) {
  for (double x = -37; x < 8; x += 0.01) {
    const double p = math::normal_cdf(x);
    // p carries an error of 2^-52 p, which the density turns into an error of x.
    const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * 3.14159265358979323846);
    EXPECT_NEAR(math::normal_quantile(p), x, 2e-16 * (2 * p / density + 4 * std::fabs(x)) + 1e-300) << x;
  }
}

// data/math_digest.json was written by the WebAssembly build (emcc 3.1.6, Node): the same bits in every
// build. A change of one last place anywhere changes a hash.
TEST(MathDigest, IsTheSameInEveryBuild) {
  std::ifstream file(REPRISE_TEST_DATA "/math_digest.json");
  std::ostringstream text;
  text << file.rdbuf();
  const reprise::Json expected = reprise::Json::parse(text.str());
  const reprise::Json found = reprise::Json::parse(reprise::math_digest(2000));
  EXPECT_EQ(expected.size(), 14U);
  for (const auto& [function, hash] : expected.as_object()) {
    EXPECT_EQ(found.at(function).as_string(), hash.as_string()) << function;
  }
}
