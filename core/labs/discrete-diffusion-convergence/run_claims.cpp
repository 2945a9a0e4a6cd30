#include "labs/discrete-diffusion-convergence/run_claims.h"

#include "study/marks.h"

namespace reprise::diffusion {

std::vector<ClaimSpec> run_claims() {
  return {
      claim_spec("identity-exact", "The start's and every step's terms add up to the error: what is left.",
                 Relation::AtMost, 1e-12, "Algebra: only rounding remains."),
      claim_spec("oscillation-nonincreasing",
                 "The expected observable never gets rougher towards the noise: largest increase of its "
                 "oscillation.",
                 Relation::AtMost, 1e-12, "A maximum principle: every step averages."),
      claim_spec("bound-valid", "Total variation is at most the residual bound: their ratio.",
                 Relation::AtMost, 1, "A theorem, for any rates."),
  };
}

}  // namespace reprise::diffusion
