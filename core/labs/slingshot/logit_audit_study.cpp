// Study "Which samples of my model are past the threshold?": a loss kernel on given logits, sample by sample,
// and on the same logits in every format and form.
#include "labs/slingshot/logit_audit_study.h"

#include "base/random.h"
#include "data/safetensors.h"
#include "labs/slingshot/kernel_choice.h"
#include "labs/slingshot/logit_audit.h"
#include "labs/slingshot/read_inputs.h"
#include "labs/slingshot/studies.h"
#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise::slingshot {

namespace {

constexpr std::string_view read_stage = "read";
constexpr std::string_view audit_stage = "audit";
constexpr std::string_view formats_stage = "formats";
constexpr std::string_view artefact_name = "logits";
constexpr std::int64_t values_per_step = 20'000;  // of a kernel
constexpr std::int64_t most_samples = 2'000'000;
constexpr std::int64_t most_gradient_values = 2'000'000;
constexpr std::int64_t synthetic_samples = 200;
constexpr std::int64_t synthetic_classes = 10;
constexpr double synthetic_margin = 25;  // added to the true class: uniform from 0 to this
constexpr int histogram_bins = 40;

using Config = LogitAuditConfig;

std::vector<std::byte> to_bytes(const LabelledLogits& data) {
  const Tensor tensors[] = {
      tensor_of<double>("logits", data.logits, {data.samples(), data.classes}),
      tensor_of<std::int32_t>("labels", data.labels, {data.samples()}),
  };
  return write_safetensors(tensors);
}

/// One task's own copy of what the first stage left.
LabelledLogits from_artefact(const TaskContext& context) {
  const std::vector<std::byte> bytes = read_all(context.artefact(read_stage, 0, artefact_name));
  const Safetensors file = Safetensors::parse(bytes);
  LabelledLogits data;
  data.classes = file.at("logits").shape.at(1);
  data.logits = values_of<double>(file.at("logits"));
  data.labels = values_of<std::int32_t>(file.at("labels"));
  return data;
}

LabelledLogits synthetic(Random random) {
  LabelledLogits data;
  data.classes = synthetic_classes;
  for (std::int64_t i = 0; i < synthetic_samples; ++i) {
    const auto label = static_cast<std::int32_t>(random.below(synthetic_classes));
    data.labels.push_back(label);
    for (std::int64_t k = 0; k < synthetic_classes; ++k) data.logits.push_back(random.normal());
    data.logits[static_cast<std::size_t>(i * synthetic_classes + label)] +=
        synthetic_margin * random.uniform();
  }
  return data;
}

class ReadStepper final : public Stepper {
 public:
  explicit ReadStepper(TaskContext& context) : context_(context) {
    if (!context.has_input("logits")) return;
    logits_.emplace(context.input("logits"), file_name_of(context, "logits"));
    labels_.emplace(context.input("labels"), file_name_of(context, "labels"));
  }

  bool step() override {
    if (!logits_) {
      leave(synthetic(context_.random("logits")));
      return true;
    }
    if (!logits_read_) {
      logits_read_ = logits_->step();
      return false;
    }
    if (!labels_->step()) return false;
    const NumberMatrix matrix = logits_->take();
    const NumberMatrix column = labels_->take();
    check(matrix, column);
    LabelledLogits data;
    data.classes = matrix.columns;
    data.labels = labels_of(column, file_name_of(context_, "labels"), matrix.columns);
    data.logits = matrix.values;
    leave(data);
    return true;
  }
  double progress() const override { return logits_read_ ? 0.9 : 0; }

 private:
  void check(const NumberMatrix& logits, const NumberMatrix& labels) const {
    const std::string file = file_name_of(context_, "logits");
    const auto fail = [&](const std::string& found, const std::string& allowed) {
      throw InputError(Problem{"logits", found, allowed, file + " has " + found + "; allowed: " + allowed});
    };
    if (logits.rows < 1) fail("no rows", "1…2,000,000 rows");
    if (logits.rows > most_samples) fail(std::to_string(logits.rows) + " rows", "1…2,000,000 rows");
    if (logits.columns < 2) fail("1 column", "one column for each of at least 2 classes");
    if (logits.rows == labels.rows) return;
    const std::string lengths =
        std::to_string(logits.rows) + " rows of logits and " + std::to_string(labels.rows) + " labels";
    throw InputError(Problem{"labels", lengths, "as many labels as rows",
                             file + " and " + file_name_of(context_, "labels") + " hold " + lengths +
                                 "; allowed: as many labels as rows of logits"});
  }
  void leave(const LabelledLogits& data) {
    context_.leave_artefact(std::string(artefact_name), to_bytes(data));
  }

