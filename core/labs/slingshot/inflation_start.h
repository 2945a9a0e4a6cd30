// Where a run of inflation-model begins: on a known margin and mode, or on a visitor's weights and features.
#pragma once

#include "base/random.h"
#include "labs/slingshot/inflation.h"
#include "study/study.h"

#include <cstdint>

namespace reprise::slingshot {

struct InflationStart {
  std::int64_t num_classes = 10;
  std::int64_t samples_per_class = 5;
  std::int64_t dimension = 16;  ///< at least num_classes + 1
  double margin = 1;            ///< of every sample, > 0
  double eta_w = 1, eta_h = 1;
  bool growing = true;  ///< means on the growing mode; else both at random
};

/// Equal margins for all samples, and class parts on their own growing direction. `directions` gives an
/// orthonormal basis, `means` the random start.
FreeFeatures make_start(const InflationStart& start, Random directions, Random means);

/// The inputs weights (K × d), features (N × d) and labels (N). InputError: sizes that do not fit each other
/// (all of them named), fewer than 2 classes, labels outside, classes that are not equally frequent (with
/// their counts).
FreeFeatures read_start(const TaskContext& context);

}  // namespace reprise::slingshot
