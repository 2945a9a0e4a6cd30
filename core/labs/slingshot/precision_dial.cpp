// Study "Does the onset follow the precision?": dose and response. The same network in formats of p = 2 … 52
// bits; each run stops when a quarter of its samples is absorbed.
#include "base/math.h"
#include "labs/slingshot/arm_task.h"
#include "labs/slingshot/studies.h"
#include "study/marks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace reprise::slingshot {

namespace {

constexpr std::string_view dial_stage = "dial";
constexpr std::int64_t least_bits_of_line =
    12;  // below, the margin passes the threshold while it still rises fast
constexpr std::size_t least_points_of_line = 3;
constexpr int float64_bits = 53;

struct Config : TrainingConfig {
  Config() {
    modulus = 13;
    width = 32;
    steps = 1100;
  }

  std::vector<std::int64_t> precision_bits = {12, 14, 16, 18, 20, 22, 24};
  std::string form = "log_softmax";

  Arm arm(std::int64_t bits) const { return parse_arm("p" + std::to_string(bits) + ":" + form); }
};

std::vector<std::int64_t> even_bits(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> bits;
  for (std::int64_t p = from; p <= to; p += 2) bits.push_back(p);
  return bits;
}

Parameters<Config> parameters() {
  Parameters<Config> list;
  list.integers("precision_bits", &Config::precision_bits)
      .within(2, float64_bits - 1)
      .entries(1, 51)
      .label("Bits p")
      .help("Significant bits of the loss's format; exponents as in float32.")
      .preset("widget", Json(std::vector<std::int64_t>{12, 13, 14, 15, 16}))
      .preset("paper", Json(even_bits(8, 52)))
      .essential();
  list.choice("form", &Config::form, form_names())
      .label("Form of the loss")
      .help("With recentred nothing is absorbed: the control.")
      .essential();
  list.integer("steps", &TrainingConfig::steps)
      .within(1, 1000000)
      .label("Steps")
      .help("At most; a run ends at its onset.")
      .preset("widget", 500)
      .preset("paper", 4000)
      .logarithmic()
      .essential();
  list.integer("modulus", &TrainingConfig::modulus)
      .within(5, 257)
      .label("Modulus P")
      .help("The network learns (a + b) mod P from a share of the P² pairs.");
  list.integer("width", &TrainingConfig::width)
      .within(8, 1024)
      .label("Width H")
      .help("Of both hidden layers.");
  list.real("train_fraction", &TrainingConfig::train_fraction)
      .within(0.05, 0.95)
      .label("Training share")
      .help("Of all pairs.");
  list.real("learning_rate", &TrainingConfig::learning_rate)
      .within(1e-6, 10)
      .label("Learning rate")
      .help("η, constant.")
      .logarithmic();
  list.real("beta1", &TrainingConfig::beta1)
      .within(0, 0.9999)
      .label("Adam β₁")
      .help("Memory of the mean gradient.");
  list.real("beta2", &TrainingConfig::beta2)
      .within(0, 0.9999)
      .label("Adam β₂")
      .help("Memory of the mean square.");
  list.real("epsilon", &TrainingConfig::epsilon)
      .within(0, 1)
      .label("Adam ε")
      .help("Below 1e-12 the moments are kept in float64.")
      .preset("paper", 1e-25);
  list.integer("repeats", &TrainingConfig::repeats)
      .within(1, 100)
      .label("Repeats")
      .help("Each with weights and a split of its own.")
      .preset("paper", 5);
  return list;
}

Description description() {
  Description about;
  about.study = "slingshot/precision-dial";
  about.title = "Precision dial";
  about.question = "Does the onset follow the precision?";
  about.summary =
      "If absorption causes the spikes, each further bit must delay it by the time that the margin takes to "
      "grow by "
      "ln 2. The loss of one network is computed with p bits, and the step at which a quarter of the samples "
      "is "
      "absorbed is plotted against p.";
  Figure onset;
  onset.id = "onset";
  onset.question = "Does the onset follow the precision?";
  onset.title =
      "Each further bit delays the onset by {metrics.steps_per_bit:.0f} steps (R² {metrics.r_squared:.3f})";
  onset.subtitle =
      "Step at which a quarter of the samples is absorbed, and the line through the formats from 12 bits on";
  onset.x = axis("precision p", "bits");
  onset.y = axis("onset", "step");
  onset.marks = {point_mark("onset", "onset"), line_mark("line", "line", "dashed")};
  about.figures = {onset};
  about.claims = {
      claim_spec("linear-dose", "The onset is a straight line in the number of bits, from 12 bits on: R².",
                 Relation::AtLeast, 0.97,
                 "The threshold is p ln 2 and margins grow steadily; 61 steps a bit were measured.")};
  return about;
}

const std::vector<ColumnSpec>& onset_columns() {
  static const std::vector<ColumnSpec> specs = {{"precision_bits", ColumnType::Integer},
                                                {"repeat", ColumnType::Integer},
                                                {"threshold", ColumnType::Real},
                                                {"onset", ColumnType::Integer},
                                                {"median_margin", ColumnType::Real}};
  return specs;
}

class DialTask final : public Stepper {
 public:
  DialTask(const Config& config, std::int64_t bits, std::int64_t repeat, TaskContext& context)
      : bits_(bits),
        repeat_(repeat),
        steps_(config.steps),
        partial_(context.partial()),
        device_(tensor::Device::cpu(tensor::NumericLevel::portable)),
        train_(device_, modular_split(config, context, repeat).train),
        network_(device_, modular_network(config), weight_stream(context, repeat)),
        trainer_(network_, config.trainer(config.arm(bits))),
        slice_(steps_per_slice(train_.rows(), config.width, config.modulus)) {}

