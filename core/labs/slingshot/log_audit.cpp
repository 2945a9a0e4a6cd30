// Study "Where are the slingshots?": the spike detector and the fit of growth on a training log.
#include "base/byte_source.h"
#include "data/csv.h"
#include "labs/slingshot/example_log.h"
#include "labs/slingshot/read_inputs.h"
#include "labs/slingshot/spike_detector.h"
#include "labs/slingshot/studies.h"
#include "study/marks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace reprise::slingshot {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view stage_name = "audit";
constexpr std::int64_t rows_per_step = 20'000;
constexpr std::int64_t most_rows = 5'000'000;
constexpr std::size_t most_points = 4000;  // of the figure's line

struct Config {
  Config() = default;

  double loss_ratio = 100;
  double loss_floor = 1e-9;
  std::int64_t burn_in = 20;
  std::int64_t merge_gap = 50;
  std::string growth_column = "w_mean_norm";
  std::int64_t window_start = -1;
  std::int64_t window_end = -1;

  SpikeRule rule() const { return {loss_ratio, loss_floor, burn_in, merge_gap}; }
};

Parameters<Config> parameters() {
  Parameters<Config> list;
  list.real("loss_ratio", &Config::loss_ratio)
      .within(1.1, 1e6)
      .label("Ratio of a spike")
      .help(
          "A spike starts above this multiple of the smallest loss so far and ends this far below its peak.")
      .logarithmic()
      .essential();
  list.real("loss_floor", &Config::loss_floor)
      .within(0, 1)
      .label("Smallest loss")
      .help("The smallest loss so far counts as at least this.")
      .logarithmic();
  list.integer("burn_in", &Config::burn_in)
      .within(0, 1e6)
      .label("Rows left out")
      .help("At the beginning.")
      .unit("rows")
      .logarithmic()
      .essential();
  list.integer("merge_gap", &Config::merge_gap)
      .within(0, 1e6)
      .label("Merged within")
      .help("A spike that starts at most so many rows after a slingshot's start belongs to it.")
      .unit("rows")
      .logarithmic()
      .essential();
  list.text("growth_column", &Config::growth_column)
      .label("Growing column")
      .help("Its growth is fitted, if the log has it.");
  list.integer("window_start", &Config::window_start)
      .within(-1, static_cast<double>(most_rows))
      .label("Fit from row")
      .help("The first row is 0; −1: the beginning.");
  list.integer("window_end", &Config::window_end)
      .within(-1, static_cast<double>(most_rows))
      .label("Fit up to row")
      .help("This row is no longer included; −1: the first slingshot, or the end.");
  return list;
}

Description description() {
  Description about;
  about.study = "slingshot/log-audit";
  about.title = "Log audit";
  about.question = "Where are the slingshots in my training log?";
  about.summary =
      "Looks through a loss curve for spikes of a factor of a hundred and more, counts those close together "
      "once, "
      "and fits how a column grows before the first one. Without a file it reads the log of a small network "
      "trained with a float16 loss.";
  InputSpec log;
  log.name = "log";
  log.formats = {"csv"};
  log.description = "A training log, one row a step (or every so many steps).";
  log.columns =
      "step: rising; loss: a finite number. Optional: the column whose growth is fitted (growth_column). "
      "Others are "
      "not read.";
  log.example = "step,loss,w_mean_norm\n0,2.31,0.05\n1,2.28,0.05\n";
  about.inputs = {log};

  Figure loss;
  loss.id = "loss";
  loss.question = "Where are the slingshots?";
  loss.title = "Slingshots: {metrics.slingshots:.0f}; largest loss {metrics.max_loss:.3g}";
  loss.subtitle = "Loss over steps; a vertical line from the smallest loss before a slingshot to its peak";
  loss.x = axis("step");
  loss.y = axis("loss", "nats", true);
  Mark starts = table_mark(Mark::Kind::Points, "slingshot_lines", "start", "peak_loss");
  starts.low = "low";
  starts.high = "peak_loss";
  starts.label = "slingshots";
  loss.marks = {line_mark("loss", "loss"), starts};
  about.figures = {loss};
  return about;
}

