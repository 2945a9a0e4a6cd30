// Text from users' files: whether it is UTF-8, and how it is shown in messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reprise {

/// Whether `text` is well-formed UTF-8 (RFC 3629: shortest forms, no surrogates, up to U+10FFFF).
bool is_utf8(std::string_view text);

/// `text` in double quotes for a message: at most 60 bytes of it, control characters and bytes that are not
/// UTF-8 as \xNN.
std::string in_quotes(std::string_view text);

/// The same without the double quotes.
std::string shown(std::string_view text);

/// A count with thousands separated: 10000 -> "10,000".
std::string grouped(std::uint64_t count);

}  // namespace reprise
