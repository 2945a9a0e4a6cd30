// Stage "fit" of `my-scores`: every method on all fitted rows, the map as a table, the adaptation to a target
// domain; maps and class weights are left for stage "recalibrate".
#include "base/error.h"
#include "base/release_memory.h"
#include "labs/recalibration/bounds.h"
#include "labs/recalibration/label_shift.h"
#include "labs/recalibration/my_scores.h"
#include "labs/recalibration/my_scores_data.h"
#include "stats/compensated_sum.h"
#include "stats/intervals.h"
#include "stats/ranking.h"
#include "stats/sort.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace reprise::recal {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t rows_per_step = 20'000;

class FitTask {
 public:
  FitTask(const MyScoresConfig& config, TaskContext& context)
      : config_(config), context_(context), data_(context), loader_(data_, -1, config.sample_split) {}

  bool load() {
    if (!loader_.step()) return false;
    fitter_.emplace(loader_.take(), MethodOptions{data_.summary().bins, config_.edges(), config_.ties()});
    return true;
  }

  bool fit() {
    if (!fitter_->step()) return false;
    maps_ = fitter_->take_maps();
    Partial& partial = context_.partial();
    for (const std::string& failure : fitter_->failures()) partial.warn(failure);
    fitter_.reset();
    context_.leave_artefact(std::string(maps_artefact), maps_.to_bytes());
    put_metric(partial, "platt_slope", maps_.platt ? maps_.platt->slope : not_a_number);
    put_metric(partial, "platt_intercept", maps_.platt ? maps_.platt->intercept : not_a_number);
    put_metric(partial, "temperature", maps_.temperature ? maps_.temperature->temperature : not_a_number);
    warn_of_maps();
    put_bound();
    if (const BinMap* map = chosen_map()) {
      put_metric(partial, "effective_bins", static_cast<double>(map->bins()));
    } else {
      put_metric(partial, "effective_bins", not_a_number);
    }
    if (maps_.platt && maps_.platt->slope > 0)
      ranked_.emplace(static_cast<std::size_t>(data_.summary().fitted));
    return true;
  }

  /// Some bins with their intervals.
  bool describe_bins() {
    const BinMap* map = chosen_map();
    if (map == nullptr) return true;
    Table& table = context_.partial().table("bins", bins_columns);
    const std::size_t end = std::min(map->bins(), bin_ + 500);
    for (; bin_ < end; ++bin_) {
      const std::int64_t count = map->count[bin_];
      const std::int64_t positives =
          count == 0 ? 0 : std::llround(map->value[bin_] * static_cast<double>(count));
      const stats::Interval interval = interval_of(positives, count);
      table.append_row(map->edges[bin_], map->edges[bin_ + 1], map->value[bin_], count, interval.low,
                       interval.high);
    }
    return bin_ == map->bins();
  }

  /// Sums over the fitted rows that metrics and claims need, and target rows in each bin; some rows a step.
  bool add_rows() {
    if (row_ == chunk_.size()) {
      if (next_chunk_ == data_.chunks()) {
        chunk_ = {};
        row_ = 0;
        return true;
      }
      chunk_ = data_.rows(next_chunk_++);
      row_ = 0;
    }
    const std::size_t end = std::min(chunk_.size(), row_ + rows_per_step);
    for (; row_ < end; ++row_) {
      const double score = chunk_.score[row_];
      if (chunk_.role[row_] == static_cast<std::uint8_t>(RowRole::Fitted)) {
        const std::uint8_t label = chunk_.label[row_];
        const double residual = maps_.predict(Method::Identity, score) - label;
        brier_.add(residual * residual);
        bin_mean_.add(maps_.predict(Method::UniformMass, score));
        if (ranked_) ranked_->add(maps_.platt->linear(score), label);
      } else if (chunk_.role[row_] == static_cast<std::uint8_t>(RowRole::Target)) {
        count_target(score);
      }
    }
    return false;
  }

