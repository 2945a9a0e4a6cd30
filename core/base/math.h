// Elementary functions with the same bits on every platform (musl and glibc differ in last bits): only
// + − × ÷ sqrt and integer operations, compiled with -ffp-contract=off. Errors <= 2 ulp, tested against
// high-precision tables (the worst found among 730,000 arguments: 1.2 ulp). Special values as in C99 (NaN in,
// NaN out; log(0) = −inf; …).
#pragma once

namespace reprise::math {

double exp(double x);
double expm1(double x);
double log(double x);
double log1p(double x);
double sin(double x);  ///< argument in radians, full range
double cos(double x);
double tanh(double x);
double erfc(double x);  ///< complementary error function, relative accuracy kept in the far tail
double lgamma(
    double x);  ///< log |Γ(x)|; +inf at 0, −1, −2, …; close to a zero at x < −2 absolute error < 1e−16
double pow(double x, double y);    ///< x^y for x >= 0 (else NaN unless y is an integer)
double normal_quantile(double p);  ///< Φ⁻¹(p), p in [0, 1]; −inf at 0, +inf at 1
double normal_cdf(double x);       ///< Φ(x) = erfc(−x/√2)/2
double logistic(double x);         ///< 1/(1 + e^−x), no overflow
double logit(double p);            ///< log(p/(1 − p)); −inf at 0, +inf at 1

}  // namespace reprise::math
