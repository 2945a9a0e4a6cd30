// What the studies of this lab say about themselves.
#pragma once

#include "study/description.h"
#include "study/marks.h"

namespace reprise::recal {

Description umb_rates_description();
Description optimal_bins_description();
Description calibrators_description();
Description label_shift_description();

}  // namespace reprise::recal
