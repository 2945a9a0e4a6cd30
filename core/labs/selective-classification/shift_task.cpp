// One task of `shift`: trains one network, then answers the same test rows at every severity.
#include "base/math.h"
#include "classify/network.h"
#include "classify/scores.h"
#include "labs/selective-classification/budget.h"
#include "labs/selective-classification/calibration_error.h"
#include "labs/selective-classification/calibrators.h"
#include "labs/selective-classification/curve.h"
#include "labs/selective-classification/mean_gap.h"
#include "labs/selective-classification/shift_data.h"
#include "stats/quantile.h"
#include "tensor/ops.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

namespace reprise::selective {

namespace {

using tensor::Tensor;

constexpr std::int64_t reliability_bins = 15;
constexpr double band_level = 0.95;
constexpr std::size_t numbers_a_step = 50000;  // of test rows, evaluated at once

std::unique_ptr<ShiftData> data_of(const ShiftConfig& config, std::int64_t repeat, TaskContext& context) {
  return config.on_moons() ? moons_under_shift(config, repeat, context)
                           : images_under_shift(config, repeat, context);
}

class ShiftTask final : public Stepper {
 public:
  ShiftTask(const ShiftConfig& config, std::int64_t repeat, const std::string& model, TaskContext& context)
      : config_(config),
        repeat_(repeat),
        model_(model),
        context_(context),
        data_(data_of(config, repeat, context)) {}

  bool step() override {
    if (!prepared_) {
      prepared_ = data_->prepare();
      if (prepared_) begin_training();
      return false;
    }
    if (!trained_) {
      trained_ = training_->step();
      return false;
    }
    if (!temperature_) {
      const std::vector<double> logits = training_->logits(data_->val_x());
      temperature_ = fit_temperature(view(logits), data_->val_label());
      if (temperature_->at_bound)
        context_.partial().warn(
            "A temperature is at the bound of its range 0.02…50: its rows can be separated.");
      return false;
    }
    if (severity_ < config_.severity_list.size()) {
      answer_some();
      return false;
    }
    if (repeat_ == 0 && compared_ + 1 < bootstraps_.size()) {
      compare_some();
      return false;
    }
    context_.partial()
        .table("checks", shift_check_columns)
        .append_row(temperature_difference_, data_->classes());
    return true;
  }

  double progress() const override {
    if (!prepared_) return 0;
    const auto severities = static_cast<double>(config_.severity_list.size());
    return 0.1 + 0.5 * (trained_ ? 1 : training_->progress()) +
           0.25 * static_cast<double>(severity_) / severities +
           0.15 * static_cast<double>(compared_) / severities;
  }

 private:
  classify::LogitsView view(const std::vector<double>& logits) const {
    return {logits, static_cast<std::size_t>(data_->classes())};
  }

  void begin_training() {
    classify::NetworkOptions options;
    options.widths = {data_->inputs(), config_.hidden, config_.hidden, data_->classes()};
    options.epochs = config_.epochs;
    options.batch = shift_batch;
    options.learning_rate = config_.learning_rate;
    TaskContext* context = &context_;
    const auto run = static_cast<std::uint64_t>(repeat_);
    // Both models begin with the same weights and see the rows in the same order.
    classify::NetworkStreams streams;
    streams.weights = [=] { return context->random("weights", {run}); };
    streams.order = [=](std::uint64_t epoch) { return context->random("order", {run, epoch}); };
    classify::NetworkTraining::Loss loss;
    if (model_ == "augmented") {
      loss = [data = data_.get()](const classify::ModelInTraining& network, const Tensor& inputs,
                                  std::span<const std::int32_t> rows, std::int64_t epoch) {
        const auto count = static_cast<std::int64_t>(rows.size());
        std::vector<std::int32_t> label;
        for (const std::int32_t row : rows)
          label.push_back(data->train_label()[static_cast<std::size_t>(row)]);
        const std::vector<float> x = data->augmented(rows, static_cast<std::uint64_t>(epoch));
        return tensor::cross_entropy(
            network(Tensor::from<float>(inputs.device(), x, {count, data->inputs()})),
            Tensor::from<std::int32_t>(inputs.device(), label, {count}));
      };
    }
    training_.emplace(options, data_->train_x(), data_->train_label(), streams, loss);
  }

  // A block of test rows; after the last one the severity is judged.
  void answer_some() {
    const std::size_t rows = data_->test_label().size();
    const auto classes = static_cast<std::size_t>(data_->classes());
    const std::size_t first = logits_.size() / classes;
    if (first < rows) {
      const auto a_step =
          std::max<std::size_t>(1, numbers_a_step / static_cast<std::size_t>(data_->inputs()));
      const std::vector<double> part =
          training_->logits(data_->test_x(severity_, first, std::min(a_step, rows - first)));
      logits_.insert(logits_.end(), part.begin(), part.end());
      return;
    }
    judge_severity();
    logits_.clear();
    ++severity_;
  }

