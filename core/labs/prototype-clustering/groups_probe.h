// What an interactive figure asks while the visitor drags groups of points: the best clustering of the points
// as they lie now, its certificate, and the most different solution that was found.
#pragma once

#include "base/json.h"

namespace reprise::protoclust {

/// Arguments {"centers": [[x, y], …] of 2 to 4 groups within ±100, "share": of the first group, 0.02…0.9,
/// "points": 20…400, "epsilon": 0…1, "seed": integer >= 0}. Points are unit-variance Gaussian around their
/// centre, with the same noise wherever the centre lies.
///
/// {"points": [[x, y, group, label, safe], …], "prototypes": [[x, y], …], "radii": where every solution as
/// good keeps a prototype, "final_radii", "pair": the two balls that are closest, "ratio", "status", "bound",
/// "error": share that the best clustering puts into another group than they were drawn from, "observed": the
/// largest difference from it among the solutions tried whose loss is at most 1 + epsilon times as large}.
/// InputError for arguments that cannot be used.
Json probe_groups(const Json& arguments);

}  // namespace reprise::protoclust
