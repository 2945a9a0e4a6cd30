// What the study solvers says about itself: parameters, presets, inputs, figures, claims.
#include "labs/prototype-clustering/own_data_about.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "labs/prototype-clustering/solvers.h"
#include "study/marks.h"

#include <algorithm>

namespace reprise::protoclust {

namespace {

std::vector<Figure> figures() {
  Figure work;
  work.id = "work";
  work.question = "How much work does each method need?";
  work.subtitle = "Distances computed over all restarts; for fasterpam and pam dissimilarities looked up";
  work.x = axis("method");
  work.y = axis("distance evaluations", "", true);
  work.marks = {table_mark(Mark::Kind::Bars, "methods", "method", "distance_evaluations")};

  Figure plateau;
  plateau.id = "plateau";
  plateau.question = "How far apart are equally good solutions?";
  plateau.title =
      "Within 1 % of the best loss, up to {metrics.max_error_at_one_percent:.3f} of the points differ";
  plateau.subtitle =
      "Each point a k-means++ run: how much worse its loss is than the best, how many points it "
      "labels differently";
  plateau.x = axis("relative loss gap to the best");
  plateau.x.low = 0;
  plateau.y = axis("share of the points");
  plateau.y.low = 0;
  plateau.marks = {table_mark(Mark::Kind::Points, "near_optimal", "gap", "error"),
                   rule_mark('x', FigureNumber::constant(0.01), "1 %")};
  return {work, plateau};
}

std::vector<ClaimSpec> claims() {
  return {
      judged_when(
          claim_spec("accelerations-identical",
                     "Bounds that skip distances change no label: rows where they differ from Lloyd’s.",
                     Relation::Equal, 0, "Both are exact: every bound is kept on the safe side of rounding."),
          "the methods lloyd and elkan or hamerly"),
      judged_when(claim_spec("elkan-saves", "Elkan’s bounds save at least half of the distances.",
                             Relation::AtMost, 0.5,
                             "Measured 0.04 to 0.27 on groups and digits with k = 10. On pure noise in many "
                             "dimensions it may "
                             "fail, rightly."),
                  "the methods lloyd and elkan, and at least 10 clusters", Json::object({{"k", 10}})),
      judged_when(claim_spec("hartigan-monotone",
                             "Single-point moves never raise Lloyd’s loss: largest relative increase.",
                             Relation::AtMost, 1e-12, "Each move lowers the loss; only rounding could show."),
                  "the method hartigan"),
      judged_when(
          claim_spec("exact-1d", "On a line no run is better than the exact clustering: relative excess.",
                     Relation::AtLeast, -1e-9, "Exact by dynamic programming; only rounding could show."),
          "one coordinate: dataset gmm with k = 2 and d = 1",
          Json::object({{"dataset", "gmm"}, {"k", 2}, {"d", 1}})),
      judged_when(claim_spec("pam-local-optimum",
                             "After FasterPAM no single swap lowers the loss: largest relative improvement.",
                             Relation::AtMost, 1e-9, "The condition at which the search ends."),
                  "the method fasterpam"),
      judged_when(claim_spec("digits-loss", "The best of many restarts on the digits reaches the known loss.",
                             Relation::AtMost, 1166000, "Measured 1,165,120 to 1,165,197 as the best of 30."),
                  "dataset digits, all of its rows, k = 10 and at least 30 restarts",
                  Json::object({{"dataset", "digits"}, {"k", 10}, {"n", 1797}, {"restarts", 30}})),
      judged_when(
          claim_spec(
              "digits-plateau",
              "On the digits, solutions within 1 % of the best loss label a tenth of the points differently.",
              Relation::AtLeast, 0.1, "Measured 0.200 to 0.204 over three seeds."),
          "dataset digits, all of its rows, k = 10 and at least 30 restarts",
          Json::object({{"dataset", "digits"}, {"k", 10}, {"n", 1797}, {"restarts", 30}})),
  };
}

}  // namespace

const std::vector<std::string>& solver_names() {
  static const std::vector<std::string> names = {"lloyd",  "elkan",    "hamerly",   "random", "kmeans++",
                                                 "greedy", "hartigan", "fasterpam", "pam",    "exact-1d"};
  return names;
}

bool SolversConfig::has(std::string_view method) const {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}
bool SolversConfig::has_kmeans() const {
  return std::any_of(methods.begin(), methods.end(), [](const std::string& method) {
    return method != "fasterpam" && method != "pam" && method != "exact-1d";
  });
}
bool SolversConfig::has_medoids() const {
  return has("fasterpam") || has("pam");
}
PointsRequest SolversConfig::points() const {
  return {dataset, n, d, k, d_pca, sep, label_column, standardise, {"starts"}};
}

Parameters<SolversConfig> solvers_parameters() {
  using Config = SolversConfig;
  const auto& names = solver_names();
  Parameters<Config> list;
  list.choice("dataset", &Config::dataset, {"gmm", "digits", "fashion-mnist", "upload"})
      .label("Data")
      .help("gmm: Gaussian groups; fashion-mnist: its images as the input data; upload: your own points.")
      .essential()
      .preset("browser", "digits")
      .preset("paper", "fashion-mnist");
  list.integer("k", &Config::k)
      .within(2, 1000)
      .label("Clusters k")
      .help("Not used with starts of your own.")
      .essential();
  list.integer("n", &Config::n)
      .within(4, 1e6)
      .label("Points n")
      .help("Generated points; of digits and fashion-mnist the first rows.")
      .logarithmic()
      .only_when("dataset", {"gmm", "digits", "fashion-mnist"})
      .preset("browser", 1797)
      .preset("paper", 70000);
  list.integer("d", &Config::d)
      .within(1, 1000)
      .label("Coordinates d")
      .help("Of the Gaussian groups; they differ in the first two.")
      .logarithmic()
      .only_when("dataset", {"gmm"})
      .preset("browser", 64)
      .preset("paper", 784);
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
      .only_when("dataset", {"gmm"});
  list.texts("methods", &Config::methods, names)
      .entries(1, names.size())
      .label("Methods")
      .help(
          "lloyd, elkan, hamerly and hartigan share their starts; random, kmeans++ and greedy are starts of "
          "Lloyd’s iteration.")
      .preset("paper", Json(std::vector<std::string>(names.begin(), names.begin() + 7)));
  list.integer("restarts", &Config::restarts)
      .within(1, 1000)
      .label("Restarts")
      .help("Of each method.")
      .essential()
      .preset("browser", 30)
      .preset("paper", 100);
  list.integer("max_iterations", &Config::max_iterations)
      .within(1, 10000)
      .label("Most iterations")
      .help("Assignments of one run.");
  list.integer("medoid_limit", &Config::medoid_limit)
      .within(2, 20000)
      .label("Points for k-medoids")
      .help("fasterpam and pam take the first so many: their work grows with the square.")
      .logarithmic()
      .preset("browser", 500)
      .preset("paper", 500);
  add_own_data_parameters(list, "Name of a column of data that holds labels and is left out; empty: none.",
                          "dataset");
  return list;
}

Description solvers_description() {
  Description about;
  about.study = "prototype-clustering/solvers";
  about.title = "Solvers";
  about.question = "How good are the algorithms, and how much work do they need?";
  about.summary =
      "Runs Lloyd’s iteration with and without bounds from the same starts, three ways of starting, "
      "single-point "
      "moves, k-medoids by swaps, and on a line the exact answer; counts distances and compares results.";
  about.inputs = {data_input(), prototypes_input("starts"), dissimilarity_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::protoclust
