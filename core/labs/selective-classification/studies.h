// The studies of this lab; studies.cpp adds them to the registry.
#pragma once

#include "study/study.h"

#include <memory>

namespace reprise::selective {

std::unique_ptr<Study> make_calibration_ranking();
std::unique_ptr<Study> make_feature_head();
std::unique_ptr<Study> make_label_noise();
std::unique_ptr<Study> make_my_scores();
std::unique_ptr<Study> make_shift();
std::unique_ptr<Study> make_two_moons_budget();

}  // namespace reprise::selective
