// Stage "read" of `my-scores`: reads and checks the file, sorts the fitted rows, chooses the number of bins.
// At most some 22 bytes a row are in memory at a time.
#include "base/error.h"
#include "base/release_memory.h"
#include "labs/recalibration/bin_rules.h"
#include "labs/recalibration/my_scores.h"
#include "labs/recalibration/my_scores_data.h"
#include "stats/ranking.h"
#include "stats/sort.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace reprise::recal {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t rows_of_a_data_rule = 8;

class ReadTask {
 public:
  ReadTask(const MyScoresConfig& config, TaskContext& context)
      : config_(config),
        context_(context),
        reader_(std::in_place, context.input("scores"), file_name(context), config.score_options()) {
    const auto found = context.inputs().find("scores");
    if (found != context.inputs().end()) reader_->reserve(found->second.rows);
  }

  bool read() {
    if (!reader_->step()) return false;
    table_ = reader_->take();
    reader_.reset();
    return true;
  }

  /// Counts.
  bool count() {
    const std::size_t end = std::min(table_.rows(), next_ + rows_per_chunk);
    for (; next_ < end; ++next_) {
      const bool labelled = table_.label[next_] != no_label;
      const std::int64_t positive = table_.label[next_] == 1 ? 1 : 0;
      if (table_.role[next_] == RowRole::Fitted) {
        if (summary_.fitted++ == 0) first_score_ = table_.score[next_];
        summary_.positives += positive;
        scores_differ_ = scores_differ_ || table_.score[next_] != first_score_;
      } else if (table_.role[next_] == RowRole::Target) {
        ++summary_.target_rows;
        summary_.target_labelled += labelled ? 1 : 0;
        summary_.target_positives += positive;
      } else {
        unlabelled_test_rows_ += labelled ? 0 : 1;
      }
    }
    return next_ == table_.rows();
  }

  /// Every problem of the config that shows only with the data.
  bool check() {
    summary_.scale = table_.scale;
    summary_.has_split = table_.has_split;
    summary_.rows = static_cast<std::int64_t>(table_.rows());
    std::vector<Problem> problems;
    check_rows(problems);
    check_shift(problems);
    if (!problems.empty()) throw InputError(std::move(problems));
    choose_folds();
    folds_.emplace(table_.has_split, summary_.folds);
    sorter_.emplace(static_cast<std::size_t>(summary_.fitted));
    next_ = 0;
    return true;
  }

  /// A chunk of rows goes to the later stages, its fitted rows to the sorter.
  bool leave_rows() {
    const std::size_t begin = next_;
    const std::size_t end = std::min(table_.rows(), begin + rows_per_chunk);
    RowsChunk chunk;
    chunk.score.assign(table_.score.begin() + static_cast<std::ptrdiff_t>(begin),
                       table_.score.begin() + static_cast<std::ptrdiff_t>(end));
    chunk.label.assign(table_.label.begin() + static_cast<std::ptrdiff_t>(begin),
                       table_.label.begin() + static_cast<std::ptrdiff_t>(end));
    for (; next_ < end; ++next_) {
      const RowRole role = table_.role[next_];
      const std::uint8_t fold = folds_->next(role, table_.label[next_]);
      chunk.role.push_back(static_cast<std::uint8_t>(role));
      chunk.fold.push_back(fold);
      if (role != RowRole::Fitted) continue;
      const unsigned tag = table_.label[next_] + (summary_.folds > 0 ? 2U * fold : 0U);
      sorter_->add(table_.score[next_], static_cast<std::uint8_t>(tag));
    }
    recal::leave_rows(context_, begin / rows_per_chunk, chunk);
    if (next_ < table_.rows()) return false;
    forget_rows();
    return true;
  }

  bool sort() {
    if (!sorter_->step()) return false;
    sorted_score_ = sorter_->take_scores();
    sorted_tag_ = sorter_->take_labels();
    sorter_.reset();
    label_.reserve(sorted_tag_.size());
    next_ = 0;
    return true;
  }

  /// A chunk of sorted rows goes to the later stages.
  bool leave_sorted() {
    const std::size_t begin = next_;
    const std::size_t count = std::min(sorted_score_.size() - begin, rows_per_chunk);
    const auto score = std::span<const double>(sorted_score_).subspan(begin, count);
    const auto tag = std::span<const std::uint8_t>(sorted_tag_).subspan(begin, count);
    recal::leave_sorted(context_, begin / rows_per_chunk, score, tag);
    for (const std::uint8_t one : tag) label_.push_back(one % 2);
    ranking_.add(score, std::span<const std::uint8_t>(label_).subspan(begin, count));
    next_ += count;
    if (next_ < sorted_score_.size()) return false;
    release_memory(sorted_tag_);
    sample_ = SortedScores::from_sorted(std::move(sorted_score_), std::move(label_), summary_.scale);
    if (summary_.fitted >= rows_of_a_data_rule) grid_ = leave_one_out_grid(summary_.fitted);
    return true;
  }

