// Stage "evaluate" of `my-scores`: the file, its curve, budget, thresholds and what else needs no resampling.
#include "base/error.h"
#include "base/math.h"
#include "data/safetensors.h"
#include "labs/selective-classification/budget.h"
#include "labs/selective-classification/calibration_error.h"
#include "labs/selective-classification/calibrators.h"
#include "labs/selective-classification/curve.h"
#include "labs/selective-classification/my_scores.h"
#include "labs/selective-classification/threshold.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace reprise::selective {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t rows_a_step = std::size_t{1} << 16;

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

class EvaluateTask {
 public:
  EvaluateTask(const MyScoresConfig& config, TaskContext& context)
      : config_(config), context_(context), kind_(classify::score_kind_named(config.score_kind)) {
    if (!context.has_input("scores")) return;
    const auto info = context.inputs().find("scores");
    const bool named = info != context.inputs().end() && !info->second.file_name.empty();
    reader_.emplace(context.input("scores"), named ? info->second.file_name : "scores", kind_);
  }

  bool read() {
    if (reader_ && !reader_->step()) return false;
    if (reader_) {
      rows_ = reader_->take();
      reader_.reset();
    } else {
      Random centres = context_.random("centres"), points = context_.random("points");
      rows_ = generated_rows(centres, points, kind_);
    }
    check_calibrators();
    return true;
  }

  bool take_test_rows() {
    test_rows_ = rows_.rows_of(false);
    test_ = rows_.only(test_rows_);
    return true;
  }

  bool take_val_rows() {
    has_split_ = rows_.has_split();
    if (has_split_) val_ = rows_.only(rows_.rows_of(true));
    rows_ = {};
    return true;
  }

  bool rank_rows() { return rank(test_.score); }

  bool put_curve() {
    const std::int64_t n = outcomes_->rows();
    const Curve grid = accuracy_coverage(*outcomes_, grid_ranks(n, config_.coverage_points));
    if (!shows_all()) put_rows("curve", grid);
    put_rows("grid", grid);
    metric("n", static_cast<double>(n));
    metric("n_val", static_cast<double>(val_.rows()));
    metric("accuracy", grid.CurveSummary::accuracy);
    metric("aurc", grid.aurc);
    metric("oracle_aurc", grid.oracle_aurc);
    metric("e_aurc", grid.e_aurc);
    metric("e_aurc_random", grid.e_aurc_random);
    metric("normalised_e_aurc", grid.e_aurc_random > 0 ? grid.normalised_e_aurc() : nan);
    metric("augrc", grid.augrc);
    metric("auroc", grid.auroc);
    metric("tied_share", grid.tied_share);
    statistic("e-aurc-identity", std::fabs(grid.e_aurc - (grid.aurc - grid.oracle_aurc)));
    if (!std::isnan(grid.auroc)) statistic("augrc-identity", std::fabs(grid.augrc - augrc_from_auroc(grid)));
    warn_of_data(*outcomes_);
    return true;
  }

  bool put_every_rank() {
    Curve every = accuracy_coverage(*outcomes_);
    if (shows_all()) put_rows("curve", every);
    every_gap_ = std::move(every.gap);
    outcomes_.reset();
    return true;
  }

  // Increasing maps of the score leave the curve as it is.
  bool double_scores() {
    mapped_ = test_.score;
    for (double& score : mapped_) score *= 2;
    return true;
  }
  bool rank_scores() {
    mapped_ = dense_ranks(test_.score);
    return true;
  }
  bool rank_mapped() {
    if (!rank(mapped_)) return false;
    mapped_ = {};
    return true;
  }
  bool compare_mapped() {
    change_ = std::max(change_, largest_difference(every_gap_, accuracy_coverage(*outcomes_).gap));
    outcomes_.reset();
    return true;
  }

  bool put_row_scores() {
    statistic("strict-monotone-invariance", change_);
    every_gap_ = {};
    if (!shows_all()) return true;
    Table& scores = partial().table("row_scores", row_score_columns);
    for (std::size_t i = 0; i < test_.rows(); ++i)
      scores.append_row(test_rows_[i] + 1, test_.score[i], test_.correct[i]);
    return true;
  }

