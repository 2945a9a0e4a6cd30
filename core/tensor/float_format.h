// Floating-point formats narrower than double, emulated: a number of the format is held in a double, an
// operation is one double operation, then round_to. For formats with at most 25 significant bits that equals
// correctly rounded arithmetic of the format, subnormals included (2p + 2 <= 53, Figueroa 1995).
//
//   round_to(0.1, *find_format("float16"));   // 0.0999755859375
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace reprise::tensor {

/// Round to nearest, ties to even; subnormals are kept.
struct FloatFormat {
  std::string_view name;
  int precision = 53;          ///< significant bits, the hidden one included
  int least_exponent = -1022;  ///< of normal numbers
  double largest = 0;          ///< finite
  bool saturates = false;      ///< overflow gives ±largest instead of ±infinity

  bool operator==(const FloatFormat&) const = default;
};

/// float64, float32, tf32, float16, bfloat16, float8_e4m3, float8_e5m2.
std::span<const FloatFormat> float_formats();
/// One of them by name; nothing for other names.
std::optional<FloatFormat> find_format(std::string_view name);
/// precision 2…53, least exponent −1022…−2; largest = (2 − 2^(1−precision))·2^(1 − least exponent).
/// InputError.
FloatFormat custom_format(int precision, int least_exponent);

/// The number of `format` nearest to x. Infinities, NaN and the sign of zero are kept.
double round_to(double x, const FloatFormat& format);

}  // namespace reprise::tensor
