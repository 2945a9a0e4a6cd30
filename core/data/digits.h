// The bundled 8×8 handwritten digits (UCI Optical Recognition of Handwritten Digits, CC BY 4.0; assets/digits
// says where they come from).
#pragma once

#include <cstdint>
#include <vector>

namespace reprise {

struct Digits {
  static constexpr std::int64_t rows = 1797;
  static constexpr std::int64_t pixels = 64;
  static constexpr std::int64_t classes = 10;
  std::vector<std::uint8_t> values;  ///< [rows × pixels], 0…16, row by row from the top left
  std::vector<std::int32_t> labels;  ///< [rows], 0…9
};

Digits bundled_digits();

}  // namespace reprise