  /// The leave-one-out curve, some bins a step.
  bool extend_curve() {
    if (curve_ == grid_.size()) return true;
    const std::int64_t bins = grid_[curve_];
    if (!score_of_bins_) score_of_bins_.emplace(sample_, bins, config_.edges());
    if (!score_of_bins_->step()) return false;
    const double brier = score_of_bins_->value();
    score_of_bins_.reset();
    if (brier < least_) {
      least_ = brier;
      leave_one_out_bins_ = bins;
    }
    context_.partial().table("leave_one_out", leave_one_out_columns).append_row(bins, brier);
    return ++curve_ == grid_.size();
  }

  bool choose() {
    Partial& partial = context_.partial();
    const bool data_rules = summary_.fitted >= rows_of_a_data_rule;
    BinChoice plug_in;
    plug_in.label_variance = plug_in.rank_slope_energy = not_a_number;
    if (data_rules) {
      plug_in = plug_in_bins(sample_);
    } else {
      partial.warn(
          "Fewer than 8 labelled rows: the plug-in rule and the leave-one-out curve need at least 8.");
    }
    summary_.bins = config_.bins > 0 ? config_.bins : bins_by_rule(plug_in.bins);
    warn_of_data();

    put_metric(partial, "rows", static_cast<double>(summary_.fitted));
    put_metric(partial, "positives", static_cast<double>(summary_.positives));
    put_metric(partial, "bins", static_cast<double>(summary_.bins));
    put_metric(partial, "plug_in_bins", data_rules ? static_cast<double>(plug_in.bins) : not_a_number);
    put_metric(partial, "leave_one_out_bins",
               data_rules ? static_cast<double>(leave_one_out_bins_) : not_a_number);
    put_metric(partial, "label_variance_estimate", plug_in.label_variance);
    put_metric(partial, "rank_slope_energy_estimate", plug_in.rank_slope_energy);
    put_metric(partial, "auc", ranking_.counts().auc());
    put_metric(partial, "rows_in_file", static_cast<double>(summary_.rows));
    put_metric(partial, "folds_used", static_cast<double>(summary_.folds));
    return true;
  }

  bool leave_summary() {
    context_.leave_artefact(std::string(summary_artefact), summary_.to_bytes());
    return true;
  }

 private:
  static std::string file_name(const TaskContext& context) {
    const auto found = context.inputs().find("scores");
    const bool named = found != context.inputs().end() && !found->second.file_name.empty();
    return named ? found->second.file_name : "scores";
  }

  // The rows are in artefacts now; sorting needs their place.
  void forget_rows() {
    release_memory(table_.score);
    release_memory(table_.label);
    release_memory(table_.role);
  }

  // Most bins that the rows allow: two rows a bin, in the first half alone with sample splitting.
  std::int64_t most_bins() const {
    return (config_.sample_split ? summary_.fitted / 2 : summary_.fitted) / 2;
  }

  void check_rows(std::vector<Problem>& problems) const {
    const std::string rows = std::to_string(summary_.fitted);
    const std::int64_t least = config_.sample_split ? 4 : 2;
    if (summary_.fitted < least) {
      problems.push_back({"scores", rows, "at least " + std::to_string(least),
                          std::to_string(least) + " or more rows are needed to fit on" +
                              (table_.has_split    ? " (split=cal"
                               : table_.has_domain ? " ("
                                                   : "") +
                              (table_.has_split && table_.has_domain ? ", " : "") +
                              (table_.has_domain ? "domain=source" : "") +
                              (table_.has_split || table_.has_domain ? ")" : "") +
                              (config_.sample_split ? " with sample_split" : "") + ", got " + rows});
      return;
    }
    const std::string allowed = "1…" + std::to_string(most_bins());
    if (config_.bins > most_bins()) {
      const std::string bins = std::to_string(config_.bins);
      const std::string needed = std::to_string((config_.sample_split ? 4 : 2) * config_.bins);
      problems.push_back({"bins", bins, allowed,
                          "bins=" + bins + " needs at least " + needed + " rows" +
                              (config_.sample_split ? " with sample_split" : "") + ", got " + rows +
                              "; allowed " + allowed});
    }
    const bool data_rule = config_.rule() == BinRule::Plugin || config_.rule() == BinRule::LeaveOneOut;
    if (config_.bins == 0 && data_rule && summary_.fitted < rows_of_a_data_rule) {
      problems.push_back({"bins", "0", allowed,
                          "bin_rule=" + config_.bin_rule + " needs at least 8 rows, got " + rows +
                              "; set bins to a number; allowed " + allowed});
    }
    if (config_.tie_policy == "interpolate" && config_.edge_rule != "width" && config_.bins > 1) {
      if (!scores_differ_) {
        problems.push_back(
            {"bins", std::to_string(config_.bins), "1",
             "all scores are equal: with tie_policy=interpolate only one bin is possible, got bins=" +
                 std::to_string(config_.bins) + "; allowed 1, or tie_policy=merge"});
      }
    }
  }

