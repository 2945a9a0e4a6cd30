// The studies of this lab; studies.cpp adds them to the registry.
#pragma once

#include "study/study.h"

#include <memory>

namespace reprise::protoclust {

std::unique_ptr<Study> make_certificate();
std::unique_ptr<Study> make_equally_good();
std::unique_ptr<Study> make_evaluate();
std::unique_ptr<Study> make_gap_vs_error();
std::unique_ptr<Study> make_loss_tradeoff();
std::unique_ptr<Study> make_boundary_core();
std::unique_ptr<Study> make_solvers();

}  // namespace reprise::protoclust