  bool find_probabilities() {
    probability_ = probabilities_of(test_);
    const bool known = !probability_.empty();
    metric("ece",
           known ? calibration_error(equal_width_bins(probability_, test_.correct, config_.bins)) : nan);
    return true;
  }

  bool put_equal_mass() {
    const bool known = !probability_.empty();
    metric("ece_equal_mass",
           known ? calibration_error(equal_mass_bins(probability_, test_.correct, config_.bins)) : nan);
    probability_ = {};
    return true;
  }

  bool put_loss() {
    if (test_.logits.empty() || test_.label.empty()) {
      metric("nll", nan);
      return true;
    }
    if (!loss_.add(logits(), test_.label, 1, rows_a_step)) return false;
    metric("nll", loss_.mean());
    return true;
  }

  // One kind of score at a time.
  bool put_score_kinds() {
    if (test_.logits.empty()) return true;
    if (mapped_.empty()) {
      mapped_ = classify::score_from_logits(logits(), static_cast<classify::ScoreKind>(score_kind_));
      return false;
    }
    if (!outcomes_) {
      rank(mapped_);
      return false;
    }
    mapped_ = {};
    const CurveSummary s = summarise(*outcomes_);
    outcomes_.reset();
    partial()
        .table("score_kinds", score_kind_columns)
        .append_row(classify::score_kind_names[score_kind_], s.accuracy, s.aurc, s.e_aurc, s.augrc, s.auroc);
    return ++score_kind_ == classify::score_kind_names.size();
  }

  bool begin_budget() {
    if (test_.posterior.empty()) {
      metric("max_budget_residual", nan);
      return true;
    }
    const auto n = static_cast<std::int64_t>(test_.rows());
    AnswerOdds odds = answer_odds(classify::LogitsView(test_.posterior, test_.classes), test_.pred);
    budget_.emplace(std::move(odds.right), std::move(odds.best), test_.score,
                    shows_all() ? std::vector<std::int64_t>{} : grid_ranks(n, config_.coverage_points));
    return true;
  }

  bool put_budget() {
    if (!budget_) return true;
    if (!budget_->step()) return false;
    const Budget budget = budget_->take();
    budget_.reset();
    Table& table = partial().table("budget", budget_columns);
    for (std::size_t i = 0; i < budget.k.size(); ++i)
      table.append_row(budget.k[i], budget.coverage[i], budget.gap[i], budget.bayes[i],
                       budget.approximation[i], budget.ranking[i], budget.discount[i], budget.paper_bound[i],
                       budget.misordered_mass[i]);
    metric("max_budget_residual", budget.residual);
    statistic("budget-adds-up", budget.residual);
    statistic("mean_bayes", budget.mean_bayes);
    statistic("mean_approximation", budget.mean_approximation);
    statistic("mean_ranking", budget.mean_ranking);
    return true;
  }

  bool choose_thresholds() {
    const ScoreRows& rows = threshold_rows();
    const Correction correction =
        config_.correction == "bonferroni" ? Correction::Bonferroni : Correction::FixedSequence;
    const ThresholdChoice choice =
        threshold_for_risk(rows.score, rows.correct, config_.target_risk, config_.delta,
                           config_.threshold_candidates, correction);
    Table& table = partial().table("threshold_candidates", candidate_columns);
    double best = 0;
    for (const ThresholdCandidate& c : choice.candidates) {
      table.append_row(c.rank, c.threshold, c.accepted, c.correct, c.level, c.lower_bound, c.tested ? 1 : 0,
                       c.certified ? 1 : 0);
      if ((choice.found ? c.certified : c.tested) && c.lower_bound > best) best = c.lower_bound;
    }
    statistic("risk-target-certified", best);
    metric("threshold_found", choice.found ? 1 : 0);
    metric("threshold", choice.threshold);
    metric("threshold_rank", static_cast<double>(choice.rank));
    metric("threshold_accepted", static_cast<double>(choice.accepted));
    metric("threshold_correct", static_cast<double>(choice.correct));
    metric("threshold_coverage", choice.coverage);
    metric("threshold_lower_bound", choice.lower_bound);
    double accepted = 0, right = 0;
    for (std::size_t i = 0; i < test_.rows(); ++i) {
      if (!(test_.score[i] > choice.threshold)) continue;
      ++accepted;
      right += test_.correct[i];
    }
    metric("threshold_test_coverage", has_split_ ? accepted / static_cast<double>(test_.rows()) : nan);
    metric("threshold_test_accuracy", has_split_ && accepted > 0 ? right / accepted : nan);
    return true;
  }

