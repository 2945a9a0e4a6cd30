// Config and description of the study logit-audit.
#pragma once

#include "labs/slingshot/kernel_choice.h"
#include "study/description.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>

namespace reprise::slingshot {

struct LogitAuditConfig {
  LogitAuditConfig() = default;

  std::string format = "float32";
  std::string form = "log_softmax";
  std::string order = "sequential";
  std::string accumulator = "same";
  double scale = 0;
  std::int64_t gradient_rows = 100;

  tensor::RoundedCrossEntropyOptions kernel() const {
    tensor::RoundedCrossEntropyOptions options = kernel_options(arm_of(format, form, order), scale);
    if (accumulator != "same") options.accumulator = find_arm_format(accumulator);
    return options;
  }
};

Parameters<LogitAuditConfig> logit_audit_parameters();
Description logit_audit_description();

}  // namespace reprise::slingshot
