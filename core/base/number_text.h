// Numbers to text and back, the same in every build: libc++ 13 has neither to_chars nor from_chars for
// doubles.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reprise {

/// Shortest decimal text that reads back as `value`, written as ECMAScript's Number::toString does
/// (1e21 -> "1e+21", 0.1 -> "0.1", -0.0 -> "0"); "NaN", "Infinity", "-Infinity" for the rest.
std::string number_to_text(double value);
void append_number(std::string& out, double value);
void append_number(std::string& out, std::int64_t value);

/// The whole of `text` as a finite decimal number ("1", "-2.5e3"); nothing for anything else, for values that
/// overflow (1e400), and for "nan" or "inf". Correctly rounded.
std::optional<double> parse_number(std::string_view text);
/// The whole of `text` as an integer.
std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace reprise
