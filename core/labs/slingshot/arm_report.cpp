#include "labs/slingshot/arm_report.h"

#include "base/math.h"
#include "data/safetensors.h"
#include "study/marks.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>

namespace reprise::slingshot {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t longest_series = 2000;
constexpr std::size_t longest_curve = 400;

const std::vector<ColumnSpec> curve_columns = {
    {"arm", ColumnType::Text},         {"step", ColumnType::Integer},     {"true_loss", ColumnType::Real},
    {"w_mean_norm", ColumnType::Real}, {"h_mean_norm", ColumnType::Real}, {"median_margin", ColumnType::Real},
    {"absorbed", ColumnType::Real}};

/// Rows of repeat 0 by arm, arms in order of appearance.
std::vector<std::pair<std::string, std::vector<std::size_t>>> rows_by_arm(const Table& trace) {
  std::vector<std::pair<std::string, std::vector<std::size_t>>> arms;
  const auto& names = trace.texts("arm");
  const auto& repeats = trace.integers("repeat");
  for (std::size_t row = 0; row < trace.rows(); ++row) {
    if (repeats[row] != 0) continue;
    if (arms.empty() || arms.back().first != names[row]) arms.push_back({names[row], {}});
    arms.back().second.push_back(row);
  }
  return arms;
}

void add_series(const Table& trace, Report& report) {
  const std::vector<std::int64_t>& steps = trace.integers("step");
  Table& curves = report.table("curves", curve_columns);
  for (const auto& [arm, rows] : rows_by_arm(trace)) {
    const std::size_t stride = (rows.size() + longest_series - 1) / longest_series;
    for (const char* name : {"true_loss", "absorbed", "w_mean_norm", "h_mean_norm", "median_margin"}) {
      Series& series = report.series[std::string(name) + "/" + arm];
      const std::vector<double>& values = trace.reals(name);
      for (std::size_t i = 0; i < rows.size(); i += stride) {
        series.x.push_back(static_cast<double>(steps[rows[i]]));
        series.y.push_back(values[rows[i]]);
      }
    }
    const std::size_t curve_stride = (rows.size() + longest_curve - 1) / longest_curve;
    for (std::size_t i = 0; i < rows.size(); i += curve_stride) {
      const std::size_t row = rows[i];
      curves.append_row(arm, steps[row], trace.reals("true_loss")[row], trace.reals("w_mean_norm")[row],
                        trace.reals("h_mean_norm")[row], trace.reals("median_margin")[row],
                        trace.reals("absorbed")[row]);
    }
  }
}

void add_weights(const Results& results, Report& report) {
  const auto stage = results.partials.find(arms_stage);
  if (!results.complete || stage == results.partials.end()) return;
  std::vector<std::vector<float>> values;  // the tensors refer to them
  std::vector<Tensor> tensors;
  for (const auto& [index, partial] : stage->second) {
    const Table* weights = partial.find("weights");
    const Table* summary = partial.find("summary");
    if (weights == nullptr || summary == nullptr) continue;
    const std::vector<std::int64_t>& layers = weights->integers("layer");
    for (std::size_t begin = 0; begin < layers.size();) {
      std::size_t end = begin;
      while (end < layers.size() && layers[end] == layers[begin]) ++end;
      const auto first = weights->reals("value").begin();
      std::vector<float>& layer = values.emplace_back();
      for (auto at = first + static_cast<std::ptrdiff_t>(begin);
           at != first + static_cast<std::ptrdiff_t>(end); ++at) {
        layer.push_back(static_cast<float>(*at));
      }
      const std::int64_t outputs = weights->integers("outputs")[begin];
      tensors.push_back(tensor_of<float>(
          summary->texts("arm")[0] + "/layers." + std::to_string(layers[begin]) + ".weight",
          std::span<const float>(layer), {outputs, static_cast<std::int64_t>(end - begin) / outputs}));
      begin = end;
    }
  }
  if (!tensors.empty()) {
    report.files["weights.safetensors"] = {"application/octet-stream", write_safetensors(tensors)};
  }
}

Table some_columns(const Table& table, const std::vector<ColumnSpec>& specs) {
  Table result(specs);
  for (const ColumnSpec& spec : specs) {
    switch (spec.type) {
      case ColumnType::Real:
        result.reals(spec.name) = table.reals(spec.name);
        break;
      case ColumnType::Integer:
        result.integers(spec.name) = table.integers(spec.name);
        break;
      case ColumnType::Text:
        result.texts(spec.name) = table.texts(spec.name);
        break;
    }
  }
  return result;
}

Mark arm_lines(const char* column) {
  return table_mark(Mark::Kind::Line, "curves", "step", column, "arm");
}

}  // namespace

Plan arms_plan(std::size_t arms, std::int64_t repeats) {
  Stage stage;
  stage.name = arms_stage;
  stage.count = static_cast<std::int64_t>(arms) * repeats;
  return {stage};
}

Json arm_key(const std::vector<Arm>& arms, std::int64_t index) {
  const auto count = static_cast<std::int64_t>(arms.size());
  return Json::object(
      {{"repeat", index / count}, {"arm", arms[static_cast<std::size_t>(index % count)].name}});
}

void add_arm_tables(const Results& results, Report& report) {
  report.tables["events"] =
      some_columns(results.gather(arms_stage, "summary", summary_columns), event_columns);
  report.tables["slingshots"] = results.gather(arms_stage, "slingshots", slingshot_columns);
  report.tables["fits"] = results.gather(arms_stage, "fits", fit_columns);
  report.tables["trace"] = results.gather(arms_stage, "trace", trace_columns);
  add_series(report.tables.at("trace"), report);
  add_weights(results, report);
}

