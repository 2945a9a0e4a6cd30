// The studies of this lab; studies.cpp adds them to the registry.
#pragma once

#include "study/study.h"

#include <memory>

namespace reprise::protoclust {

std::unique_ptr<Study> make_certificate();
std::unique_ptr<Study> make_evaluate();
std::unique_ptr<Study> make_gap_vs_error();

}  // namespace reprise::protoclust