  bool choose_for_coverage() {
    const ScoreRows& rows = threshold_rows();
    const ThresholdChoice wanted =
        threshold_for_coverage(rows.score, rows.correct, config_.target_coverage, config_.delta);
    metric("coverage_threshold", wanted.threshold);
    metric("coverage_accepted", static_cast<double>(wanted.accepted));
    metric("coverage_correct", static_cast<double>(wanted.correct));
    metric("coverage_lower_bound", wanted.lower_bound);
    return true;
  }

  bool calibrate() {
    if (!calibrators_) calibrators_ = start_calibrators(config_, val_, test_, test_rows_, context_);
    if (!calibrators_->step()) return false;
    calibrators_.reset();
    return true;
  }

  bool compare_parts() {
    if (!parts_) parts_ = start_parts(config_, test_, context_);
    if (!parts_->step()) return false;
    parts_.reset();
    return true;
  }

  bool leave() {
    const auto n = static_cast<std::int64_t>(test_.rows());
    const std::vector<std::uint8_t> target =
        test_.is_target.empty() ? std::vector<std::uint8_t>(test_.rows(), 2) : test_.is_target;
    const Tensor tensors[] = {tensor_of<double>("score", test_.score, {n}),
                              tensor_of<std::uint8_t>("correct", test_.correct, {n}),
                              tensor_of<std::uint8_t>("target", target, {n})};
    context_.leave_artefact(std::string(rows_artefact), write_safetensors(tensors));
    return true;
  }

 private:
  Partial& partial() { return context_.partial(); }
  void metric(std::string_view name, double value) { put_metric(partial(), name, value); }
  void statistic(std::string_view name, double value) { put_metric(partial(), name, value, "statistics"); }

  void check_calibrators() const {
    if (config_.calibrators.empty()) return;
    std::vector<Problem> problems;
    const auto complain = [&](const std::string& method, const std::string& allowed,
                              const std::string& message) {
      problems.push_back({"calibrators", method, allowed, "calibrators: " + method + " " + message});
    };
    for (const std::string& method : config_.calibrators) {
      if (!rows_.has_split())
        complain(method, "[] without a column split",
                 "is fitted on val rows, and the file has no column split");
      if (method == "temperature" && (rows_.logits.empty() || rows_.label.empty()))
        complain(method, "platt, isotonic, uniform-mass",
                 "needs the columns label and p_0, p_1, … or z_0, z_1, …");
      if (method == "correctness-head" && rows_.features.empty())
        complain(method, "temperature, platt, isotonic, uniform-mass", "needs feature columns f_…");
    }
    if (!problems.empty()) throw InputError(std::move(problems));
  }

  void warn_of_data(const RankedOutcomes& outcomes) {
    const std::int64_t wrong = outcomes.rows() - outcomes.right();
    if (100 * outcomes.tied_rows() > outcomes.rows()) {
      partial().warn(
          std::to_string(100 * outcomes.tied_rows() / outcomes.rows()) +
          " % of the rows share their score with another row; the curve averages over their orders.");
    }
    if (wrong == 0 || outcomes.right() == 0) {
      partial().warn(std::string("Every prediction is ") + (wrong == 0 ? "right" : "wrong") +
                     ": the gap is 0 everywhere, AUROC is undefined.");
    } else if (wrong < 20) {
      statistic("few_errors", static_cast<double>(wrong));
    }
  }

