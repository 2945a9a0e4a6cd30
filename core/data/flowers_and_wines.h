// Two small classics with known groups, bundled: Fisher's irises (150 × 4, centimetres) and wines of three
// growers (178 × 13). Both CC BY 4.0; assets/iris and assets/wine say where they come from.
#pragma once

#include "data/number_matrix.h"

#include <cstdint>
#include <vector>

namespace reprise {

struct LabelledMatrix {
  NumberMatrix matrix;               ///< in raw units
  std::vector<std::int32_t> labels;  ///< 0-based
};

LabelledMatrix bundled_iris();
LabelledMatrix bundled_wine();

}  // namespace reprise
