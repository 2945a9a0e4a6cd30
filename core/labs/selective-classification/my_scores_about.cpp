// What the study my-scores says about itself: parameters, input, figures, claims.
#include "labs/selective-classification/my_scores.h"
#include "study/marks.h"

namespace reprise::selective {

namespace {

std::vector<Figure> figures() {
  Figure curve;
  curve.id = "curve";
  curve.question = "How accurate is it on the share it answers?";
  curve.title = "Answering everything it is right {metrics.accuracy:.1%} of the time";
  curve.subtitle =
      "Share of right answers among the most confident, with bootstrap band; dashed: the best order";
  curve.x = axis("share answered");
  curve.y = axis("accuracy");
  curve.marks = {band_mark("accuracy_coverage", "band"), line_mark("accuracy_coverage", "score"),
                 line_mark("oracle", "oracle", "dashed"),
                 rule_mark('y', FigureNumber::metric("accuracy_target"), "wanted accuracy"),
                 rule_mark('x', FigureNumber::metric("threshold_coverage"), "certified")};

  Figure gap;
  gap.id = "gap";
  gap.question = "How far from the oracle, and why?";
  gap.title = "On average {metrics.e_aurc:.3f} below the oracle";
  gap.subtitle =
      "Gap with its bootstrap band. Where the posterior is given: label noise, wrong class and wrong order, "
      "stacked; "
      "what is above the line is the oracle discount";
  gap.x = axis("share answered");
  gap.y = axis("gap", "accuracy points");
  gap.marks = {band_mark("stack_bayes", "label noise"), band_mark("stack_approximation", "wrong class"),
               band_mark("stack_ranking", "wrong order"), band_mark("gap", "band"), line_mark("gap", "gap")};

  Figure threshold;
  threshold.id = "threshold";
  threshold.question = "Which threshold is safe?";
  threshold.title = "Which threshold is safe for the wanted accuracy";
  threshold.subtitle = "Accuracy that is guaranteed at each candidate, by number of validation rows";
  threshold.x = axis("accepted validation rows");
  threshold.y = axis("guaranteed accuracy");
  Mark bounds =
      table_mark(Mark::Kind::Points, "threshold_candidates", "accepted", "lower_bound", "certified");
  threshold.marks = {bounds, rule_mark('y', FigureNumber::metric("accuracy_target"), "wanted accuracy")};

  Figure audit;
  audit.id = "audit";
  audit.question = "Who changes?";
  audit.title = "How much of the accepted set each calibrator exchanges";
  audit.subtitle = "1 − overlap of the accepted rows before and after; increasing maps exchange nothing";
  audit.x = axis("share answered");
  audit.y = axis("exchanged share");
  audit.marks = {table_mark(Mark::Kind::Bars, "audit", "coverage", "jaccard", "method")};
  return {curve, gap, threshold, audit};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("e-aurc-identity", "The mean gap is the area above the oracle's: |difference|.",
                 Relation::AtMost, 1e-12, "An identity."),
      claim_spec("augrc-identity", "AUGRC follows from AUROC and accuracy: |difference|.", Relation::AtMost,
                 1e-12, "An identity."),
      claim_spec(
          "strict-monotone-invariance",
          "Doubling the score, or its rank in its place, leaves the curve as it is: largest difference.",
          Relation::AtMost, 1e-12, "The curve knows the order alone."),
      claim_spec("score-beats-random",
                 "The score ranks right answers above wrong ones better than chance: lower end of AUROC − ½.",
                 Relation::Above, 0, "The lower end of the bootstrap interval must exclude a coin."),
      claim_spec("risk-target-certified", "Some threshold guarantees the wanted accuracy: best bound.",
                 Relation::AtLeast, 0.95, "The threshold is 1 − target_risk."),
      claim_spec("budget-adds-up",
                 "Label noise, wrong class and wrong order less discount are the gap: residual.",
                 Relation::AtMost, 1e-9, "An identity; only with posterior columns."),
      claim_spec("calibrators-keep-order", "No calibrator turns a pair of rows around: those that do.",
                 Relation::Equal, 0, "Increasing maps cannot; temperature with three classes and bins can."),
  };
}

InputSpec input() {
  InputSpec scores;
  scores.name = "scores";
  scores.formats = {"csv"};
  scores.description = "One row an example: a confidence score and whether the prediction was right.";
  scores.columns =
      "score with correct (0/1); or score with label and pred; or label with p_0, p_1, … (or logits z_0, …). "
      "Optional: split (val, test), confidence, group, domain (source, target), posterior_0, …, label_1, … "
      "(annotators), f_… (features), id.";
  scores.example = "score,correct,split\n2.3,1,val\n0.4,0,val\n1.7,1,test\n";
  return scores;
}

}  // namespace

