// Stages "folds" and "judge" of `my-scores`: predictions by maps that have not seen the rows, and how good
// they are.
#include "base/error.h"
#include "base/math.h"
#include "labs/recalibration/calibration_error.h"
#include "labs/recalibration/my_scores.h"
#include "labs/recalibration/my_scores_data.h"
#include "stats/compensated_sum.h"
#include "stats/intervals.h"
#include "stats/ranking.h"
#include "stats/sort.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace reprise::recal {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t rows_per_step = 50'000;

class FoldTask {
 public:
  FoldTask(const MyScoresConfig& config, std::int64_t fold, TaskContext& context)
      : config_(config),
        fold_(fold),
        context_(context),
        data_(context.artefact("read", 0, scores_artefact)) {}

  bool begin() {
    const ScoresSummary& summary = data_.summary();
    if (fold_ >= std::max<std::int64_t>(summary.folds, 1)) return true;  // fewer folds than planned
    TrainingRows training = data_.training(summary.folds > 0 ? fold_ : -1, config_.sample_split);
    const auto rows = static_cast<std::int64_t>(training.score.size());
    const std::int64_t most = std::max<std::int64_t>(1, (config_.sample_split ? rows / 2 : rows) / 2);
    if (summary.bins > most) {
      context_.partial().warn("Cross-fitting uses fewer bins than the " + std::to_string(summary.bins) +
                              " asked for: every bin needs two of the rows outside a fold.");
    }
    fitter_.emplace(std::move(training),
                    MethodOptions{std::min(summary.bins, most), config_.edges(), config_.ties()});
    score_ = data_.scores();
    folds_ = data_.folds();
    return true;
  }

  bool fit() {
    if (!fitter_) return true;
    if (!fitter_->step()) return false;
    maps_ = fitter_->take_maps();
    if (data_.summary().folds > 0) {
      for (const std::string& failure : fitter_->failures())
        context_.partial().warn("Cross-fitting: " + failure);
    }
    fitter_.reset();
    return true;
  }

  bool predict() {
    const std::size_t end = std::min(score_.size(), row_ + rows_per_step);
    for (; row_ < end; ++row_) {
      if (folds_[row_] != fold_) continue;
      const std::array<double, method_count> p = maps_.predict(score_[row_]);
      for (std::size_t method = 0; method < method_count; ++method) predictions_[method].push_back(p[method]);
    }
    return row_ == score_.size();
  }

  bool leave() {
    std::vector<Tensor> tensors;
    for (std::size_t method = 0; method < method_count; ++method) {
      tensors.push_back(tensor_of<double>(std::string(method_names[method]), predictions_[method],
                                          {static_cast<std::int64_t>(predictions_[method].size())}));
    }
    context_.leave_artefact(std::string(predictions_artefact), write_safetensors(tensors));
    return true;
  }

 private:
  const MyScoresConfig config_;
  const std::int64_t fold_;
  TaskContext& context_;
  PreparedScores data_;
  std::optional<MethodFitter> fitter_;
  MethodMaps maps_;
  std::vector<double> score_;
  std::vector<std::uint8_t> folds_;
  std::size_t row_ = 0;
  std::array<std::vector<double>, method_count> predictions_;
};

class JudgeTask {
 public:
  JudgeTask(const MyScoresConfig& config, std::int64_t tasks, TaskContext& context)
      : config_(config), tasks_(tasks), context_(context) {}

  bool begin() {
    const PreparedScores data(context_.artefact("read", 0, scores_artefact));
    const std::vector<std::uint8_t> folds = data.folds();
    const std::vector<std::uint8_t> labels = data.labels();
    for (std::size_t row = 0; row < folds.size(); ++row) {
      if (folds[row] == not_judged) continue;
      fold_.push_back(folds[row]);
      label_.push_back(labels[row]);
    }
    put_metric(context_.partial(), "rows_judged", static_cast<double>(label_.size()));
    if (label_.empty()) {
      context_.partial().warn("No test row has a label: the methods cannot be compared.");
    }
    return true;
  }

