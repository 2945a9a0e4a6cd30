// What the study my-scores says about itself: the file it reads, figures, and its claims.
#include "labs/recalibration/describe.h"
#include "labs/recalibration/my_scores.h"

namespace reprise::recal {

namespace {

InputSpec scores_input() {
  InputSpec input;
  input.name = "scores";
  input.required = true;
  input.formats = {"csv", "npy"};
  input.description = "Scores of your classifier with the true labels, one row an example.";
  input.columns =
      "score: the classifier's probability of label 1 in [0, 1] (any real number with score_kind=logit). "
      "label: 0 or 1. "
      "Instead of score, for mode=top_label and mode=one_vs_rest: p_0, p_1, … (probabilities) or z_0, z_1, … "
      "(logits) of all classes, and label is the number of the true class. "
      "Optional — split: cal (fitted on) or test (methods are judged on these). "
      "domain: source, or target, where other class shares are expected; label may be empty in target and "
      "test rows. "
      "id: any name that no other row has. "
      "Other columns are refused. NPY: a float64 array of shape (n, 2), score and label.";
  input.example = "score,label\n0.91,1\n0.34,0\n0.62,1\n0.08,0\n";
  return input;
}

Mark points(std::string table, std::string x, std::string y, std::string low, std::string high) {
  Mark mark = table_mark(Mark::Kind::Points, std::move(table), std::move(x), std::move(y));
  mark.low = std::move(low);
  mark.high = std::move(high);
  return mark;
}

std::vector<Figure> figures() {
  Figure reliability;
  reliability.id = "reliability";
  reliability.question = "Are the scores calibrated?";
  reliability.title =
      "Calibration error {metrics.calibration_error_before:.3f} before, "
      "{metrics.calibration_error_after:.3f} "
      "after {metrics.effective_bins:.0f} bins";
  reliability.subtitle =
      "Groups of equally many rows: mean score against label frequency with intervals; after: predictions of "
      "bins "
      "that have not seen the row";
  reliability.x = axis("mean score");
  reliability.y = axis("label frequency");
  reliability.x.low = reliability.y.low = 0;
  reliability.x.high = reliability.y.high = 1;
  Mark before = points("reliability", "mean_score", "label_mean", "ci_low", "ci_high");
  before.filter_column = "stage";
  before.filter_value = "before";
  before.label = "before";
  Mark after = before;
  after.filter_value = after.label = "after";
  Mark diagonal;
  diagonal.kind = Mark::Kind::Diagonal;
  diagonal.label = "calibrated";
  reliability.marks = {before, after, diagonal};

  Figure methods;
  methods.id = "methods";
  methods.question = "Which method wins?";
  methods.title =
      "The best method changes the Brier score {metrics.brier:.4f} by {metrics.best_brier_difference:.4f}";
  methods.subtitle =
      "Brier score of each method less that of the raw score, ± 2 standard errors of the paired difference";
  methods.x = axis("method");
  methods.y = axis("Brier difference", "squared probability");
  methods.marks = {points("brier_differences", "method", "difference", "low", "high"),
                   rule_mark('y', FigureNumber::constant(0), "raw score")};

  Figure bins;
  bins.id = "bins";
  bins.question = "How many bins?";
  bins.title =
      "Leaving one row out, {metrics.leave_one_out_bins:.0f} bins are best; {metrics.bins:.0f} are used";
  bins.subtitle = "Leave-one-out Brier score of uniform-mass bins, in closed form";
  bins.x = axis("bins B", "", true);
  bins.y = axis("leave-one-out Brier score", "squared probability");
  Mark curve = table_mark(Mark::Kind::Line, "leave_one_out", "bins", "brier");
  curve.label = "leave-one-out";
  bins.marks = {curve, rule_mark('x', FigureNumber::metric("bins"), "used")};
  return {reliability, methods, bins};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec(
          "auc-unchanged-by-increasing-map",
          "Platt scaling with a positive slope ranks the rows as the raw score does: |AUC difference|.",
          Relation::AtMost, 1e-9,
          "An identity: an increasing map keeps the order. Only rounding of scores that almost tie could "
          "show. "
          "Only evaluated where Platt's slope is positive."),
      claim_spec(
          "mean-preserved-by-bins",
          "On the rows they were fitted on, the bins' answers have the base rate as their mean: "
          "|difference|.",
          Relation::AtMost, 1e-12,
          "An identity: every bin answers with its own label mean. Only evaluated without sample_split and "
          "when no bin is empty."),
  };
}

}  // namespace

