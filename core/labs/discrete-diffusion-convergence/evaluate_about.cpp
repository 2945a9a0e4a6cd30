// What the study evaluate says about itself: parameters, inputs, figures, claims.
#include "labs/discrete-diffusion-convergence/evaluate.h"
#include "labs/discrete-diffusion-convergence/observables.h"
#include "labs/discrete-diffusion-convergence/own_data.h"
#include "labs/discrete-diffusion-convergence/run_claims.h"

namespace reprise::diffusion {

namespace {

std::vector<Figure> figures() {
  Figure steps;
  steps.id = "steps";
  steps.question = "Which step makes the error of this observable?";
  steps.title = "The observable is off by {metrics.error:.2e}; its start adds {metrics.init_term:.2e}";
  steps.subtitle =
      "Share of each step in the error of the expected observable: discretisation, and a wrong score";
  steps.x = axis("step");
  steps.y = axis("share of the error");
  Mark discretisation = table_mark(Mark::Kind::Bars, "steps", "step", "discretisation_term");
  discretisation.label = "discretisation";
  Mark score = table_mark(Mark::Kind::Bars, "steps", "step", "score_term");
  score.label = "score";
  steps.marks = {discretisation, score, rule_mark('y', FigureNumber::constant(0), "")};

  Figure oscillation;
  oscillation.id = "oscillation";
  oscillation.question = "Does the observable get smoother towards the noise?";
  oscillation.subtitle = "Largest difference of the expected observable between two states, by noise level";
  oscillation.x = axis("noise level σ", "noise clock", true);
  oscillation.y = axis("oscillation of u");
  oscillation.marks = {line_mark("oscillation", "oscillation"),
                       rule_mark('y', FigureNumber::metric("observable_oscillation"), "observable")};
  return {steps, oscillation};
}

std::vector<ClaimSpec> claims() {
  std::vector<ClaimSpec> list = run_claims();
  list.push_back(
      claim_spec("explicit-dominates",
                 "The residual bound is at most the bound in closed form, which knows no vocabulary: ratio.",
                 Relation::AtMost, 1.000001, "A theorem; for a mask both are equal up to rounding."));
  return list;
}

}  // namespace

Parameters<EvaluateConfig> evaluate_parameters() {
  Parameters<EvaluateConfig> list;
  list.choice("target", &EvaluateConfig::target, {"sparse", "zipf", "dirichlet", "chain", "file"})
      .label("Law of the data")
      .help("A family, or the law of your file.")
      .essential();
  list.integer("vocabulary_size", &EvaluateConfig::vocabulary_size)
      .within(2, 262144)
      .label("Vocabulary S")
      .help("Symbols of a token.")
      .logarithmic()
      .essential()
      .preset("paper", 100);
  list.integer("length", &EvaluateConfig::length)
      .within(1, 10)
      .label("Tokens d")
      .help("Length of a sequence; at most 2^20 states in all.")
      .preset("paper", 3);
  list.real("concentration", &EvaluateConfig::concentration)
      .within(0.01, 100)
      .label("Concentration")
      .help("Of the Dirichlet target: small values put the mass on few states.")
      .logarithmic()
      .only_when("target", {"dirichlet"});
  list.choice("prior", &EvaluateConfig::prior, {"uniform", "masked", "user"})
      .label("Noise")
      .help("What a replaced token becomes: any symbol, a mask, or a draw from your prior.")
      .essential();
  list.integer("levels", &EvaluateConfig::levels)
      .within(1, 4096)
      .label("Steps N")
      .help("Predictor steps from T down to δ.")
      .logarithmic()
      .essential()
      .preset("widget", 12)
      .preset("browser", 32)
      .preset("paper", 128);
  list.choice("kernel", &EvaluateConfig::kernel, markov::kernel_keys())
      .label("Sampler")
      .help(
          "frozen_ctmc: rates frozen for a step; the others freeze the state too and move all tokens at "
          "once.")
      .essential();
  list.choice("start", &EvaluateConfig::start, {"prior", "exact"})
      .label("Start")
      .help("From the prior, as samplers do, or from the true noised law.");
  list.real("score_error", &EvaluateConfig::score_error)
      .within(0, 1)
      .label("Score error η")
      .help("Size of a systematic error of the score, the same at every step.");
  describe_noise(list);
  list.choice("freeze", &EvaluateConfig::freeze, {"score", "rate"})
      .label("Frozen during a step")
      .help("The score alone, or the rate with the schedule's speed at the noisy end.");
  list.real("mmd_gamma", &EvaluateConfig::mmd_gamma)
      .within(1e-3, 50)
      .label("Kernel rate γ")
      .help("Of the maximum mean discrepancy's kernel e^(−γ·Hamming distance).")
      .logarithmic();
  list.choice("observable", &EvaluateConfig::observable, observable_keys())
      .label("Observable")
      .help("Whose expected value is followed; first_two_equal of one token is first_token_zero.");
  return list;
}

Description evaluate_description() {
  Description about;
  about.study = "discrete-diffusion-convergence/evaluate";
  about.title = "Exact error of a sampler";
  about.question = "What is the exact error of this sampler on this law, and which part causes it?";
  about.summary =
      "One law, one grid, one sampler, one observable. The law that the sampler generates is computed "
      "exactly, so "
      "is the expected observable backwards in time; together they split the error into the start, the score "
      "and "
      "every single step. Law, prior, grid, observable and score may be your own.";
  about.inputs = {law_input(), prior_input(), grid_input(), observable_input(), score_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::diffusion