const std::vector<ColumnSpec>& slingshot_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"start", ColumnType::Real}, {"end", ColumnType::Real}, {"peak_loss", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& line_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"start", ColumnType::Real}, {"low", ColumnType::Real}, {"peak_loss", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& growth_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"column", ColumnType::Text},         {"window_start", ColumnType::Integer},
      {"window_end", ColumnType::Integer},  {"slope", ColumnType::Real},
      {"r2_exponential", ColumnType::Real}, {"r2_linear", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& curve_columns() {
  static const std::vector<ColumnSpec> specs = {{"step", ColumnType::Real}, {"loss", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& metric_columns() {
  static const std::vector<ColumnSpec> specs = {{"name", ColumnType::Text}, {"value", ColumnType::Real}};
  return specs;
}

class AuditStepper final : public Stepper {
 public:
  AuditStepper(const Config& config, TaskContext& context)
      : config_(config),
        context_(context),
        own_(example_log()),
        source_(context.has_input("log") ? context.input("log") : own_),
        name_(context.has_input("log") ? file_name_of(context, "log") : "the example log"),
        reader_(source_, name_),
        step_column_(reader_.required_column("step")),
        loss_column_(reader_.required_column("loss")),
        growth_column_(reader_.column(config.growth_column)),
        detector_(config.rule()) {}

  bool step() override {
    for (std::int64_t i = 0; i < rows_per_step; ++i) {
      if (reader_.next_row()) {
        take_row();
        continue;
      }
      finish();
      return true;
    }
    return false;
  }
  double progress() const override {
    return static_cast<double>(reader_.bytes_read()) / static_cast<double>(source_.size() + 1);
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& found, const std::string& allowed) const {
    throw InputError(Problem{key, found, allowed, name_ + ": " + found + "; allowed: " + allowed});
  }

  void take_row() {
    if (reader_.row() > most_rows) fail("log", "more than 5,000,000 rows", "1…5,000,000 rows");
    const double at = reader_.number(step_column_);
    if (!steps_.empty() && !(at > steps_.back())) {
      fail("log", "row " + std::to_string(reader_.row()) + " does not follow the step of the row before",
           "rows in rising order of step");
    }
    steps_.push_back(at);
    losses_.push_back(reader_.number(loss_column_));
    if (growth_column_) growth_.push_back(reader_.number(*growth_column_));
    detector_.push(losses_.back());
  }

  void finish() {
    if (steps_.empty()) fail("log", "no rows", "1…5,000,000 rows under the header");
    Partial& partial = context_.partial();
    Table& table = partial.table("slingshots", slingshot_columns());
    Table& lines = partial.table("slingshot_lines", line_columns());
    std::size_t from = 0;
    for (const Spike& spike : detector_.slingshots()) {
      const auto start = static_cast<std::size_t>(spike.start);
      const double end = spike.end < 0 ? -1 : steps_[static_cast<std::size_t>(spike.end)];
      table.append_row(steps_[start], end, spike.peak);
      lines.append_row(steps_[start],
                       *std::min_element(losses_.begin() + static_cast<std::ptrdiff_t>(from),
                                         losses_.begin() + static_cast<std::ptrdiff_t>(start) + 1),
                       spike.peak);
      from = start;
    }
    fit();
    draw();
    Table& metrics = partial.table("metrics", metric_columns());
    metrics.append_row("slingshots", detector_.slingshots().size());
    metrics.append_row("raw_spikes", detector_.raw().size());
    metrics.append_row("max_loss", *std::max_element(losses_.begin(), losses_.end()));
  }

  void fit() {
    const auto rows = static_cast<std::int64_t>(steps_.size());
    const std::int64_t first = detector_.slingshots().empty() ? rows : detector_.slingshots().front().start;
    const std::int64_t begin = std::max<std::int64_t>(config_.window_start, 0);
    const std::int64_t end = config_.window_end >= 0 ? config_.window_end : std::max(first, begin);
    const std::string allowed = "rows 0…" + std::to_string(rows) + ", the start before the end";
    if (begin > end || end > rows) {
      const char* key = config_.window_end >= 0 ? "window_end" : "window_start";
      fail(key, "a window of rows " + std::to_string(begin) + "…" + std::to_string(end), allowed);
    }
    if (!growth_column_) {
      context_.partial().warn("The log has no column " + config_.growth_column + "; no growth was fitted.");
      return;
    }
    const auto at = static_cast<std::size_t>(begin), count = static_cast<std::size_t>(end - begin);
    const auto values = std::span(growth_).subspan(at, count);
    if (!std::all_of(values.begin(), values.end(), [](double value) { return value > 0; })) {
      context_.partial().warn("Column " + config_.growth_column +
                              " is not positive in every row of the window; no growth was fitted.");
      return;
    }
    const GrowthFit fit = fit_growth(std::span(steps_).subspan(at, count), values);
    context_.partial()
        .table("growth", growth_columns())
        .append_row(config_.growth_column, begin, end, fit.slope, fit.r2_exponential, fit.r2_linear);
  }

  /// The curve, of long logs the largest loss of every so many rows: no spike is lost.
  void draw() {
    Table& curve = context_.partial().table("curve", curve_columns());
    const std::size_t every = (steps_.size() + most_points - 1) / most_points;
    for (std::size_t begin = 0; begin < steps_.size(); begin += every) {
      const std::size_t end = std::min(begin + every, steps_.size());
      const auto largest = std::max_element(losses_.begin() + static_cast<std::ptrdiff_t>(begin),
                                            losses_.begin() + static_cast<std::ptrdiff_t>(end));
      curve.append_row(steps_[static_cast<std::size_t>(largest - losses_.begin())], *largest);
    }
  }

  Config config_;
  TaskContext& context_;
  MemoryView own_;
  const ByteSource& source_;
  std::string name_;
  CsvReader reader_;
  std::size_t step_column_, loss_column_;
  std::optional<std::size_t> growth_column_;
  SpikeDetector detector_;
  std::vector<double> steps_, losses_, growth_;
};

class LogAudit final : public StudyOf<Config> {
 public:
  LogAudit() : StudyOf(parameters(), slingshot::description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    if (config.window_end < 0 || config.window_start < config.window_end) return;
    problems.push_back({"window_end", std::to_string(config.window_end), "above window_start, or −1",
                        "window_end: " + std::to_string(config.window_end) + " with window_start " +
                            std::to_string(config.window_start) + "; allowed: above window_start, or −1"});
  }
  Plan plan_of(const Config&, const InputInfos&) const override {
    Stage stage;
    stage.name = stage_name;
    return {stage};
  }
  Estimate estimate_of(const Config&, const InputInfos& inputs) const override {
    const auto log = inputs.find("log");
    const double bytes = log == inputs.end() ? static_cast<double>(example_log().size())
                                             : static_cast<double>(log->second.bytes);
    StageCost cost;
    cost.stage = stage_name;
    cost.vector_ops = 10 * bytes;
    cost.bytes_task = 2 * bytes + 2e6;
    Estimate estimate;
    estimate.stages = {cost};
    estimate.report_bytes = 2e4 + 45 * std::min<double>(bytes / 15, static_cast<double>(most_points));
    return estimate;
  }
  Json key_of(const Config&, std::string_view, std::int64_t) const override { return Json::object(); }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t,
                                      TaskContext& context) const override {
    return std::make_unique<AuditStepper>(config, context);
  }
  void fill_report(const Config&, const Results& results, Report& report) const override;
  Json probe_of(const Config& config, std::string_view name, const Json& arguments) const override;
};

void LogAudit::fill_report(const Config&, const Results& results, Report& report) const {
  for (const char* name : {"slingshots", "raw_spikes", "max_loss"}) report.metrics[name] = nan;
  const Table metrics = results.gather(stage_name, "metrics", metric_columns());
  for (std::size_t row = 0; row < metrics.rows(); ++row) {
    report.metrics[metrics.texts("name")[row]] = metrics.reals("value")[row];
  }
  const auto pass = [&](const char* name, const std::vector<ColumnSpec>& columns) {
    report.table(name, columns).append(results.gather(stage_name, name, columns));
  };
  pass("slingshots", slingshot_columns());
  pass("slingshot_lines", line_columns());
  pass("growth", growth_columns());
  const Table curve = results.gather(stage_name, "curve", curve_columns());
  report.series["loss"] = {curve.reals("step"), curve.reals("loss"), {}, {}};
}

/// "example": the example log's columns as arrays, for the opening figure.
Json LogAudit::probe_of(const Config& config, std::string_view name, const Json& arguments) const {
  if (name != "example") return StudyOf::probe_of(config, name, arguments);
  const MemoryView bytes(example_log());
  CsvReader reader(bytes, "the example log");
  std::vector<std::vector<double>> columns(reader.columns().size());
  while (reader.next_row()) {
    for (std::size_t column = 0; column < columns.size(); ++column) {
      columns[column].push_back(reader.number(column));
    }
  }
  Json answer = Json::object();
  for (std::size_t column = 0; column < columns.size(); ++column) {
    answer[reader.columns()[column]] = Json(columns[column]);
  }
  return answer;
}

}  // namespace

std::unique_ptr<Study> make_log_audit() {
  return std::make_unique<LogAudit>();
}

}  // namespace reprise::slingshot
