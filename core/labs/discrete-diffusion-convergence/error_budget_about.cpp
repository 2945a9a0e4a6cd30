// What the study error-budget says about itself: parameters, figures, claims.
#include "labs/discrete-diffusion-convergence/error_budget.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"

namespace reprise::diffusion {

namespace {

std::vector<Figure> figures() {
  Figure steps;
  steps.id = "discretisation";
  steps.question = "How fast does the error of frozen rates vanish with more steps?";
  steps.subtitle = "Total variation between generated and true law, by number of steps";
  steps.x = axis("steps N", "", true);
  steps.y = axis("total variation", "", true);
  steps.marks = {line_mark("discretisation", "total variation"), slope_mark(-1, "1/N")};
  Figure start;
  start.id = "initialisation";
  start.question = "How fast does the error of the start vanish with more noise?";
  start.subtitle = "Total variation between noised data and prior, by noise level of the start";
  start.x = axis("noise T at the start", "noise clock");
  start.y = axis("total variation", "", true);
  start.marks = {line_mark("initialisation", "total variation"), slope_mark(-1, "e⁻ᵀ")};
  Figure score;
  score.id = "score";
  score.question = "How does an error of the score come through?";
  score.subtitle = "Total variation between the laws generated with wrong and with exact score";
  score.x = axis("score error η", "", true);
  score.y = axis("total variation", "", true);
  score.marks = {line_mark("score_error", "total variation"), slope_mark(1, "η")};
  return {steps, start, score};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("init-rate", "The error of the start falls like e^−T: |slope of its logarithm + 1|.",
                 Relation::AtMost, 0.05,
                 "Measured −0.998 to −1.009; it would be −2 if single tokens were uniform already."),
      claim_spec("disc-first-order",
                 "From 16 steps on the error of frozen rates falls like 1/N: |exponent + 1|.",
                 Relation::AtMost, 0.15, "Measured −0.995 to −1.10; with T at most 1.5 the start hides it."),
      claim_spec(
          "score-linear",
          "From η = 0.03 on the generated law moves in proportion to the score's error: |exponent − 1|.",
          Relation::AtMost, 0.15, "Measured 0.92 to 1.10."),
      claim_spec("score-term-bound",
                 "The residual bound with the wrong score holds for the law it generates: largest ratio.",
                 Relation::AtMost, 1, "A theorem; the bound is loose, 0.17 against 4.6 at η = 0.3."),
  };
}

}  // namespace

Parameters<ErrorBudgetConfig> error_budget_parameters() {
  using Config = ErrorBudgetConfig;
  Parameters<Config> list;
  describe_target(list, 64);
  list.reals("sigma_max_list", &Config::sigma_max_list)
      .within(0.5, 20)
      .entries(3, 40)
      .increasing()
      .label("Noise levels T")
      .help("Of the sweep over the start.")
      .unit("noise clock");
  list.integers("levels_list", &Config::levels_list)
      .within(1, 4096)
      .entries(3, 20)
      .increasing()
      .label("Steps N")
      .help("Of the sweep over the number of steps.")
      .essential()
      .preset("widget", Json(std::vector<std::int64_t>{16, 32, 64}))
      .preset("browser", Json(std::vector<std::int64_t>{8, 16, 32, 64, 128}))
      .preset("paper", Json(std::vector<std::int64_t>{16, 32, 64, 128, 256, 512}));
  list.reals("score_error_list", &Config::score_error_list)
      .within(1e-4, 1)
      .entries(3, 20)
      .increasing()
      .label("Score errors η")
      .help("Of the sweep over the score's error; at least three from 0.03 on.");
  list.integer("score_levels", &Config::score_levels)
      .within(4, 1024)
      .label("Steps of the score sweep")
      .help("Number of steps while the score's error changes.")
      .preset("widget", 32)
      .preset("paper", 256);
  describe_noise(list);
  describe_instances(list);
  return list;
}

Description error_budget_description() {
  Description about;
  about.study = "discrete-diffusion-convergence/error-budget";
  about.title = "Three sources of error";
  about.question = "How fast do the errors of start, steps and score vanish?";
  about.summary =
      "More noise at the start, more steps, a better score: each source of error is turned alone, on laws "
      "that "
      "are known exactly, so that every point is free of sampling noise.";
  about.inputs = {law_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::diffusion