  bool sort_platt() {
    if (!ranked_) return true;
    if (!ranked_->step()) return false;
    ascending_ = ranked_->take_scores();
    ascending_label_ = ranked_->take_labels();
    ranked_.reset();
    row_ = 0;
    return true;
  }

  bool rank_platt() {
    const std::size_t count = std::min(ascending_.size() - row_, rows_per_chunk);
    ranking_.add(std::span<const double>(ascending_).subspan(row_, count),
                 std::span<const std::uint8_t>(ascending_label_).subspan(row_, count));
    row_ += count;
    return row_ == ascending_.size();
  }

  bool put_statistics() {
    Partial& partial = context_.partial();
    const auto rows = static_cast<double>(data_.summary().fitted);
    put_metric(partial, "brier", brier_.value() / rows);
    if (!ascending_.empty()) {
      put_metric(partial, "platt_auc", ranking_.counts().auc(), "statistics");
      release_memory(ascending_);
      release_memory(ascending_label_);
    }
    const std::optional<BinMap>& map = maps_.uniform_mass;
    const bool no_bin_empty = map && std::find(map->count.begin(), map->count.end(), 0) == map->count.end();
    if (no_bin_empty && !config_.sample_split) {
      put_metric(partial, "mean_shift_of_bins", std::fabs(bin_mean_.value() / rows - maps_.base_rate),
                 "statistics");
    }
    return true;
  }

  bool estimate_shift() {
    const ScoresSummary& summary = data_.summary();
    if (summary.target_rows == 0) return true;
    Partial& partial = context_.partial();
    const bool both_classes = summary.positives > 0 && summary.positives < summary.fitted;
    const BinMap* map = chosen_map();
    double source = not_a_number;
    double target = not_a_number;
    if (!both_classes || map == nullptr) {
      partial.warn("There are no class weights: the source rows need both labels and a fitted bin map.");
      put_metric(partial, "pi_target_em", not_a_number);
      weights_ = {not_a_number, not_a_number, not_a_number};
    } else {
      std::vector<CalibratedMass> masses;
      for (std::size_t b = 0; b < map->bins(); ++b) masses.push_back({map->value[b], target_count_[b]});
      const EmResult em = em_target_share(masses, summary.positives, summary.fitted, config_.interval);
      const bool by_labels = config_.shift_estimator != "em" && summary.target_labelled > 0;
      if (by_labels) {
        const ClassShares shares =
            shares_from_labels(summary.positives, summary.fitted, summary.target_positives,
                               summary.target_labelled, config_.pseudo);
        source = shares.source;
        target = shares.target;
        weights_ = shares.weights;
      } else {
        source = static_cast<double>(summary.positives) / static_cast<double>(summary.fitted);
        target = em.share;
        weights_ = em.weights;
      }
      put_metric(partial, "pi_target_em", em.share);
      put_metric(partial, "pi_target_em_low", em.interval.low);
      put_metric(partial, "pi_target_em_high", em.interval.high);
      warn_of_shift(em);
    }
    put_metric(partial, "pi_source", source);
    put_metric(partial, "pi_target", target);
    put_metric(partial, "weight_0", weights_.w0);
    put_metric(partial, "weight_1", weights_.w1);
    put_metric(partial, "log_ratio_se", weights_.se_log_ratio);
    leave_log_ratio(context_, weights_.log_ratio());
    return true;
  }

 private:
  // The map of the chosen edge rule: what the table `bins` shows and target rows start from.
  const BinMap* chosen_map() const { return config_.chosen_map(maps_); }

  // Bins of equal mass repeat few pairs of counts.
  stats::Interval interval_of(std::int64_t positives, std::int64_t count) {
    const auto [entry, fresh] = intervals_.try_emplace({positives, count});
    if (fresh) entry->second = stats::clopper_pearson(positives, count, config_.interval);
    return entry->second;
  }

  void count_target(double score) {
    const BinMap* map = chosen_map();
    if (map == nullptr) return;
    target_count_.resize(map->bins());
    ++target_count_[map->bin_of(score)];
  }

