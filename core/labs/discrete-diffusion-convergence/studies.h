// The studies of this lab; studies.cpp adds them to the registry.
#pragma once

#include "study/study.h"

#include <memory>

namespace reprise::diffusion {

std::unique_ptr<Study> make_evaluate();
std::unique_ptr<Study> make_size_sweep();
std::unique_ptr<Study> make_error_budget();
std::unique_ptr<Study> make_metrics();
std::unique_ptr<Study> make_schedules();
std::unique_ptr<Study> make_dimension_and_parallel();
std::unique_ptr<Study> make_hybrid_prior();
std::unique_ptr<Study> make_my_process();
std::unique_ptr<Study> make_sequence_score();

}  // namespace reprise::diffusion
