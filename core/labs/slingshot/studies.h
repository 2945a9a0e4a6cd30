// The studies of this lab; studies.cpp adds them to the registry.
#pragma once

#include "study/study.h"

#include <memory>

namespace reprise::slingshot {

std::unique_ptr<Study> make_absorption_threshold();
std::unique_ptr<Study> make_loss_spikes();
std::unique_ptr<Study> make_number_formats();

}  // namespace reprise::slingshot
