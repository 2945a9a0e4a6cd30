// What the study size-sweep says about itself: parameters, figures, claims.
#include "labs/discrete-diffusion-convergence/size_sweep.h"

namespace reprise::diffusion {

namespace {

std::vector<Figure> figures() {
  Figure bounds;
  bounds.id = "bounds";
  bounds.question = "Which bounds depend on the vocabulary size?";
  bounds.title = "The residual bound varies by {metrics.residual_bound_s_free:.2f}× over all vocabularies";
  bounds.subtitle = "Exact total variation of the sampler, and four bounds on it, by vocabulary size";
  bounds.x = axis("vocabulary size S", "symbols", true);
  bounds.y = axis("total variation or bound", "", true);
  bounds.marks = {line_mark("tv", "total variation"),
                  line_mark("bound", "residual bound"),
                  line_mark("explicit_bound", "closed form"),
                  line_mark("pinsker_bound", "path KL (Pinsker)"),
                  line_mark("max_score_bound", "largest score difference"),
                  rule_mark('y', FigureNumber::constant(1), "says nothing")};
  Figure start;
  start.id = "start";
  start.question = "Is the prior close to the noised law?";
  start.title =
      "KL of the start grows {metrics.kl_init_grows:.0f}×, its total variation "
      "{metrics.tv_init_bounded:.2f}×";
  start.subtitle = "Divergence and total variation between noised data and prior, by vocabulary size";
  start.x = axis("vocabulary size S", "symbols", true);
  start.y = axis("divergence", "", true);
  start.marks = {line_mark("kl_init", "KL divergence"), line_mark("tv_init", "total variation")};
  return {bounds, start};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("residual-bound-s-free",
                 "From 64 symbols on the residual bound hardly depends on their number: largest/smallest.",
                 Relation::AtMost, 1.35,
                 "Measured 1.14 (sparse), 1.23 (zipf); the largest score grows 800×."),
      claim_spec("bound-valid", "Total variation is at most the residual bound: largest ratio.",
                 Relation::AtMost, 1, "A theorem."),
      claim_spec("max-score-grows",
                 "A bound by the largest score difference grows with the vocabulary: its exponent.",
                 Relation::AtLeast, 0.8,
                 "Exponent 1 when some states have no mass; not for spread-out laws."),
      claim_spec("kl-init-grows",
                 "The KL divergence of the start grows with the vocabulary: largest over smallest size.",
                 Relation::AtLeast, 20, "A law on few of S states; not for spread-out laws."),
      claim_spec("tv-init-bounded", "The total variation of the start does not: largest over smallest size.",
                 Relation::AtMost, 2, "Bounded by 1 − (1 − e^−T)^d, which knows no S."),
      claim_spec("masked-kl-infinite",
                 "With a mask the KL divergence of the start is infinite: sizes where it is not.",
                 Relation::Equal, 0, "The all-mask start has no mass on partly unmasked states."),
      claim_spec("masked-init-exact",
                 "With a mask the total variation of the start is 1 − (1 − e^−T)^d: largest difference.",
                 Relation::AtMost, 1e-12, "An identity."),
      claim_spec(
          "masked-s-independent",
          "With a mask the sampler's error is that of two binomial laws, for every S: largest difference.",
          Relation::AtMost, 1e-9, "An identity; neither S nor the data law occurs in it."),
  };
}

}  // namespace

Parameters<SizeSweepConfig> size_sweep_parameters() {
  Parameters<SizeSweepConfig> list;
  list.choice("target", &SizeSweepConfig::target, {"sparse", "zipf", "dirichlet"})
      .label("Law of the data")
      .help("The same family at every vocabulary size.")
      .essential();
  list.choice("prior", &SizeSweepConfig::prior, {"uniform", "masked", "both"})
      .label("Noise")
      .help("Tokens become any symbol, or a mask.")
      .essential();
  list.integers("vocabulary_sizes", &SizeSweepConfig::vocabulary_sizes)
      .within(2, 262144)
      .entries(2, 20)
      .increasing()
      .label("Vocabulary sizes S")
      .help("For uniform noise.")
      .essential()
      .only_when("prior", {"uniform", "both"})
      .preset("widget", Json(std::vector<std::int64_t>{16, 64, 256, 1024, 4096}))
      .preset("browser", Json(std::vector<std::int64_t>{16, 64, 256, 1024, 4096, 16384, 50000}))
      .preset("paper", Json(std::vector<std::int64_t>{16, 256, 4096, 50000, 262144}));
  list.integer("length", &SizeSweepConfig::length)
      .within(1, 3)
      .label("Tokens d")
      .help("Length of a sequence, uniform noise; at most 2^20 states.");
  list.integer("levels", &SizeSweepConfig::levels)
      .within(1, 4096)
      .label("Steps N")
      .help("Of the sampler, uniform noise.")
      .logarithmic()
      .essential()
      .preset("paper", 512);
  list.integers("masked_vocabulary_sizes", &SizeSweepConfig::masked_vocabulary_sizes)
      .within(2, 200)
      .entries(1, 20)
      .increasing()
      .label("Vocabulary sizes, mask")
      .help("With two tokens.")
      .only_when("prior", {"masked", "both"})
      .preset("widget", Json(std::vector<std::int64_t>{3, 10, 20}));
  list.integer("masked_levels", &SizeSweepConfig::masked_levels)
      .within(1, 256)
      .label("Steps N, mask")
      .help("Of the sampler with a mask.")
      .only_when("prior", {"masked", "both"});
  describe_noise(list);
  describe_instances(list);
  return list;
}

Description size_sweep_description() {
  Description about;
  about.study = "discrete-diffusion-convergence/size-sweep";
  about.title = "Size of the vocabulary";
  about.question = "What depends on the number of symbols, and what does not?";
  about.summary =
      "The same family of laws on vocabularies from a handful to fifty thousand symbols. The sampler's exact "
      "error hardly changes; what differs is which of the bounds can tell.";
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::diffusion
