// What the study absorption-threshold says about itself: parameters, figures, claims.
#include "labs/slingshot/absorption_threshold.h"
#include "study/marks.h"

#include <string>
#include <vector>

namespace reprise::slingshot {

namespace {

std::vector<Figure> figures() {
  const auto threshold = rule_mark('x', FigureNumber::metric("threshold_formula"), "p ln 2 − ln(1 + 2⁻ᵖ)");
  Figure gradients;
  gradients.id = "gradients";
  gradients.question = "When does the true-class gradient become exactly zero?";
  gradients.title =
      "First exact zero at D = {metrics.first_absorbed:.2f}; one competitor is lost from "
      "{metrics.threshold_formula:.2f} on";
  gradients.subtitle = "Gradient of the true class (it ends where it is zero) and sum of the others";
  gradients.x = axis("margin D", "nats");
  gradients.y = axis("|gradient|", "", true);
  gradients.marks = {line_mark("gradient_true", "true class"),
                     line_mark("gradient_wrong_sum", "others, summed", "dashed"), threshold};

  Figure defect;
  defect.id = "defect";
  defect.question = "How far do the class gradients miss zero sum?";
  defect.title =
      "The gradients of one sample miss their zero sum long before D = "
      "{metrics.threshold_formula:.2f}";
  defect.subtitle = "|Σ gradients| over Σ |gradients| of one sample; 1: nothing cancels";
  defect.x = axis("margin D", "nats");
  defect.y = axis("zero-sum defect ζ", "", true);
  defect.marks = {line_mark("zero_sum_defect", "ζ"), threshold};

  Figure formats;
  formats.id = "formats";
  formats.question = "Where does each format absorb?";
  formats.title = "Where each of the seven formats absorbs";
  formats.subtitle =
      "First margin with an exactly zero gradient, true class first and last, beside the formula "
      "for one competitor; −1: never";
  formats.x = axis("format");
  formats.y = axis("margin D", "nats");
  Mark found = table_mark(Mark::Kind::Points, "thresholds", "format", "first_absorbed", "true_index");
  found.filter_column = "num_classes";
  found.filter_value = "max";
  Mark formula = table_mark(Mark::Kind::Points, "thresholds", "format", "formula");
  formula.filter_column = "true_index";
  formula.filter_value = "0";
  formula.label = "formula";
  formats.marks = {found, formula};
  return {gradients, defect, formats};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec(
          "threshold-formula",
          "With two classes the first exact zero is at p ln 2 − ln(1 + 2⁻ᵖ), up to half a unit in the last "
          "place of the margin.",
          Relation::AtMost, 0.0079,
          "Two steps of the grid of margins; the margin itself is rounded to the format, hence half a unit."),
      claim_spec(
          "order-effect",
          "With 100 classes and a sequential sum the threshold is ln 99 higher when the true class comes "
          "last: |difference − ln 99|.",
          Relation::AtMost, 0.06,
          "The small terms are added to each other first, with their own rounding errors."),
      claim_spec(
          "exact-zero",
          "From the threshold until one nat before underflow the true class's gradient is exactly zero and "
          "all others are positive: exceptions.",
          Relation::Equal, 0, "An exact statement about rounding; no sweep point there counts as failed."),
      claim_spec(
          "logsumexp-shift",
          "The form (m + log s) absorbs earlier when the largest logit is 1000 than when it is 0: nats, "
          "float32, two classes.",
          Relation::Above, 5, "Measured 6.2: log s vanishes beside m at half a unit in the last place of m."),
  };
}

}  // namespace

Parameters<AbsorptionConfig> absorption_threshold_parameters() {
  Parameters<AbsorptionConfig> list;
  list.choice("format", &AbsorptionConfig::format, format_choices())
      .label("Number format")
      .help("In which every operation of the loss is rounded.")
      .essential();
  list.choice("form", &AbsorptionConfig::form, form_names())
      .label("Form of the loss")
      .help("Seven ways of writing the same loss; recentred and log1p keep the zero sum of the gradients.")
      .essential();
  list.choice("order", &AbsorptionConfig::order, order_names())
      .label("Order of summation")
      .help("In which the sum over classes is made.");
  list.integer("num_classes", &AbsorptionConfig::num_classes)
      .within(2, 1000)
      .label("Classes K")
      .help("One true class and K − 1 others with equal logits.")
      .logarithmic()
      .essential();
  list.integer("true_index", &AbsorptionConfig::true_index)
      .within(0, 999)
      .label("Index of the true class")
      .help("From 0 to K − 1: a sequential sum that meets the true class last adds the small terms first.");
  list.real("max_margin", &AbsorptionConfig::max_margin)
      .within(1, 800)
      .label("Largest margin")
      .help("The sweep goes from 0 to here.")
      .unit("nats")
      .logarithmic()
      .essential();
  list.integer("points", &AbsorptionConfig::points)
      .within(2, 100000)
      .label("Points")
      .help("Margins of the sweep.")
      .logarithmic()
      .preset("widget", 200)
      .preset("paper", 4000);
  list.real("max_logit", &AbsorptionConfig::max_logit)
      .within(-1e4, 1e4)
      .label("True logit")
      .help("Size of the largest logit; only logsumexp depends on it as long as the others are exact.");
  return list;
}

Description absorption_threshold_description() {
  Description about;
  about.study = "slingshot/absorption-threshold";
  about.title = "Absorption threshold";
  about.question = "Where does each format absorb?";
  about.summary =
      "One sample with a growing margin D. In a format with p bits the sum 1 + Σ e^(−D) rounds to exactly 1 "
      "once D "
      "reaches about p ln 2; then the true class has no gradient while the others still have theirs.";
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::slingshot
