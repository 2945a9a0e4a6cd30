// exp, log and log1p as fixed sequences of double operations, for arithmetic that is emulated in narrower
// formats (rounded_cross_entropy.h): relative error <= 3.3e-16, and the same bits everywhere. Source:
// papers/slingshot.md, D1b.
#pragma once

#include <span>

namespace reprise::tensor::rounded_math {

double exp(double x);  ///< inf above 709.78, 0 below −745.2; subnormal results are rounded once
void exp(std::span<double> values);  ///< of every value, in place; the same bits, several at a time
double log(double x);                ///< −inf at 0, NaN below
double log1p(double x);              ///< x >= 0

}  // namespace reprise::tensor::rounded_math
