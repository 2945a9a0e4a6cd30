// Study "Does a model of two variables predict the inflation?": gradient descent on free features, beside the
// linear model of mean classifier row and mean feature.
#include "labs/slingshot/inflation_model.h"

#include "base/math.h"
#include "labs/slingshot/absorption.h"
#include "labs/slingshot/inflation.h"
#include "labs/slingshot/inflation_start.h"
#include "labs/slingshot/kernel_choice.h"
#include "labs/slingshot/read_inputs.h"
#include "labs/slingshot/studies.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise::slingshot {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view stage_name = "descend";
constexpr std::int64_t most_rows = 200;  // of the trajectory
constexpr std::int64_t slices_per_step = 20;

using Config = InflationConfig;

const std::vector<ColumnSpec>& trajectory_columns() {
  static const std::vector<ColumnSpec> specs = {{"step", ColumnType::Integer},
                                                {"w_mean_norm", ColumnType::Real},
                                                {"h_mean_norm", ColumnType::Real},
                                                {"w_mean_norm_predicted", ColumnType::Real},
                                                {"h_mean_norm_predicted", ColumnType::Real},
                                                {"class_norm", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& mean_columns() {
  static const std::vector<ColumnSpec> specs = {{"coordinate", ColumnType::Integer},
                                                {"w_mean", ColumnType::Real},
                                                {"h_mean", ColumnType::Real},
                                                {"w_mean_predicted", ColumnType::Real},
                                                {"h_mean_predicted", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& metric_columns() {
  static const std::vector<ColumnSpec> specs = {{"name", ColumnType::Text}, {"value", ColumnType::Real}};
  return specs;
}

/// Means of both sides.
struct Means {
  std::vector<double> w, h;
};

class DescendStepper final : public Stepper {
 public:
  DescendStepper(const Config& config, TaskContext& context) : config_(config), context_(context) {}

  bool step() override {
    if (!descent_) {
      begin();
      return false;
    }
    for (std::int64_t slice = 0; slice < slices_per_step; ++slice) {
      if (descent_->advance() && finish_step()) return true;
    }
    return false;
  }
  double progress() const override { return static_cast<double>(done_) / static_cast<double>(config_.steps); }

 private:
  void begin() {
    state_ =
        context_.has_input("weights")
            ? read_start(context_)
            : make_start(config_.inflation_start(), context_.random("directions"), context_.random("means"));
    setting_ = {config_.delta, state_.classes(), state_.samples(), config_.eta_w, config_.eta_h, 1};
    descent_ = std::make_unique<FreeFeatureDescent>(
        state_, setting_, config_.frozen() ? std::nullopt : std::optional<Arm>(config_.arm()));
    first_ = predicted_ = {state_.w_mean(), state_.h_mean()};
    rows_ = std::min(config_.steps + 1, most_rows);
    context_.partial()
        .table("metrics", metric_columns())
        .append_row("eigenvalue", predict_growth(setting_).eigenvalue());
    record();
  }

  /// Step of row j: both ends, equally far apart.
  std::int64_t step_of_row(std::int64_t row) const { return row * config_.steps / (rows_ - 1); }

  /// True: the run has ended.
  bool finish_step() {
    if (descent_->diverged()) {
      context_.partial().warn("Diverged: after step " + std::to_string(done_ + 1) +
                              " a weight or feature is no longer a finite number.");
      return true;
    }
    ++done_;
    predict();
    if (done_ == config_.steps / 2) middle_ = {norm(state_.w_mean()), state_.class_norm()};
    if (done_ == step_of_row(written_)) record();
    if (done_ < config_.steps) return false;
    finish();
    return true;
  }

  void predict() {
    InflationSetting now = setting_;
    if (!config_.frozen()) {
      now.delta = descent_->delta();
      const LinearInflation model = predict_growth(now);
      log_growth_ += math::log1p(model.eigenvalue());
      for (std::size_t j = 0; j < predicted_.w.size(); ++j) {
        const auto [w, h] = model.after(1, predicted_.w[j], predicted_.h[j]);
        predicted_.w[j] = w;
        predicted_.h[j] = h;
      }
    }
  }

  void predict_frozen() {
    const LinearInflation model = predict_growth(setting_);
    for (std::size_t j = 0; j < predicted_.w.size(); ++j) {
      const auto [w, h] = model.after(done_, first_.w[j], first_.h[j]);
      predicted_.w[j] = w;
      predicted_.h[j] = h;
    }
    log_growth_ = static_cast<double>(done_) * math::log1p(model.eigenvalue());
  }

  void record() {
    if (config_.frozen()) predict_frozen();
    if (done_ == 0 && config_.steps / 2 == 0) middle_ = {norm(state_.w_mean()), state_.class_norm()};
    context_.partial()
        .table("trajectory", trajectory_columns())
        .append_row(done_, norm(state_.w_mean()), norm(state_.h_mean()), norm(predicted_.w),
                    norm(predicted_.h), state_.class_norm());
    ++written_;
  }

  void finish() {
    const Means last = {state_.w_mean(), state_.h_mean()};
    Table& means = context_.partial().table("final_means", mean_columns());
    std::vector<double> error(last.w.size());
    for (std::size_t j = 0; j < last.w.size(); ++j) {
      means.append_row(j, last.w[j], last.h[j], predicted_.w[j], predicted_.h[j]);
      error[j] = last.w[j] - predicted_.w[j];
    }
    const double steps = static_cast<double>(config_.steps - config_.steps / 2);
    const double rate_mean = math::log(norm(last.w) / middle_[0]) / steps;
    const double rate_class = math::log(state_.class_norm() / middle_[1]) / steps;
    const double ratio = norm(last.w) / norm(first_.w);
    Table& metrics = context_.partial().table("metrics", metric_columns());
    metrics.append_row("relative_error", config_.frozen() ? norm(error) / norm(predicted_.w) : nan);
    metrics.append_row("rate_mean", rate_mean);
    metrics.append_row("rate_class", rate_class);
    metrics.append_row("rate_ratio", rate_mean / rate_class);
    metrics.append_row("log_growth", math::log(ratio));
    metrics.append_row("log_growth_predicted", log_growth_);
    metrics.append_row("w_mean_change", std::fabs(ratio - 1));
  }

  Config config_;
  TaskContext& context_;
  InflationSetting setting_;
  FreeFeatures state_;
  std::unique_ptr<FreeFeatureDescent> descent_;
  Means first_, predicted_;
  std::array<double, 2> middle_{};  // norms of mean row and class parts at half of the steps
  std::int64_t done_ = 0, written_ = 0, rows_ = 0;
  double log_growth_ = 0;
};

class InflationModel final : public StudyOf<Config> {
 public:
  InflationModel() : StudyOf(inflation_model_parameters(), inflation_model_description()) {}

 protected:
  void check(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) const override {
    check_together(inputs, {"weights", "features", "labels"}, problems);
    if (inputs.find("weights") != inputs.end()) return;
    if (config.dimension <= config.num_classes) {
      const std::string least = std::to_string(config.num_classes + 1);
      problems.push_back({"dimension", std::to_string(config.dimension), "at least " + least,
                          "dimension: " + std::to_string(config.dimension) + " with " +
                              std::to_string(config.num_classes) + " classes; allowed: at least " + least +
                              ", one more than classes"});
    }
    if (!(config.margin() > 0)) {
      const std::string found = std::to_string(config.margin_excess);
      const std::string allowed = "above " + std::to_string(config.margin_excess - config.margin());
      problems.push_back({"margin_excess", found, allowed,
                          "margin_excess: " + found + " leaves no positive margin; allowed: " + allowed});
    }
  }
  Plan plan_of(const Config&, const InputInfos&) const override {
    Stage stage;
    stage.name = stage_name;
    return {stage};
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config&, std::string_view, std::int64_t) const override { return Json::object(); }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t,
                                      TaskContext& context) const override {
    return std::make_unique<DescendStepper>(config, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

Estimate InflationModel::estimate_of(const Config& config, const InputInfos& inputs) const {
  double classes = static_cast<double>(config.num_classes);
  double samples = classes * static_cast<double>(config.samples_per_class);
  double dimension = static_cast<double>(config.dimension);
  if (const auto features = inputs.find("features"); features != inputs.end()) {
    samples = std::max(2.0, static_cast<double>(features->second.rows));
    dimension = std::max(2.0, static_cast<double>(features->second.bytes) / 8 / samples);
    classes = std::max(2.0, static_cast<double>(inputs.at("weights").rows));
  }
  const double steps = static_cast<double>(config.steps);
  StageCost cost;
  cost.stage = stage_name;
  cost.vector_ops = steps * 6 * samples * classes * dimension;
  if (!config.frozen()) cost.special_ops = steps * 4 * samples * classes;
  cost.bytes_task = 40 * (samples + classes) * dimension + 1e6;
  Estimate estimate;
  estimate.stages = {cost};
  estimate.report_bytes = 30000 + 90 * dimension;
  return estimate;
}

void InflationModel::fill_report(const Config& config, const Results& results, Report& report) const {
  for (const char* name : {"eigenvalue", "relative_error", "rate_mean", "rate_class", "rate_ratio",
                           "log_growth", "log_growth_predicted", "w_mean_change"}) {
    report.metrics[name] = nan;  // until the run has ended
  }
  const Table metrics = results.gather(stage_name, "metrics", metric_columns());
  for (std::size_t row = 0; row < metrics.rows(); ++row) {
    report.metrics[metrics.texts("name")[row]] = metrics.reals("value")[row];
  }
  report.table("trajectory", trajectory_columns())
      .append(results.gather(stage_name, "trajectory", trajectory_columns()));
  report.table("final_means", mean_columns())
      .append(results.gather(stage_name, "final_means", mean_columns()));

  const bool own_start = results.inputs.find("weights") != results.inputs.end();
  if (config.frozen()) {
    judge(report, results, "matrix-power", report.metrics["relative_error"]);
    if (!own_start && config.start == "growing") {
      const double expected = static_cast<double>(config.num_classes - 1);
      judge(report, results, "rate-ratio", std::fabs(report.metrics["rate_ratio"] / expected - 1));
    }
    return;
  }
  if (!is_float64(config.arm())) {
    judge(report, results, "kernel-growth",
          std::fabs(report.metrics["log_growth"] / report.metrics["log_growth_predicted"] - 1));
  } else if (config.format_of_margin().precision < config.arm().format.precision) {
    judge(report, results, "no-absorption", report.metrics["w_mean_change"]);
  }
}

}  // namespace

std::unique_ptr<Study> make_inflation_model() {
  return std::make_unique<InflationModel>();
}

}  // namespace reprise::slingshot
