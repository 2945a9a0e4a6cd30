// The studies of this lab; studies.cpp adds them to the registry.
#pragma once

#include "study/study.h"

#include <memory>

namespace reprise::recal {

std::unique_ptr<Study> make_umb_rates();
std::unique_ptr<Study> make_optimal_bins();
std::unique_ptr<Study> make_calibrators();
std::unique_ptr<Study> make_label_shift();
std::unique_ptr<Study> make_ece_bias();
std::unique_ptr<Study> make_population_risk();
std::unique_ptr<Study> make_my_scores();

}  // namespace reprise::recal
