// Stages "folds" and "judge" of `my-scores`: maps that have not seen the rows of a fold, and how good their
// predictions of those rows are.
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
#include <span>
#include <string>

namespace reprise::recal {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t rows_per_step = 50'000;

class FoldTask {
 public:
  FoldTask(const MyScoresConfig& config, std::int64_t fold, TaskContext& context)
      : config_(config), context_(context), data_(context) {
    const std::int64_t folds = data_.summary().folds;
    // The file can have fewer folds than were planned.
    if (fold < std::max<std::int64_t>(folds, 1))
      loader_.emplace(data_, folds > 0 ? fold : -1, config.sample_split);
  }

  bool load() {
    if (!loader_) return true;
    if (!loader_->step()) return false;
    TrainingRows training = loader_->take();
    loader_.reset();
    const std::int64_t rows = training.sorted.size();
    const std::int64_t most = std::max<std::int64_t>(1, (config_.sample_split ? rows / 2 : rows) / 2);
    const std::int64_t bins = data_.summary().bins;
    if (bins > most) {
      context_.partial().warn("Cross-fitting uses fewer bins than the " + std::to_string(bins) +
                              " asked for: every bin needs two of the rows outside a fold.");
    }
    fitter_.emplace(std::move(training),
                    MethodOptions{std::min(bins, most), config_.edges(), config_.ties()});
    return true;
  }

  bool fit() {
    if (!fitter_) return true;
    if (!fitter_->step()) return false;
    if (data_.summary().folds > 0) {
      for (const std::string& failure : fitter_->failures())
        context_.partial().warn("Cross-fitting: " + failure);
    }
    context_.leave_artefact(std::string(maps_artefact), fitter_->take_maps().to_bytes());
    fitter_.reset();
    return true;
  }

 private:
  const MyScoresConfig config_;
  TaskContext& context_;
  PreparedScores data_;
  std::optional<TrainingLoader> loader_;
  std::optional<MethodFitter> fitter_;
};

// Mean and sum of squared deviations, a block of numbers at a time (Chan, Golub, LeVeque 1979).
class Deviations {
 public:
  void add(double value) {
    block_[filled_++] = value;
    if (filled_ == block_.size()) merge();
  }
  /// Σ (value − mean)² over all values.
  double squares() {
    merge();
    return squares_;
  }

 private:
  void merge() {
    if (filled_ == 0) return;
    const auto fresh = static_cast<double>(filled_);
    double sum = 0;
    for (std::size_t i = 0; i < filled_; ++i) sum += block_[i];
    const double mean = sum / fresh;
    double squares = 0;
    for (std::size_t i = 0; i < filled_; ++i) squares += (block_[i] - mean) * (block_[i] - mean);
    const double step = mean - mean_;
    const double all = count_ + fresh;
    squares_ += squares + step * step * (count_ / all * fresh);
    mean_ += step * (fresh / all);
    count_ = all;
    filled_ = 0;
  }

  std::array<double, 512> block_{};
  std::size_t filled_ = 0;
  double count_ = 0, mean_ = 0, squares_ = 0;
};

class JudgeTask {
 public:
  JudgeTask(const MyScoresConfig& config, Method method, TaskContext& context)
      : config_(config),
        method_(method),
        context_(context),
        data_(context),
        sorter_(static_cast<std::size_t>(data_.summary().has_split ? data_.summary().rows
                                                                   : data_.summary().fitted)) {}

  bool load_maps() {
    const std::int64_t folds = std::max<std::int64_t>(data_.summary().folds, 1);
    const auto fold = static_cast<std::int64_t>(maps_.size());
    maps_.push_back(MethodMaps::from_bytes(read_all(context_.artefact("folds", fold, maps_artefact))));
    return fold + 1 == folds;
  }

  /// Predictions and losses of some judged rows, in file order.
  bool add_rows() {
    if (row_ == chunk_.size()) {
      if (next_chunk_ == data_.chunks()) {
        chunk_ = {};
        row_ = 0;
        add_log_loss();
        return true;
      }
      chunk_ = data_.rows(next_chunk_++);
      row_ = 0;
    }
    const std::size_t end = std::min(chunk_.size(), row_ + rows_per_step);
    for (; row_ < end; ++row_) {
      const std::uint8_t fold = chunk_.fold[row_];
      if (fold != not_judged) add_row(maps_[fold], chunk_.score[row_], chunk_.label[row_]);
    }
    return false;
  }

  bool sort() {
    if (!fitted_ || rows_ == 0) return true;
    if (!sorter_.step()) return false;
    ascending_ = sorter_.take_scores();
    label_ = sorter_.take_labels();
    ece_bins_.emplace(ascending_, label_, config_.ece_bins);
    if (is_shown()) {
      const std::int64_t bins =
          config_.reliability_bins > 0 ? config_.reliability_bins : default_reliability_bins(rows_);
      reliability_bins_.emplace(ascending_, label_, bins);
    }
    row_ = 0;
    return true;
  }

  bool rank() {
    const std::size_t count = std::min(ascending_.size() - row_, rows_per_chunk);
    ranking_.add(std::span<const double>(ascending_).subspan(row_, count),
                 std::span<const std::uint8_t>(label_).subspan(row_, count));
    row_ += count;
    return row_ == ascending_.size();
  }

  bool bin_for_ece() { return !ece_bins_ || ece_bins_->step(); }
  bool bin_for_reliability() { return !reliability_bins_ || reliability_bins_->step(); }

