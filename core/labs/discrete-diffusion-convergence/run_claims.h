// What holds for every run of a sampler, whatever its rates: theorems that a run judges on its own numbers.
#pragma once

#include "study/description.h"

#include <vector>

namespace reprise::diffusion {

/// identity-exact, oscillation-nonincreasing, bound-valid.
std::vector<ClaimSpec> run_claims();

}  // namespace reprise::diffusion
