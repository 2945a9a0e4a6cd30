// What the study two-moons-budget says about itself: parameters, figures, claims.
#include "labs/selective-classification/network_parameters.h"
#include "labs/selective-classification/two_moons_budget.h"
#include "study/marks.h"

namespace reprise::selective {

namespace {

std::vector<Figure> figures() {
  Figure curves;
  curves.id = "curves";
  curves.question = "How far below the oracle does each model stay?";
  curves.title =
      "At noise {metrics.figure_sigma:g} both models stay below the best order of their own answers";
  curves.subtitle =
      "Share of right answers among the most confident; dashed: if all right answers came first";
  curves.x = axis("share answered");
  curves.y = axis("accuracy");
  curves.marks = {line_mark("accuracy_mlp", "network"), line_mark("oracle_mlp", "its oracle", "dashed"),
                  line_mark("accuracy_logreg", "linear"), line_mark("oracle_logreg", "its oracle", "dashed"),
                  rule_mark('x', FigureNumber::metric("figure_accuracy"), "accuracy of the network")};

  Figure causes;
  causes.id = "causes";
  causes.question = "Which cause fills the gap?";
  causes.title = "The linear model's gap at noise {metrics.figure_sigma:g}, cause by cause";
  causes.subtitle =
      "Stacked from zero: label noise, wrong class, wrong order; below zero: what no oracle could attain. "
      "Lines: "
      "their sum, and the paper's bound (dashed)";
  causes.x = axis("share answered");
  causes.y = axis("gap", "accuracy points");
  causes.marks = {
      band_mark("stack_bayes", "label noise"),   band_mark("stack_approximation", "wrong class"),
      band_mark("stack_ranking", "wrong order"), band_mark("stack_discount", "oracle discount"),
      line_mark("gap_population", "gap"),        line_mark("paper_bound", "paper's bound", "dashed")};

  Figure growth;
  growth.id = "growth";
  growth.question = "What takes over when noise grows?";
  growth.title = "With more noise, label noise takes over";
  growth.subtitle = "Means over all coverages of each part of the network's gap";
  growth.x = axis("noise σ");
  growth.y = axis("mean gap", "accuracy points");
  Mark bars = table_mark(Mark::Kind::Bars, "causes", "sigma", "value", "cause");
  bars.filter_column = "model";
  bars.filter_value = "mlp";
  growth.marks = {bars};
  Figure linear = growth;
  linear.id = "growth_linear";
  linear.question = "And for a model that is too weak?";
  linear.title = "A linear model loses by its order where there is little noise";
  linear.subtitle =
      "The same for the linear model. On the rows that its best order accepts it rarely errs, so its "
      "weakness shows "
      "as wrong order; on the rows that it does accept, the same loss would be called wrong class";
  linear.marks[0].filter_value = "logreg";

  Figure gaps;
  gaps.id = "gap_by_noise";
  gaps.question = "When does a better model help?";
  gaps.title = "A better model helps where there is little noise";
  gaps.subtitle = "Mean gap with its range over repeats";
  gaps.x = axis("noise σ");
  gaps.y = axis("mean gap", "accuracy points");
  gaps.marks = {line_mark("gap_vs_sigma_mlp", "network"), line_mark("gap_vs_sigma_logreg", "linear")};

  Figure map;
  map.id = "map";
  map.question = "Where does it abstain?";
  map.title = "The network abstains where the two classes mix";
  map.subtitle =
      "Colour: probability of class 1 at the largest noise level. Points: border of the 80 % most confident "
      "answers";
  map.x = axis("x₁");
  map.y = axis("x₂");
  map.color = axis("P(class 1)");
  Mark heat;
  heat.kind = Mark::Kind::Heat;
  heat.grid = "eta";
  map.marks = {heat, point_mark("abstention_border", "border")};
  return {curves, causes, growth, linear, gaps, map};
}

std::vector<ClaimSpec> claims() {
  ClaimSpec covers =
      claim_spec("band-covers",
                 "The uniform band holds the true gap at every coverage: share of cells in which it "
                 "does not.",
                 Relation::AtMost, 0.05, "The band promises 1 − δ.");
  covers.threshold_parameter = "delta";
  return {
      claim_spec("budget-adds-up",
                 "Label noise, wrong class and wrong order less discount are the gap: residual.",
                 Relation::AtMost, 1e-9, "An identity; measured below 1e-13."),
      claim_spec("paper-bound-holds", "The paper's sum is never below the gap: least difference.",
                 Relation::AtLeast, -1e-12, "It counts the wrong order twice; the tolerance is rounding."),
      claim_spec("gap-grows-with-noise",
                 "The network's mean gap grows from each noise level to the next: least step.",
                 Relation::Above, 0, "It grew in all of 20 measured runs."),
      claim_spec("noise-is-irreducible", "At σ = 0.8 label noise alone is worth a tenth or more.",
                 Relation::AtLeast, 0.10, "0.137 to 0.143 in 20 measured runs."),
      claim_spec("capacity-matters-at-low-noise",
                 "At σ = 0.2 the linear model's mean gap is four times the network's.", Relation::AtLeast, 4,
                 "6.8 to 10.9 were measured."),
      claim_spec("capacity-irrelevant-at-high-noise",
                 "At σ = 0.8 the two gaps agree within a fifth: |ratio − 1|.", Relation::AtMost, 0.2,
                 "Ratios of 0.92 to 1.01 were measured."),
      claim_spec("weak-model-gap-is-ranking",
                 "At σ = 0.2 half or more of the linear model's gap is wrong order.", Relation::AtLeast, 0.5,
                 "0.94 to 0.95 were measured."),
      covers};
}

}  // namespace

Parameters<TwoMoonsBudgetConfig> two_moons_budget_parameters() {
  using Config = TwoMoonsBudgetConfig;
  const std::vector<double> many = {0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 1.5};
  Parameters<Config> list;
  list.reals("sigma_list", &Config::sigma_list)
      .within(0.05, 5)
      .entries(1, 12)
      .increasing()
      .label("Noise levels σ")
      .help("Standard deviation of the blur of both moons.")
      .essential()
      .preset("browser", many)
      .preset("paper", many);
  list.texts("models", &Config::models, {"logreg", "mlp"})
      .entries(1, 2)
      .label("Models")
      .help("logreg: a straight border; mlp: two hidden layers.");
  describe_count(list.integer("hidden", &Config::hidden), 256, "Hidden units",
                 "Of each of the network's two hidden layers.", {32, 64});
  describe_rows(list.integer("n_train", &Config::n_train), "Training points",
                "Both models see the same ones.", {2000, 10000}, 20)
      .essential();
  describe_rows(list.integer("n_test", &Config::n_test), "Test points",
                "Curves and causes are computed on them, with their exact posterior.", {10000, 200000}, 100);
  describe_count(list.integer("epochs", &Config::epochs), 1000, "Epochs", "Passes over the training points.",
                 {60, 200})
      .at_least(0);
  describe_learning_rate(list.real("learning_rate", &Config::learning_rate));
  describe_count(list.integer("batch_size", &Config::batch_size), 4096, "Batch size",
                 "Points of one step of training.", {0, 128});
  describe_repeats(list.integer("repeats", &Config::repeats), "Independent samples for each noise level.",
                   {3, 10});
  list.real("delta", &Config::delta)
      .within(1e-6, 0.5)
      .label("δ")
      .help("The uniform band holds with probability 1 − δ.");
  describe_coverage_points(list.integer("coverage_points", &Config::coverage_points));
  return list;
}

Description two_moons_budget_description() {
  Description about;
  about.study = "selective-classification/two-moons-budget";
  about.title = "Five causes on two moons";
  about.question = "Where does the gap come from?";
  about.summary =
      "A linear model and a small network learn two moons whose label probabilities are known exactly, so "
      "the gap to "
      "the best possible abstention splits into label noise, wrong class and wrong order, and the parts add "
      "up.";
  InputSpec points;
  points.name = "points";
  points.formats = {"csv"};
  points.description = "Points of the plane at which the exact posterior is wanted.";
  points.columns = "x1, x2";
  points.example = "x1,x2\n0.5,0.25\n-0.2,1.1\n";
  about.inputs = {points};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::selective
