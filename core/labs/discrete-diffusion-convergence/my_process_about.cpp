// What the study my-process says about itself: parameters, inputs, figures, claims.
#include "labs/discrete-diffusion-convergence/corpus.h"
#include "labs/discrete-diffusion-convergence/my_process.h"
#include "labs/discrete-diffusion-convergence/observables.h"
#include "labs/discrete-diffusion-convergence/own_data.h"
#include "labs/discrete-diffusion-convergence/run_claims.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"

namespace reprise::diffusion {

namespace {

std::vector<Figure> figures() {
  Figure forgetting;
  forgetting.id = "forgetting";
  forgetting.question = "When has this noise forgotten the data?";
  forgetting.title = "At the start {metrics.tv_init:.2e} of the data is still there";
  forgetting.subtitle =
      "Total variation between the true law at a noise level and the noise's stationary law";
  forgetting.x = axis("noise level σ", "noise clock", true);
  forgetting.y = axis("total variation", "", true);
  Mark points = point_mark("forgetting", "");
  forgetting.marks = {line_mark("forgetting", "distance"), points};

  Figure steps;
  steps.id = "steps";
  steps.question = "Which step makes the error of this observable?";
  steps.title = "The observable is off by {metrics.error:.2e}; its start adds {metrics.init_term:.2e}";
  steps.subtitle = "Share of each step in the error of the expected observable";
  steps.x = axis("step");
  steps.y = axis("share of the error");
  Mark bars = table_mark(Mark::Kind::Bars, "steps", "step", "discretisation_term");
  bars.label = "frozen rates";
  steps.marks = {bars, rule_mark('y', FigureNumber::constant(0), "")};

  Figure grid;
  grid.id = "grid";
  grid.question = "Which noise levels should the steps have?";
  grid.title =
      "The recommended grid lowers the bound from {metrics.residual_bound:.3f} to "
      "{metrics.recommended_residual_bound:.3f}";
  grid.subtitle =
      "Noise levels of the grid for the bound, and of the one for the observable, from the data end to the "
      "noise";
  grid.x = axis("time t");
  grid.y = axis("noise level σ", "noise clock", true);
  Mark bound = table_mark(Mark::Kind::Line, "grid", "t", "sigma");
  bound.label = "for the bound";
  Mark goal = table_mark(Mark::Kind::Line, "goal_grid", "t", "sigma");
  goal.label = "for the observable";
  grid.marks = {bound, goal};
  return {forgetting, steps, grid};
}

std::vector<ClaimSpec> claims() {
  std::vector<ClaimSpec> list = run_claims();
  list.push_back(
      claim_spec("recommended-grid-smaller-bound",
                 "With as many steps, the recommended grid has a smaller bound than yours: their ratio.",
                 Relation::AtMost, 1, "It spends the bound evenly, which is best when steps are short."));
  list.push_back(claim_spec(
      "goal-error-within-bar",
      "The error on the observable's grid lies within the bar of its prediction: distance over bar.",
      Relation::AtMost, 1, "A theorem; the prediction generates nothing."));
  list.push_back(claim_spec(
      "goal-grid-smaller-terms",
      "With as many steps, the observable's grid has smaller terms than yours: ratio of their sizes.",
      Relation::AtMost, 1, "It spends them evenly, which is best when steps are short."));
  list.push_back(claim_spec(
      "goal-within-tolerance",
      "With the number of steps chosen for it, frozen rates cost the observable no more "
      "than was asked: share.",
      Relation::AtMost, 1, "The number comes from the leading order, with the sizes of all terms."));
  return list;
}

InputSpec rates_input() {
  InputSpec spec;
  spec.name = "rates";
  spec.formats = {"csv", "npy", "json"};
  spec.description = "The rates at which one token changes; without it, the two rates below.";
  spec.columns =
      "CSV: from, to, rate, one row a jump. NPY: array (S, S), rate from row to column. JSON: {\"matrix\": "
      "[[…], …]}, or by structure {\"symbols\": S, \"refresh\": rate, \"prior\": \"uniform\" or S numbers, "
      "\"neighbours\": rate, \"jumps\": [[from, to, rate], …]}.";
  spec.example = "from,to,rate\n0,1,1\n1,0,0.5\n1,2,0.5\n2,1,1\n";
  return spec;
}

InputSpec schedule_input() {
  InputSpec spec;
  spec.name = "schedule";
  spec.formats = {"json", "csv"};
  spec.description = "Noise levels or a schedule of your own; without it, the parameters.";
  spec.columns =
      "JSON: {\"sigma\": [levels down to the data]}, {\"t\": […], \"sigma\": […], \"levels\": N}, {\"t\": "
      "[…], "
      "\"beta\": […], \"sigma_min\": δ, \"levels\": N}, or {\"schedule\": key, \"sigma_min\", \"sigma_max\", "
      "\"levels\"}. CSV: sigma, or t and sigma.";
  spec.example = "{\"t\": [0, 0.5, 1], \"sigma\": [0.02, 0.4, 6], \"levels\": 16}\n";
  return spec;
}

InputSpec kernel_input() {
  InputSpec spec;
  spec.name = "kernel";
  spec.formats = {"npy"};
  spec.description = "A sampler of your own instead of frozen rates: its exact error, step by step.";
  spec.columns =
      "Array (steps, states, states): probability from row to column in each step, from the noisy end; or "
      "one array (states, states) for every step. States in row-major order of their tokens.";
  spec.example = "";
  return spec;
}

InputSpec corpus_input() {
  InputSpec spec;
  spec.name = "corpus";
  spec.formats = {"txt", "csv", "npy"};
  spec.description = "Text or sequences whose windows of neighbouring tokens are counted, instead of a law.";
  spec.columns =
      "Text: cut into words, letters or bytes. CSV: x1, …, xd, one sequence of tokens a row. NPY: whole "
      "numbers (sequences, tokens). Windows have as many tokens as the parameter length.";
  spec.example = "the cat sat on the mat\n";
  return spec;
}

}  // namespace

Parameters<MyProcessConfig> my_process_parameters() {
  Parameters<MyProcessConfig> list;
  using Config = MyProcessConfig;
  list.choice("target", &Config::target, {"sparse", "zipf", "dirichlet", "chain", "file"})
      .label("Law of the data")
      .help("A family, or the law of your file.")
      .essential();
  list.integer("vocabulary_size", &Config::vocabulary_size)
      .within(2, 262144)
      .label("Vocabulary S")
      .help("Symbols of a token.")
      .logarithmic()
      .essential()
      .preset("browser", 50000)
      .preset("paper", 262144);
  list.integer("length", &Config::length)
      .within(1, 10)
      .label("Tokens d")
      .help("Length of a sequence; at most 2^20 states in all.");
  list.real("concentration", &Config::concentration)
      .within(0.01, 100)
      .label("Concentration")
      .help("Of the Dirichlet target: small values put the mass on few states.")
      .logarithmic()
      .only_when("target", {"dirichlet"});
  list.real("refresh_rate", &Config::refresh_rate)
      .within(0, 1000)
      .label("Rate of redraws")
      .help("How often a token is replaced by any symbol; with your own rates it is not used.")
      .unit("per noise clock")
      .essential();
  list.real("neighbour_rate", &Config::neighbour_rate)
      .within(0, 1000)
      .label("Rate to each neighbour")
      .help("How often a token becomes the next symbol, and the previous one: noise that keeps an order.")
      .unit("per noise clock")
      .essential();
  list.integer("levels", &Config::levels)
      .within(1, 4096)
      .label("Steps N")
      .help("Predictor steps from T down to δ.")
      .logarithmic()
      .essential()
      .preset("paper", 64);
  describe_noise(list);
  list.choice("unit", &Config::unit, text_unit_keys())
      .label("Tokens of a text")
      .help(
          "What a corpus of text is cut into; of more words or bytes than the vocabulary the rarest are "
          "one.");
  list.real("additive", &Config::additive)
      .within(0, 1000)
      .label("Added to every count")
      .help("Of a corpus: with 0, windows that never occur have probability 0.");
  list.choice("freeze", &Config::freeze, {"score", "rate"})
      .label("Frozen during a step")
      .help("The score alone, or the rate with the schedule's speed at the noisy end.");
  list.choice("start", &Config::start, {"stationary", "exact"})
      .label("Start")
      .help("From the noise's stationary law, as samplers do, or from the true noised law.");
  list.choice("observable", &Config::observable, observable_keys())
      .label("Observable")
      .help("Whose expected value is followed; first_two_equal of one token is first_token_zero.");
  list.real("goal_tolerance", &Config::goal_tolerance)
      .within(0, 1)
      .label("Tolerance of the observable")
      .help(
          "Share of its oscillation that the steps may cost: chooses how many the observable's grid has. 0: "
          "as many as N.");
  return list;
}

Description my_process_description() {
  Description about;
  about.study = "discrete-diffusion-convergence/my-process";
  about.revision = 2;  // bounds of lines with equal ratios are summed in another order
  about.title = "Your own noise and schedule";
  about.question = "What do my own noise and schedule cost, and which grid suits them?";
  about.summary =
      "Any rates between symbols, any schedule, any law: the true law at every noise level, the observable "
      "backwards in time, the error step by step, its bound, the grid of levels that spends the bound "
      "evenly, "
      "and the one that suits your observable, with its error predicted before anything is generated. Or the "
      "exact error of a sampler of your own. Rates are kept by structure (redraws and single jumps), so that "
      "50,000 symbols are a matter "
      "of "
      "seconds. All of it can be downloaded as arrays.";
  about.inputs = {rates_input(),  schedule_input(),   law_input(),
                  corpus_input(), observable_input(), kernel_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::diffusion
