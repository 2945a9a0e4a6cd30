// What the study equally-good says about itself: parameters, presets, inputs, figures, claims.
#include "labs/prototype-clustering/equally_good.h"
#include "labs/prototype-clustering/own_data_about.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "study/marks.h"

namespace reprise::protoclust {

namespace {

std::vector<Figure> figures() {
  Figure intervals;
  intervals.id = "intervals";
  intervals.question = "How different can an equally good clustering be?";
  intervals.title =
      "At most {metrics.certified_bound:.1%} of the labels can change at a gap of {config.max_gap}; "
      "{metrics.found_error:.1%} do in the most different solution found";
  intervals.subtitle =
      "Share of labels that a clustering with a loss up to 1 + ε times as high can change: the truth lies "
      "between "
      "the most different one found and what is certified (everything where nothing is)";
  intervals.x = axis("relative loss gap ε");
  intervals.y = axis("share of the points");
  intervals.y.low = 0;
  intervals.marks = {band_mark("interval", "undecided"), line_mark("certified", "certified", "dashed"),
                     line_mark("found", "found"),
                     table_mark(Mark::Kind::Points, "intervals", "epsilon", "found_error", "status"),
                     rule_mark('x', FigureNumber::config("max_gap"), "reference gap")};

  Figure points;
  points.id = "points";
  points.question = "Which labels can be trusted?";
  points.title =
      "{metrics.core_points:.0f} points provably keep their labels at a gap of {config.max_gap}; "
      "{metrics.changed_points:.0f} were seen to change";
  points.subtitle =
      "core: proved to keep its label; can change: a solution within the reference gap labels it "
      "differently; "
      "undecided: neither (first two coordinates, or principal components)";
  points.x = axis("first coordinate");
  points.y = axis("second coordinate");
  points.marks = {table_mark(Mark::Kind::Points, "plane", "x", "y", "state")};

  Figure searches;
  searches.id = "searches";
  searches.question = "Do the searches agree?";
  searches.subtitle =
      "The most different solution within the reference gap that each search found, by where it began; when "
      "few "
      "reach the top, more searches may find more";
  searches.x = axis("search");
  searches.y = axis("share of the points");
  searches.y.low = 0;
  searches.marks = {table_mark(Mark::Kind::Points, "searches", "search", "error", "start")};
  return {intervals, points, searches};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("interval", "No solution found differs by more than its certificate allows: largest excess.",
                 Relation::AtMost, 1e-12, "A theorem (derived form); one counter-example is a bug."),
      judged_when(
          claim_spec("core",
                     "No solution found within the reference gap changes a certified point: exceptions.",
                     Relation::Equal, 0, "A theorem (derived form); one counter-example is a bug."),
          "a gap at which the clustering is certified: far groups, such as gmm 8 standard deviations apart",
          Json::object({{"dataset", "gmm"}, {"sep", 8}})),
      judged_when(
          claim_spec("steep",
                     "Well-separated groups: even the most different solution found within the reference gap "
                     "changes hardly a label.",
                     Relation::AtMost, 0.005,
                     "Measured at most 0.0033 at separations 8 and 10 in 40 seeds; at separation 4 at least "
                     "0.023, where it must fail."),
          "dataset gmm", Json::object({{"dataset", "gmm"}})),
      judged_when(
          claim_spec(
              "plateau",
              "Without groups, a solution within the reference gap changes a large share of the labels.",
              Relation::AtLeast, 0.08,
              "Measured at least 0.15 on uniform points and 0.097 on a ring in 40 seeds; at most 0.060 on "
              "groups 4 apart."),
          "dataset uniform or ring", Json::object({{"dataset", "uniform"}})),
  };
}

}  // namespace

Parameters<EquallyGoodConfig> equally_good_parameters() {
  using Config = EquallyGoodConfig;
  Parameters<Config> list;
  list.choice("dataset", &Config::dataset, {"gmm", "ring", "uniform", "iris", "wine", "digits", "upload"})
      .label("Data")
      .help("gmm: Gaussian groups; ring and uniform have no groups; upload: your own points.")
      .essential();
  list.integer("k", &Config::k)
      .within(2, 100)
      .label("Clusters k")
      .help("Not used with labels of your own.")
      .essential();
  list.integer("n", &Config::n)
      .within(20, 1e6)
      .label("Points n")
      .help("Of generated data; of the digits the first rows.")
      .logarithmic()
      .only_when("dataset", {"gmm", "ring", "uniform", "digits"})
      .preset("browser", 2000)
      .preset("paper", 50000);
  list.integer("d", &Config::d)
      .within(1, 1000)
      .label("Coordinates d")
      .help("Of the Gaussian groups, which differ in the first two.")
      .logarithmic()
      .only_when("dataset", {"gmm"});
  list.real("sep", &Config::sep)
      .within(0, 40)
      .label("Separation")
      .help("Distance of neighbouring group centres.")
      .unit("standard deviations")
      .only_when("dataset", {"gmm"})
      .essential();
  list.reals("eps_list", &Config::eps_list)
      .within(0, 10)
      .entries(1, 50)
      .increasing()
      .label("Relative loss gaps ε")
      .help("For each: the most different solution with at most 1 + ε times the loss, and a certificate.");
  list.real("max_gap", &Config::max_gap)
      .within(0, 10)
      .label("Reference gap")
      .help("The gap that points are judged at: which can change, which are stable.")
      .essential();
  list.integer("searches", &Config::searches)
      .within(1, 10000)
      .label("Searches")
      .help(
          "They begin at the clustering, at moved prototypes, at a merge and a split, at fresh seeds, in "
          "turn.")
      .logarithmic()
      .preset("browser", 24)
      .preset("paper", 100);
  list.integer("pushes", &Config::pushes)
      .within(0, 10000)
      .label("Tries to go farther")
      .help("For each search and gap: ways in which prototypes are moved as far as the loss allows.")
      .logarithmic()
      .preset("browser", 20)
      .preset("paper", 40);
  list.integer("restarts", &Config::restarts)
      .within(1, 1000)
      .label("Restarts of the fit")
      .help("The best is what solutions are compared with; not used with labels of your own.")
      .preset("browser", 30)
      .preset("paper", 100);
  add_own_data_parameters(
      list, "Name of the column of data that holds the clustering; empty: fitted, or a file of labels.",
      "dataset");
  return list;
}

Description equally_good_description() {
  Description about;
  about.study = "prototype-clustering/equally-good";
  about.title = "Equally good";
  about.question = "How different can an equally good clustering be?";
  about.summary =
      "Searches for the most different clustering whose loss is hardly higher, and holds it against what the "
      "certificate allows: an interval for what can change in your data. Points that provably keep their "
      "labels "
      "can be saved, as training labels for a classifier.";
  about.inputs = {data_input(), labels_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::protoclust