  /// Some rows a step; true when outcomes_ holds them in order of `score`, which has to stay till then.
  bool rank(const std::vector<double>& score) {
    if (!ranker_) ranker_.emplace(score, test_.correct);
    if (!ranker_->step()) return false;
    outcomes_.emplace(ranker_->take());
    ranker_.reset();
    return true;
  }

  bool shows_all() const { return config_.curve_rows == "all"; }
  const ScoreRows& threshold_rows() const { return has_split_ ? val_ : test_; }
  classify::LogitsView logits() const { return {test_.logits, std::max<std::size_t>(test_.classes, 1)}; }

  // "curve" for the report; "grid" is what the figures show, whatever curve_rows says.
  void put_rows(const char* name, const Curve& curve) {
    Table& table = partial().table(name, curve_columns);
    for (std::size_t i = 0; i < curve.k.size(); ++i)
      table.append_row(curve.k[i], curve.coverage[i], curve.accuracy[i], curve.oracle[i], curve.gap[i],
                       curve.block_end[i]);
  }

  const MyScoresConfig config_;
  TaskContext& context_;
  const classify::ScoreKind kind_;
  std::optional<ScoreRowsReader> reader_;
  ScoreRows rows_, val_, test_;
  std::vector<std::uint32_t> test_rows_;
  bool has_split_ = false;
  // Of steps in hand.
  std::optional<OutcomeRanker> ranker_;
  std::optional<RankedOutcomes> outcomes_;
  std::vector<double> every_gap_, mapped_, probability_;
  double change_ = 0;  // of the gap by an increasing map
  LogLossSum loss_;
  std::size_t score_kind_ = 0;
  std::optional<BudgetSteps> budget_;
  std::unique_ptr<Stepper> calibrators_, parts_;
};

}  // namespace

std::vector<double> probabilities_of(const ScoreRows& rows) {
  if (!rows.confidence.empty()) return rows.confidence;
  if (!rows.logits.empty() && !rows.pred.empty()) {
    std::vector<double> p;
    const classify::LogitsView logits(rows.logits, rows.classes);
    for (std::size_t i = 0; i < rows.rows(); ++i)
      p.push_back(math::logistic(classify::log_odds(logits.row(i), static_cast<std::size_t>(rows.pred[i]))));
    return p;
  }
  const bool shares =
      std::all_of(rows.score.begin(), rows.score.end(), [](double s) { return s >= 0 && s <= 1; });
  return shares ? rows.score : std::vector<double>{};
}

std::unique_ptr<Stepper> start_evaluate(const MyScoresConfig& config, TaskContext& context) {
  auto task = std::make_shared<EvaluateTask>(config, context);
  std::vector<std::function<bool()>> steps;
  for (bool (EvaluateTask::*step)() :
       {&EvaluateTask::read,           &EvaluateTask::take_test_rows,     &EvaluateTask::take_val_rows,
        &EvaluateTask::rank_rows,      &EvaluateTask::put_curve,          &EvaluateTask::put_every_rank,
        &EvaluateTask::double_scores,  &EvaluateTask::rank_mapped,        &EvaluateTask::compare_mapped,
        &EvaluateTask::rank_scores,    &EvaluateTask::rank_mapped,        &EvaluateTask::compare_mapped,
        &EvaluateTask::put_row_scores, &EvaluateTask::find_probabilities, &EvaluateTask::put_equal_mass,
        &EvaluateTask::put_loss,       &EvaluateTask::put_score_kinds,    &EvaluateTask::begin_budget,
        &EvaluateTask::put_budget,     &EvaluateTask::choose_thresholds,  &EvaluateTask::choose_for_coverage,
        &EvaluateTask::calibrate,      &EvaluateTask::compare_parts,      &EvaluateTask::leave})
    steps.push_back([task, step] { return (*task.*step)(); });
  return sequence_task(std::move(steps));
}

}  // namespace reprise::selective
