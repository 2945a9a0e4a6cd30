// Stage "bootstrap" of `my-scores`: replicates of the curve, of AUROC, and of the difference between domains.
#include "data/safetensors.h"
#include "labs/selective-classification/bootstrap.h"
#include "labs/selective-classification/my_scores.h"

#include <algorithm>
#include <memory>
#include <optional>

namespace reprise::selective {

namespace {

constexpr std::int64_t replicates_a_task = 64;
constexpr std::int64_t most_tasks = 16;

std::vector<std::int64_t> ranks_at(const std::vector<double>& coverages, std::int64_t rows) {
  std::vector<std::int64_t> ranks;
  for (const double coverage : coverages) ranks.push_back(rank_at(coverage, rows));
  return ranks;
}

class BootstrapTask final : public Stepper {
 public:
  BootstrapTask(const MyScoresConfig& config, std::int64_t task, TaskContext& context)
      : config_(config), context_(context), next_(task) {}

  bool step() override {
    if (!prepared_) {
      prepared_ = prepare();
      return prepared_ && next_ >= config_.bootstrap_replicates;
    }
    const auto replicate = static_cast<std::uint64_t>(next_);
    Random random = context_.random("bootstrap", {replicate});
    curve_->draw(random);
    Table& rows = context_.partial().table("replicates", replicate_columns);
    for (std::size_t i = 0; i < curve_->accuracy().size(); ++i)
      rows.append_row(curve_->accuracy()[i], curve_->gap()[i]);
    context_.partial().table("aurocs", replicate_auroc_columns).append_row(curve_->auroc());
    if (target_) {
      Random source_rows = context_.random("source", {replicate}),
             target_rows = context_.random("target", {replicate});
      source_->draw(source_rows);
      target_->draw(target_rows);
      Table& differences = context_.partial().table("shifts", replicate_shift_columns);
      for (std::size_t i = 0; i < target_->gap().size(); ++i)
        differences.append_row(target_->gap()[i] - source_->gap()[i]);
    }
    ++drawn_;
    next_ += bootstrap_tasks(config_);
    return next_ >= config_.bootstrap_replicates;
  }

  double progress() const override {
    return static_cast<double>(drawn_ * bootstrap_tasks(config_)) /
           static_cast<double>(std::max<std::int64_t>(config_.bootstrap_replicates, 1));
  }

 private:
  // Reads the rows; then one bootstrap a step. True when all are there.
  bool prepare() {
    if (part_score_[all].empty()) {
      read_rows();
    } else if (!curve_) {
      curve_.emplace(RankedOutcomes(part_score_[all], part_correct_[all]),
                     grid_ranks(static_cast<std::int64_t>(part_score_[all].size()), config_.coverage_points),
                     true);
      return part_score_[0].empty() || part_score_[1].empty();
    } else if (!source_) {
      make(source_, 0);
    } else {
      make(target_, 1);
      for (std::vector<double>& score : part_score_) score = {};
      return true;
    }
    return false;
  }

  void read_rows() {
    const ByteSource& source = context_.artefact(evaluate_stage, 0, rows_artefact);
    const SafetensorsIndex index = read_safetensors_index(source, rows_artefact);
    const auto count = static_cast<std::uint64_t>(index.find("score")->shape.at(0));
    part_score_[all] = read_values<double>(source, *index.find("score"), 0, count);
    part_correct_[all] = read_values<std::uint8_t>(source, *index.find("correct"), 0, count);
    const auto target = read_values<std::uint8_t>(source, *index.find("target"), 0, count);
    for (std::size_t i = 0; i < target.size(); ++i) {
      if (target[i] >= all) continue;  // of no domain
      part_score_[target[i]].push_back(part_score_[all][i]);
      part_correct_[target[i]].push_back(part_correct_[all][i]);
    }
  }

  void make(std::optional<CurveBootstrap>& to, std::size_t part) {
    // Ranks of coverages in their own order: each is read by a bootstrap of ascending ones.
    std::vector<double> ascending = config_.audit_coverages;
    std::sort(ascending.begin(), ascending.end());
    const RankedOutcomes outcomes(part_score_[part], part_correct_[part]);
    to.emplace(outcomes, ranks_at(ascending, outcomes.rows()), false);
  }

  static constexpr std::size_t all = 2;  // after source and target
  const MyScoresConfig config_;
  TaskContext& context_;
  std::int64_t next_;  // replicate; a task takes every so-manieth
  std::int64_t drawn_ = 0;
  bool prepared_ = false;
  std::vector<double> part_score_[3];
  std::vector<std::uint8_t> part_correct_[3];
  std::optional<CurveBootstrap> curve_, source_, target_;
};

}  // namespace

std::int64_t bootstrap_tasks(const MyScoresConfig& config) {
  const std::int64_t tasks = (config.bootstrap_replicates + replicates_a_task - 1) / replicates_a_task;
  return std::clamp<std::int64_t>(tasks, 1, most_tasks);
}

std::unique_ptr<Stepper> start_bootstrap(const MyScoresConfig& config, std::int64_t task,
                                         TaskContext& context) {
  return std::make_unique<BootstrapTask>(config, task, context);
}

}  // namespace reprise::selective
