// A running sum that keeps the digits lost by rounding (Neumaier 1974): its error does not grow with the
// number of terms, and the order of the terms alone fixes its bits.
#pragma once

#include <cmath>

namespace reprise::stats {

class CompensatedSum {
 public:
  void add(double term) {
    const double next = sum_ + term;
    lost_ += std::fabs(sum_) >= std::fabs(term) ? (sum_ - next) + term : (term - next) + sum_;
    sum_ = next;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

}  // namespace reprise::stats
