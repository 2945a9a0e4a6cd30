// The bundled part of Fashion-MNIST (Zalando Research, MIT licence): the 10,000 images of its test set, 1,000
// of each class, pooled to 14×14 and rounded to 16 grey levels. assets/fashion-mnist says how it was made.
//
//   FashionImages images = read_fashion_images(context.asset("fashion-mnist"));
//   images.levels[196 * i + 14 * y + x] / 15.0;      // grey value of image i in [0, 1], 1 is ink
#pragma once

#include "base/byte_source.h"

#include <cstdint>
#include <vector>

namespace reprise {

struct FashionImages {
  static constexpr std::int64_t rows = 10000;
  static constexpr std::int64_t side = 14;
  static constexpr std::int64_t pixels = side * side;
  static constexpr std::int64_t classes = 10;
  static constexpr int largest_level = 15;
  std::vector<std::uint8_t> levels;  ///< [rows × pixels], 0…15, row by row from the top left
  std::vector<std::int32_t> labels;  ///< [rows], 0…9: T-shirt, trouser, pullover, dress, coat, sandal, shirt,
                                     ///< sneaker, bag, ankle boot
};

/// std::logic_error when the bytes are not the asset.
FashionImages read_fashion_images(const ByteSource& asset);

}  // namespace reprise
