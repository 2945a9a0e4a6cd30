// What the study dimension-and-parallel says about itself: parameters, figures, claims.
#include "labs/discrete-diffusion-convergence/dimension.h"

namespace reprise::diffusion {

namespace {

std::vector<Figure> figures() {
  Figure lengths;
  lengths.id = "lengths";
  lengths.question = "How do error and bounds grow with the length?";
  lengths.title =
      "Error grows like d^{metrics.tv_growth_in_length:.2f}, its bound like "
      "d^{metrics.bound_growth_in_length:.2f}";
  lengths.subtitle = "Exact total variation and two bounds, by number of tokens";
  lengths.x = axis("tokens d", "", true);
  lengths.y = axis("total variation or bound", "", true);
  lengths.marks = {line_mark("tv", "total variation"), slope_mark(1, "d"),
                   line_mark("residual_bound", "residual bound"), slope_mark(2, "d²"),
                   line_mark("explicit_bound", "closed form")};
  Figure kernels;
  kernels.id = "kernels";
  kernels.question = "What does freezing the state inside a step cost?";
  kernels.subtitle = "Total variation of four samplers on pairs of tokens, by number of steps";
  kernels.x = axis("steps N", "", true);
  kernels.y = axis("total variation", "", true);
  const auto line = [](const char* column, const char* label) {
    Mark mark = table_mark(Mark::Kind::Line, "kernels", "levels", column);
    mark.label = label;
    return mark;
  };
  kernels.marks = {line("frozen_ctmc", "frozen rates"), line("tau_leaping", "τ-leaping"),
                   line("euler", "Euler"), line("tweedie", "Tweedie"), slope_mark(-1, "1/N")};
  return {lengths, kernels};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("bound-growth-in-length", "The residual bound grows slower than d²: its exponent.",
                 Relation::AtMost, 1.7, "Measured 1.16 to 1.47 on 15 chains; the closed form has exactly 2."),
      claim_spec("tv-growth-in-length", "The error grows at most linearly with the length: its exponent.",
                 Relation::AtMost, 1.2, "Measured 0.68 to 1.00."),
      claim_spec("explicit-dominates",
                 "Error, residual bound and closed form come in this order: largest ratio of neighbours.",
                 Relation::AtMost, 1.000001, "Theorems; the closed form is loose by a factor of hundreds."),
      claim_spec(
          "masked-closed-form-d",
          "With a mask the error is that of binomial laws, for one and two tokens: largest difference.",
          Relation::AtMost, 1e-9, "An identity."),
      claim_spec("masked-subadditive", "With a mask d tokens err at most d times as much as one: ratio.",
                 Relation::AtMost, 1, "Total variation of independent parts adds up at most."),
      claim_spec("tau-leaping-penalty",
                 "τ-leaping errs more than frozen rates that may jump again: smallest ratio.",
                 Relation::AtLeast, 1.05,
                 "Measured 1.19 to 1.72. No price of parallelism: Euler and Tweedie are often better."),
  };
}

Json integers(std::vector<std::int64_t> values) {
  return Json(values);
}

}  // namespace

Parameters<DimensionConfig> dimension_parameters() {
  using Config = DimensionConfig;
  Parameters<Config> list;
  list.choice("target", &Config::target, {"chain", "dirichlet"})
      .label("Law of the data")
      .help("Of the sweep over the length.")
      .essential();
  list.integer("vocabulary_size", &Config::vocabulary_size)
      .within(2, 16)
      .label("Vocabulary S")
      .help("Of the sweep over the length; at most 2^20 states.")
      .essential();
  list.integers("lengths", &Config::lengths)
      .within(1, 10)
      .entries(3, 10)
      .increasing()
      .label("Tokens d")
      .help("Lengths of the sequences.")
      .essential()
      .preset("widget", integers({2, 3, 4}))
      .preset("browser", integers({2, 3, 4, 5, 6}))
      .preset("paper", integers({2, 3, 4, 5, 6, 7, 8, 9}));
  list.integer("levels", &Config::levels)
      .within(1, 4096)
      .label("Steps N")
      .help("Of the sweep over the length.")
      .logarithmic();
  list.integers("masked_length_list", &Config::masked_length_list)
      .within(1, 4096)
      .entries(1, 20)
      .increasing()
      .label("Tokens d, mask")
      .help("Evaluated in closed form.")
      .preset("browser", integers({1, 2, 4, 16, 64}))
      .preset("paper", integers({1, 2, 4, 16, 64, 256, 1024}));
  list.integers("masked_levels_list", &Config::masked_levels_list)
      .within(1, 4096)
      .entries(1, 20)
      .increasing()
      .label("Steps N, mask")
      .help("Evaluated in closed form.");
  list.real("masked_sigma_max", &Config::masked_sigma_max)
      .within(0.5, 20)
      .label("Noise T at the start, mask")
      .help("Noise level that masked sampling starts from.")
      .unit("noise clock");
  list.choice("parallel_target", &Config::parallel_target, {"sparse", "zipf", "dirichlet", "chain"})
      .label("Law of the pairs")
      .help("Two tokens, for the comparison of samplers.");
  list.integer("parallel_vocabulary_size", &Config::parallel_vocabulary_size)
      .within(2, 64)
      .label("Vocabulary of the pairs")
      .help("For the comparison of samplers.")
      .preset("widget", 6)
      .preset("paper", 32);
  list.integers("parallel_levels_list", &Config::parallel_levels_list)
      .within(1, 4096)
      .entries(1, 20)
      .increasing()
      .label("Steps N of the pairs")
      .help("For the comparison of samplers.");
  list.real("parallel_sigma_max", &Config::parallel_sigma_max)
      .within(0.5, 20)
      .label("Noise T at the start, pairs")
      .help("For the comparison of samplers.")
      .unit("noise clock");
  describe_noise(list);
  list.real("concentration", &Config::concentration)
      .within(0.01, 100)
      .label("Concentration")
      .help("Of Dirichlet targets: small values put the mass on few states.")
      .logarithmic();
  list.integer("instances", &Config::instances)
      .within(1, 20)
      .label("Independent targets")
      .help("Claims on random targets are judged over all of them.");
  return list;
}

Description dimension_description() {
  Description about;
  about.study = "discrete-diffusion-convergence/dimension-and-parallel";
  about.title = "Length and parallel samplers";
  about.question =
      "How do error and bounds grow with the number of tokens, and what does sampling in parallel cost?";
  about.summary =
      "Sequences of growing length with their exact error and two bounds; masked sampling, where the error "
      "has a "
      "closed form for any length; and four samplers side by side on pairs of tokens.";
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::diffusion