  bool report() {
    Partial& partial = context_.partial();
    const bool first = method_ == Method::Identity;
    if (first) {
      put_metric(partial, "rows_judged", static_cast<double>(rows_));
      if (rows_ == 0) partial.warn("No test row has a label: the methods cannot be compared.");
    }
    const std::string name(method_names[index_of(method_)]);
    double error = not_a_number;
    if (fitted_ && rows_ > 0) {
      error = report_fitted(name);
    } else {
      partial.table("methods", methods_columns)
          .append_row(name, not_a_number, not_a_number, not_a_number, not_a_number, not_a_number,
                      not_a_number);
      partial.table("comparisons", comparisons_columns).append_row(name, not_a_number, not_a_number);
      partial.table("brier_differences", differences_columns)
          .append_row(name, not_a_number, not_a_number, not_a_number);
    }
    if (first) put_metric(partial, "calibration_error_before", error);
    if (method_ == recalibrated()) put_metric(partial, "calibration_error_after", error);
    return true;
  }

 private:
  void add_row(const MethodMaps& maps, double score, std::uint8_t label) {
    ++rows_;
    if (!fitted_) return;
    const double p = maps.predict(method_, score);
    if (std::isnan(p)) {
      fitted_ = false;
      return;
    }
    const double y = label;
    const double identity = maps.predict(Method::Identity, score);
    const double loss = (p - y) * (p - y);
    const double difference = loss - (identity - y) * (identity - y);
    brier_.add(loss);
    difference_.add(difference);
    deviations_.add(difference);
    sorter_.add(p, label);
    // The likelihood is multiplied over short blocks before a logarithm is taken: 16 factors >= 1e-15 stay
    // above 1e-240.
    const double clipped = std::clamp(p, 1e-15, 1 - 1e-15);
    likelihood_ *= label != 0 ? clipped : 1 - clipped;
    if (++factors_ == 16) add_log_loss();
  }

  void add_log_loss() {
    if (factors_ == 0) return;
    log_loss_.add(-math::log(likelihood_));
    likelihood_ = 1;
    factors_ = 0;
  }

  /// The calibration error.
  double report_fitted(const std::string& name) {
    Partial& partial = context_.partial();
    const auto rows = static_cast<double>(rows_);
    const stats::RankingCounts ranking = ranking_.counts();
    const EceReport error = ece(ece_bins_->take());
    const double mean = difference_.value() / rows;
    // Of the mean: standard deviation with n − 1, over √n.
    const double standard_error =
        rows_ < 2 ? not_a_number : std::sqrt(deviations_.squares() / (rows - 1) / rows);
    partial.table("methods", methods_columns)
        .append_row(name, brier_.value() / rows, log_loss_.value() / rows, error.l1, error.l2sq_debiased,
                    ranking.auc(), ranking.distinct_scores);
    partial.table("comparisons", comparisons_columns).append_row(name, mean, standard_error);
    partial.table("brier_differences", differences_columns)
        .append_row(name, mean, mean - 2 * standard_error, mean + 2 * standard_error);
    if (reliability_bins_) describe_reliability();
    return error.l1;
  }

  void describe_reliability() {
    const std::string stage = method_ == Method::Identity ? "before" : "after";
    Table& table = context_.partial().table("reliability", reliability_columns);
    for (const ReliabilityBin& bin : reliability_bins_->take()) {
      const stats::Interval interval = stats::clopper_pearson(bin.positives, bin.count, config_.interval);
      table.append_row(stage, bin.mean_prediction, bin.label_mean(), bin.count, interval.low, interval.high);
    }
  }

  Method recalibrated() const {
    return config_.edges() == EdgeRule::UniformWidth ? Method::UniformWidth : Method::UniformMass;
  }
  // In the reliability diagram.
  bool is_shown() const { return method_ == Method::Identity || method_ == recalibrated(); }

  const MyScoresConfig config_;
  const Method method_;
  TaskContext& context_;
  PreparedScores data_;
  std::vector<MethodMaps> maps_;  // of each fold
  RowsChunk chunk_;               // rows in hand
  std::size_t next_chunk_ = 0;
  std::size_t row_ = 0;
  std::int64_t rows_ = 0;  // judged
  bool fitted_ = true;     // in every fold
  stats::CompensatedSum brier_, log_loss_, difference_;
  Deviations deviations_;
  double likelihood_ = 1;
  int factors_ = 0;  // in `likelihood_`
  stats::PairSorter sorter_;
  std::vector<double> ascending_;
  std::vector<std::uint8_t> label_;
  stats::RankingCounter ranking_;
  std::optional<EqualMassBinner> ece_bins_, reliability_bins_;
};

}  // namespace

std::unique_ptr<Stepper> start_fold(const MyScoresConfig& config, std::int64_t fold, TaskContext& context) {
  auto task = std::make_shared<FoldTask>(config, fold, context);
  return sequence_task({[task] { return task->load(); }, [task] { return task->fit(); }});
}

std::unique_ptr<Stepper> start_judge(const MyScoresConfig& config, Method method, TaskContext& context) {
  auto task = std::make_shared<JudgeTask>(config, method, context);
  return sequence_task({[task] { return task->load_maps(); }, [task] { return task->add_rows(); },
                        [task] { return task->sort(); }, [task] { return task->rank(); },
                        [task] { return task->bin_for_ece(); },
                        [task] { return task->bin_for_reliability(); }, [task] { return task->report(); }});
}

}  // namespace reprise::recal
