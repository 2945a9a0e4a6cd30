// What the study certificate says about itself: parameters, inputs, figures, claims.
#include "labs/prototype-clustering/certificate_study.h"
#include "labs/prototype-clustering/own_data_about.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "study/marks.h"

namespace reprise::protoclust {

namespace {

std::vector<Figure> figures() {
  Figure transition;
  transition.id = "transition";
  transition.question = "From which separation on is the optimum certified?";
  transition.subtitle =
      "Share of the samples whose k-means clustering is certified, by separation of the groups";
  transition.x = axis("separation of neighbouring groups", "standard deviations");
  transition.y = axis("certified share of the samples");
  transition.y.low = 0;
  transition.y.high = 1;
  transition.marks = {table_mark(Mark::Kind::Line, "certified_share", "sep", "certified_share", "groups")};

  Figure differ;
  differ.id = "differ";
  differ.question = "How much can a solution with this gap differ?";
  differ.subtitle =
      "Upper bound on the share of points with another label, for every solution with a loss at most 1 + ε "
      "times "
      "this one’s";
  differ.x = axis("relative loss gap ε");
  differ.y = axis("share of the points");
  differ.y.low = 0;
  differ.y.high = 1;
  differ.marks = {table_mark(Mark::Kind::Line, "bound_steps", "epsilon", "bound", "kind")};

  Figure failure;
  failure.id = "failure";
  failure.question = "How close is the failure?";
  failure.subtitle =
      "Largest sum of two radii over the distance of their centres, by ε: 1.06 means 6 % too close";
  failure.x = axis("relative loss gap ε");
  failure.y = axis("separation ratio");
  failure.y.low = 0;
  failure.marks = {table_mark(Mark::Kind::Bars, "certificate", "epsilon", "separation_ratio"),
                   rule_mark('y', FigureNumber::constant(1), "certified below")};

  Figure safe;
  safe.id = "safe-points";
  safe.question = "Which points are safe?";
  safe.subtitle =
      "First two coordinates; safe: the label is the same in every solution with at most the first ε above "
      "the loss";
  safe.x = axis("first coordinate");
  safe.y = axis("second coordinate");
  safe.marks = {table_mark(Mark::Kind::Points, "plane", "x", "y", "state")};
  return {transition, differ, failure, safe};
}

std::vector<ClaimSpec> claims() {
  return {
      judged_when(claim_spec("certified",
                             "The balls that hold the prototypes of every solution as good are disjoint.",
                             Relation::Below, 1,
                             "The certificate’s own condition (derived form). It fails for iris and wine: "
                             "their groups are too "
                             "close, and no proof is possible this way."),
                  "one clustering: source iris, wine or upload", Json::object({{"source", "iris"}})),
      judged_when(
          claim_spec(
              "valid",
              "No partition that was enumerated differs by more than the certificate allows: largest excess.",
              Relation::AtMost, 1e-12, "A theorem; a single counter-example is a bug."),
          "at most 11 points of your own (source upload) and the comparison with every partition"),
      judged_when(
          claim_spec("imbalance",
                     "A small cluster must be farther away to be certified: separation at the smallest share "
                     "over that "
                     "at the largest.",
                     Relation::AtLeast, 1.25,
                     "Measured 1.5 to 1.6 between shares 0.5 and 0.05; at most 1.2 between 0.5 and 0.2."),
          "two shares of a small group or more that are both certified in half of the samples, such as 0.5 "
          "and 0.05",
          Json::object({{"source", "gmm-sweep"},
                        {"shares", Json(std::vector<double>{0.5, 0.05})},
                        {"sep_list", Json(std::vector<double>{4, 5, 6, 7, 8, 9, 10})},
                        {"n", 300}})),
  };
}

}  // namespace

Parameters<CertificateConfig> certificate_parameters() {
  using Config = CertificateConfig;
  Parameters<Config> list;
  list.choice("source", &Config::source, {"gmm-sweep", "iris", "wine", "upload"})
      .label("Data")
      .help("gmm-sweep: Gaussian groups at several separations. upload: your own points.")
      .essential();
  list.text("loss", &Config::loss)
      .label("Loss ψ")
      .help("Everything but kmeans has the simpler, generic certificate.")
      .allowed_text("kmeans, kmedians, power:q, huber:δ, logcosh:s or capped:δ");
  list.integers("k_list", &Config::k_list)
      .within(2, 20)
      .entries(1, 20)
      .increasing()
      .label("Numbers of clusters k")
      .help("One clustering: the first entry, unless labels are given.")
      .essential()
      .preset("browser", Json(std::vector<std::int64_t>{2, 3, 4}))
      .preset("paper", Json(std::vector<std::int64_t>{2, 3, 4, 8}));
  list.reals("sep_list", &Config::sep_list)
      .within(0, 40)
      .entries(1, 100)
      .increasing()
      .label("Separations")
      .help("Distance of neighbouring group centres.")
      .unit("standard deviations")
      .only_when("source", {"gmm-sweep"})
      .essential()
      .preset("browser", Json(std::vector<double>{4, 5, 6, 7, 8, 9, 10, 12, 14, 16}))
      .preset("paper", Json(std::vector<double>{4, 5, 6, 7, 8, 9, 10, 12, 14, 16}));
  list.reals("shares", &Config::shares)
      .above(0)
      .at_most(0.5)
      .entries(0, 20)
      .label("Shares of a small group")
      .help("Two groups, one with this share of the points; empty: groups of equal size, as many as k says.")
      .only_when("source", {"gmm-sweep"});
  list.reals("eps_list", &Config::eps_list)
      .within(0, 2)
      .entries(1, 50)
      .increasing()
      .label("Relative loss gaps ε")
      .help(
          "The certificate covers every solution with at most 1 + ε times the loss. A sweep uses the first.");
  list.integer("n", &Config::n)
      .within(4, 1e6)
      .label("Points n")
      .help("Of each generated sample.")
      .logarithmic()
      .only_when("source", {"gmm-sweep"})
      .preset("browser", 300)
      .preset("paper", 50000);
  list.integer("d", &Config::d)
      .within(1, 1000)
      .label("Coordinates d")
      .help("Of the generated points; the groups differ in the first two.")
      .logarithmic()
      .only_when("source", {"gmm-sweep"});
  list.integer("trials", &Config::trials)
      .within(1, 1000)
      .label("Samples a separation")
      .help("Each with data of its own.")
      .only_when("source", {"gmm-sweep"})
      .preset("browser", 12)
      .preset("paper", 20);
  list.integer("restarts", &Config::restarts)
      .within(1, 1000)
      .label("Restarts of the fit")
      .help("k-means++, Lloyd, single-point moves; the best is certified. Not used with labels of your own.")
      .preset("browser", 5)
      .preset("paper", 10);
  list.integer("grid", &Config::grid)
      .within(10, 1000)
      .label("Cells of a radius")
      .help("On each the loss is bounded from below; more cells give slightly smaller radii.");
  list.integer("max_iterations", &Config::max_iterations)
      .within(1, 1000)
      .label("Most iterations")
      .help("Of shrinking the radii.");
  list.boolean("enumerate", &Config::enumerate)
      .label("Compare with every partition")
      .help("Tries all partitions of at most 11 points against the certificate; k-means, one clustering.");
  add_own_data_parameters(
      list,
      "Name of the column of data that holds the clustering to certify; empty: fitted, or a file of "
      "labels.",
      "source");
  return list;
}

Description certificate_description() {
  Description about;
  about.study = "prototype-clustering/certificate";
  about.revision = 2;  // steps of the bound's line: a gap between two has the bound of the larger
  about.title = "Certificate";
  about.question = "How far from the best partition can this clustering be?";
  about.summary =
      "Takes a clustering and proves, from eigenvalues and distances alone, how many points any clustering "
      "with at "
      "most its loss can label differently, and which points are safe. Needs no optimal solution and no "
      "model of the "
      "data; when groups are too close it says by how much.";
  about.inputs = {data_input(), labels_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::protoclust
