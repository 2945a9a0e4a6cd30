// What the study calibration-is-not-ranking says about itself: parameters, inputs, figures, claims.
#include "labs/selective-classification/calibration_ranking.h"
#include "labs/selective-classification/network_parameters.h"
#include "study/marks.h"

namespace reprise::selective {

namespace {

const std::vector<std::string> all_methods = {
    "temperature", "platt", "isotonic-step",    "isotonic-linear", "uniform-mass",
    "ensemble",    "sat",   "correctness-head", "loss-predictor",  "selectivenet"};

std::vector<Figure> figures() {
  Figure trade;
  trade.id = "trade";
  trade.question = "Does better calibration mean better ranking?";
  trade.title = "Calibration moves methods to the left; only what re-orders moves them down";
  trade.subtitle =
      "One point a method, against the plain confidence: calibration error after over before, and change of "
      "E-AURC. Left is better calibrated, below 0 is a better order";
  trade.x = axis("calibration error, after/before", "", true);
  trade.y = axis("change of E-AURC", "%");
  trade.marks = {table_mark(Mark::Kind::Points, "trade", "ece_ratio", "e_aurc_change_percent", "method"),
                 rule_mark('x', FigureNumber::constant(1), "as before"),
                 rule_mark('y', FigureNumber::constant(0), "same order")};

  Figure reliability;
  reliability.id = "reliability";
  reliability.question = "Is the confidence right?";
  reliability.title = "The plain confidence is off by {metrics.ece_msp:.3f} on average";
  reliability.subtitle = "Share of right answers in bins of confidence; on the diagonal confidence is honest";
  reliability.x = axis("confidence");
  reliability.y = axis("accuracy");
  Mark diagonal;
  diagonal.kind = Mark::Kind::Diagonal;
  diagonal.label = "honest";
  diagonal.style = "dashed";
  reliability.marks = {line_mark("reliability_msp", "before"),
                       line_mark("reliability_temperature", "after temperature"),
                       line_mark("reliability_ensemble", "ensemble"), diagonal};

  Figure swaps;
  swaps.id = "swaps";
  swaps.question = "Who is accepted instead?";
  swaps.title = "How much of the accepted set each method exchanges";
  swaps.subtitle = "Share of the accepted rows that the plain confidence would not have accepted";
  swaps.x = axis("share answered");
  swaps.y = axis("exchanged share of the accepted");
  swaps.marks = {table_mark(Mark::Kind::Line, "swaps", "coverage", "swapped_share", "method")};

  Figure curves;
  curves.id = "curves";
  curves.question = "How accurate is it on the share it answers?";
  curves.title = "Temperature leaves the curve where it was";
  curves.subtitle =
      "Share of right answers among the most confident; dashed: if all right answers came first";
  curves.x = axis("share answered");
  curves.y = axis("accuracy");
  curves.marks = {line_mark("accuracy_msp", "plain"), line_mark("accuracy_temperature", "temperature"),
                  line_mark("accuracy_ensemble", "ensemble"), line_mark("accuracy_sat-sr", "self-adaptive"),
                  line_mark("oracle", "oracle", "dashed")};
  return {trade, reliability, swaps, curves};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec(
          "strict-monotone-invariance",
          "Doubling the score, its rank, or Platt scaling with a positive slope leaves the gap as it is: "
          "largest difference.",
          Relation::AtMost, 1e-12, "The curve knows the order alone."),
      claim_spec("temperature-improves-calibration",
                 "Temperature divides the calibration error by two or more (where it was 0.04 or more).",
                 Relation::AtLeast, 2, "3 to 13 were measured where networks were over-confident."),
      claim_spec(
          "temperature-keeps-ranking", "Temperature changes E-AURC by less than 8 %: |change|.",
          Relation::AtMost, 0.08,
          "−4.1 % to 1.5 % were measured; with three classes it is not a function of the score alone."),
      claim_spec("ensemble-improves-ranking",
                 "The ensemble's E-AURC is at least 3 % below the mean of its members: change.",
                 Relation::AtMost, -0.03, "−5 % to −16 % were measured."),
      claim_spec("isotonic-agrees-at-block-ends",
                 "At the ends of its blocks isotonic regression accepts the same rows: largest difference of "
                 "accuracy.",
                 Relation::AtMost, 1e-12, "It is non-decreasing: it merges rows and turns none around."),
      claim_spec("isotonic-cost-is-small", "The ties it makes cost at most 15 % of E-AURC: |mean change|.",
                 Relation::AtMost, 0.15, "0.3 % to 8.8 % were measured."),
  };
}

}  // namespace