  void judge_severity() {
    const std::vector<std::int32_t> prediction = classify::predictions(view(logits_));
    const std::vector<std::uint8_t> correct = classify::right_answers(prediction, data_->test_label());
    const std::vector<double> score = classify::score_from_logits(view(logits_), classify::ScoreKind::Msp);
    std::vector<double> probability;
    for (const double s : score) probability.push_back(math::logistic(s));
    const RankedOutcomes outcomes(score, correct);
    const Curve curve = accuracy_coverage(outcomes, grid_ranks(outcomes.rows(), config_.coverage_points));

    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    Budget budget;
    budget.mean_gap = budget.mean_bayes = budget.mean_approximation = budget.mean_ranking =
        budget.mean_discount = unknown;
    if (const std::span<const double> eta = data_->posterior(severity_); !eta.empty()) {
      std::vector<double> right, best;
      for (std::size_t i = 0; i < prediction.size(); ++i) {
        right.push_back(prediction[i] == 1 ? eta[i] : 1 - eta[i]);
        best.push_back(std::max(eta[i], 1 - eta[i]));
      }
      budget = exact_budget(right, best, score);
    }
    const double severity = config_.severity_list[severity_];
    context_.partial()
        .table("cells", shift_cell_columns)
        .append_row(severity, model_, repeat_, outcomes.accuracy(),
                    calibration_error(equal_width_bins(probability, correct, reliability_bins)), curve.e_aurc,
                    budget.mean_gap, budget.mean_bayes, budget.mean_approximation, budget.mean_ranking,
                    budget.mean_discount);
    const std::vector<double> scaled = with_temperature(score);
    temperature_difference_ = std::max(
        temperature_difference_, std::fabs(summarise(RankedOutcomes(scaled, correct)).e_aurc - curve.e_aurc));
    if (repeat_ > 0) return;
    Table& curves = context_.partial().table("curves", shift_curve_columns);
    for (std::size_t i = 0; i < curve.k.size(); ++i)
      curves.append_row(severity, model_, curve.coverage[i], curve.accuracy[i], curve.oracle[i],
                        curve.gap[i]);
    bootstraps_.emplace_back(outcomes);
    e_aurc_.push_back(curve.e_aurc);
  }

  /// Scores of the rows in hand after the temperature. With two classes the score is |z₁ − z₀|, and so is its
  /// share that the temperature leaves: dividing the logits first would split rows of equal scores by
  /// rounding.
  std::vector<double> with_temperature(std::vector<double> score) {
    if (data_->classes() == 2) {
      for (double& s : score) s /= temperature_->value;
      return score;
    }
    for (double& z : logits_) z /= temperature_->value;
    return classify::score_from_logits(view(logits_), classify::ScoreKind::Msp);
  }

  // A few replicates of the gap at the next severity, or of that without shift, which all are compared with.
  void compare_some() {
    if (source_.size() < static_cast<std::size_t>(shift_replicates)) {
      draw(0, source_);
      return;
    }
    const std::size_t severity = compared_ + 1;
    if (replicates_.size() < static_cast<std::size_t>(shift_replicates)) {
      draw(severity, replicates_);
      return;
    }
    for (std::size_t i = 0; i < replicates_.size(); ++i) replicates_[i] -= source_[i];
    std::sort(replicates_.begin(), replicates_.end());
    context_.partial()
        .table("shift_term", shift_term_columns)
        .append_row(config_.severity_list[severity], model_, e_aurc_[severity] - e_aurc_[0],
                    stats::sorted_quantile(replicates_, (1 - band_level) / 2),
                    stats::sorted_quantile(replicates_, (1 + band_level) / 2));
    replicates_.clear();
    ++compared_;
  }

  void draw(std::size_t severity, std::vector<double>& replicates) {
    const std::size_t a_step = std::max<std::size_t>(1, numbers_a_step / data_->test_label().size());
    for (std::size_t i = 0; i < a_step && replicates.size() < static_cast<std::size_t>(shift_replicates);
         ++i) {
      Random random = context_.random("bootstrap of " + model_, {severity, replicates.size()});
      replicates.push_back(bootstraps_[severity].draw(random));
    }
  }

  const ShiftConfig config_;
  const std::int64_t repeat_;
  const std::string model_;
  TaskContext& context_;
  std::unique_ptr<ShiftData> data_;
  bool prepared_ = false, trained_ = false;
  std::optional<classify::NetworkTraining> training_;
  std::optional<Temperature> temperature_;
  std::size_t severity_ = 0;
  std::vector<double> logits_;  // of the test rows at this severity so far
  double temperature_difference_ = 0;
  // Repeat 0 only.
  std::vector<MeanGapBootstrap> bootstraps_;
  std::vector<double> e_aurc_, source_, replicates_;
  std::size_t compared_ = 0;  // severities
};

}  // namespace

std::unique_ptr<Stepper> start_shift(const ShiftConfig& config, std::int64_t repeat, const std::string& model,
                                     TaskContext& context) {
  return std::make_unique<ShiftTask>(config, repeat, model, context);
}

}  // namespace reprise::selective