Description my_scores_description() {
  Description about;
  about.study = "recalibration/my-scores";
  about.revision = 2;  // standard errors summed in one pass: other last digits
  about.title = "Your own scores";
  about.question = "How well calibrated are my scores, and what do I gain?";
  about.summary =
      "Reads your classifier's scores and labels, picks a number of bins from them, and compares histogram "
      "recalibration with Platt scaling, temperature, isotonic regression and others on rows that the maps "
      "have not "
      "seen. You get the map, the recalibrated scores, and, for rows of a target domain, scores adapted to "
      "other "
      "class shares.";
  about.inputs = {scores_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

Parameters<MyScoresConfig> my_scores_parameters() {
  using Config = MyScoresConfig;
  Parameters<Config> list;
  list.integer("bins", &Config::bins)
      .within(0, 1e9)
      .label("Bins")
      .help("Number of bins, at most half the rows; 0 lets the rule choose.")
      .essential();
  list.choice("bin_rule", &Config::bin_rule, {"plug_in", "leave_one_out", "cube_root", "bound"})
      .label("Rule for the bins")
      .help("How the number of bins is chosen when it is 0.")
      .essential();
  list.choice("edge_rule", &Config::edge_rule, {"order", "interp", "width"})
      .label("Edges")
      .help("Order statistics, interpolated quantiles, or equal widths on the probability scale.");
  list.choice("tie_policy", &Config::tie_policy, {"merge", "interpolate"})
      .label("Empty bins")
      .help(
          "Ties can leave bins empty: drop such edges, or keep the bins and interpolate. Equal widths always "
          "interpolate.");
  list.choice("score_kind", &Config::score_kind, {"probability", "logit"})
      .label("Scores are")
      .help("Probabilities in [0, 1], or real-valued logits.")
      .essential();
  list.choice("mode", &Config::mode, {"binary", "top_label", "one_vs_rest"})
      .label("Classes")
      .help("One score a row; or the largest of several class probabilities; or one class against the rest.")
      .essential();
  list.integer("positive_class", &Config::positive_class)
      .within(0, 9999)
      .label("Positive class")
      .help("The class that counts as label 1.")
      .only_when("mode", {"one_vs_rest"});
  list.boolean("sample_split", &Config::sample_split)
      .label("Split the sample")
      .help("Edges from the first half of the rows, label means from the second.");
  list.real("delta", &Config::delta)
      .above(0)
      .below(1)
      .label("Failure probability δ")
      .help("The bound on the risk may fail with this probability.");
  list.real("lipschitz", &Config::lipschitz)
      .within(0, 1e6)
      .label("Lipschitz constant K")
      .help("Of the true probability as a function of the score's rank; 0: it is only known to be monotone.");
  list.real("interval", &Config::interval)
      .above(0)
      .below(1)
      .label("Confidence")
      .help("Of the intervals for label frequencies and of the target share.");
  list.integer("folds", &Config::folds)
      .within(0, 50)
      .label("Folds")
      .help(
          "Methods are judged on the fold that their maps have not seen; 0: on the rows they were fitted on.")
      .essential();
  list.integer("ece_bins", &Config::ece_bins)
      .within(1, 1000)
      .label("Bins of the calibration error")
      .help("Equal-mass bins of each method's own predictions.");
  list.integer("reliability_bins", &Config::reliability_bins)
      .within(0, 1000)
      .label("Points of the reliability diagram")
      .help("0: the square root of the number of rows, at most 50.");
  list.real("pseudo", &Config::pseudo)
      .within(0, 10)
      .label("Pseudo-count")
      .help("Added to each class count before class weights are formed.");
  list.choice("shift_estimator", &Config::shift_estimator, {"auto", "labels", "em"})
      .label("Target share from")
      .help("Target labels, the target scores alone (EM), or labels where there are any.");
  return list;
}

}  // namespace reprise::recal
