#include "tensor/float_format.h"

#include "base/error.h"
#include "tensor/rounding.h"

#include <array>
#include <string>
#include <vector>

namespace reprise::tensor {
namespace {

constexpr std::array<FloatFormat, 7> kFormats{{
    {"float64", 53, -1022, 0x1.fffffffffffffp+1023, false},
    {"float32", 24, -126, 0x1.fffffep+127, false},
    {"tf32", 11, -126, 0x1.ffcp+127, false},
    {"float16", 11, -14, 65504, false},
    {"bfloat16", 8, -126, 0x1.fep+127, false},
    {"float8_e4m3", 4, -6, 448, true},
    {"float8_e5m2", 3, -14, 57344, false},
}};

}  // namespace

std::span<const FloatFormat> float_formats() {
  return kFormats;
}

std::optional<FloatFormat> find_format(std::string_view name) {
  for (const FloatFormat& format : kFormats) {
    if (format.name == name) return format;
  }
  return std::nullopt;
}

FloatFormat custom_format(int precision, int least_exponent) {
  std::vector<Problem> problems;
  if (precision < 2 || precision > 53) {
    const std::string found = std::to_string(precision);
    problems.push_back(
        {"precision_bits", found, "2…53", "precision_bits is " + found + "; allowed are 2…53 bits"});
  }
  if (least_exponent < -1022 || least_exponent > -2) {
    const std::string found = std::to_string(least_exponent);
    problems.push_back(
        {"min_exponent", found, "-1022…-2", "min_exponent is " + found + "; allowed are -1022…-2"});
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  const double below_two = 2.0 - rounding::power_of_two(1 - precision);
  return {"custom", precision, least_exponent, below_two * rounding::power_of_two(1 - least_exponent), false};
}

double round_to(double x, const FloatFormat& format) {
  return rounding::Rounder(format)(x);
}

}  // namespace reprise::tensor
