// Tasks of the study label-shift: draw, fit, and judge by the exact risk under the target.
#include "base/error.h"
#include "base/math.h"
#include "labs/recalibration/bin_rules.h"
#include "labs/recalibration/label_shift.h"
#include "labs/recalibration/label_shift_experiment.h"
#include "labs/recalibration/population_risk.h"
#include "labs/recalibration/umb_samples.h"
#include "stats/binomial.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace reprise::recal {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Numbers of bins among which the target-only competitor takes the best, knowing the truth.
constexpr std::int64_t competitor_bins[] = {1,  2,  3,   4,   5,   6,   7,   8,   10,  12,
                                            14, 17, 20,  24,  28,  34,  40,  48,  57,  68,
                                            81, 97, 115, 137, 163, 194, 231, 275, 327, 389};
/// Calibration and sharpness risk under the target.
struct Parts {
  double calibration = nan, sharpness = nan;
};

/// The two samples of one comparison, and the maps that come from them.
struct Comparison {
  BinMap source_map, target_map;
  std::int64_t source_positives = 0, source_rows = 0, target_positives = 0, target_rows = 0;
};

Parts parts_of(const BinMap& map, const ScoreModel& target) {
  const Risk risk = population_risk(map, target, 0);
  return {risk.calibration, risk.sharpness};
}

BinMap shifted_map(BinMap map, double log_ratio) {
  for (double& value : map.value) value = shifted(value, log_ratio);
  return map;
}

// Risks of the five estimators; NaN where a class count of 0 leaves no weights (pseudo = 0).
std::map<std::string, Parts> compare(const LabelShiftConfig& config, const Comparison& samples,
                                     TaskContext& context) {
  const ScoreModel target = config.target();
  std::map<std::string, Parts> parts;
  parts["source"] = parts_of(samples.source_map, target);
  parts["target"] = parts_of(samples.target_map, target);
  parts["known"] = parts_of(shifted_map(samples.source_map, config.log_ratio()), target);
  parts["label_shift_only"] = {};
  parts["composite"] = {};
  try {
    const double log_ratio = weights_from_labels(samples.source_positives, samples.source_rows,
                                                 samples.target_positives, samples.target_rows, config.pseudo)
                                 .log_ratio();
    const Risk raw = population_risk([&](double x) { return math::logistic(x + log_ratio); }, target, 0);
    parts["label_shift_only"] = {raw.calibration, 0};
    parts["composite"] = parts_of(shifted_map(samples.source_map, log_ratio), target);
  } catch (const InputError& error) {
    context.partial().warn(
        std::string("a sample without one of the classes has no weights and is left out of the "
                    "corrected methods: ") +
        error.what());
  }
  return parts;
}

void append_parts(TaskContext& context, std::int64_t n_target, std::int64_t repeat,
                  const std::map<std::string, Parts>& parts) {
  Table& rows = context.partial().table("parts", shift_parts_columns);
  for (const std::string& method : shift_methods) {
    const Parts& part = parts.at(method);
    rows.append_row(n_target, repeat, method, part.calibration, part.sharpness);
  }
}

BinRule bin_rule_named(const std::string& name) {
  if (name == "plug_in") return BinRule::Plugin;
  return name == "leave_one_out" ? BinRule::LeaveOneOut : BinRule::CubeRoot;
}

BinMap fit(const SortedScores& sample, std::int64_t bins) {
  return fit_histogram(sample, bins, EdgeRule::OrderStatistic, TiePolicy::Merge);
}

/// One source sample, and a target sample of every size.
class SampleStepper final : public Stepper {
 public:
  SampleStepper(const LabelShiftConfig& config, std::int64_t repeat, TaskContext& context)
      : config_(config), repeat_(repeat), context_(context), target_(config.target()) {
    drawer_.emplace(config.source(), context.random("source", {static_cast<std::uint64_t>(repeat)}),
                    config.n_source, ScoreScale::Logit);
  }

  bool step() override {
    if (drawer_) {
      if (drawer_->step()) take_sample();
      return false;
    }
    if (find_target_map()) {
      append_parts(context_, samples_.target_rows, repeat_, compare(config_, samples_, context_));
      if (++next_ == config_.n_target_list.size()) return true;
      draw_target();
    }
    return false;
  }

  double progress() const override {
    return (static_cast<double>(next_) + (has_source_ ? 1 : 0)) /
           static_cast<double>(config_.n_target_list.size() + 1);
  }

 private:
  void draw_target() {
    const std::int64_t n = config_.n_target_list[next_];
    drawer_.emplace(
        target_,
        context_.random("target", {static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(repeat_)}), n,
        ScoreScale::Logit);
  }

  void take_sample() {
    SortedScores sample = drawer_->take();
    drawer_.reset();
    if (!has_source_) {
      samples_.source_rows = sample.size();
      samples_.source_positives = sample.positives();
      samples_.source_map = fit(sample, choose_bins(sample, bin_rule_named(config_.bin_rule)));
      has_source_ = true;
      draw_target();
      return;
    }
    samples_.target_rows = sample.size();
    samples_.target_positives = sample.positives();
    target_sample_ = std::move(sample);
    least_ = std::numeric_limits<double>::infinity();
    next_bins_ = 0;
  }

