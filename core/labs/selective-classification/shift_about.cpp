// What the study shift says about itself: parameters, figures, claims.
#include "labs/selective-classification/network_parameters.h"
#include "labs/selective-classification/shift.h"
#include "labs/selective-classification/training_sample.h"
#include "study/marks.h"

namespace reprise::selective {

namespace {

std::vector<Figure> figures() {
  Figure growth;
  growth.id = "growth";
  growth.question = "How does the gap grow with shift?";
  growth.title = "The gap grows with the shift; training on shifted data keeps it down";
  growth.subtitle =
      "Mean gap to the oracle on the same test rows, with its range over repeats; the augmented network was "
      "trained on rows that are changed anew in every epoch";
  growth.x = axis("severity (degrees of rotation, added noise, or level)");
  growth.y = axis("E-AURC");
  growth.marks = {band_mark("gap_vs_severity_plain", ""), band_mark("gap_vs_severity_augmented", ""),
                  line_mark("gap_vs_severity_plain", "plain"),
                  line_mark("gap_vs_severity_augmented", "augmented")};

  Figure causes;
  causes.id = "causes";
  causes.question = "Which part grows?";
  causes.title = "Which part of the gap the shift adds to";
  causes.subtitle =
      "Means over all coverages of each part of the plain network's gap, by severity; below zero: what no "
      "oracle could attain. Known for two moons only";
  causes.x = axis("severity");
  causes.y = axis("mean gap", "accuracy points");
  Mark bars = table_mark(Mark::Kind::Bars, "causes", "severity", "value", "cause");
  bars.filter_column = "model";
  bars.filter_value = "plain";
  causes.marks = {bars};

  Figure curves;
  curves.id = "curves";
  curves.question = "How accurate is it on the share it answers?";
  curves.title = "At severity {metrics.largest_severity:g} confident answers are right less often";
  curves.subtitle =
      "Share of right answers among the most confident, without shift and at the largest severity; dashed: "
      "if "
      "all right answers came first";
  curves.x = axis("share answered");
  curves.y = axis("accuracy");
  curves.marks = {line_mark("accuracy_unshifted", "plain, no shift", "thin"),
                  line_mark("accuracy_shifted_plain", "plain, shifted"),
                  line_mark("oracle_shifted_plain", "its oracle", "dashed"),
                  line_mark("accuracy_shifted_augmented", "augmented, shifted")};
  return {growth, causes, curves};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("gap-grows-with-shift",
                 "The plain network's mean gap grows from each severity to the next: least step.",
                 Relation::Above, 0,
                 "It grew in all measured runs of rotations, of noise and of blur; contrast and brightness "
                 "have single steps the other way, so nothing is claimed of them."),
      claim_spec("strong-shift-multiplies-gap",
                 "The largest severity at least doubles the plain network's mean gap: factor.",
                 Relation::AtLeast, 2,
                 "Factors of 2.6 to 5.5 were measured on images, far more on two moons; asked of rotations "
                 "by 40 degrees or more and of level 5."),
      claim_spec(
          "growth-is-ranking",
          "On two moons seven tenths or more of what the largest severity adds is wrong order: share.",
          Relation::AtLeast, 0.7,
          "About 1 was measured for rotations; with more noise it is 0.12 to 0.25, and the claim fails."),
      claim_spec("augmentation-reduces-shifted-gap",
                 "Training on rotated points removes a quarter or more of the gap at the largest rotation.",
                 Relation::AtLeast, 0.25, "0.38 to 0.92 were measured."),
      claim_spec("temperature-cannot-repair-shift",
                 "A temperature fitted without shift leaves E-AURC as it is: largest change.",
                 Relation::AtMost, 1e-12, "An increasing map of the score of two classes."),
  };
}

}  // namespace

Parameters<ShiftConfig> shift_parameters() {
  using Config = ShiftConfig;
  Parameters<Config> list;
  list.choice("data", &Config::data, {"two-moons", "fashion-mnist", "files"})
      .label("Data")
      .preset("paper", "files")
      .help(
          "two-moons: the gap splits into its causes; fashion-mnist: 10,000 bundled pictures of clothes; "
          "files: "
          "your images.")
      .essential();
  list.choice("shift", &Config::shift,
              {"rotation", "noise", "gaussian-noise", "blur", "contrast", "brightness", "corruption"})
      .label("Shift")
      .preset("paper", "corruption")
      .help(
          "rotation and noise are for two moons, the others for images; corruption: a file of corrupted "
          "ones.")
      .essential();
  list.reals("severity_list", &Config::severity_list)
      .within(0, 90)
      .entries(2, 12)
      .increasing()
      .label("Severities")
      .help(
          "Degrees of a rotation, standard deviation of added noise, or levels 0 to 5 for images; the first "
          "is 0.")
      .essential()
      .preset("browser", std::vector<double>{0, 10, 20, 30, 40, 50})
      .preset("paper", std::vector<double>{0, 1, 2, 3, 4, 5});
  list.real("sigma", &Config::sigma)
      .within(0.05, 5)
      .label("Noise σ")
      .help("Standard deviation of the blur of both moons, without shift.")
      .only_when("data", {"two-moons"});
  describe_rows(list.integer("n_train", &Config::n_train), "Training rows", "Both networks learn from them.",
                {2000, 45000});
  describe_rows(list.integer("n_val", &Config::n_val), "Validation rows",
                "The temperature is fitted on them, without shift.", {1000, 5000});
  describe_rows(list.integer("n_test", &Config::n_test), "Test rows", "The same ones at every severity.",
                {10000, 10000});
  describe_count(list.integer("hidden", &Config::hidden), 1024, "Hidden units",
                 "Of each of the network's two hidden layers; for images 48 is a good choice.", {32, 48});
  describe_count(list.integer("epochs", &Config::epochs), 1000, "Epochs",
                 "Passes over the training rows; for images 12 are enough.", {60, 200});
  describe_learning_rate(list.real("learning_rate", &Config::learning_rate),
                         "Of Adam; for images 0.001 is a good choice.");
  describe_repeats(list.integer("repeats", &Config::repeats), "Independent samples and trainings.", {3, 5});
  describe_coverage_points(list.integer("coverage_points", &Config::coverage_points));
  return list;
}

Description shift_description() {
  Description about;
  about.study = "selective-classification/shift";
  about.title = "The same questions on shifted data";
  about.question = "What does distribution shift add?";
  about.summary =
      "A network is tested on rows that are rotated, noisier, blurred or paler than those it learned from. "
      "Its "
      "confidence keeps promising what it no longer holds; on two moons the exact causes of the growing gap "
      "are known, and a second network shows what training on shifted rows repairs.";
  about.assets = {{"fashion-mnist", "data", "fashion-mnist"}};
  about.inputs = image_inputs();
  InputSpec corruption;
  corruption.name = "corruption";
  corruption.formats = {"npy"};
  corruption.description =
      "For shift = corruption: five levels of all test images, one behind the other, as CIFAR-10-C has them.";
  corruption.columns = "(5 N, H, W, C), (5 N, C, H, W) or (5 N, H, W) of uint8, float32 or float64.";
  InputSpec labels;
  labels.name = "labels";
  labels.formats = {"npy", "idx"};
  labels.description = "Their labels; they are compared with those of the test images.";
  labels.columns = "(5 N) or (N) of whole numbers.";
  about.inputs.push_back(corruption);
  about.inputs.push_back(labels);
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::selective
