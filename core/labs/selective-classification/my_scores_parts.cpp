// Parts of the evaluated rows of `my-scores`: groups, source and target domain, several labels a row.
#include "labs/selective-classification/curve.h"
#include "labs/selective-classification/my_scores.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <string>

namespace reprise::selective {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t rows_a_step = std::size_t{1} << 16;

struct Part {
  std::vector<double> score;
  std::vector<std::uint8_t> correct;
  void add(const ScoreRows& rows, std::size_t row) {
    score.push_back(rows.score[row]);
    correct.push_back(rows.correct[row]);
  }
};

class PartsTask final : public Stepper {
 public:
  PartsTask(const MyScoresConfig& config, const ScoreRows& test, TaskContext& context)
      : config_(config), test_(test), context_(context) {}

  bool step() override {
    switch (phase_) {
      case 0:
        phase_ += put_groups() ? 1 : 0;
        return false;
      case 1:
        phase_ += part_domains() ? 1 : 0;
        return false;
      case 2:
        phase_ += put_shift() ? 1 : 0;
        return false;
      default:
        return put_annotators();
    }
  }

 private:
  void statistic(std::string_view name, double value) {
    put_metric(context_.partial(), name, value, "statistics");
  }

  // One group a step.
  bool put_groups() {
    if (group_ == test_.group_names.size()) return true;
    const std::size_t g = group_++;
    Part part;
    for (std::size_t i = 0; i < test_.rows(); ++i) {
      if (test_.group[i] == static_cast<std::int32_t>(g)) part.add(test_, i);
    }
    if (part.score.empty()) return false;
    const CurveSummary s = summarise(RankedOutcomes(part.score, part.correct));
    context_.partial()
        .table("groups", group_columns)
        .append_row(test_.group_names[g], s.rows, s.accuracy, s.e_aurc, s.auroc);
    return false;
  }

  bool part_domains() {
    for (std::size_t i = 0; i < test_.is_target.size(); ++i) domains_[test_.is_target[i]].add(test_, i);
    return true;
  }

  // The curve of either domain, one a step; then their difference.
  bool put_shift() {
    if (test_.is_target.empty()) return true;
    if (domains_[0].score.empty() || domains_[1].score.empty()) {
      context_.partial().warn(std::string("No evaluated row has domain ") +
                              (domains_[0].score.empty() ? "source" : "target") +
                              ": there is no shift to measure.");
      return true;
    }
    if (domain_curves_.size() < 2) {
      Part& part = domains_[domain_curves_.size()];
      domain_curves_.push_back(accuracy_coverage(part.score, part.correct));
      return false;
    }
    const Curve &source = domain_curves_[0], &target = domain_curves_[1];
    Table& table = context_.partial().table("shift", shift_columns);
    for (const double coverage : config_.audit_coverages) {
      const auto at = [&](const Curve& curve) {
        return curve.gap[static_cast<std::size_t>(rank_at(coverage, curve.rows) - 1)];
      };
      table.append_row(coverage, at(source), at(target));
    }
    statistic("shift", target.e_aurc - source.e_aurc);
    domain_curves_.clear();
    return true;
  }

  bool put_annotators() {
    const std::size_t m = test_.annotator_count;
    if (m == 0) return true;
    const std::size_t end = std::min(test_.rows(), annotated_ + rows_a_step);
    for (; annotated_ < end; ++annotated_) {
      std::map<std::int32_t, double> votes;
      double most = 0, same = 0;
      for (std::size_t j = 0; j < m; ++j)
        most = std::max(most, ++votes[test_.annotators[annotated_ * m + j]]);
      for (const auto& [label, count] : votes) same += count * (count - 1);
      const auto labels = static_cast<double>(m);
      bayes_ += 1 - most / labels;
      disagreement_ += m < 2 ? nan : 1 - same / (labels * (labels - 1));
    }
    if (annotated_ < test_.rows()) return false;
    const auto n = static_cast<double>(test_.rows());
    context_.partial().table("annotators", annotator_columns).append_row(m, bayes_ / n, disagreement_ / n);
    statistic("plug_in_bayes", m < 2 ? nan : bayes_ / n);
    return true;
  }

  const MyScoresConfig& config_;
  const ScoreRows& test_;
  TaskContext& context_;
  int phase_ = 0;
  std::size_t group_ = 0, annotated_ = 0;
  Part domains_[2];  // source, target
  std::vector<Curve> domain_curves_;
  double bayes_ = 0, disagreement_ = 0;  // sums over the rows so far
};

}  // namespace

std::unique_ptr<Stepper> start_parts(const MyScoresConfig& config, const ScoreRows& test,
                                     TaskContext& context) {
  return std::make_unique<PartsTask>(config, test, context);
}

}  // namespace reprise::selective
