// The studies of this lab; studies.cpp adds them to the registry.
#pragma once

#include "study/study.h"

#include <memory>

namespace reprise::slingshot {

std::unique_ptr<Study> make_absorption_threshold();
std::unique_ptr<Study> make_loss_spikes();
std::unique_ptr<Study> make_loss_kernels();
std::unique_ptr<Study> make_precision_dial();
std::unique_ptr<Study> make_inflation_model();
std::unique_ptr<Study> make_partial_absorption();
std::unique_ptr<Study> make_grokking();
std::unique_ptr<Study> make_number_formats();
std::unique_ptr<Study> make_logit_audit();
std::unique_ptr<Study> make_log_audit();

}  // namespace reprise::slingshot
