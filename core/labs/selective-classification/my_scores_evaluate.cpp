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
#include <limits>
#include <memory>
#include <optional>

namespace reprise::selective {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

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
    test_rows_ = rows_.rows_of(false);
    test_ = rows_.only(test_rows_);
    if (rows_.has_split()) val_ = rows_.only(rows_.rows_of(true));
    return true;
  }

  bool evaluate_curve() {
    const RankedOutcomes outcomes(test_.score, test_.correct);
    const std::int64_t n = outcomes.rows();
    const bool all = config_.curve_rows == "all";
    std::vector<std::int64_t> ranks = grid_ranks(n, config_.coverage_points);
    const Curve grid = accuracy_coverage(outcomes, ranks);
    const Curve every = accuracy_coverage(outcomes);
    const Curve& shown = all ? every : grid;
    Table& table = partial().table("curve", curve_columns);
    for (std::size_t i = 0; i < shown.k.size(); ++i)
      table.append_row(shown.k[i], shown.coverage[i], shown.accuracy[i], shown.oracle[i], shown.gap[i],
                       shown.block_end[i]);
    put_grid(grid);
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
    std::vector<double> doubled = test_.score;
    for (double& score : doubled) score *= 2;
    double change = largest_difference(every.gap, accuracy_coverage(doubled, test_.correct).gap);
    change = std::max(change, largest_difference(
                                  every.gap, accuracy_coverage(dense_ranks(test_.score), test_.correct).gap));
    statistic("strict-monotone-invariance", change);
    if (all) {
      Table& scores = partial().table("row_scores", row_score_columns);
      for (std::size_t i = 0; i < test_.rows(); ++i)
        scores.append_row(test_rows_[i] + 1, test_.score[i], test_.correct[i]);
    }
    warn_of_data(outcomes);
    return true;
  }

  bool evaluate_probabilities() {
    const std::vector<double> p = probabilities_of(test_);
    metric("ece", p.empty() ? nan : calibration_error(equal_width_bins(p, test_.correct, config_.bins)));
    metric("ece_equal_mass",
           p.empty() ? nan : calibration_error(equal_mass_bins(p, test_.correct, config_.bins)));
    const bool losses = !test_.logits.empty() && !test_.label.empty();
    const classify::LogitsView logits(test_.logits, std::max<std::size_t>(test_.classes, 1));
    metric("nll", losses ? mean_log_loss(logits, test_.label, 1) : nan);
    if (test_.logits.empty()) return true;
    Table& table = partial().table("score_kinds", score_kind_columns);
    for (std::size_t i = 0; i < classify::score_kind_names.size(); ++i) {
      const auto score = classify::score_from_logits(logits, static_cast<classify::ScoreKind>(i));
      const CurveSummary s = summarise(RankedOutcomes(score, test_.correct));
      table.append_row(classify::score_kind_names[i], s.accuracy, s.aurc, s.e_aurc, s.augrc, s.auroc);
    }
    return true;
  }

  bool evaluate_budget() {
    if (test_.posterior.empty()) {
      metric("max_budget_residual", nan);
      return true;
    }
    const auto n = static_cast<std::int64_t>(test_.rows());
    const std::vector<std::int64_t> ranks =
        config_.curve_rows == "all" ? std::vector<std::int64_t>{} : grid_ranks(n, config_.coverage_points);
    const Budget budget =
        exact_budget(classify::LogitsView(test_.posterior, test_.classes), test_.pred, test_.score, ranks);
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
    const ScoreRows& rows = rows_.has_split() ? val_ : test_;
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
    const bool judged = rows_.has_split();
    metric("threshold_test_coverage", judged ? accepted / static_cast<double>(test_.rows()) : nan);
    metric("threshold_test_accuracy", judged && accepted > 0 ? right / accepted : nan);
    const ThresholdChoice wanted =
        threshold_for_coverage(rows.score, rows.correct, config_.target_coverage, config_.delta);
    metric("coverage_threshold", wanted.threshold);
    metric("coverage_accepted", static_cast<double>(wanted.accepted));
    metric("coverage_correct", static_cast<double>(wanted.correct));
    metric("coverage_lower_bound", wanted.lower_bound);
    return true;
  }

  bool calibrate() {
    put_calibrators(config_, val_, test_, test_rows_, context_);
    return true;
  }

  bool compare_parts() {
    put_groups();
    put_shift();
    put_annotators();
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

  // What the figures show, whatever curve_rows says.
  void put_grid(const Curve& grid) {
    Table& table = partial().table("grid", curve_columns);
    for (std::size_t i = 0; i < grid.k.size(); ++i)
      table.append_row(grid.k[i], grid.coverage[i], grid.accuracy[i], grid.oracle[i], grid.gap[i],
                       grid.block_end[i]);
  }

  void put_groups() {
    for (std::size_t g = 0; g < test_.group_names.size(); ++g) {
      std::vector<double> score;
      std::vector<std::uint8_t> correct;
      for (std::size_t i = 0; i < test_.rows(); ++i) {
        if (test_.group[i] != static_cast<std::int32_t>(g)) continue;
        score.push_back(test_.score[i]);
        correct.push_back(test_.correct[i]);
      }
      if (score.empty()) continue;
      const CurveSummary s = summarise(RankedOutcomes(score, correct));
      partial()
          .table("groups", group_columns)
          .append_row(test_.group_names[g], s.rows, s.accuracy, s.e_aurc, s.auroc);
    }
  }

  void put_shift() {
    if (test_.is_target.empty()) return;
    std::vector<double> score[2];
    std::vector<std::uint8_t> correct[2];
    for (std::size_t i = 0; i < test_.rows(); ++i) {
      score[test_.is_target[i]].push_back(test_.score[i]);
      correct[test_.is_target[i]].push_back(test_.correct[i]);
    }
    if (score[0].empty() || score[1].empty()) {
      partial().warn(std::string("No evaluated row has domain ") + (score[0].empty() ? "source" : "target") +
                     ": there is no shift to measure.");
      return;
    }
    const Curve source = accuracy_coverage(score[0], correct[0]),
                target = accuracy_coverage(score[1], correct[1]);
    Table& table = partial().table("shift", shift_columns);
    for (const double coverage : config_.audit_coverages) {
      const auto at = [&](const Curve& curve) {
        return curve.gap[static_cast<std::size_t>(rank_at(coverage, curve.rows) - 1)];
      };
      table.append_row(coverage, at(source), at(target));
    }
    statistic("shift", target.e_aurc - source.e_aurc);
  }

  void put_annotators() {
    const std::size_t m = test_.annotator_count;
    if (m == 0) return;
    double bayes = 0, disagreement = 0;
    for (std::size_t i = 0; i < test_.rows(); ++i) {
      std::map<std::int32_t, double> votes;
      double most = 0, same = 0;
      for (std::size_t j = 0; j < m; ++j) most = std::max(most, ++votes[test_.annotators[i * m + j]]);
      for (const auto& [label, count] : votes) same += count * (count - 1);
      const auto labels = static_cast<double>(m);
      bayes += 1 - most / labels;
      disagreement += m < 2 ? nan : 1 - same / (labels * (labels - 1));
    }
    const auto n = static_cast<double>(test_.rows());
    partial().table("annotators", annotator_columns).append_row(m, bayes / n, disagreement / n);
    statistic("plug_in_bayes", m < 2 ? nan : bayes / n);
  }

  const MyScoresConfig config_;
  TaskContext& context_;
  const classify::ScoreKind kind_;
  std::optional<ScoreRowsReader> reader_;
  ScoreRows rows_, val_, test_;
  std::vector<std::uint32_t> test_rows_;
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
  return sequence_task({[task] { return task->read(); }, [task] { return task->evaluate_curve(); },
                        [task] { return task->evaluate_probabilities(); },
                        [task] { return task->evaluate_budget(); },
                        [task] { return task->choose_thresholds(); }, [task] { return task->calibrate(); },
                        [task] { return task->compare_parts(); }, [task] { return task->leave(); }});
}

}  // namespace reprise::selective
