// What the study inflation-model says about itself: parameters, inputs, figures, claims.
#include "labs/slingshot/inflation_model.h"
#include "study/marks.h"

#include <string>
#include <vector>

namespace reprise::slingshot {

namespace {

std::vector<InputSpec> inputs() {
  InputSpec weights;
  weights.name = "weights";
  weights.formats = {"csv", "npy"};
  weights.description = "The classifier to start from, one row a class.";
  weights.columns = "K rows of d numbers, without a header; or an NPY array of shape (K, d).";
  weights.example = "0.4,-0.1,0.2\n-0.3,0.2,0.1\n";
  InputSpec features = weights;
  features.name = "features";
  features.description = "The features to start from, one row a sample, equally many of every class.";
  features.columns = "N rows of d numbers, without a header; or an NPY array of shape (N, d).";
  InputSpec labels = weights;
  labels.name = "labels";
  labels.description = "The class of each sample.";
  labels.columns = "One integer from 0 to K − 1 a row, without a header.";
  labels.example = "0\n1\n";
  return {weights, features, labels};
}

Mark column(const char* name, const char* label, const char* style = "solid") {
  Mark mark = table_mark(Mark::Kind::Line, "trajectory", "step", name);
  mark.label = label;
  mark.style = style;
  return mark;
}

std::vector<Figure> figures() {
  Figure growth;
  growth.id = "growth";
  growth.question = "Does the two-variable model predict the growth?";
  growth.title =
      "The mean row grows by {metrics.log_growth:.4f} in its logarithm; predicted "
      "{metrics.log_growth_predicted:.4f}";
  growth.subtitle =
      "Norms of mean classifier row and mean feature: measured, and by the model of two variables";
  growth.x = axis("step");
  growth.y = axis("norm", "", true);
  growth.marks = {column("w_mean_norm", "‖w̄‖"), column("h_mean_norm", "‖h̄‖"),
                  column("w_mean_norm_predicted", "‖w̄‖ predicted", "dashed"),
                  column("h_mean_norm_predicted", "‖h̄‖ predicted", "dashed")};
  Figure modes;
  modes.id = "modes";
  modes.question = "Which mode grows faster?";
  modes.title = "The mean grows {metrics.rate_ratio:.2f} times as fast as what tells the classes apart";
  modes.subtitle = "Norm of the mean row, and of what is left of the classifier without it";
  modes.x = axis("step");
  modes.y = axis("norm", "", true);
  modes.marks = {column("w_mean_norm", "‖w̄‖"), column("class_norm", "‖W − 1w̄ᵀ‖")};
  return {growth, modes};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("matrix-power",
                 "With frozen gradients the mean row is that of the 2 × 2 matrix's power: relative error.",
                 Relation::AtMost, 1e-8, "An identity; rounding of 10,000 steps leaves about 4e-13."),
      claim_spec("rate-ratio",
                 "There, the mean grows K − 1 times as fast as the class parts: |ratio/(K − 1) − 1|.",
                 Relation::AtMost, 0.02, "Exact in continuous time; a step of ln(1 + λ) costs some λ/2."),
      claim_spec(
          "kernel-growth",
          "With the gradients of a kernel past its threshold the growth is Σ ln(1 + λ_t): |ratio − 1|.",
          Relation::AtMost, 0.05,
          "Measured 1e-10 from the growing start. From a random start it must fail: half of it decays."),
      claim_spec("no-absorption",
                 "Without absorption the mean row stays: in float64, at the margin where the narrower format "
                 "absorbs, relative change of ‖w̄‖.",
                 Relation::AtMost, 1e-10, "Measured 1.7e-14; float32 at the margin of bfloat16 has 1.8e-7."),
  };
}

}  // namespace

Parameters<InflationConfig> inflation_model_parameters() {
  Parameters<InflationConfig> list;
  list.integer("num_classes", &InflationConfig::num_classes)
      .within(2, 100)
      .label("Classes K")
      .help("Equally many samples of each.")
      .essential();
  list.integer("samples_per_class", &InflationConfig::samples_per_class)
      .within(1, 100)
      .label("Samples of a class")
      .help("N = K times this.");
  list.integer("dimension", &InflationConfig::dimension)
      .within(2, 512)
      .label("Dimension d")
      .help("Of features and classifier rows; more than K.");
  list.choice("mode", &InflationConfig::mode, {"frozen", "kernel"})
      .label("Gradients")
      .help("kernel: from the loss in the format below. frozen: δ/N for wrong classes, 0 for the true one.")
      .essential();
  list.choice("start", &InflationConfig::start, {"growing", "random"})
      .label("Means start")
      .help("On the growing mode, or at random: then the prediction of growth must fail.")
      .essential();
  list.choice("format", &InflationConfig::format, format_choices())
      .label("Number format")
      .help("Of the loss kernel.")
      .essential()
      .only_when("mode", {"kernel"});
  list.choice("margin_format", &InflationConfig::margin_format, same_or_format())
      .label("Margin of")
      .help(
          "The start's margin is the threshold of this format: float64 at the margin of bfloat16 absorbs "
          "nothing.")
      .only_when("mode", {"kernel"});
  list.real("eta_w", &InflationConfig::eta_w)
      .within(1e-6, 1e9)
      .label("Step η of W")
      .help("Of gradient descent.")
      .logarithmic();
  list.real("eta_h", &InflationConfig::eta_h)
      .within(1e-6, 1e9)
      .label("Step η of h")
      .help("Of gradient descent.")
      .logarithmic();
  list.real("delta", &InflationConfig::delta)
      .within(0, 1)
      .label("Wrong-class probability δ")
      .help("Frozen gradients are δ/N.")
      .only_when("mode", {"frozen"});
  list.real("margin_excess", &InflationConfig::margin_excess)
      .within(-10, 100)
      .label("Margin above threshold")
      .help("Added to p ln 2 + ln(K − 1); with frozen gradients to 1.")
      .unit("nats");
  list.integer("steps", &InflationConfig::steps)
      .within(1, 100000)
      .label("Steps")
      .help("Of gradient descent.")
      .logarithmic()
      .essential()
      .preset("widget", 400)
      .preset("paper", 10000);
  return list;
}

Description inflation_model_description() {
  Description about;
  about.study = "slingshot/inflation-model";
  about.title = "Inflation model";
  about.question = "Does a model of two variables predict the inflation?";
  about.summary =
      "Classifier rows and features are trained directly, by gradient descent. Once every sample is "
      "absorbed, mean "
      "row and mean feature drive each other: two coupled variables with an exact solution. Start from equal "
      "margins, or from weights and features of your own.";
  about.inputs = inputs();
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::slingshot
