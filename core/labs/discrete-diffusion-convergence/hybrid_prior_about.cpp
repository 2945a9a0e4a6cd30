// What the study hybrid-prior says about itself: parameters, figures, claims.
#include "labs/discrete-diffusion-convergence/hybrid_prior.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"

namespace reprise::diffusion {

namespace {

std::vector<Figure> figures() {
  Figure bounds;
  bounds.id = "bounds";
  bounds.question = "What does noise between uniform and masked cost?";
  bounds.subtitle = "Exact total variation of the sampler, and three bounds on it, by the mask's share";
  bounds.x = axis("share ρ of the mask in the prior");
  bounds.y = axis("total variation or bound", "", true);
  bounds.marks = {line_mark("tv", "total variation"), line_mark("residual_bound", "residual bound"),
                  line_mark("explicit_bound", "closed form"), line_mark("pinsker_bound", "path KL (Pinsker)"),
                  rule_mark('y', FigureNumber::constant(1), "says nothing")};
  Figure start;
  start.id = "start";
  start.question = "How far is the prior from the noised law?";
  start.subtitle = "Divergence and total variation between noised data and prior, by the mask's share";
  start.x = axis("share ρ of the mask in the prior");
  start.y = axis("divergence", "", true);
  start.marks = {line_mark("kl_init", "KL divergence"), line_mark("tv_init", "total variation")};
  return {bounds, start};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("bound-valid", "Total variation is at most the residual bound, for every prior: ratio.",
                 Relation::AtMost, 1, "A theorem."),
      claim_spec("explicit-dominates",
                 "The closed form for uniform noise bounds every prior, mask included: largest ratio.",
                 Relation::AtMost, 1.000001,
                 "A frozen rate out of a token is at most 1/(1 − e^−σ), whatever it is redrawn from."),
      claim_spec("kl-infinite-for-the-mask-alone",
                 "The KL divergence of the start is infinite for the mask alone: shares where it is not so.",
                 Relation::Equal, 0, "Any other prior has mass on every state."),
      claim_spec(
          "ends-are-known",
          "Without mask the error is that of uniform noise, with nothing else that of two binomial laws: "
          "largest difference.",
          Relation::AtMost, 1e-9, "Identities."),
  };
}

}  // namespace

Parameters<HybridConfig> hybrid_prior_parameters() {
  using Config = HybridConfig;
  Parameters<Config> list;
  describe_target(list, 256, 24);
  list.reals("mask_shares", &Config::mask_shares)
      .within(0, 1)
      .entries(1, 30)
      .increasing()
      .label("Shares ρ of the mask")
      .help("A redrawn token becomes the mask with this probability, else any symbol.")
      .essential()
      .preset("paper", Json(std::vector<double>{0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8,
                                                0.9, 0.95, 0.99, 0.999, 1}));
  list.integer("levels", &Config::levels)
      .within(1, 4096)
      .label("Steps N")
      .help("Predictor steps from T down to δ.")
      .logarithmic()
      .essential()
      .preset("browser", 32)
      .preset("paper", 64);
  describe_noise(list);
  describe_instances(list);
  return list;
}

Description hybrid_prior_description() {
  Description about;
  about.study = "discrete-diffusion-convergence/hybrid-prior";
  about.title = "Between uniform and masked";
  about.question = "What does noise cost that lies between uniform and masked?";
  about.summary =
      "A replaced token becomes the mask with probability ρ, else any symbol. The same code computes the "
      "exact "
      "error and all bounds from uniform noise (ρ = 0) to masked noise (ρ = 1).";
  about.inputs = {law_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::diffusion