  /// One method after the other, each in several steps.
  bool judge() {
    if (method_ == method_count) return true;
    switch (phase_) {
      case Phase::Load:
        load();
        break;
      case Phase::Losses:
        add_losses();
        break;
      case Phase::Sort:
        if (sorter_->step()) phase_ = Phase::Report;
        break;
      case Phase::Report:
        report();
        break;
    }
    return method_ == method_count;
  }

  bool put_summary() {
    Partial& partial = context_.partial();
    put_metric(partial, "calibration_error_before", error_before_);
    put_metric(partial, "calibration_error_after", error_after_);
    put_metric(partial, "best_brier_difference", best_difference_);
    return true;
  }

 private:
  enum class Phase { Load, Losses, Sort, Report };

  // Predictions of the method in hand for all judged rows, in file order.
  void load() {
    std::vector<std::vector<double>> of_fold(static_cast<std::size_t>(tasks_));
    for (std::int64_t fold = 0; fold < tasks_; ++fold) {
      const ByteSource& source = context_.artefact("folds", fold, predictions_artefact);
      const SafetensorsIndex index = read_safetensors_index(source, predictions_artefact);
      const TensorInfo* tensor = index.find(method_names[method_]);
      if (tensor == nullptr) throw std::logic_error("predictions of a method are missing");
      of_fold[static_cast<std::size_t>(fold)] =
          read_values<double>(source, *tensor, 0, static_cast<std::uint64_t>(tensor->shape.at(0)));
    }
    std::vector<std::size_t> next(of_fold.size(), 0);
    prediction_.clear();
    prediction_.reserve(fold_.size());
    for (const std::uint8_t fold : fold_) prediction_.push_back(of_fold[fold][next[fold]++]);
    if (method_ == index_of(Method::Identity)) identity_ = prediction_;
    fitted_ = !prediction_.empty() &&
              std::none_of(prediction_.begin(), prediction_.end(), [](double p) { return std::isnan(p); });
    brier_ = log_loss_ = difference_ = stats::CompensatedSum();
    row_ = 0;
    sorter_.emplace(prediction_.size());
    phase_ = fitted_ ? Phase::Losses : Phase::Report;
  }

  void add_losses() {
    // The likelihood is multiplied over short blocks before a logarithm is taken: 16 factors >= 1e-15 stay
    // above 1e-240.
    constexpr std::size_t block_rows = 16;
    const std::size_t end = std::min(prediction_.size(), row_ + rows_per_step);
    while (row_ < end) {
      const std::size_t block_end = std::min(end, row_ + block_rows);
      double likelihood = 1;
      for (; row_ < block_end; ++row_) {
        const double p = prediction_[row_];
        const double y = label_[row_];
        const double clipped = std::clamp(p, 1e-15, 1 - 1e-15);
        likelihood *= label_[row_] != 0 ? clipped : 1 - clipped;
        const double loss = (p - y) * (p - y);
        const double before = (identity_[row_] - y) * (identity_[row_] - y);
        brier_.add(loss);
        difference_.add(loss - before);
        sorter_->add(p, label_[row_]);
      }
      log_loss_.add(-math::log(likelihood));
    }
    if (row_ == prediction_.size()) phase_ = Phase::Sort;
  }

