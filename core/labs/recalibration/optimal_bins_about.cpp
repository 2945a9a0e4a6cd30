// What the study optimal-bins says about itself: figures, claims and why their thresholds are where they are.
#include "labs/recalibration/describe.h"

namespace reprise::recal {

namespace {

std::vector<Figure> figures() {
  Figure best;
  best.id = "best-bins";
  best.question = "How many bins are best?";
  best.title =
      "With {metrics.largest_n} labels risk is lowest near {metrics.best_bins_at_largest_n:.0f} bins; the "
      "cube-root rule says {metrics.cube_root_bins_at_largest_n}";
  best.subtitle = "Number of bins with the least risk: geometric mean and 10–90 % of the samples";
  best.x = axis("labels n", "", true);
  best.y = axis("best number of bins B*", "", true);
  best.marks = {point_mark("best_bins", "best, measured"), line_mark("formula_bins", "(2a/v)^⅓ n^⅓"),
                line_mark("cube_root_bins", "n^⅓", "dashed"),
                line_mark("bound_bins", "minimises the bound", "dotted")};

  Figure risk;
  risk.id = "best-risk";
  risk.question = "How fast does the best risk fall?";
  risk.title = "The best risk falls like n to the power {metrics.optimal_risk_exponent:.2f}";
  risk.subtitle = "Least risk over all numbers of bins: median and 10–90 % of the samples";
  risk.x = axis("labels n", "", true);
  risk.y = axis("risk of the best number of bins", "squared probability", true);
  risk.marks = {point_mark("best_risk", "measured"), line_mark("formula_risk", "3(a/4)^⅓ (v/n)^⅔"),
                slope_mark(-2.0 / 3, "slope −2/3")};

  Figure valley;
  valley.id = "valley";
  valley.question = "Where is the valley?";
  valley.title =
      "The valley of least risk moves to {metrics.valley_bins_at_largest_n} bins at {metrics.largest_n} "
      "labels";
  valley.subtitle = "Median risk of every number of bins and labels; points mark the least in each row";
  valley.x = axis("bins B", "", true);
  valley.y = axis("labels n", "", true);
  valley.color = axis("risk", "squared probability", true);
  Mark heat;
  heat.kind = Mark::Kind::Heat;
  heat.grid = "risk_map";
  valley.marks = {heat, point_mark("valley", "least risk")};

  Figure regret;
  regret.id = "regret";
  regret.question = "What does a rule cost?";
  regret.title =
      "From 2000 labels on, the rule chosen here costs at most {metrics.data_driven_regret:.2f} times the "
      "best risk, n^⅓ {metrics.regret_cube_root:.1f} times";
  regret.subtitle = "Median risk of a rule's number of bins, divided by the least median risk of all";
  regret.x = axis("labels n", "", true);
  regret.y = axis("risk relative to the best", "", true);
  for (const auto& [rule, label] :
       std::vector<std::pair<std::string, std::string>>{{"plug_in", "plug-in"},
                                                        {"leave_one_out", "leave-one-out"},
                                                        {"cube_root", "n^⅓"},
                                                        {"fixed_10", "10 bins"},
                                                        {"fixed_15", "15 bins"}}) {
    Mark mark = table_mark(Mark::Kind::Line, "rules", "n", "regret");
    mark.filter_column = "rule";
    mark.filter_value = rule;
    mark.label = label;
    regret.marks.push_back(mark);
  }
  regret.marks.push_back(rule_mark('y', FigureNumber::constant(1), "best possible"));
  return {best, risk, valley, regret};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("optimal-bins-exponent",
                 "The best number of bins grows like the cube root of n: |exponent − 1/3|.", Relation::AtMost,
                 0.08,
                 "Runs of 20 samples with the Gaussian model gave exponents from 0.277 to 0.366; scores "
                 "without any information give 0.00, which this threshold refuses."),
      claim_spec("optimal-risk-exponent", "The best risk falls like n^(−2/3): |exponent + 2/3|.",
                 Relation::AtMost, 0.13,
                 "At these n the exponent is still nearer −0.63 (−0.58 to −0.68 in runs of 20 samples), so "
                 "there is room for that; scores without information give −0.97."),
      claim_spec("asymptotic-constant",
                 "The closed formula (2a/v)^⅓ n^⅓ also gets the constant right: |ln(measured/formula)|.",
                 Relation::AtMost, 0.3,
                 "Measured ratios lie between 1.02 and 1.18, a third at most is allowed; bins of equal width "
                 "give 0.28. Only evaluated where a is finite: without that there is no constant."),
      claim_spec(
          "data-driven-bins-near-best",
          "A rule that sees only the sample costs at most twice the best risk, at every n from 2000 on.",
          Relation::AtMost, 2,
          "Plug-in: 0.96 to 1.25 (Gaussian), up to 1.65 where the truth is not Lipschitz; leave-one-out up "
          "to 1.70. The bare n^⅓ costs 7.9 to 10.5 times the best with the Gaussian model."),
      claim_spec(
          "cube-root-needs-its-constant",
          "Taking n^⅓ bins without the constant costs at least three times the risk of the chosen rule.",
          Relation::AtLeast, 3,
          "Holds at 5.0 (4.0 to 6.4) for the Gaussian model, whose constant is 4.8; only evaluated there, "
          "with μ ≥ 2. With a constant of 1 there is nothing to lose: the identity model gives 0.8."),
  };
}

}  // namespace

Description optimal_bins_description() {
  Description about;
  about.study = "recalibration/optimal-bins";
  about.title = "How many bins?";
  about.question = "How many bins are best for n labels?";
  about.summary =
      "Every sample is recalibrated with many numbers of bins, and the exact risk of each map tells which "
      "was best. The best number grows like the cube root of n, with a constant that depends on how steep "
      "the truth is; rules that estimate this constant from the sample come close to the best, the bare cube "
      "root need not.";
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::recal