  bool step() override {
    for (std::int64_t i = 0; i < slice_; ++i) {
      StepRecord record;
      const bool finite = trainer_.step(train_, record);
      if (finite) {
        monitor_.observe(record);
        ++done_;
      } else {
        partial_.warn("p = " + std::to_string(bits_) + ", repeat " + std::to_string(repeat_) +
                      ": diverged at step " + std::to_string(done_));
      }
      if (finite && monitor_.onset() < 0 && done_ < steps_) continue;
      partial_.table("onset", onset_columns())
          .append_row(bits_, repeat_, static_cast<double>(bits_) * math::log(2), monitor_.onset(),
                      monitor_.summary().last.median_margin);
      return true;
    }
    return false;
  }
  double progress() const override { return static_cast<double>(done_) / static_cast<double>(steps_); }

 private:
  std::int64_t bits_, repeat_, steps_;
  Partial& partial_;
  tensor::Device device_;
  Batch train_;
  Network network_;
  Trainer trainer_;
  RunMonitor monitor_;
  std::int64_t slice_;
  std::int64_t done_ = 0;
};

/// Steps that a run is expected to take: about 61 a bit at the presets' learning rate.
double expected_steps(const Config& config, std::int64_t bits) {
  const double onset = std::max(60.0, 61 * static_cast<double>(bits) - 550) * (0.01 / config.learning_rate);
  const bool absorbs = config.form == "softmax" || config.form == "log_softmax" || config.form == "logsumexp";
  return absorbs ? std::min(onset, static_cast<double>(config.steps)) : static_cast<double>(config.steps);
}

class PrecisionDial final : public StudyOf<Config> {
 public:
  PrecisionDial() : StudyOf(slingshot::parameters(), slingshot::description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    check_training(config, problems);
    const std::vector<std::int64_t>& bits = config.precision_bits;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const auto same = std::find(bits.begin(), bits.begin() + static_cast<std::ptrdiff_t>(i), bits[i]);
      if (same == bits.begin() + static_cast<std::ptrdiff_t>(i)) continue;
      const std::string found = std::to_string(bits[i]);
      problems.push_back({"precision_bits", found, "every number once",
                          "precision_bits: entry " + std::to_string(i + 1) + " (" + found +
                              ") repeats entry " + std::to_string(same - bits.begin() + 1) +
                              "; allowed: every number once"});
    }
  }
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Stage stage;
    stage.name = dial_stage;
    stage.count = static_cast<std::int64_t>(config.precision_bits.size()) * config.repeats;
    return {stage};
  }
  Estimate estimate_of(const Config& config, const InputInfos&) const override {
    double total = 0, longest = 0;
    for (const std::int64_t bits : config.precision_bits) {
      total += expected_steps(config, bits);
      longest = std::max(longest, expected_steps(config, bits));
    }
    const double repeats = static_cast<double>(config.repeats);
    Estimate estimate;
    estimate.stages = {training_cost(dial_stage, modular_train_rows(config.modulus, config.train_fraction),
                                     config.width, config.modulus, total, repeats)};
    estimate.stages[0].longest_task_share = longest / (total * repeats);
    estimate.report_bytes = 5000 + 150 * static_cast<double>(config.precision_bits.size()) * repeats;
    return estimate;
  }
  Json key_of(const Config& config, std::string_view, std::int64_t index) const override {
    return Json::object({{"repeat", repeat_of(config, index)}, {"precision_bits", bits_of(config, index)}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    return std::make_unique<DialTask>(config, bits_of(config, index), repeat_of(config, index), context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;

 private:
  static std::int64_t repeat_of(const Config& config, std::int64_t index) {
    return index / static_cast<std::int64_t>(config.precision_bits.size());
  }
  static std::int64_t bits_of(const Config& config, std::int64_t index) {
    return config.precision_bits[static_cast<std::size_t>(index) % config.precision_bits.size()];
  }
};

struct Line {
  double slope = 0, intercept = 0, r_squared = 0;
};

/// Least squares of y on x; all zero with fewer than three points or points above each other.
Line fit(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  if (x.size() < least_points_of_line) return {};
  double mean_x = 0, mean_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  double xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  if (xx == 0 || yy == 0) return {};
  const double slope = xy / xx;
  return {slope, mean_y - slope * mean_x, xy * xy / (xx * yy)};
}

void PrecisionDial::fill_report(const Config&, const Results& results, Report& report) const {
  const Table onset = results.gather(dial_stage, "onset", onset_columns());
  report.tables["onset"] = onset;
  std::vector<double> bits, steps;                      // what the line goes through
  std::map<std::int64_t, std::vector<double>> by_bits;  // onsets of the repeats
  for (std::size_t row = 0; row < onset.rows(); ++row) {
    const std::int64_t p = onset.integers("precision_bits")[row];
    const auto step = static_cast<double>(onset.integers("onset")[row]);
    if (step < 0) continue;
    by_bits[p].push_back(step);
    if (p < least_bits_of_line) continue;
    bits.push_back(static_cast<double>(p));
    steps.push_back(step);
  }
  const Line line = fit(bits, steps);
  report.metrics["steps_per_bit"] = line.slope;
  report.metrics["r_squared"] = line.r_squared;
  Series& points = report.series["onset"];
  for (const auto& [p, values] : by_bits) {
    double sum = 0;
    for (const double value : values) sum += value;
    points.x.push_back(static_cast<double>(p));
    points.y.push_back(sum / static_cast<double>(values.size()));
    points.y_low.push_back(*std::min_element(values.begin(), values.end()));
    points.y_high.push_back(*std::max_element(values.begin(), values.end()));
  }
  Series& shown = report.series["line"];
  if (line.r_squared > 0) {
    for (const double end :
         {*std::min_element(bits.begin(), bits.end()), *std::max_element(bits.begin(), bits.end())}) {
      shown.x.push_back(end);
      shown.y.push_back(line.intercept + line.slope * end);
    }
  }
  judge(report, results, "linear-dose", line.r_squared);
}

}  // namespace

std::unique_ptr<Study> make_precision_dial() {
  return std::make_unique<PrecisionDial>();
}

}  // namespace reprise::slingshot
