// What the study evaluate says about itself: parameters, inputs, figures, claim.
#include "labs/prototype-clustering/evaluate.h"
#include "labs/prototype-clustering/loss.h"
#include "labs/prototype-clustering/own_data_about.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "study/marks.h"

namespace reprise::protoclust {

namespace {

std::vector<Figure> figures() {
  Figure hidden;
  hidden.id = "hidden-labels";
  hidden.question = "How many labels can this gap hide?";
  hidden.subtitle =
      "Largest share of labels that can differ at a loss this much above the clustering’s, prototypes fixed "
      "(derived form, attained)";
  hidden.x = axis("relative loss gap ε");
  hidden.y = axis("share of the labels");
  hidden.y.low = 0;
  hidden.marks = {line_mark("fixed_prototype_bound", "exact bound"),
                  line_mark("alpha_bound", "α + κ_α ε", "dashed")};

  Figure margins;
  margins.id = "margins";
  margins.question = "Which points are closest to changing side?";
  margins.title = "The nearest point to a boundary would cost {metrics.min_margin:.3g} to move";
  margins.subtitle = "Points by loss margin: what moving the point to its second-nearest prototype costs";
  margins.x = axis("loss margin γ", "loss");
  margins.y = axis("points");
  margins.y.low = 0;
  margins.marks = {band_mark("margin_histogram", "points"), line_mark("margin_histogram", "")};

  Figure thresholds;
  thresholds.id = "closed-form";
  thresholds.question = "From which distance on is a small cluster seen?";
  thresholds.subtitle =
      "Two atoms, loss = distance to the power q: smallest distance at which a cluster with this share of "
      "the "
      "points keeps a prototype (derived form)";
  thresholds.x = axis("share of the small cluster", "", true);
  thresholds.y = axis("distance", "radii", true);
  thresholds.marks = {table_mark(Mark::Kind::Line, "closed_form", "share", "two_atom", "power")};
  return {hidden, margins, thresholds};
}

}  // namespace

Parameters<EvaluateConfig> evaluate_parameters() {
  Parameters<EvaluateConfig> list;
  list.text("loss", &EvaluateConfig::loss)
      .label("Loss ψ")
      .help(
          "What a point pays for its distance: kmeans, kmedians, kmedians-l1, power:q, huber:δ, logcosh:s, "
          "capped:δ.")
      .allowed_text("kmeans, kmedians, kmedians-l1, power:q, huber:δ, logcosh:s or capped:δ")
      .essential();
  list.real("alpha", &EvaluateConfig::alpha)
      .within(0, 0.5)
      .label("Points set aside α")
      .help("Share of the points with the smallest margins that the robust condition number leaves out.");
  list.reals("gaps", &EvaluateConfig::gaps)
      .within(0, 10)
      .entries(1, 100)
      .increasing()
      .label("Relative loss gaps ε")
      .help("For each: how many labels a solution with that gap can have changed.");
  list.integer("k_max", &EvaluateConfig::k_max)
      .within(1, 100)
      .label("Most clusters on a line")
      .help("With one column of data the best clusterings into 1…k_max clusters are found exactly.");
  list.reals("powers", &EvaluateConfig::powers)
      .within(1, 20)
      .entries(1, 20)
      .label("Powers q")
      .help("Of the closed-form thresholds: the loss is distance to the power q.");
  list.reals("shares", &EvaluateConfig::shares)
      .above(0)
      .below(0.33)
      .entries(1, 100)
      .label("Small shares p")
      .help("Of the closed-form thresholds: share of the small cluster, or of the outliers.");
  list.text("weight_column", &EvaluateConfig::weight_column)
      .may_be_empty()
      .label("Column of weights")
      .help("Positive weights of the points; only the exact clustering on a line uses them.")
      .allowed_text("a column of data, or empty");
  add_own_data_parameters(
      list, "Name of the column of data that holds the clustering; empty when labels come as a file.", "");
  return list;
}

Description evaluate_description() {
  Description about;
  about.study = "prototype-clustering/evaluate";
  about.revision = 2;  // steps of the bound's line: a gap between two has the bound of the larger
  about.title = "Numbers of a clustering";
  about.question = "What are the numbers of this clustering?";
  about.summary =
      "Your points and labels: loss, prototypes, margins, condition numbers, silhouettes, and how many "
      "labels a "
      "given loss gap can hide. One column alone is clustered exactly. Without data: closed-form thresholds.";
  about.inputs = {data_input(), labels_input(), labels_input("reference_labels"), prototypes_input()};
  about.figures = figures();
  about.claims = {judged_when(
      claim_spec("fixed-prototype-forms",
                 "The exact number of labels that a gap can hide stays below both "
                 "condition-number forms, κε and α + κ_α ε: "
                 "largest excess.",
                 Relation::AtMost, 1e-9, "A theorem (derived form); only rounding could show."),
      "points of your own, with labels or prototypes, where no point lies nearer to another prototype")};
  return about;
}

}  // namespace reprise::protoclust
