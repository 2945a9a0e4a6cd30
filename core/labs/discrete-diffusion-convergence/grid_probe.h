// What the opening figure asks while the visitor moves the noise levels of a sampler: the exact error of one
// observable, and the share of every step.
#pragma once

#include "base/json.h"

namespace reprise::diffusion {

/// Arguments {"schedule": a schedule's key or "optimal", "levels" (1…40), "freeze": "score" or "rate"}, or
/// {"sigma": 2…41 decreasing noise levels, 0.001…20}. One token of 32 symbols with probability ∝ 1/(1 +
/// token), uniform noise, started from the prior; the observable is 1 when the token is 0.
///
/// {"sigma", "init", "terms", "residual": one entry a step, "error", "tv", "tv_init", "bound"}: "error" is
/// "init" plus all "terms". InputError for arguments that cannot be used.
Json probe_grid(const Json& arguments);

}  // namespace reprise::diffusion
