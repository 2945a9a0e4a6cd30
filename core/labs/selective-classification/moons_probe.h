// What an interactive figure asks while the visitor moves points and noise: where the gap of a model that is
// trained on these points comes from.
#pragma once

#include "base/json.h"

namespace reprise::selective {

/// Arguments {"sigma": 0.05…2, "model": "logreg" or "mlp", "rotation": degrees 0…90 by which test points are
/// turned, "labels": test labels 50…5000, "seed": integer >= 0, "points": [[x1, x2, class], …], 2 to 400 of
/// them with both classes; left out: 120 drawn at that noise}.
///
/// {"points", "parts": {"bayes", "approximation", "ranking", "discount", "shift", "statistical"}, "gap",
/// "accuracy",
///  "curve": {"coverage", "accuracy", "oracle"}, "map": {"side", "eta", "accepted"}}: `gap` is the mean gap
///  measured
/// on the test labels, which is bayes + approximation + ranking − discount + shift + statistical. The map
/// runs over [−2, 3] × [−1.5, 2], x1 fastest; `accepted` is 1 where the model answers at coverage 0.8.
/// InputError for arguments that cannot be used.
Json probe_moons(const Json& arguments);

}  // namespace reprise::selective
