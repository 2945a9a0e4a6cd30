#include "data/digits.h"

#include <stdexcept>
#include <string_view>

namespace reprise {

namespace assets {
extern const std::string_view digits;  // generated: the text of assets/digits/digits.txt
}

Digits bundled_digits() {
  constexpr std::size_t line = 1 + Digits::pixels + 1;  // digit, letters, line feed
  const std::string_view text = assets::digits;
  if (text.size() != line * Digits::rows) throw std::logic_error("assets/digits has another size");
  Digits digits;
  digits.labels.reserve(Digits::rows);
  digits.values.reserve(Digits::rows * Digits::pixels);
  for (std::size_t begin = 0; begin < text.size(); begin += line) {
    digits.labels.push_back(text[begin] - '0');
    for (const char letter : text.substr(begin + 1, Digits::pixels)) {
      digits.values.push_back(static_cast<std::uint8_t>(letter - 'a'));
    }
  }
  return digits;
}

}  // namespace reprise
