// What the study umb-rates says about itself: figures, claims and why their thresholds are where they are.
#include "labs/recalibration/describe.h"

namespace reprise::recal {

namespace {

Mark risk_lines(const char* x, const char* y, const char* low, const char* high, const char* group) {
  Mark mark = table_mark(Mark::Kind::Line, "risks", x, y, group);
  mark.low = low;
  mark.high = high;
  return mark;
}

Mark risk_band(const char* x, const char* low, const char* high, const char* filter) {
  Mark mark = table_mark(Mark::Kind::Band, "risks", x, "");
  mark.low = low;
  mark.high = high;
  mark.filter_column = filter;
  mark.filter_value = "max";
  mark.label = "10–90 % of the samples";
  return mark;
}

std::vector<Figure> figures() {
  const std::string unit = "squared probability";
  Figure by_bins;
  by_bins.id = "calibration-by-bins";
  by_bins.question = "Does calibration risk grow like B?";
  by_bins.title = "Calibration risk grows like B to the power {metrics.calibration_bin_exponent:.2f}";
  by_bins.subtitle = "Median over the samples, one line for each n; dashed: the bound at the largest n";
  by_bins.x = axis("bins B", "", true);
  by_bins.y = axis("calibration risk", unit, true);
  by_bins.marks = {risk_band("bins", "calibration_low", "calibration_high", "n"),
                   risk_lines("bins", "calibration_median", "", "", "n"),
                   line_mark("bound_vs_bins", "bound", "dashed"), slope_mark(1, "slope 1")};

  Figure by_labels;
  by_labels.id = "calibration-by-labels";
  by_labels.question = "Does calibration risk fall like 1/n?";
  by_labels.title = "Calibration risk falls like n to the power {metrics.calibration_sample_exponent:.2f}";
  by_labels.subtitle = "Median over the samples, one line for each number of bins";
  by_labels.x = axis("labels n", "", true);
  by_labels.y = axis("calibration risk", unit, true);
  by_labels.marks = {risk_lines("n", "calibration_median", "", "", "bins"),
                     band_mark("calibration_vs_n", "10–90 % at about 17 bins"), slope_mark(-1, "slope −1")};

  Figure sharpness;
  sharpness.id = "sharpness-by-bins";
  sharpness.question = "Does sharpness risk fall like 1/B²?";
  sharpness.title = "Sharpness risk falls like B to the power {metrics.sharpness_exponent:.2f}";
  sharpness.subtitle = "Median and 10–90 % of the samples at the largest n";
  sharpness.x = axis("bins B", "", true);
  sharpness.y = axis("sharpness risk", unit, true);
  sharpness.marks = {band_mark("sharpness_vs_bins", "10–90 % of the samples"),
                     line_mark("sharpness_vs_bins", "measured"), slope_mark(-2, "slope −2")};

  Figure balance;
  balance.id = "balance";
  balance.question = "Which B balances the two?";
  balance.title = "At {metrics.largest_n} labels the two risks balance near {metrics.least_risk_bins} bins";
  balance.subtitle =
      "Calibration risk rises, sharpness risk falls, their sum is the risk; medians at the largest n";
  balance.x = axis("bins B", "", true);
  balance.y = axis("risk", unit, true);
  balance.marks = {band_mark("risk_vs_bins", "10–90 % of the samples"), line_mark("risk_vs_bins", "risk"),
                   line_mark("calibration_vs_bins", "calibration", "dashed"),
                   line_mark("sharpness_vs_bins", "sharpness", "dotted"),
                   rule_mark('x', FigureNumber::metric("formula_bins"), "(2a/v)^⅓ n^⅓")};
  return {by_bins, by_labels, sharpness, balance};
}

std::vector<ClaimSpec> claims() {
  std::vector<ClaimSpec> list = {
      claim_spec("calibration-risk-sample-exponent",
                 "Calibration risk falls in proportion to 1/n: |exponent of n + 1|.", Relation::AtMost, 0.2,
                 "Runs of 20 samples gave −0.90 to −1.09; none of the negative controls breaks this rate."),
      claim_spec(
          "calibration-risk-bin-exponent", "Calibration risk grows in proportion to B: |exponent of B − 1|.",
          Relation::AtMost, 0.25,
          "Runs gave 0.91 to 1.14. Nearly deterministic labels (custom model, a = b = 400) give 0.21: a "
          "bin of equal labels has no noise."),
      claim_spec("sharpness-risk-exponent", "Sharpness risk falls like B^(−2): |exponent + 2|.",
                 Relation::AtMost, 0.2,
                 "Runs gave −1.96 to −1.98. Where the truth is not Lipschitz (beta01_4) it is −1.57, with "
                 "nearly deterministic labels −1.03."),
      claim_spec(
          "calibration-bound-covers",
          "The calibration bound is exceeded in at most a share δ of the samples, in every cell.",
          Relation::AtMost, 0.1,
          "δ is what the bound promises. It is never exceeded: it lies 30 to 300 times above the actual "
          "risk, so this claim is easy."),
      claim_spec("sharpness-bound-covers",
                 "The sharpness bound is exceeded in at most a share δ of the samples, in every cell.",
                 Relation::AtMost, 0.1,
                 "δ is what the bound promises; its constant is 96 times what equal masses need."),
      claim_spec("decomposition-identity",
                 "Brier score = calibration + sharpness + Bayes, by an independent quadrature.",
                 Relation::AtMost, 1e-9, "An identity: only rounding and quadrature may differ."),
  };
  list[3].threshold_parameter = "delta";
  list[4].threshold_parameter = "delta";
  return list;
}

}  // namespace

Description umb_rates_description() {
  Description about;
  about.study = "recalibration/umb-rates";
  about.title = "Rates of the two risks";
  about.question = "Does calibration risk grow like B/n and sharpness risk fall like B⁻²?";
  about.summary =
      "Equal-mass binning with many numbers of bins and labels, judged by its exact risk. Both rates of the "
      "theory "
      "show; the finite-sample bound has the right shape and lies far above. Models that break an assumption "
      "show "
      "which rate needs it.";
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::recal