  // The competitor's map; for `best` a few candidates a step. True when it is found.
  bool find_target_map() {
    const SortedScores& sample = target_sample_;
    if (config_.target_bin_rule != "best") {
      const std::int64_t bins = config_.target_bin_rule == "fixed"
                                    ? config_.cell_target_bins
                                    : choose_bins(sample, bin_rule_named(config_.target_bin_rule));
      samples_.target_map = fit(sample, bins);
      return true;
    }
    for (int k = 0; k < 15 && next_bins_ < std::size(competitor_bins); ++k, ++next_bins_) {
      const std::int64_t bins = competitor_bins[next_bins_];
      if (bins > sample.size() / 2) return true;
      BinMap map = fit(sample, bins);
      const double risk = population_risk(map, target_, 0).total;
      if (risk >= least_) continue;
      least_ = risk;
      samples_.target_map = std::move(map);
    }
    return next_bins_ == std::size(competitor_bins);
  }

  LabelShiftConfig config_;
  std::int64_t repeat_;
  TaskContext& context_;
  ScoreModel target_;
  std::optional<SampleDrawer> drawer_;
  bool has_source_ = false;
  SortedScores target_sample_;
  Comparison samples_;
  std::size_t next_ = 0;       // of n_target_list
  std::size_t next_bins_ = 0;  // of competitor_bins
  double least_ = std::numeric_limits<double>::infinity();
};

/// The published pair of sample sizes, once.
class CellStepper final : public Stepper {
 public:
  CellStepper(const LabelShiftConfig& config, std::int64_t repeat, TaskContext& context)
      : config_(config), repeat_(repeat), context_(context) {
    const std::uint64_t coordinate = static_cast<std::uint64_t>(repeat);
    source_.emplace(config.source(), context.random("cell source", {coordinate}), config.cell_n_source,
                    ScoreScale::Logit);
    target_.emplace(config.target(), context.random("cell target", {coordinate}), config.cell_n_target,
                    ScoreScale::Logit);
  }

  bool step() override {
    if (!has_source_) {
      has_source_ = source_->step();
      return false;
    }
    if (!target_->step()) return false;
    const SortedScores source = source_->take();
    const SortedScores target = target_->take();
    Comparison samples{fit(source, config_.cell_source_bins),
                       fit(target, config_.cell_target_bins),
                       source.positives(),
                       source.size(),
                       target.positives(),
                       target.size()};
    append_parts(context_, target.size(), repeat_, compare(config_, samples, context_));
    return true;
  }

 private:
  LabelShiftConfig config_;
  std::int64_t repeat_;
  TaskContext& context_;
  std::optional<SampleDrawer> source_, target_;
  bool has_source_ = false;
};

/// Mean of ∫(ĝ∘h_P* − h_Q*)² dF_Q over binomial draws of the target positives, source share known.
class WeightStepper final : public Stepper {
 public:
  WeightStepper(const LabelShiftConfig& config, std::int64_t n, TaskContext& context)
      : config_(config),
        n_(n),
        context_(context),
        random_(context.random("weights", {static_cast<std::uint64_t>(n)})),
        source_(config.source()),
        target_(config.target()) {}

  bool step() override {
    const std::size_t wanted = static_cast<std::size_t>(config_.weight_repeats);
    if (counts_.size() < wanted) {
      for (int k = 0; k < 200 && counts_.size() < wanted; ++k) {
        counts_.push_back(stats::binomial_quantile(random_.uniform(), n_, config_.p_target));
      }
      // Equal counts have equal errors: sorted, each is integrated once.
      if (counts_.size() == wanted) std::sort(counts_.begin(), counts_.end());
      return false;
    }
    for (int distinct = 0; distinct < 50 && next_ < wanted; ++distinct) {
      const std::int64_t count = counts_[next_];
      const double error = error_of(count);
      for (; next_ < wanted && counts_[next_] == count; ++next_) sum_ += error;
    }
    if (next_ < wanted) return false;
    context_.partial()
        .table("weights", shift_weight_columns)
        .append_row(n_, sum_ / static_cast<double>(config_.weight_repeats));
    return true;
  }

  double progress() const override {
    return 0.5 * static_cast<double>(counts_.size() + next_) / static_cast<double>(config_.weight_repeats);
  }

 private:
  double error_of(std::int64_t positives) const {
    const double share =
        (static_cast<double>(positives) + config_.pseudo) / (static_cast<double>(n_) + 2 * config_.pseudo);
    const double log_ratio = math::logit(share) - math::logit(config_.p_source);
    return population_risk([&](double x) { return shifted(source_.truth(x), log_ratio); }, target_, 0)
        .calibration;
  }

  LabelShiftConfig config_;
  std::int64_t n_;
  TaskContext& context_;
  Random random_;
  ScoreModel source_, target_;
  std::vector<std::int64_t> counts_;
  std::size_t next_ = 0;
  double sum_ = 0;
};

}  // namespace

std::unique_ptr<Stepper> start_cell(const LabelShiftConfig& config, std::int64_t repeat,
                                    TaskContext& context) {
  return std::make_unique<CellStepper>(config, repeat, context);
}

std::unique_ptr<Stepper> start_sweep(const LabelShiftConfig& config, std::int64_t repeat,
                                     TaskContext& context) {
  return std::make_unique<SampleStepper>(config, repeat, context);
}

std::unique_ptr<Stepper> start_weights(const LabelShiftConfig& config, std::int64_t n_target,
                                       TaskContext& context) {
  return std::make_unique<WeightStepper>(config, n_target, context);
}

}  // namespace reprise::recal