Parameters<MyScoresConfig> my_scores_parameters() {
  using Config = MyScoresConfig;
  Parameters<Config> list;
  list.choice("score_kind", &Config::score_kind, classify::score_kind_names)
      .label("Score")
      .help("Computed from p_… or z_… columns; a column score goes before it.")
      .essential();
  list.real("target_risk", &Config::target_risk)
      .within(1e-6, 0.999)
      .label("Wanted risk")
      .help("Share of errors among the answers that the threshold may leave.")
      .essential();
  list.real("target_coverage", &Config::target_coverage)
      .above(0)
      .at_most(1)
      .label("Wanted coverage")
      .help("For this share of answers the guaranteed accuracy is given.");
  list.real("delta", &Config::delta)
      .within(1e-6, 0.5)
      .label("δ")
      .help("Guarantees hold with probability 1 − δ.")
      .essential();
  list.integer("threshold_candidates", &Config::threshold_candidates)
      .within(1, 10000)
      .label("Candidate thresholds")
      .help("Equally spaced shares of the validation rows.");
  list.choice("correction", &Config::correction, {"fixed-sequence", "bonferroni"})
      .label("Correction")
      .help(
          "How several candidates share δ: tested in turn until one fails, or each at δ over their number.");
  list.texts("calibrators", &Config::calibrators,
             {"temperature", "platt", "isotonic", "uniform-mass", "correctness-head"})
      .entries(0, 5)
      .label("Calibrators")
      .help("Fitted on val rows. temperature needs p_… or z_…, correctness-head needs f_… columns.");
  list.choice("isotonic_interpolation", &Config::isotonic_interpolation, {"step", "linear"})
      .label("Isotonic map")
      .help("Flat or straight between its knots.");
  list.integer("bins", &Config::bins)
      .within(2, 100)
      .label("Bins")
      .help("Of the calibration error and of uniform-mass binning.");
  list.reals("audit_coverages", &Config::audit_coverages)
      .above(0)
      .at_most(1)
      .entries(0, 20)
      .label("Audited coverages")
      .help("Where accepted rows before and after calibration, and domains, are compared.");
  list.integer("bootstrap_replicates", &Config::bootstrap_replicates)
      .within(0, 100000)
      .label("Bootstrap replicates")
      .help("0: no band.")
      .preset("paper", 5000);
  list.real("band_level", &Config::band_level)
      .within(0.5, 0.999)
      .label("Band level")
      .help("Of the bootstrap band.");
  list.choice("curve_rows", &Config::curve_rows, {"grid", "all"})
      .label("Rows of the curve")
      .help("grid: the points of the figures; all: every rank, and one row an example.");
  list.integer("coverage_points", &Config::coverage_points)
      .within(10, 400)
      .label("Points of a curve")
      .help("Coverages at which curves and bands are read.");
  return list;
}

Description my_scores_description() {
  Description about;
  about.study = "selective-classification/my-scores";
  about.title = "Your own scores";
  about.question = "How good is my abstention score, and which threshold keeps my risk?";
  about.summary =
      "From a file with scores and answers: the accuracy–coverage curve with its band, the distance to the "
      "oracle, what "
      "is known of its causes, and a threshold with a finite-sample guarantee. Without a file, generated "
      "rows.";
  about.inputs = {input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::selective
