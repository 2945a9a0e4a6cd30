// What the opening figure asks while the visitor moves the margin: one sample, step by step through the
// kernel, and the gradients over a range of margins.
#pragma once

#include "base/json.h"

namespace reprise::slingshot {

/// Arguments {"format", "form", "margin" (0…800), "offsets": how far each further wrong logit lies below the
/// first one (at most 15, each 0…800), "max_margin" (1…800), "points" (2…1000)}. The true class is class 0
/// with logit 0.
///
/// {"logits", "terms": fl(e^(z − z_y)) of every class, "sums": the sequential sum after each class,
///  "probabilities" (null for log1p and stablemax, which have none), "loss", "exact_loss", "gradient",
///  "exact_gradient", "gradient_sum", "precision", "least_exponent", "threshold", "underflow",
///  "first_absorbed" (null: never), "curve": {"margin", "true", "others"}}: gradients are unscaled,
///  "curve" holds |g_y| and Σ of the others. InputError for arguments that cannot be used.
Json probe_sample(const Json& arguments);

}  // namespace reprise::slingshot
