#include "base/number_text.h"

#include <charconv>
#include <cmath>
#include <fast_float/fast_float.h>
#include <fmt/format.h>
#include <system_error>

namespace reprise {
namespace {

/// digits d₁…d_k and n with value = 0.d₁…d_k × 10^n, d₁ and d_k not 0; k <= 17.
struct Decimal {
  char digits[32];
  int count = 0;
  int point = 0;  // n
};

// fmt finds the shortest digits that read back the same, the closest among them (Dragonbox); its own layout
// of them ("1e-05", "0.0001") differs from ECMAScript's, so only digits and exponent are taken from it.
Decimal shortest_decimal(double magnitude) {
  char text[64];
  const char* const end = fmt::format_to(text, "{}", magnitude);
  Decimal decimal;
  bool after_point = false;
  for (const char* at = text; at != end; ++at) {
    if (*at == '.') {
      after_point = true;
    } else if (*at == 'e') {
      const char* const exponent_text = at + (at[1] == '+' ? 2 : 1);
      int exponent = 0;
      std::from_chars(exponent_text, end, exponent);
      decimal.point += exponent;
      break;
    } else if (decimal.count == 0 && *at == '0') {
      if (after_point) --decimal.point;  // leading zeros of 0.00123
    } else {
      decimal.digits[decimal.count++] = *at;
      if (!after_point) ++decimal.point;
    }
  }
  while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0') --decimal.count;
  return decimal;
}

}  // namespace

// ECMA-262, Number::toString with radix 10.
void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (value == 0) {
    out += '0';
    return;
  }
  if (value < 0) out += '-';
  if (std::isinf(value)) {
    out += "Infinity";
    return;
  }
  const Decimal decimal = shortest_decimal(std::fabs(value));
  const std::string_view digits(decimal.digits, static_cast<std::size_t>(decimal.count));
  const int point = decimal.point;
  if (decimal.count <= point && point <= 21) {
    out += digits;
    out.append(static_cast<std::size_t>(point - decimal.count), '0');
  } else if (0 < point && point <= 21) {
    out += digits.substr(0, static_cast<std::size_t>(point));
    out += '.';
    out += digits.substr(static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else {
    out += digits[0];
    if (decimal.count > 1) {
      out += '.';
      out += digits.substr(1);
    }
    out += point > 0 ? "e+" : "e";
    append_number(out, std::int64_t{point} - 1);
  }
}

void append_number(std::string& out, std::int64_t value) {
  char text[24];
  const std::to_chars_result result = std::to_chars(text, text + sizeof text, value);
  out.append(text, result.ptr);
}

std::string number_to_text(double value) {
  std::string text;
  append_number(text, value);
  return text;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const fast_float::from_chars_result result = fast_float::from_chars(text.data(), end, value);
  // Versions of fast_float differ in whether they report a result out of range; underflow to 0 is accepted.
  const bool read = result.ec == std::errc() || result.ec == std::errc::result_out_of_range;
  if (!read || result.ptr != end || text.empty() || text[0] == '+' || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

}  // namespace reprise
