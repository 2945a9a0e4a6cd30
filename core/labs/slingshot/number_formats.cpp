// Study "What does each format keep?": given numbers rounded into every format.
#include "data/csv.h"
#include "labs/slingshot/absorption.h"
#include "labs/slingshot/studies.h"
#include "study/marks.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise::slingshot {

namespace {

constexpr std::string_view stage_name = "round";
constexpr std::int64_t rows_per_step = 10'000;
constexpr std::int64_t most_values = 5'000'000;
constexpr std::size_t most_points = 1000;  // of a format in the figure
constexpr double default_values[] = {0.1, 1 + 0x1p-8, 65520, 0x1p-25, 3.3};

struct Config {
  Config() = default;

  std::int64_t precision_bits = 5;
  std::int64_t min_exponent = -14;

  FloatFormat custom() const {
    return tensor::custom_format(static_cast<int>(precision_bits), static_cast<int>(min_exponent));
  }
};

Parameters<Config> parameters() {
  Parameters<Config> list;
  list.integer("precision_bits", &Config::precision_bits)
      .within(2, 53)
      .label("Significant bits")
      .help("Of the custom format, the hidden one included.")
      .unit("bits")
      .essential();
  list.integer("min_exponent", &Config::min_exponent)
      .within(-1022, -2)
      .label("Least exponent")
      .help("Of the custom format's normal numbers; its largest number follows as in IEEE formats.")
      .essential();
  return list;
}

/// The columns of the table: every format but float64, in which the numbers come; then the custom one.
std::vector<FloatFormat> column_formats(const Config& config) {
  const auto all = tensor::float_formats();
  std::vector<FloatFormat> formats(all.begin() + 1, all.end());
  formats.push_back(config.custom());
  return formats;
}

std::vector<ColumnSpec> rounded_columns() {
  std::vector<ColumnSpec> specs = {{"value", ColumnType::Real}};
  for (const FloatFormat& format : column_formats(Config{})) {
    specs.push_back({std::string(format.name), ColumnType::Real});
  }
  return specs;
}

Description description() {
  Description about;
  about.study = "slingshot/number-formats";
  about.title = "Number formats";
  about.question = "What does each format keep of a number?";
  about.summary =
      "Rounds numbers into six formats that training uses, and into one of your own: to nearest, ties to "
      "even, "
      "subnormals kept. Load a column of numbers, or look at five that show what can happen.";
  InputSpec values;
  values.name = "values";
  values.formats = {"csv"};
  values.description = "Numbers to be rounded.";
  values.columns = "value: any finite number. Other columns are not read.";
  values.example = "value\n0.1\n65520\n-3.3\n";
  about.inputs = {values};

  Figure figure;
  figure.id = "error";
  figure.question = "What does each format keep?";
  figure.title = "Relative error of {metrics.num_values:.0f} numbers in seven formats";
  figure.subtitle =
      "|rounded − value| / |value|; numbers that a format holds exactly, or that overflow, are not drawn";
  figure.x = axis("|value|", "", true);
  figure.y = axis("relative rounding error", "", true);
  for (const FloatFormat& format : column_formats(Config{})) {
    figure.marks.push_back(
        point_mark("relative_error/" + std::string(format.name), std::string(format.name)));
  }
  about.figures = {figure};
  return about;
}

class RoundStepper final : public Stepper {
 public:
  RoundStepper(const Config& config, TaskContext& context)
      : formats_(column_formats(config)), context_(context) {
    if (!context.has_input("values")) return;
    const auto info = context.inputs().find("values");
    const bool named = info != context.inputs().end() && !info->second.file_name.empty();
    reader_.emplace(context.input("values"), named ? info->second.file_name : "values");
    column_ = reader_->required_column("value");
  }

