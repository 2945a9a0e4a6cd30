// What the study calibrators says about itself: parameters, figures, claims and why their thresholds are
// where they are.
#include "labs/recalibration/calibrators_experiment.h"
#include "labs/recalibration/describe.h"

namespace reprise::recal {

namespace {

std::vector<Figure> figures() {
  Figure methods;
  methods.id = "methods";
  methods.question = "When does binning beat Platt?";
  methods.title =
      "Right family: Platt has {metrics.well_specified_platt_over_hybrid:.2f} of the hybrid's risk; wrong "
      "family: "
      "bins have {metrics.misspecified_umb_over_platt:.2f} of Platt's";
  methods.subtitle = "Mean exact risk of each method, by model and number of bins";
  methods.x = axis("method");
  methods.y = axis("mean risk", "squared probability", true);
  methods.marks = {table_mark(Mark::Kind::Bars, "cases", "method", "risk_mean", "case")};

  Figure maps;
  maps.id = "maps";
  maps.question = "What do the maps look like?";
  maps.title = "Platt cannot bend where the truth of {config.misspecified_model} does; bins can";
  maps.subtitle = "First sample of the model that Platt's family does not hold";
  maps.x = axis("score");
  maps.y = axis("probability of label 1");
  maps.x.low = maps.y.low = 0;
  maps.x.high = maps.y.high = 1;
  Mark diagonal;
  diagonal.kind = Mark::Kind::Diagonal;
  diagonal.style = "muted";
  diagonal.label = "score as it is";
  maps.marks = {line_mark("curve_truth", "truth h*"), line_mark("curve_platt", "Platt", "dashed"),
                line_mark("curve_uniform_mass", "equal-mass bins", "thin"), diagonal};

  Figure ranking;
  ranking.id = "ranking";
  ranking.question = "How does B change the ranking?";
  ranking.title =
      "{metrics.large_bins_used} instead of {metrics.small_bins_used} bins cut the risk of equal-mass bins "
      "{metrics.small_over_large_bins:.1f}-fold";
  ranking.subtitle = "Mean exact risk on {config.bin_count_model} by the number of bins";
  ranking.x = axis("bins B", "", true);
  ranking.y = axis("mean risk", "squared probability", true);
  ranking.marks = {table_mark(Mark::Kind::Line, "ranking", "bins", "risk_mean", "method")};
  return {methods, maps, ranking};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("platt-beats-hybrid-when-well-specified",
                 "Where Platt's family holds the truth, Platt has at most half the risk of scaling-binning.",
                 Relation::AtMost, 0.5,
                 "Measured 0.19 to 0.32. With the wrong family (beta01_4) it is 1.15: both then fail alike."),
      claim_spec("hybrid-beats-binning-when-well-specified",
                 "There, scaling-binning has at most 0.65 of the risk of equal-mass binning.",
                 Relation::AtMost, 0.65,
                 "Measured 0.40 to 0.53: averaging Platt's outputs has less noise than averaging labels."),
      claim_spec(
          "binning-beats-platt-when-misspecified",
          "Where Platt's family does not hold the truth, equal-mass bins have at most half of Platt's risk.",
          Relation::AtMost, 0.5, "Measured 0.17 to 0.34. With the right family (logistic44) it is 9."),
      claim_spec(
          "equal-mass-like-equal-width",
          "With uniform scores, bins of equal mass and of equal width differ by at most a quarter in risk.",
          Relation::AtMost, 0.25,
          "Uniform scores make the two nearly the same bins; on Gaussian scores they differ 7-fold."),
      claim_spec("more-bins-repair-gauss",
                 "On the Gaussian model n^⅓ bins have at least four times the risk of the formula's number.",
                 Relation::AtLeast, 4,
                 "Measured 7.5 to 8.3; where the constant is 2 (logistic44) it is only 1.5."),
      claim_spec(
          "rank-reversal-with-bins",
          "With few bins equal width wins, with the right number equal mass wins, each by a factor of 1.5.",
          Relation::AtLeast, 1.5,
          "Measured: 0.42 against 3.67 thousandths with 17 bins, 1.07 against 0.44 with 82. A comparison "
          "of methods at one number of bins says little."),
  };
}

}  // namespace

Parameters<CalibratorsConfig> calibrators_parameters() {
  const std::vector<std::string> models = {"gauss", "logistic44", "beta01_4", "identity"};
  Parameters<CalibratorsConfig> list;
  list.integer("n", &CalibratorsConfig::n)
      .within(20, 1000000)
      .label("Labels n")
      .help("Size of each sample.")
      .logarithmic()
      .essential()
      .preset("browser", 5000)
      .preset("paper", 5000);
  list.integer("seeds", &CalibratorsConfig::seeds)
      .within(1, 1000)
      .label("Repeats")
      .help("Independent samples of each model.")
      .essential()
      .preset("browser", 100)
      .preset("paper", 100);
  list.choice("well_specified_model", &CalibratorsConfig::well_specified_model, models)
      .label("Model in Platt's family")
      .help("Its truth is σ(a logit z + b) by default.");
  list.choice("misspecified_model", &CalibratorsConfig::misspecified_model, models)
      .label("Model outside Platt's family")
      .help("Its truth bends where Platt's family cannot.");
  list.choice("bin_count_model", &CalibratorsConfig::bin_count_model, models)
      .label("Model for the number of bins")
      .help("Compared with few bins and with the formula's number.");
  const auto bins = [&](const char* key, std::int64_t CalibratorsConfig::*member, const char* label,
                        const char* rule) {
    list.integer(key, member)
        .within(0, 500000)
        .label(label)
        .help(std::string("0: ") + rule + "; at most n/2.");
  };
  bins("well_specified_bins", &CalibratorsConfig::well_specified_bins, "Bins, well specified",
       "round(2 n^⅓)");
  bins("misspecified_bins", &CalibratorsConfig::misspecified_bins, "Bins, misspecified", "round(n^⅓)");
  bins("small_bins", &CalibratorsConfig::small_bins, "Few bins", "round(n^⅓)");
  bins("large_bins", &CalibratorsConfig::large_bins, "Many bins", "the formula (2a/v)^⅓ n^⅓");
  list.choice("edge_rule", &CalibratorsConfig::edge_rule, {"order", "interp"})
      .label("Bin edges")
      .help("Order statistics, or interpolated quantiles as in the authors' code.")
      .preset("paper", "interp");
  list.integers("sweep_bins", &CalibratorsConfig::sweep_bins)
      .within(1, 500000)
      .entries(0, 60)
      .increasing()
      .label("Numbers of bins to compare")
      .help("Risks of the binning methods for each; those above n/2 are left out.")
      .preset("browser", std::vector<std::int64_t>{10, 17, 34, 82, 200, 500})
      .preset("paper", std::vector<std::int64_t>{10, 20, 50, 100, 200, 500, 1000, 1995});
  return list;
}

Description calibrators_description() {
  Description about;
  about.study = "recalibration/calibrators";
  about.title = "Binning against Platt";
  about.question = "When does binning beat Platt?";
  about.summary =
      "Six recalibration methods on three models, judged by their exact risk. Platt wins where its family "
      "holds the "
      "truth, bins win where it does not, and the number of bins can turn the ranking of two kinds of bins "
      "around.";
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::recal