  void report() {
    Partial& partial = context_.partial();
    Table& methods = partial.table("methods", methods_columns);
    Table& comparisons = partial.table("comparisons", comparisons_columns);
    Table& differences = partial.table("brier_differences", differences_columns);
    const std::string name(method_names[method_]);
    if (!fitted_) {
      methods.append_row(name, not_a_number, not_a_number, not_a_number, not_a_number, not_a_number,
                         not_a_number);
      comparisons.append_row(name, not_a_number, not_a_number);
      differences.append_row(name, not_a_number, not_a_number, not_a_number);
    } else {
      const auto rows = static_cast<double>(prediction_.size());
      const std::vector<double> ascending = sorter_->take_scores();
      const std::vector<std::uint8_t> label = sorter_->take_labels();
      const stats::RankingCounts ranking = stats::ranking_of_sorted(ascending, label);
      const EceReport error = ece(equal_mass_bins(ascending, label, config_.ece_bins));
      const double mean = difference_.value() / rows;
      const double standard_error = standard_error_of(mean);
      methods.append_row(name, brier_.value() / rows, log_loss_.value() / rows, error.l1, error.l2sq_debiased,
                         ranking.auc(), ranking.distinct_scores);
      comparisons.append_row(name, mean, standard_error);
      differences.append_row(name, mean, mean - 2 * standard_error, mean + 2 * standard_error);
      if (method_ == index_of(Method::Identity)) {
        error_before_ = error.l1;
        describe_reliability("before", ascending, label);
      }
      if (method_ == index_of(recalibrated())) {
        error_after_ = error.l1;
        describe_reliability("after", ascending, label);
      }
      if (method_ != index_of(Method::Identity) && !(mean >= best_difference_)) best_difference_ = mean;
    }
    sorter_.reset();
    ++method_;
    phase_ = Phase::Load;
  }

  // Of the mean difference to the raw score: standard deviation with n − 1, over √n.
  double standard_error_of(double mean) const {
    if (prediction_.size() < 2) return not_a_number;
    stats::CompensatedSum squares;
    for (std::size_t row = 0; row < prediction_.size(); ++row) {
      const double y = label_[row];
      const double loss = (prediction_[row] - y) * (prediction_[row] - y);
      const double before = (identity_[row] - y) * (identity_[row] - y);
      const double deviation = loss - before - mean;
      squares.add(deviation * deviation);
    }
    const auto rows = static_cast<double>(prediction_.size());
    return std::sqrt(squares.value() / (rows - 1) / rows);
  }

  Method recalibrated() const {
    return config_.edges() == EdgeRule::UniformWidth ? Method::UniformWidth : Method::UniformMass;
  }

  void describe_reliability(const std::string& stage, const std::vector<double>& ascending,
                            const std::vector<std::uint8_t>& label) {
    const auto rows = static_cast<std::int64_t>(ascending.size());
    const std::int64_t bins =
        config_.reliability_bins > 0 ? config_.reliability_bins : default_reliability_bins(rows);
    Table& table = context_.partial().table("reliability", reliability_columns);
    for (const ReliabilityBin& bin : equal_mass_bins(ascending, label, bins)) {
      const stats::Interval interval = stats::clopper_pearson(bin.positives, bin.count, config_.interval);
      table.append_row(stage, bin.mean_prediction, bin.label_mean(), bin.count, interval.low, interval.high);
    }
  }

  const MyScoresConfig config_;
  const std::int64_t tasks_;
  TaskContext& context_;
  std::vector<std::uint8_t> fold_, label_;  // of the judged rows
  std::size_t method_ = 0;
  Phase phase_ = Phase::Load;
  std::vector<double> identity_, prediction_;
  bool fitted_ = false;
  std::size_t row_ = 0;
  stats::CompensatedSum brier_, log_loss_, difference_;
  std::optional<stats::PairSorter> sorter_;
  double error_before_ = not_a_number, error_after_ = not_a_number, best_difference_ = not_a_number;
};

}  // namespace

std::unique_ptr<Stepper> start_fold(const MyScoresConfig& config, std::int64_t fold, TaskContext& context) {
  auto task = std::make_shared<FoldTask>(config, fold, context);
  return sequence_task({[task] { return task->begin(); }, [task] { return task->fit(); },
                        [task] { return task->predict(); }, [task] { return task->leave(); }});
}

std::unique_ptr<Stepper> start_judge(const MyScoresConfig& config, std::int64_t fold_tasks,
                                     TaskContext& context) {
  auto task = std::make_shared<JudgeTask>(config, fold_tasks, context);
  return sequence_task({[task] { return task->begin(); }, [task] { return task->judge(); },
                        [task] { return task->put_summary(); }});
}

}  // namespace reprise::recal