  bool step() override {
    Table& table = context_.partial().table("rounded", rounded_columns());
    if (!reader_) {
      for (const double value : default_values) append(table, value);
      return true;
    }
    for (std::int64_t i = 0; i < rows_per_step; ++i) {
      if (!reader_->next_row()) return finish();
      if (reader_->row() > most_values) fail("more than 5,000,000 rows");
      append(table, reader_->number(column_));
    }
    return false;
  }
  double progress() const override {
    if (!reader_) return 0;
    return static_cast<double>(reader_->bytes_read()) /
           static_cast<double>(context_.input("values").size() + 1);
  }

 private:
  void append(Table& table, double value) const {
    table.reals("value").push_back(value);
    for (const FloatFormat& format : formats_) {
      table.reals(format.name).push_back(tensor::round_to(value, format));
    }
  }
  bool finish() {
    if (reader_->row() == 0) fail("no rows");
    return true;
  }
  [[noreturn]] static void fail(const std::string& found) {
    throw InputError(Problem{"values", found, "1…5,000,000 rows",
                             "values: " + found + "; allowed: 1…5,000,000 rows under the header"});
  }

  std::vector<FloatFormat> formats_;
  TaskContext& context_;
  std::optional<CsvReader> reader_;
  std::size_t column_ = 0;
};

class NumberFormats final : public StudyOf<Config> {
 public:
  NumberFormats() : StudyOf(parameters(), slingshot::description()) {}

 protected:
  Plan plan_of(const Config&, const InputInfos&) const override {
    Stage stage;
    stage.name = stage_name;
    return {stage};
  }
  Estimate estimate_of(const Config&, const InputInfos& inputs) const override {
    const auto values = inputs.find("values");
    const double rows = values == inputs.end() ? 5 : std::max(5.0, static_cast<double>(values->second.rows));
    StageCost cost;
    cost.stage = stage_name;
    cost.vector_ops = 300 * rows + 1000;
    cost.bytes_task = 64 * rows + 2e6;
    Estimate estimate;
    estimate.stages = {cost};
    estimate.report_bytes = 4000 + 150 * std::min(rows, 20000.0) + 350 * std::min(rows, 1000.0);
    return estimate;
  }
  Json key_of(const Config&, std::string_view, std::int64_t) const override { return Json::object(); }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t,
                                      TaskContext& context) const override {
    return std::make_unique<RoundStepper>(config, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

void NumberFormats::fill_report(const Config& config, const Results& results, Report& report) const {
  const Table rounded = results.gather(stage_name, "rounded", rounded_columns());
  report.table("rounded", rounded_columns()).append(rounded);
  report.metrics["num_values"] = static_cast<double>(rounded.rows());

  const std::vector<double>& values = rounded.reals("value");
  for (const FloatFormat& format : column_formats(config)) {
    Series& series = report.series["relative_error/" + std::string(format.name)];
    const std::vector<double>& results_in_format = rounded.reals(format.name);
    for (std::size_t row = 0; row < std::min(rounded.rows(), most_points); ++row) {
      if (values[row] == 0 || !std::isfinite(results_in_format[row])) continue;
      series.x.push_back(std::fabs(values[row]));
      series.y.push_back(std::fabs((results_in_format[row] - values[row]) / values[row]));
    }
  }

  Table& formats = report.table("formats", {{"format", ColumnType::Text},
                                            {"precision_bits", ColumnType::Integer},
                                            {"min_exponent", ColumnType::Integer},
                                            {"max_finite", ColumnType::Real},
                                            {"smallest_subnormal", ColumnType::Real},
                                            {"threshold", ColumnType::Real},
                                            {"underflow_margin", ColumnType::Real}});
  std::vector<FloatFormat> all = column_formats(config);
  all.insert(all.begin(), tensor::float_formats().front());
  for (const FloatFormat& format : all) {
    const AbsorptionThreshold threshold = absorption_threshold(format, 2);
    formats.append_row(std::string(format.name), format.precision, format.least_exponent, format.largest,
                       std::ldexp(1.0, format.least_exponent - format.precision + 1), threshold.single,
                       threshold.zero_underflow);
  }
}

}  // namespace

std::unique_ptr<Study> make_number_formats() {
  return std::make_unique<NumberFormats>();
}

}  // namespace reprise::slingshot
