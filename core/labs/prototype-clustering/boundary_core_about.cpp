// What the study boundary-core says about itself: parameters, presets, inputs, figures, claims.
#include "labs/prototype-clustering/boundary_core.h"
#include "labs/prototype-clustering/own_data_about.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "study/marks.h"

namespace reprise::protoclust {

namespace {

std::vector<Figure> figures() {
  Figure deciles;
  deciles.id = "deciles";
  deciles.question = "Where do the errors live?";
  deciles.title =
      "{metrics.share_lowest_decile:.2f} of the errors are in the tenth of the points nearest to a boundary";
  deciles.subtitle = "Share of labels that near-optimal solutions change, by decile of the distance margin";
  deciles.x = axis("decile of the margin, 0 nearest to a boundary");
  deciles.y = axis("error rate");
  deciles.y.low = 0;
  deciles.marks = {table_mark(Mark::Kind::Bars, "deciles", "decile", "error_rate")};

  Figure safe;
  safe.id = "points";
  safe.question = "Which points are safe?";
  safe.subtitle =
      "error: some solution labels the point differently; tube: it could have; core: no solution here can "
      "(first two coordinates, or principal components)";
  safe.x = axis("first coordinate");
  safe.y = axis("second coordinate");
  safe.marks = {table_mark(Mark::Kind::Points, "plane", "x", "y", "state")};

  Figure cumulated;
  cumulated.id = "cumulated";
  cumulated.question = "How many errors do the points nearest to a boundary hold?";
  cumulated.subtitle =
      "Share of all errors in the points up to a quantile of the margin; diagonal: anywhere alike";
  cumulated.x = axis("quantile of the distance margin");
  cumulated.y = axis("share of the errors");
  cumulated.y.low = 0;
  cumulated.y.high = 1;
  Mark diagonal;
  diagonal.kind = Mark::Kind::Diagonal;
  cumulated.marks = {line_mark("cumulated_errors", "errors"), diagonal};
  return {deciles, safe, cumulated};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("tube", "Every label that a solution changes lies in its tube: exceptions.", Relation::Equal,
                 0, "A theorem (derived form); one counter-example is a bug."),
      judged_when(
          claim_spec("concentrate", "Errors concentrate in the tenth of the points nearest to a boundary.",
                     Relation::AtLeast, 0.7,
                     "Measured 0.77 to 1 on groups 2 to 4 apart; 0.15 without groups and with unfinished "
                     "runs, where it "
                     "must fail."),
          "dataset gmm or uniform", Json::object({{"dataset", "gmm"}})),
      judged_when(
          claim_spec("core",
                     "Perturbed prototypes change no label in the half of the points with larger margins.",
                     Relation::AtMost, 0, "Measured 0 at every separation from 2 on."),
          "dataset gmm and perturbed prototypes",
          Json::object({{"dataset", "gmm"}, {"solutions", "perturb"}})),
      judged_when(
          claim_spec(
              "decreasing",
              "On the digits the error rate falls from the boundary to the core: increases between bins.",
              Relation::AtMost, 0, "Measured .35, .22, .18, .09, .05: falling, though not to zero."),
          "dataset digits",
          Json::object({{"dataset", "digits"}, {"k", 10}, {"solutions", "lloyd"}, {"restarts", 3}})),
  };
}

}  // namespace

Parameters<BoundaryConfig> boundary_parameters() {
  using Config = BoundaryConfig;
  Parameters<Config> list;
  list.choice("dataset", &Config::dataset, {"gmm", "uniform", "digits", "fashion-mnist", "upload"})
      .label("Data")
      .help(
          "gmm: Gaussian groups; uniform has none; fashion-mnist: its images as the input data; upload: your "
          "own.")
      .essential()
      .preset("paper", "fashion-mnist");
  list.integer("n", &Config::n)
      .within(20, 1e6)
      .label("Points n")
      .help("Generated points; of digits and fashion-mnist the first rows.")
      .logarithmic()
      .only_when("dataset", {"gmm", "uniform", "digits", "fashion-mnist"})
      .preset("browser", 3000)
      .preset("paper", 70000);
  list.integer("k", &Config::k)
      .within(2, 100)
      .label("Clusters k")
      .help("Not used with labels or prototypes of your own.")
      .essential()
      .preset("paper", 10);
  list.integer("d_pca", &Config::d_pca)
      .within(0, 784)
      .label("Principal components")
      .help("Coordinates that are kept of the data’s principal components; 0: the data as they are.")
      .preset("paper", 32);
  list.real("sep", &Config::sep)
      .within(0, 40)
      .label("Separation")
      .help("Distance of neighbouring group centres.")
      .unit("standard deviations")
      .only_when("dataset", {"gmm"})
      .essential();
  list.real("max_gap", &Config::max_gap)
      .within(0, 2)
      .label("Largest gap")
      .help("Relative: only solutions whose loss is at most so much higher are used.");
  list.choice("solutions", &Config::solutions, {"perturb", "lloyd"})
      .label("Near-optimal solutions")
      .help("perturb: noise on the prototypes; lloyd: runs of Lloyd’s iteration from k-means++.")
      .essential()
      .preset("paper", "lloyd");
  list.integer("perturbations", &Config::perturbations)
      .within(1, 10000)
      .label("Solutions tried")
      .help("Of either kind; a file of prototypes is a single solution.")
      .preset("browser", 200)
      .preset("paper", 200);
  list.integer("lloyd_iterations", &Config::lloyd_iterations)
      .within(0, 1000)
      .label("Iterations of Lloyd")
      .help("Assignments of each run; 0: until nothing changes.")
      .only_when("solutions", {"lloyd"});
  list.integer("restarts", &Config::restarts)
      .within(1, 1000)
      .label("Restarts of the fit")
      .help("The best is what solutions are compared with; not used with labels of your own.")
      .preset("paper", 30);
  add_own_data_parameters(
      list, "Name of the column of data that holds the clustering; empty: fitted, or a file of labels.",
      "dataset");
  return list;
}

Description boundary_description() {
  Description about;
  about.study = "prototype-clustering/boundary-core";
  about.title = "Boundary and core";
  about.question = "Where do errors live?";
  about.summary =
      "Takes many solutions of nearly the same loss and marks the points that they label differently. All of "
      "them "
      "lie in a tube around the boundaries whose width follows from how far the prototypes moved; with "
      "groups, the points deep inside are safe.";
  about.inputs = {data_input(), labels_input(), prototypes_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::protoclust
