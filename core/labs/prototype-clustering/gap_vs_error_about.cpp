// What the study gap-vs-error says about itself: parameters, inputs, figures, claims.
#include "labs/prototype-clustering/gap_vs_error.h"
#include "labs/prototype-clustering/own_data_about.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "study/marks.h"

namespace reprise::protoclust {

namespace {

std::vector<Figure> figures() {
  Figure proof;
  proof.id = "proof";
  proof.question = "Does a small gap prove the partition?";
  proof.title = "Up to the reference gap, at most {metrics.max_error_at_gap:.1%} of the labels differ";
  proof.subtitle =
      "Each point a solution: how much worse its loss is, how many points it labels differently; steps: the "
      "certificate’s bound (gaps above 0.5 are not shown)";
  proof.x = axis("relative loss gap");
  proof.y = axis("share of the points");
  proof.y.low = 0;
  proof.marks = {table_mark(Mark::Kind::Points, "shown_candidates", "gap", "error", "kind"),
                 line_mark("certificate", "certificate"),
                 rule_mark('x', FigureNumber::config("max_gap"), "reference gap")};

  Figure labels;
  labels.id = "labels";
  labels.question = "How many labels can change at this cost?";
  labels.subtitle =
      "Labels changed by hand, prototypes fixed; the line is the most that the loss gap allows (derived "
      "form)";
  labels.x = axis("relative loss gap");
  labels.y = axis("labels changed");
  labels.y.low = 0;
  labels.marks = {table_mark(Mark::Kind::Points, "corruptions", "gap", "moved", "kind"),
                  line_mark("bound_points", "bound")};

  Figure steep;
  steep.id = "steep";
  steep.question = "Which separation makes the valley steep?";
  steep.subtitle = "Condition number that sets the smallest margins aside, by separation of the groups";
  steep.x = axis("separation of neighbouring groups", "standard deviations");
  steep.y = axis("condition number κ_α", "", true);
  steep.marks = {table_mark(Mark::Kind::Line, "conditions", "sep", "kappa_alpha"),
                 rule_mark('y', FigureNumber::constant(1), "1")};
  return {proof, labels, steep};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("no-violation", "No solution differs by more than its certificate allows: largest excess.",
                 Relation::AtMost, 1e-12, "A theorem (derived form); one counter-example is a bug."),
      judged_when(
          claim_spec("steep",
                     "Well-separated groups: solutions within the reference gap have the right partition.",
                     Relation::AtMost, 0.005,
                     "Measured 0 at separations 8 and 10 in all seeds; at separation 4 it fails, and must."),
          "dataset gmm", Json::object({{"dataset", "gmm"}})),
      judged_when(claim_spec("plateau", "Without groups, solutions within the reference gap differ widely.",
                             Relation::AtLeast, 0.05,
                             "Measured at least 0.077 on uniform points and 0.053 on a ring."),
                  "dataset uniform or ring", Json::object({{"dataset", "uniform"}})),
      judged_when(
          claim_spec(
              "order",
              "The condition number falls with separation: pairs of separations in which the larger has the "
              "larger κ_α.",
              Relation::AtMost, 0, "Ranges over seeds do not overlap between the separations 4, 6, 8, 10."),
          "dataset gmm and separations of the sweep",
          Json::object({{"dataset", "gmm"}, {"sep_sweep", Json(std::vector<double>{4, 6, 8, 10})}})),
      judged_when(claim_spec("fixed-prototype-bound",
                             "Corruptions that change more labels than their loss gap allows.",
                             Relation::AtMost, 0, "A theorem (derived form)."),
                  "label corruptions", Json::object({{"corruptions", 200}})),
      judged_when(
          claim_spec(
              "fixed-prototype-tight",
              "Changing the labels of smallest margin attains the bound: exceptions.", Relation::AtMost, 0,
              "The bound is the largest number of smallest margins that fit into the gap; this attains it."),
          "label corruptions", Json::object({{"corruptions", 200}})),
  };
}

}  // namespace

Parameters<GapConfig> gap_parameters() {
  using Config = GapConfig;
  Parameters<Config> list;
  list.choice("dataset", &Config::dataset, {"gmm", "ring", "uniform", "iris", "wine", "digits", "upload"})
      .label("Data")
      .help("gmm: Gaussian groups; ring and uniform have no groups; upload: your own points.")
      .essential();
  list.integer("k", &Config::k)
      .within(2, 20)
      .label("Clusters k")
      .help("Not used with labels of your own.")
      .essential();
  list.integer("d", &Config::d)
      .within(1, 100)
      .label("Coordinates d")
      .help("Of the Gaussian groups.")
      .only_when("dataset", {"gmm"});
  list.integer("n", &Config::n)
      .within(20, 1e6)
      .label("Points n")
      .help("Of generated data.")
      .logarithmic()
      .only_when("dataset", {"gmm", "ring", "uniform"})
      .preset("browser", 2000)
      .preset("paper", 200000);
  list.real("sep", &Config::sep)
      .within(0, 40)
      .label("Separation")
      .help("Distance of neighbouring group centres.")
      .unit("standard deviations")
      .only_when("dataset", {"gmm"})
      .essential();
  list.integer("candidates", &Config::candidates)
      .within(3, 10000)
      .label("Solutions")
      .help("A third each: iterates of Lloyd from random rows, perturbed prototypes, converged runs.")
      .preset("browser", 400)
      .preset("paper", 2000);
  list.integer("restarts", &Config::restarts)
      .within(1, 1000)
      .label("Restarts of the fit")
      .help("The best is the benchmark.")
      .preset("browser", 30)
      .preset("paper", 100);
  list.real("max_gap", &Config::max_gap)
      .within(0, 2)
      .label("Reference gap")
      .help("Relative: 0.05 means solutions whose loss is at most 5 % higher.");
  list.real("alpha", &Config::alpha)
      .within(0, 0.5)
      .label("Points set aside α")
      .help("Share of the points with the smallest margins that κ_α leaves out.");
  list.reals("eps_list", &Config::eps_list)
      .within(0, 2)
      .entries(1, 50)
      .increasing()
      .label("Gaps of the certificate ε")
      .help("Each gets a certificate.");
  list.reals("sep_sweep", &Config::sep_sweep)
      .within(0, 40)
      .entries(0, 50)
      .increasing()
      .label("Separations of the sweep")
      .help("Condition numbers of one fresh fit for each; empty: none.")
      .unit("standard deviations")
      .only_when("dataset", {"gmm"});
  list.integer("corruptions", &Config::corruptions)
      .within(0, 10000)
      .label("Label corruptions")
      .help("Odd ones move the points of smallest margin to their second prototype, even ones random points.")
      .preset("paper", 1000);
  add_own_data_parameters(
      list, "Name of the column of data that holds the benchmark; empty: fitted, or a file of labels.",
      "dataset");
  return list;
}

Description gap_description() {
  Description about;
  about.study = "prototype-clustering/gap-vs-error";
  about.revision = 2;  // steps of the certificate's line: a gap between two has the bound of the larger
  about.title = "Loss gap against error";
  about.question = "Does a small gap imply the right partition?";
  about.summary =
      "Makes many clusterings of the same points, good and bad, and plots how much worse their loss is than "
      "the "
      "benchmark’s against how many points they label differently. With separated groups a small gap proves "
      "the "
      "partition; without groups it proves nothing.";
  about.inputs = {data_input(), labels_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::protoclust