Outcomes read_outcomes(const Results& results, std::size_t arms) {
  const Table summary = results.gather(arms_stage, "summary", summary_columns);
  const Table fits = results.gather(arms_stage, "fits", fit_columns);
  Outcomes outcomes;
  for (std::size_t row = 0; row < std::min(summary.rows(), fits.rows()); ++row) {
    if (row % arms == 0) outcomes.emplace_back();
    ArmOutcome arm;
    arm.onset = summary.integers("onset")[row];
    arm.first_spike = summary.integers("first_spike")[row];
    arm.slingshots = summary.integers("slingshots")[row];
    arm.norm_ratio = summary.reals("norm_ratio")[row];
    arm.cosine_before_spike = summary.reals("cosine_before_spike")[row];
    arm.lowest_cosine = summary.reals("lowest_cosine")[row];
    arm.r2_exponential = fits.reals("r2_exponential")[row];
    arm.r2_linear = fits.reals("r2_linear")[row];
    arm.final_w_mean_norm = summary.reals("final_w_mean_norm")[row];
    arm.final_h_mean_norm = summary.reals("final_h_mean_norm")[row];
    arm.final_zero_sum_defect = summary.reals("final_zero_sum_defect")[row];
    arm.test_accuracy = summary.reals("test_accuracy")[row];
    arm.absorbed_tail = summary.reals("absorbed_tail")[row];
    arm.diverged = summary.integers("diverged_at")[row] >= 0;
    outcomes.back().push_back(arm);
  }
  return outcomes;
}

double worst_repeat(const Results& results, const Outcomes& outcomes, Worst worst,
                    const std::function<double(const std::vector<ArmOutcome>&)>& statistic) {
  if (!results.complete || outcomes.empty()) return nan;
  double result = statistic(outcomes.front());
  for (std::size_t repeat = 1; repeat < outcomes.size(); ++repeat) {
    const double value = statistic(outcomes[repeat]);
    if (value != value) return nan;
    result = worst == Worst::largest ? std::max(result, value) : std::min(result, value);
  }
  return result;
}

double slingshots_or_nan(const ArmOutcome& arm) {
  return arm.diverged ? nan : static_cast<double>(arm.slingshots);
}

double arm_report_bytes(std::size_t arms, std::int64_t repeats, std::int64_t steps, std::int64_t log_every) {
  const double logged = std::ceil(static_cast<double>(steps) / static_cast<double>(log_every));
  const double tasks = static_cast<double>(arms) * static_cast<double>(repeats);
  const double rows = tasks * logged;
  const double trace = 260 * (rows > 20000 ? 1000 : rows);
  const double shown =
      static_cast<double>(arms) * (5 * 25 * std::min(logged, 2000.0) + 130 * std::min(logged, 400.0));
  return 10000 + 1000 * tasks + trace + shown;
}

Figure true_loss_figure() {
  Figure figure;
  figure.id = "true-loss";
  figure.question = "Does the spike need low precision?";
  figure.subtitle =
      "True loss (double, from the logits) of every arm at repeat 0; dots: starts of slingshots, at "
      "the height of their peak; vertical lines: onset and first spike of the test arm";
  figure.x = axis("step");
  figure.x.low = 0;  // an onset or spike of −1 (never) stays outside
  figure.y = axis("true loss", "nats", true);
  Mark starts = table_mark(Mark::Kind::Points, "slingshots", "start", "peak_true_loss", "arm");
  figure.marks = {arm_lines("true_loss"), starts, rule_mark('x', FigureNumber::metric("onset"), "onset"),
                  rule_mark('x', FigureNumber::metric("first_spike"), "first spike")};
  return figure;
}

Figure means_figure() {
  Figure figure;
  figure.id = "means";
  figure.question = "Do the means inflate exponentially?";
  figure.subtitle = "Norm of the classifier's mean row (solid) and of the mean feature (dashed) of every arm";
  figure.x = axis("step");
  figure.y = axis("‖w̄‖ and ‖h̄‖", "", true);
  Mark features = arm_lines("h_mean_norm");
  features.style = "dashed";
  features.label = "‖h̄‖";
  Mark rows = arm_lines("w_mean_norm");
  rows.label = "‖w̄‖";
  figure.marks = {rows, features};
  return figure;
}

Figure margin_figure() {
  Figure figure;
  figure.id = "margin";
  figure.question = "When does the margin cross the threshold?";
  figure.subtitle =
      "Median of z_y − max of the others; horizontal lines: p ln 2 of bfloat16, float16 and float32";
  figure.x = axis("step");
  figure.y = axis("margin", "nats");
  const double ln2 = math::log(2);
  figure.marks = {arm_lines("median_margin"), rule_mark('y', FigureNumber::constant(8 * ln2), "bfloat16"),
                  rule_mark('y', FigureNumber::constant(11 * ln2), "float16"),
                  rule_mark('y', FigureNumber::constant(24 * ln2), "float32")};
  return figure;
}

Figure absorbed_figure() {
  Figure figure;
  figure.id = "absorbed";
  figure.question = "How many samples are absorbed?";
  figure.subtitle =
      "Share of the training samples that are right, have no gradient at their own class and some at "
      "others; horizontal line: onset";
  figure.x = axis("step");
  figure.y = axis("absorbed fraction φ");
  figure.y.low = 0;
  figure.marks = {arm_lines("absorbed"), rule_mark('y', FigureNumber::constant(0.25), "onset")};
  return figure;
}

}  // namespace reprise::slingshot
