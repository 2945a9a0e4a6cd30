// What the study metrics says about itself: parameters, inputs, figures, claims.
#include "labs/discrete-diffusion-convergence/metrics.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"

namespace reprise::diffusion {

namespace {

std::vector<Figure> figures() {
  Figure figure;
  figure.id = "metrics";
  figure.question = "Does one bound cover every metric?";
  figure.title = "Every metric is below {metrics.all_ipm_bounded:.2f} of its bound";
  figure.subtitle =
      "Four distances between generated and true law, and the residual bound, by number of steps";
  figure.x = axis("steps N", "", true);
  figure.y = axis("metric or bound", "", true);
  figure.marks = {line_mark("tv", "total variation"),
                  line_mark("w1_hamming", "Wasserstein-1"),
                  line_mark("mmd", "MMD"),
                  line_mark("observable_error", "observable"),
                  line_mark("bound", "bound"),
                  slope_mark(-1, "1/N")};
  return {figure};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("all-ipm-bounded",
                 "One residual bound covers every metric, times the largest oscillation of its observables.",
                 Relation::AtMost, 1, "A theorem."),
      claim_spec("tv-w1-bracket", "TV ≤ W₁ ≤ d·TV, and MMD within its own factor of TV: largest violation.",
                 Relation::AtMost, 1e-9, "Theorems; W₁ is the exact optimum of the transport problem."),
      claim_spec("same-order-all-metrics", "TV, W₁ and MMD all fall like 1/N: largest |exponent + 1|.",
                 Relation::AtMost, 0.15,
                 "Measured −1.00 to −1.07. A single observable's error may change its sign."),
      claim_spec("estimator-covers",
                 "95 % intervals from samples contain the exact value: smallest coverage.", Relation::AtLeast,
                 0.85, "Measured 0.91 to 0.96; half the standard error would give 0.67."),
  };
}

}  // namespace

Parameters<MetricsConfig> metrics_parameters() {
  using Config = MetricsConfig;
  Parameters<Config> list;
  describe_target(list, 8, 6);
  list.integers("levels_list", &Config::levels_list)
      .within(1, 4096)
      .entries(2, 20)
      .increasing()
      .label("Steps N")
      .help("Every metric is computed for each of them.")
      .essential()
      .preset("browser", Json(std::vector<std::int64_t>{8, 16, 32, 64}))
      .preset("paper", Json(std::vector<std::int64_t>{8, 16, 32, 64, 128, 256}));
  list.real("mmd_gamma", &Config::mmd_gamma)
      .within(1e-3, 50)
      .label("Kernel rate γ")
      .help("Of the maximum mean discrepancy's kernel e^(−γ·Hamming distance).")
      .logarithmic();
  list.choice("observable", &Config::observable, {"first_two_equal", "first_token_zero", "token_zero_count"})
      .label("Observable")
      .help("Whose expected value is compared; first_two_equal of one token is first_token_zero.");
  list.integer("samples", &Config::samples)
      .within(0, 1e7)
      .label("Samples of an estimate")
      .help("Drawn from either law in every repeat; 0: no estimates.")
      .preset("widget", 0)
      .preset("paper", 1000000);
  list.integer("estimate_levels", &Config::estimate_levels)
      .within(1, 4096)
      .label("Steps of the estimates")
      .help("Of the sampler whose law is estimated.");
  list.integer("repeats", &Config::repeats)
      .within(20, 2000)
      .label("Repeats")
      .help("Over which the coverage of intervals is counted.")
      .preset("paper", 1000);
  describe_noise(list);
  describe_instances(list);
  return list;
}

Description metrics_description() {
  Description about;
  about.study = "discrete-diffusion-convergence/metrics";
  about.title = "One bound for every metric";
  about.question = "Does one bound cover every integral probability metric?";
  about.summary =
      "Total variation, Wasserstein-1, maximum mean discrepancy and a single observable, all exact, beside "
      "the one "
      "bound on them; and what samples can say of the same numbers. With two files of sequences: the same "
      "comparison for your own sampler.";
  about.inputs = {law_input(), samples_input("samples", "Sequences that a sampler generated."),
                  samples_input("reference", "Sequences of the data.")};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::diffusion