  void check_shift(std::vector<Problem>& problems) const {
    if (summary_.target_rows == 0) return;
    if (config_.shift_estimator == "labels" && summary_.target_labelled == 0) {
      problems.push_back({"shift_estimator", "labels", "auto, em",
                          "shift_estimator=labels needs target rows with a label, but all " +
                              std::to_string(summary_.target_rows) + " have none; allowed: auto, em"});
    }
    const bool by_labels = config_.shift_estimator != "em" && summary_.target_labelled > 0;
    const bool class_missing =
        summary_.target_positives == 0 || summary_.target_positives == summary_.target_labelled;
    if (by_labels && class_missing && config_.pseudo == 0) {
      problems.push_back({"pseudo", "0", "> 0",
                          std::string("no target row has label ") +
                              (summary_.target_positives == 0 ? "1" : "0") +
                              ": with pseudo=0 its weight is undefined; allowed: pseudo > 0"});
    }
  }

  void choose_folds() {
    const std::int64_t rarer = std::min(summary_.positives, summary_.fitted - summary_.positives);
    summary_.folds = summary_.has_split ? 0 : config_.folds;
    if (summary_.folds > rarer) {
      summary_.folds = rarer < 2 ? 0 : rarer;
      context_.partial().warn(
          "Only " + std::to_string(rarer) + (rarer == 1 ? " row has" : " rows have") + " the rarer label: " +
          (summary_.folds == 0
               ? "there is no cross-fitting, methods are judged on the rows they were fitted on."
               : "cross-fitting uses " + std::to_string(rarer) + " folds instead of " +
                     std::to_string(config_.folds) + "."));
    }
  }

  std::int64_t bins_by_rule(std::int64_t plug_in) const {
    if (config_.tie_policy == "interpolate" && !scores_differ_) return 1;
    std::int64_t bins = plug_in;
    if (config_.rule() == BinRule::LeaveOneOut) bins = leave_one_out_bins_;
    if (config_.rule() == BinRule::CubeRoot || config_.rule() == BinRule::BoundMinimiser) {
      bins = choose_bins(sample_, config_.rule(), config_.lipschitz, config_.delta, config_.edges());
    }
    return std::clamp<std::int64_t>(bins, 1, most_bins());
  }

  void warn_of_data() {
    Partial& partial = context_.partial();
    if (!scores_differ_) {
      partial.warn("All scores are equal: there is one bin only, and it answers with the base rate.");
    } else if (const std::int64_t tied = ranking_.counts().tied_rows; 5 * tied > summary_.fitted) {
      partial.warn(
          std::to_string(100 * tied / summary_.fitted) +
          " % of the rows share their score with another row; rows with equal scores stay in one bin.");
    }
    if (summary_.positives == 0 || summary_.positives == summary_.fitted) {
      partial.warn(std::string("All labels are ") + (summary_.positives == 0 ? "0" : "1") +
                   ": Platt scaling, temperature and class weights are impossible; bins are still formed.");
    }
    if (unlabelled_test_rows_ > 0) {
      partial.warn(std::to_string(unlabelled_test_rows_) +
                   " test rows have no label: they are recalibrated, but methods are not judged on them.");
    }
  }

  const MyScoresConfig config_;
  TaskContext& context_;
  std::optional<ScoreTableReader> reader_;
  ScoreTable table_;
  ScoresSummary summary_;
  std::int64_t unlabelled_test_rows_ = 0;
  double first_score_ = 0;      // of the fitted rows
  bool scores_differ_ = false;  // among the fitted rows
  std::optional<FoldAssigner> folds_;
  std::optional<stats::PairSorter> sorter_;
  std::size_t next_ = 0;  // row that the stage in hand looks at next
  std::vector<double> sorted_score_;
  std::vector<std::uint8_t> sorted_tag_, label_;
  stats::RankingCounter ranking_;
  SortedScores sample_;
  std::vector<std::int64_t> grid_;
  std::optional<LeaveOneOutBrier> score_of_bins_;
  std::size_t curve_ = 0;
  double least_ = std::numeric_limits<double>::infinity();
  std::int64_t leave_one_out_bins_ = 2;
};

}  // namespace

std::unique_ptr<Stepper> start_read(const MyScoresConfig& config, TaskContext& context) {
  auto task = std::make_shared<ReadTask>(config, context);
  return sequence_task({[task] { return task->read(); }, [task] { return task->count(); },
                        [task] { return task->check(); }, [task] { return task->leave_rows(); },
                        [task] { return task->sort(); }, [task] { return task->leave_sorted(); },
                        [task] { return task->extend_curve(); }, [task] { return task->choose(); },
                        [task] { return task->leave_summary(); }});
}

}  // namespace reprise::recal
