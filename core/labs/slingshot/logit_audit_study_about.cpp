// What the study logit-audit says about itself: parameters, inputs, figures, claim.
#include "labs/slingshot/logit_audit_study.h"
#include "study/marks.h"

#include <string>
#include <utility>
#include <vector>

namespace reprise::slingshot {

namespace {

std::vector<InputSpec> inputs() {
  InputSpec logits;
  logits.name = "logits";
  logits.formats = {"csv", "npy"};
  logits.description = "Logits of your model, one row a sample, one column a class.";
  logits.columns = "N rows of K numbers, without a header; or an NPY array of shape (N, K).";
  logits.example = "12.5,-3.1,0.2\n0.4,22.0,-1.7\n";
  InputSpec labels;
  labels.name = "labels";
  labels.formats = {"csv", "npy"};
  labels.description = "The true class of each sample.";
  labels.columns = "One integer from 0 to K − 1 a row, without a header; or an NPY array of shape (N).";
  labels.example = "0\n1\n";
  return {logits, labels};
}

std::vector<Figure> figures() {
  Figure margins;
  margins.id = "margins";
  margins.question = "Which samples are past the threshold?";
  margins.title = "Half of the samples have a margin above {metrics.median_margin:.1f} nats";
  margins.subtitle =
      "Samples by margin, and from where on a format with p bits loses a single competitor: p ln 2";
  margins.x = axis("margin D", "nats");
  margins.y = axis("samples");
  margins.y.low = 0;
  margins.marks = {band_mark("margin_histogram", "samples"), line_mark("margin_histogram", "")};
  for (const auto& [name, label] : {std::pair{"float32", "float32: 24 ln 2"},
                                    {"float16", "float16: 11 ln 2"},
                                    {"bfloat16", "bfloat16: 8 ln 2"}}) {
    margins.marks.push_back(rule_mark(
        'x', FigureNumber::constant(tensor::find_format(name)->precision * 0.69314718055994531), label));
  }

  Figure formats;
  formats.id = "formats";
  formats.question = "In which format would training see zeros?";
  formats.title = "In {config.format} {metrics.absorbed_fraction:.3f} of the samples are absorbed";
  formats.subtitle =
      "Share of the samples whose true class has gradient zero while others have not, by format";
  formats.x = axis("format");
  formats.y = axis("share of the samples");
  formats.marks = {table_mark(Mark::Kind::Bars, "absorbed_by_format", "format", "absorbed")};
  return {margins, formats};
}

}  // namespace

Parameters<LogitAuditConfig> logit_audit_parameters() {
  Parameters<LogitAuditConfig> list;
  list.choice("format", &LogitAuditConfig::format, format_choices())
      .label("Number format")
      .help("In which every operation of the loss is rounded.")
      .essential();
  list.choice("form", &LogitAuditConfig::form, form_names())
      .label("Form of the loss")
      .help("Seven ways of writing the same loss.")
      .essential();
  list.choice("order", &LogitAuditConfig::order, order_names())
      .label("Order of summation")
      .help("In which the sum over classes is made.");
  list.choice("accumulator", &LogitAuditConfig::accumulator, same_or_format())
      .label("Format of sums")
      .help("same: that of everything else. GPU kernels for 16-bit numbers often sum in float32.");
  list.real("scale", &LogitAuditConfig::scale)
      .within(0, 1e9)
      .label("Loss scale")
      .help(
          "Factor on every gradient; 0: one over the number of samples. Larger ones keep small gradients "
          "from becoming zero.")
      .logarithmic()
      .essential();
  list.integer("gradient_rows", &LogitAuditConfig::gradient_rows)
      .within(0, 1e6)
      .label("Gradients of")
      .help("So many samples are listed class by class.")
      .unit("samples")
      .logarithmic();
  return list;
}

Description logit_audit_description() {
  Description about;
  about.study = "slingshot/logit-audit";
  about.title = "Logit audit";
  about.question = "Which samples of my model are past the threshold?";
  about.summary =
      "Runs a loss kernel over the logits of a model, rounding every operation, and tells sample by sample "
      "what "
      "became of its gradient: present, absorbed for the true class alone, or gone altogether. Without files "
      "it "
      "looks at 200 simulated samples.";
  about.inputs = inputs();
  about.figures = figures();
  about.claims = {claim_spec(
      "zero-sum", "Class gradients of the samples add up to zero: defect ζ.", Relation::AtMost, 0.01,
      "Exact arithmetic gives 0, rounding without absorption about 1e-3 or less. It fails "
      "where absorption matters.")};
  return about;
}

}  // namespace reprise::slingshot
