// The rounding itself, inline for kernels that do it after every operation.
#pragma once

#include "tensor/float_format.h"

#include <cstdint>
#include <cstring>

namespace reprise::tensor::rounding {

inline std::uint64_t bits_of(double x) {
  std::uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
inline double from_bits(std::uint64_t bits) {
  double x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
/// 2^k for −1074 <= k <= 1023
inline double power_of_two(int k) {
  return k >= -1022 ? from_bits(static_cast<std::uint64_t>(k + 1023) << 52)
                    : from_bits(std::uint64_t{1} << (k + 1074));
}

/// Rounds to one format. The integer addition below rounds the significand to nearest, ties to even, and
/// carries into the exponent where it must; below the format's normal numbers a number with the unit of the
/// subnormals in its last place is added and taken away again.
class Rounder {
 public:
  explicit Rounder(const FloatFormat& format)
      : dropped_(53 - format.precision),
        half_minus_one_(dropped_ > 0 ? (std::uint64_t{1} << (dropped_ - 1)) - 1 : 0),
        odd_(dropped_ > 0 ? 1 : 0),
        mask_(~((std::uint64_t{1} << dropped_) - 1)),
        least_normal_(power_of_two(format.least_exponent)),
        shifter_(power_of_two(format.least_exponent - format.precision + 53)),  // 2^52 smallest subnormals
        largest_(format.largest),
        overflow_(format.saturates ? format.largest : from_bits(0x7FF0000000000000)) {}

  double operator()(double x) const {
    const std::uint64_t bits = bits_of(x);
    const std::uint64_t sign = bits & (std::uint64_t{1} << 63);
    const double size = from_bits(bits ^ sign);
    double result;
    if (size >= least_normal_) {
      if (!(size <= 0x1.fffffffffffffp+1023)) return x;  // infinite
      const std::uint64_t magnitude = bits ^ sign;
      result = from_bits((magnitude + half_minus_one_ + ((magnitude >> dropped_) & odd_)) & mask_);
      if (result > largest_) result = overflow_;
    } else {
      if (size != size) return x;
      result = (size + shifter_) - shifter_;
    }
    return from_bits(bits_of(result) | sign);
  }

 private:
  int dropped_;
  std::uint64_t half_minus_one_;
  std::uint64_t odd_;  // 1: ties look at the last bit that stays
  std::uint64_t mask_;
  double least_normal_;
  double shifter_;
  double largest_;
  double overflow_;
};

}  // namespace reprise::tensor::rounding
