// Config and description of the study inflation-model.
#pragma once

#include "labs/slingshot/absorption.h"
#include "labs/slingshot/inflation_start.h"
#include "labs/slingshot/kernel_choice.h"
#include "study/description.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>

namespace reprise::slingshot {

struct InflationConfig {
  InflationConfig() = default;

  std::int64_t num_classes = 10;
  std::int64_t samples_per_class = 5;
  std::int64_t dimension = 16;
  std::string mode = "kernel";
  std::string start = "growing";
  std::string format = "bfloat16";
  std::string margin_format = "same";
  double eta_w = 1;
  double eta_h = 1;
  double delta = 0.01;
  double margin_excess = 0.5;
  std::int64_t steps = 2000;

  bool frozen() const { return mode == "frozen"; }
  Arm arm() const { return arm_of(format, "log_softmax", "sequential"); }
  FloatFormat format_of_margin() const {
    return find_arm_format(margin_format == "same" ? format : margin_format).value();
  }
  double margin() const {
    if (frozen()) return 1 + margin_excess;
    return absorption_threshold(format_of_margin(), num_classes).all_equal_exact + margin_excess;
  }
  InflationStart inflation_start() const {
    return {num_classes, samples_per_class, dimension, margin(), eta_w, eta_h, start == "growing"};
  }
};

Parameters<InflationConfig> inflation_model_parameters();
Description inflation_model_description();

}  // namespace reprise::slingshot