Parameters<CalibrationConfig> calibration_parameters() {
  using Config = CalibrationConfig;
  Parameters<Config> list;
  const std::vector<std::string> all_but_gate(all_methods.begin(), all_methods.end() - 1);
  list.choice("data", &Config::data, {"kblobs", "fashion-mnist", "files"})
      .label("Data")
      .help("kblobs: Gaussian blobs with their exact posterior. fashion-mnist: bundled images. files: yours.")
      .essential()
      .preset("browser", "fashion-mnist")
      .preset("paper", "files");
  list.choice("model", &Config::model, {"linear", "mlp", "cnn", "resnet18", "wrn50"})
      .label("Network")
      .help(
          "mlp has two hidden layers; cnn, resnet18 and wrn50 (WideResNet-50-2) want images. Outputs of "
          "others can be judged by my-scores.")
      .essential()
      .preset("paper", "resnet18");
  list.texts("methods", &Config::methods, all_methods)
      .entries(0, all_methods.size())
      .label("Methods")
      .help("Calibrators, and what can put answers in another order.")
      .essential()
      .preset("browser", all_but_gate)
      .preset("paper", all_methods);
  describe_rows(list.integer("n_train", &Config::n_train), "Training rows", "For all networks.",
                {1200, 45000});
  describe_rows(list.integer("n_val", &Config::n_val), "Validation rows",
                "Calibrators and heads are fitted on them.", {2000, 5000});
  describe_rows(list.integer("n_test", &Config::n_test), "Test rows", "All scores are judged on them.",
                {4000, 10000});
  describe_count(list.integer("hidden", &Config::hidden), 1024, "Hidden units",
                 "In each of the two layers of mlp.", {48, 48});
  describe_count(list.integer("epochs", &Config::epochs), 1000, "Epochs", "Of every network.", {40, 200});
  describe_learning_rate(list.real("learning_rate", &Config::learning_rate),
                         "Of Adam; of gradient descent for resnet18 and wrn50, halved every 25 epochs.")
      .preset("browser", 0.002);
  describe_count(list.integer("batch_size", &Config::batch_size), 4096, "Batch", "Rows of a step.", {0, 128});
  list.integer("members", &Config::members)
      .within(1, 20)
      .label("Members of the ensemble")
      .help("1: the ensemble is the network itself, a control that must gain nothing.")
      .essential()
      .preset("browser", 5)
      .preset("paper", 5);
  list.real("sat_momentum", &Config::sat_momentum)
      .within(0, 1)
      .label("Momentum of self-adaptive training")
      .help("How slowly a row's target follows the network's prediction; 1: never.");
  list.real("sat_start_fraction", &Config::sat_start_fraction)
      .within(0, 1)
      .label("Start of self-adaptive training")
      .help("Share of the epochs that are plain training.");
  list.real("selectivenet_coverage", &Config::selectivenet_coverage)
      .within(0.1, 1)
      .label("Coverage of SelectiveNet")
      .help("The share that its gate is trained to answer.");
  list.integer("head_epochs", &Config::head_epochs)
      .within(1, 1000)
      .label("Epochs of the heads")
      .help("Passes over the validation rows.");
  list.integer("bins", &Config::bins)
      .within(2, 100)
      .label("Bins")
      .help("Of the calibration error and of uniform-mass.");
  const auto of_blobs = [&](const char* key, std::int64_t Config::*member, double low, double high,
                            const char* label, const char* help) {
    list.integer(key, member).within(low, high).label(label).help(help).only_when("data", {"kblobs"});
  };
  of_blobs("classes", &Config::classes, 2, 50, "Classes", "Equally likely.");
  of_blobs("modes", &Config::modes, 1, 10, "Blobs of a class", "Equally likely.");
  of_blobs("dimension", &Config::dimension, 1, 100, "Dimensions", "Of a point.");
  list.real("radius", &Config::radius)
      .within(0, 10)
      .label("Spread of the centres")
      .help("Standard deviation of each coordinate of the blobs' centres.")
      .only_when("data", {"kblobs"});
  describe_repeats(list.integer("repeats", &Config::repeats), "Independent data and networks.", {0, 5});
  describe_coverage_points(list.integer("coverage_points", &Config::coverage_points));
  return list;
}

Description calibration_description() {
  Description about;
  about.study = "selective-classification/calibration-is-not-ranking";
  about.title = "Calibrated, and no wiser";
  about.question = "Does calibration help abstention?";
  about.summary =
      "Calibrators make a network's confidence honest, and the calibration error falls by a factor. What "
      "abstention needs is the order of the answers, and that stays nearly as it was. An ensemble improves "
      "the "
      "order; self-adaptive training, heads and a gate are measured beside it.";
  about.inputs = image_inputs();
  about.assets = {{fashion_asset, "data", "fashion-mnist"}};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::selective
