// What the study label-noise says about itself: parameters, inputs, figures, claims.
#include "labs/selective-classification/label_noise.h"
#include "labs/selective-classification/network_parameters.h"
#include "study/marks.h"

namespace reprise::selective {

namespace {

Figure causes_of(const std::string& student, const std::string& id, const std::string& question,
                 const std::string& title) {
  Figure causes;
  causes.id = id;
  causes.question = question;
  causes.title = title;
  causes.subtitle =
      "Means over all coverages of each part of the gap of the " + student +
      " student. The teacher's temperature sets how random its labels are; the posterior is known";
  causes.x = axis("teacher's temperature");
  causes.y = axis("mean gap", "accuracy points");
  Mark bars = table_mark(Mark::Kind::Bars, "causes", "teacher_temperature", "value", "cause");
  bars.filter_column = "student";
  bars.filter_value = student;
  causes.marks = {bars};
  return causes;
}

std::vector<Figure> figures() {
  Figure halves;
  halves.id = "halves";
  halves.question = "Do noisy images cause the gap?";
  halves.title = "Where labels are nearly certain the gap is {metrics.noisy_over_clean:.0f} times smaller";
  halves.subtitle =
      "E-AURC of the mlp student on the half of the test images with the least label noise and on the other "
      "half";
  halves.x = axis("teacher's temperature");
  halves.y = axis("E-AURC");
  Mark bars = table_mark(Mark::Kind::Bars, "halves", "teacher_temperature", "e_aurc", "half");
  bars.filter_column = "student";
  bars.filter_value = "mlp";
  halves.marks = {bars};

  Figure students;
  students.id = "students";
  students.question = "Which student leaves the smaller gap?";
  students.title = "Every student's gap as its labels grow noisier";
  students.subtitle = "Mean gap with the posterior known, of every student that was asked for";
  students.x = axis("teacher's temperature");
  students.y = axis("mean gap", "accuracy points");
  students.marks = {
      table_mark(Mark::Kind::Bars, "gaps", "teacher_temperature", "e_aurc_population", "student")};
  return {causes_of("mlp", "causes", "Noise or model?", "With more random labels, label noise takes over"),
          causes_of("linear", "causes_linear", "And for a weaker model?",
                    "A linear student adds little of its own"),
          halves, students};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("budget-adds-up",
                 "Label noise, wrong class and wrong order less discount are the gap: residual.",
                 Relation::AtMost, 1e-9, "An identity; measured below 1e-13."),
      claim_spec("bayes-term-grows-with-temperature",
                 "The part of label noise grows with every temperature of the teacher: least step.",
                 Relation::Above, 0, "It grew in all of 15 measured runs."),
      claim_spec("gap-grows-with-temperature", "So does the measured gap: least step.", Relation::Above, 0,
                 "It grew in all of 15 measured runs."),
      claim_spec(
          "noisy-half-has-larger-gap",
          "At the lowest temperature the noisier half of the images has at least twice the E-AURC of the "
          "cleaner half.",
          Relation::AtLeast, 2, "5 to 50 were measured; with a temperature of 50 it is 1."),
  };
}

}  // namespace

Parameters<LabelNoiseConfig> label_noise_parameters() {
  using Config = LabelNoiseConfig;
  Parameters<Config> list;
  list.choice("data", &Config::data, {"fashion-mnist", "files"})
      .label("Images")
      .help("fashion-mnist: bundled. files: yours.")
      .essential()
      .preset("paper", "files");
  list.reals("teacher_temperature_list", &Config::teacher_temperature_list)
      .within(0.05, 100)
      .entries(1, 10)
      .increasing()
      .label("Teacher's temperatures")
      .help("Labels are drawn from softmax(logits/T): the higher, the more random.")
      .essential();
  list.texts("students", &Config::students, {"linear", "mlp", "cnn"})
      .entries(1, 3)
      .label("Students")
      .help("mlp has two hidden layers, cnn two convolutions.")
      .preset("paper", std::vector<std::string>{"linear", "mlp", "cnn"});
  describe_rows(list.integer("n_teacher", &Config::n_teacher), "The teacher's images",
                "With their own labels.", {3000, 20000});
  describe_rows(list.integer("n_train", &Config::n_train), "Training images",
                "Of the students, with labels that the teacher draws.", {3000, 30000});
  describe_rows(list.integer("n_test", &Config::n_test), "Test images", "With labels that the teacher draws.",
                {4000, 10000});
  describe_count(list.integer("hidden", &Config::hidden), 1024, "Hidden units",
                 "In each of the two layers of the teacher and of mlp.", {48, 128});
  describe_count(list.integer("epochs", &Config::epochs), 1000, "Epochs", "Of teacher and students.",
                 {12, 30});
  describe_repeats(list.integer("repeats", &Config::repeats), "Independent images, teachers and labels.",
                   {2, 5});
  describe_coverage_points(list.integer("coverage_points", &Config::coverage_points));
  return list;
}

Description label_noise_description() {
  Description about;
  about.study = "selective-classification/label-noise";
  about.title = "A teacher that rolls dice";
  about.question = "Is it noise or the model?";
  about.summary =
      "On real images nobody knows how random a label is. Here a network re-labels them by drawing from its "
      "own "
      "probabilities, so that the posterior is known, and the gap of students trained on those labels splits "
      "exactly: into noise that no model removes, and what the student adds.";
  about.inputs = image_inputs();
  about.assets = {{fashion_asset, "data", "fashion-mnist"}};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::selective
