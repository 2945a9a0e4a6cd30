// Config and description of the study absorption-threshold.
#pragma once

#include "labs/slingshot/absorption.h"
#include "labs/slingshot/kernel_choice.h"
#include "study/description.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>

namespace reprise::slingshot {

struct AbsorptionConfig {
  AbsorptionConfig() = default;

  std::string format = "float32";
  std::string form = "log_softmax";
  std::string order = "sequential";
  std::int64_t num_classes = 10;
  std::int64_t true_index = 0;
  double max_margin = 40;
  std::int64_t points = 400;
  double max_logit = 0;

  Arm arm() const { return arm_of(format, form, order); }
  EqualLogits sample() const { return {arm(), num_classes, true_index, max_logit}; }
};

Parameters<AbsorptionConfig> absorption_threshold_parameters();
Description absorption_threshold_description();

}  // namespace reprise::slingshot