  void put_bound() {
    const ScoresSummary& summary = data_.summary();
    Partial& partial = context_.partial();
    const Bound bound = umb_bound(summary.fitted, summary.bins, config_.delta, config_.lipschitz);
    put_metric(partial, "bound_calibration", bound.calibration);
    put_metric(partial, "bound_sharpness", bound.sharpness);
    put_metric(partial, "bound_total", bound.total);
    put_metric(partial, "n_required_exact", static_cast<double>(bound.n_required_exact));
    put_metric(partial, "n_required_chernoff", static_cast<double>(bound.n_required_chernoff));
    if (!bound.sample_size_ok) {
      partial.warn("The bound asks for at least " + std::to_string(bound.n_required_exact) + " rows with " +
                   std::to_string(summary.bins) + " bins, got " + std::to_string(summary.fitted) +
                   ": it is not guaranteed.");
    }
  }

  void warn_of_maps() {
    Partial& partial = context_.partial();
    if (maps_.platt && maps_.platt->capped) {
      partial.warn("The score separates the labels: Platt's slope has no maximum and is set to " +
                   std::string(maps_.platt->slope < 0 ? "-" : "") + "1000000.");
    }
    if (maps_.platt && maps_.platt->slope <= 0) {
      partial.warn("Platt's slope is not positive: higher scores do not go with more labels 1.");
    }
    if (maps_.temperature && maps_.temperature->at_edge) {
      partial.warn(
          "The temperature is at the edge of its range [0.001, 1000]; the likelihood rises beyond it.");
    }
    const BinMap* map = chosen_map();
    if (map == nullptr) return;
    const auto bins = static_cast<std::int64_t>(map->bins());
    const auto empty = std::count(map->count.begin(), map->count.end(), 0);
    if (bins < data_.summary().bins) {
      partial.warn("Equal scores were kept together: " + std::to_string(bins) + " of " +
                   std::to_string(data_.summary().bins) + " bins are left.");
    }
    if (empty > 0) {
      partial.warn(std::to_string(empty) + " of " + std::to_string(bins) +
                   " bins have no row; their values are interpolated between neighbours.");
    }
  }

  void warn_of_shift(const EmResult& em) {
    Partial& partial = context_.partial();
    if (em.at_boundary) {
      partial.warn("The target share estimated from scores alone ends at the boundary of [0, 1].");
    }
    const double ratio = std::fabs(weights_.log_ratio());
    if (ratio > std::log(50.0)) {
      partial.warn(
          "The class weights differ more than 50-fold: adapted scores rest on few rows of one class.");
    }
  }

  const MyScoresConfig config_;
  TaskContext& context_;
  PreparedScores data_;
  TrainingLoader loader_;
  std::optional<MethodFitter> fitter_;
  MethodMaps maps_;
  RowsChunk chunk_;  // rows in hand
  std::size_t next_chunk_ = 0;
  std::size_t row_ = 0;
  std::map<std::pair<std::int64_t, std::int64_t>, stats::Interval> intervals_;
  std::size_t bin_ = 0;
  stats::CompensatedSum brier_, bin_mean_;
  std::optional<stats::PairSorter> ranked_;
  std::vector<double> ascending_;  // Platt's linear predictor
  std::vector<std::uint8_t> ascending_label_;
  stats::RankingCounter ranking_;
  std::vector<std::int64_t> target_count_;
  ShiftWeights weights_;
};

}  // namespace

std::unique_ptr<Stepper> start_fit(const MyScoresConfig& config, TaskContext& context) {
  auto task = std::make_shared<FitTask>(config, context);
  return sequence_task({[task] { return task->load(); }, [task] { return task->fit(); },
                        [task] { return task->describe_bins(); }, [task] { return task->add_rows(); },
                        [task] { return task->sort_platt(); }, [task] { return task->rank_platt(); },
                        [task] { return task->put_statistics(); },
                        [task] { return task->estimate_shift(); }});
}

}  // namespace reprise::recal