  TaskContext& context_;
  std::optional<NumberMatrixReader> logits_, labels_;
  bool logits_read_ = false;
};

const std::vector<ColumnSpec>& sample_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"sample", ColumnType::Integer},     {"label", ColumnType::Integer},
      {"prediction", ColumnType::Integer}, {"margin", ColumnType::Real},
      {"loss", ColumnType::Real},          {"true_loss", ColumnType::Real},
      {"gradient_true", ColumnType::Real}, {"gradient_sum", ColumnType::Real},
      {"state", ColumnType::Text}};
  return specs;
}
const std::vector<ColumnSpec>& gradient_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"sample", ColumnType::Integer}, {"class", ColumnType::Integer}, {"gradient", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& format_columns() {
  static const std::vector<ColumnSpec> specs = {{"format", ColumnType::Text},
                                                {"form", ColumnType::Text},
                                                {"absorbed", ColumnType::Real},
                                                {"silent", ColumnType::Real},
                                                {"zero_sum_defect", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& metric_columns() {
  static const std::vector<ColumnSpec> specs = {{"name", ColumnType::Text}, {"value", ColumnType::Real}};
  return specs;
}

/// The configured kernel, sample by sample.
class AuditStepper final : public Stepper {
 public:
  AuditStepper(const Config& config, TaskContext& context)
      : data_(from_artefact(context)), auditor_(data_, config.kernel()), context_(context) {
    const std::int64_t most = most_gradient_values / data_.classes;
    gradient_rows_ = std::min(config.gradient_rows, most);
    if (std::min(config.gradient_rows, data_.samples()) > most) {
      context.partial().warn("Gradients are listed for the first " + std::to_string(most) +
                             " samples only: two million numbers.");
    }
  }

  bool step() override {
    const std::int64_t first = done_;
    const auto samples = auditor_.next(std::max<std::int64_t>(1, values_per_step / data_.classes));
    Table& table = context_.partial().table("samples", sample_columns());
    for (const SampleAudit& sample : samples) {
      table.append_row(done_, data_.labels[static_cast<std::size_t>(done_)], sample.prediction, sample.margin,
                       sample.loss, sample.true_loss, sample.gradient_true, sample.gradient_sum,
                       name_of(sample.state));
      totals_.add(sample);
      ++done_;
    }
    list_gradients(first);
    if (done_ < data_.samples()) return false;
    finish();
    return true;
  }
  double progress() const override {
    return static_cast<double>(done_) / static_cast<double>(data_.samples());
  }

 private:
  void list_gradients(std::int64_t first) {
    Table& table = context_.partial().table("gradient", gradient_columns());
    std::size_t at = 0;
    for (std::int64_t sample = first; sample < std::min(done_, gradient_rows_); ++sample) {
      for (std::int64_t k = 0; k < data_.classes; ++k)
        table.append_row(sample, k, auditor_.gradients()[at++]);
    }
  }
  void finish() {
    Table& metrics = context_.partial().table("metrics", metric_columns());
    metrics.append_row("absorbed_fraction", totals_.absorbed());
    metrics.append_row("silent_fraction", totals_.silent());
    metrics.append_row("zero_sum_defect", totals_.zero_sum_defect());
    metrics.append_row("mean_loss", totals_.mean_loss());
    metrics.append_row("mean_true_loss", totals_.mean_true_loss());
    if (totals_.not_finite() == 0) return;
    context_.partial().warn(std::to_string(totals_.not_finite()) +
                            " samples have gradients that are not finite: their logits overflow the format.");
  }

  LabelledLogits data_;
  LogitAuditor auditor_;
  TaskContext& context_;
  AuditTotals totals_;
  std::int64_t done_ = 0;
  std::int64_t gradient_rows_ = 0;
};

/// The same logits in another format and form.
class FormatStepper final : public Stepper {
 public:
  FormatStepper(const Config& config, std::int64_t index, TaskContext& context)
      : arm_(arm_at(config, index)),
        data_(from_artefact(context)),
        auditor_(data_, kernel_options(arm_, config.scale)),
        context_(context) {}

  static Arm arm_at(const Config& config, std::int64_t index) {
    const std::vector<std::string> forms = form_names();
    const auto place = static_cast<std::size_t>(index);
    return arm_of(format_names().at(place / forms.size()), forms[place % forms.size()], config.order);
  }

  bool step() override {
    for (const SampleAudit& sample :
         auditor_.next(std::max<std::int64_t>(1, values_per_step / data_.classes))) {
      totals_.add(sample);
      ++done_;
    }
    if (done_ < data_.samples()) return false;
    context_.partial()
        .table("formats", format_columns())
        .append_row(arm_.format.name, form_names()[static_cast<std::size_t>(arm_.form)], totals_.absorbed(),
                    totals_.silent(), totals_.zero_sum_defect());
    return true;
  }
  double progress() const override {
    return static_cast<double>(done_) / static_cast<double>(data_.samples());
  }

 private:
  Arm arm_;
  LabelledLogits data_;
  LogitAuditor auditor_;
  TaskContext& context_;
  AuditTotals totals_;
  std::int64_t done_ = 0;
};

class LogitAuditStudy final : public StudyOf<Config> {
 public:
  LogitAuditStudy() : StudyOf(logit_audit_parameters(), logit_audit_description()) {}

 protected:
  void check(const Config&, const InputInfos& inputs, std::vector<Problem>& problems) const override {
    check_together(inputs, {"logits", "labels"}, problems);
  }
  Plan plan_of(const Config&, const InputInfos&) const override {
    Stage read, audit, formats;
    read.name = read_stage;
    audit.name = audit_stage;
    audit.needs = {std::string(read_stage)};
    formats.name = formats_stage;
    formats.needs = audit.needs;
    formats.count = static_cast<std::int64_t>(format_names().size() * form_names().size());
    return {read, audit, formats};
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config& config, std::string_view stage, std::int64_t index) const override {
    if (stage != formats_stage) return Json::object({{"task", stage}});
    const Arm arm = FormatStepper::arm_at(config, index);
    return Json::object({{"arm", arm.name}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    if (stage == read_stage) return std::make_unique<ReadStepper>(context);
    if (stage == audit_stage) return std::make_unique<AuditStepper>(config, context);
    return std::make_unique<FormatStepper>(config, index, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

Estimate LogitAuditStudy::estimate_of(const Config& config, const InputInfos& inputs) const {
  double rows = synthetic_samples, values = synthetic_samples * synthetic_classes, bytes = 0;
  if (const auto logits = inputs.find("logits"); logits != inputs.end()) {
    bytes = static_cast<double>(logits->second.bytes);
    values = std::max(2.0, bytes / 8);
    rows = std::max(1.0, static_cast<double>(logits->second.rows));
  }
  constexpr double special_ops_a_value = 8;  // the kernel, and the exact loss beside it
  StageCost read, audit, formats;
  read.stage = read_stage;
  read.vector_ops = 100 * values + 1000;
  read.bytes_task = 40 * values + 2e6;
  audit.stage = audit_stage;
  audit.special_ops = special_ops_a_value * values;
  audit.vector_ops = 200 * rows;
  audit.bytes_task = 10 * values + 150 * rows + 1e6;
  formats.stage = formats_stage;
  formats.special_ops = 49 * special_ops_a_value * values;
  formats.longest_task_share = 1.5 / 49;
  formats.bytes_task = 10 * values + 1e6;
  for (StageCost* cost : {&read, &audit, &formats}) cost->bytes_shared = bytes;
  Estimate estimate;
  estimate.stages = {read, audit, formats};
  const double listed = std::min(static_cast<double>(config.gradient_rows) * values / rows, values);
  estimate.report_bytes = 10000 + 130 * std::min(rows, 20000.0) + 30 * std::min(listed, 20000.0);
  return estimate;
}

/// Samples by margin as the outline of a histogram: bins of equal width between the smallest and the largest,
/// two points a bin.
Series histogram(const std::vector<double>& margins) {
  Series outline;
  if (margins.empty()) return outline;
  const auto [low, high] = std::minmax_element(margins.begin(), margins.end());
  const double width = *high > *low ? (*high - *low) / histogram_bins : 1;
  std::vector<double> counts(histogram_bins);
  for (const double margin : margins) {
    ++counts[static_cast<std::size_t>(std::min((margin - *low) / width, histogram_bins - 1.0))];
  }
  for (int bin = 0; bin < histogram_bins; ++bin) {
    for (const int edge : {bin, bin + 1}) {
      outline.x.push_back(*low + edge * width);
      outline.y.push_back(counts[static_cast<std::size_t>(bin)]);
    }
  }
  outline.y_low.assign(outline.x.size(), 0.0);
  outline.y_high = outline.y;
  return outline;
}

void LogitAuditStudy::fill_report(const Config& config, const Results& results, Report& report) const {
  const Table metrics = results.gather(audit_stage, "metrics", metric_columns());
  for (std::size_t row = 0; row < metrics.rows(); ++row) {
    report.metrics[metrics.texts("name")[row]] = metrics.reals("value")[row];
  }
  const Table samples = results.gather(audit_stage, "samples", sample_columns());
  report.metrics["median_margin"] = stats::median(samples.reals("margin"));
  report.series["margin_histogram"] = histogram(samples.reals("margin"));
  report.table("samples", sample_columns()).append(samples);
  report.table("gradient", gradient_columns())
      .append(results.gather(audit_stage, "gradient", gradient_columns()));

  const Table formats = results.gather(formats_stage, "formats", format_columns());
  report.table("formats", format_columns()).append(formats);
  Table& of_form = report.table(
      "absorbed_by_format",
      {{"format", ColumnType::Text}, {"absorbed", ColumnType::Real}, {"silent", ColumnType::Real}});
  for (std::size_t row = 0; row < formats.rows(); ++row) {
    if (formats.texts("form")[row] != config.form) continue;
    of_form.append_row(formats.texts("format")[row], formats.reals("absorbed")[row],
                       formats.reals("silent")[row]);
  }
  const auto defect = report.metrics.find("zero_sum_defect");
  judge(report, results, "zero-sum", defect == report.metrics.end() ? std::nan("") : defect->second);
}

}  // namespace

std::unique_ptr<Study> make_logit_audit() {
  return std::make_unique<LogitAuditStudy>();
}

}  // namespace reprise::slingshot
