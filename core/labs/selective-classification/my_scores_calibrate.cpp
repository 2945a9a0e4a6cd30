// Calibrators of `my-scores`, fitted on val and judged on test: do they change who is accepted?
#include "base/math.h"
#include "classify/network.h"
#include "labs/selective-classification/audit.h"
#include "labs/selective-classification/calibration_error.h"
#include "labs/selective-classification/calibrators.h"
#include "labs/selective-classification/curve.h"
#include "labs/selective-classification/my_scores.h"
#include "stats/row_order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace reprise::selective {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::string> method_order = {"temperature", "platt", "isotonic", "uniform-mass",
                                               "correctness-head"};

constexpr std::size_t first_coverage = 8;  // judging steps before the audit of coverages
constexpr std::size_t rows_a_step = std::size_t{1} << 16;

/// A calibrated score of the test rows; `probability` is empty where the method gives none.
struct Calibrated {
  std::vector<double> score, probability;
};

/// Fits one calibrator to the val rows, then maps the test rows, in steps.
class Calibrator {
 public:
  Calibrator(const ScoreRows& val, const ScoreRows& test, TaskContext& context)
      : val_(val), test_(test), context_(context) {}
  virtual ~Calibrator() = default;
  /// True when `result` is there.
  bool step() {
    if (!fitted_) {
      fitted_ = fit();
      return false;
    }
    const std::size_t end = std::min(test_.rows(), result_.score.size() + rows_a_step);
    map(result_.score.size(), end);
    return end == test_.rows();
  }
  Calibrated take() { return std::move(result_); }

 protected:
  virtual bool fit() = 0;                                    // a step; true at the end
  virtual void map(std::size_t first, std::size_t end) = 0;  // appends to the result
  const ScoreRows& val_;
  const ScoreRows& test_;
  TaskContext& context_;
  Calibrated result_;

 private:
  bool fitted_ = false;
};

class ByTemperature final : public Calibrator {
 public:
  using Calibrator::Calibrator;

 private:
  bool fit() override {
    if (!fit_) fit_.emplace(classify::LogitsView(val_.logits, val_.classes), val_.label);
    if (!fit_->step()) return false;
    fitted_ = fit_->result();
    put_metric(context_.partial(), "temperature", fitted_.value);
    if (fitted_.at_bound) {
      context_.partial().warn(
          "The temperature is at the bound of its range 0.02…50: the val rows can be separated.");
    }
    return true;
  }
  void map(std::size_t first, std::size_t end) override {
    std::vector<double> scaled(test_.classes);
    const classify::LogitsView logits(test_.logits, test_.classes);
    for (std::size_t i = first; i < end; ++i) {
      for (std::size_t k = 0; k < scaled.size(); ++k) scaled[k] = logits.row(i)[k] / fitted_.value;
      result_.score.push_back(classify::log_odds(scaled, static_cast<std::size_t>(test_.pred[i])));
      result_.probability.push_back(math::logistic(result_.score.back()));
    }
  }
  std::optional<TemperatureFit> fit_;
  Temperature fitted_;
};

class ByPlatt final : public Calibrator {
 public:
  using Calibrator::Calibrator;

 private:
  bool fit() override {
    if (!fit_) fit_.emplace(val_.score, val_.correct);
    if (!fit_->step()) return false;
    fitted_ = fit_->result();
    put_metric(context_.partial(), "platt_slope", fitted_.slope);
    put_metric(context_.partial(), "platt_intercept", fitted_.intercept);
    if (fitted_.slope <= 0)
      context_.partial().warn(
          "Platt's slope is not positive: on the val rows a higher score is not righter.");
    return true;
  }
  void map(std::size_t first, std::size_t end) override {
    for (std::size_t i = first; i < end; ++i) {
      result_.score.push_back(fitted_.linear(test_.score[i]));
      result_.probability.push_back(fitted_(test_.score[i]));
    }
  }
  std::optional<PlattFit> fit_;
  Platt fitted_;
};

class ByIsotonic final : public Calibrator {
 public:
  ByIsotonic(const MyScoresConfig& config, const ScoreRows& val, const ScoreRows& test, TaskContext& context)
      : Calibrator(val, test, context), linear_(config.isotonic_interpolation == "linear") {}

 private:
  bool fit() override {
    fitted_ = fit_isotonic(val_.score, val_.correct, linear_ ? Interpolation::Linear : Interpolation::Step);
    Table& knots = context_.partial().table("isotonic", isotonic_columns);
    for (std::size_t i = 0; i < fitted_.score.size(); ++i)
      knots.append_row(fitted_.score[i], fitted_.value[i]);
    return true;
  }
  void map(std::size_t first, std::size_t end) override {
    for (std::size_t i = first; i < end; ++i) {
      result_.score.push_back(fitted_(test_.score[i]));
      result_.probability.push_back(result_.score.back());
    }
  }
  bool linear_;
  Isotonic fitted_;
};

class ByBins final : public Calibrator {
 public:
  ByBins(const MyScoresConfig& config, const ScoreRows& val, const ScoreRows& test, TaskContext& context)
      : Calibrator(val, test, context), bins_(config.bins) {}

 private:
  bool fit() override {
    fitted_ = fit_uniform_mass(val_.score, val_.correct, bins_);
    Table& bins = context_.partial().table("uniform_mass", uniform_mass_columns);
    for (std::size_t b = 0; b < fitted_.value.size(); ++b)
      bins.append_row(b, fitted_.upper_edge[b], fitted_.count[b], fitted_.value[b]);
    return true;
  }
  void map(std::size_t first, std::size_t end) override {
    for (std::size_t i = first; i < end; ++i) {
      result_.score.push_back(fitted_(test_.score[i]));
      result_.probability.push_back(result_.score.back());
    }
  }
  std::int64_t bins_;
  UniformMass fitted_;
};

/// What a head sees of a row: features, outputs, score.
std::vector<double> head_inputs(const ScoreRows& rows) {
  std::vector<double> inputs;
  const std::size_t f = rows.feature_count, k = rows.logits.empty() ? 0 : rows.classes;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    inputs.insert(inputs.end(), rows.features.begin() + static_cast<std::ptrdiff_t>(i * f),
                  rows.features.begin() + static_cast<std::ptrdiff_t>((i + 1) * f));
    for (std::size_t j = 0; j < k; ++j) inputs.push_back(rows.logits[i * k + j]);
    inputs.push_back(rows.score[i]);
  }
  return inputs;
}

class ByHead final : public Calibrator {
 public:
  using Calibrator::Calibrator;

 private:
  bool fit() override {
    if (inputs_.empty()) {
      inputs_ = head_inputs(val_);
      judged_ = head_inputs(test_);
      width_ = inputs_.size() / val_.rows();
      return false;
    }
    if (column_ < width_) {
      standardise(column_++);
      return false;
    }
    if (!training_) begin_training();
    return training_->step();
  }

  // By mean and deviation of the val rows.
  void standardise(std::size_t j) {
    double mean = 0, square = 0;
    for (std::size_t i = j; i < inputs_.size(); i += width_) mean += inputs_[i];
    mean /= static_cast<double>(val_.rows());
    for (std::size_t i = j; i < inputs_.size(); i += width_)
      square += (inputs_[i] - mean) * (inputs_[i] - mean);
    const double deviation = std::sqrt(square / static_cast<double>(val_.rows()));
    const double scale = deviation > 0 ? 1 / deviation : 0;
    for (std::size_t i = j; i < inputs_.size(); i += width_) inputs_[i] = (inputs_[i] - mean) * scale;
    for (std::size_t i = j; i < judged_.size(); i += width_) judged_[i] = (judged_[i] - mean) * scale;
  }

  void begin_training() {
    classify::NetworkOptions options;
    options.widths = {static_cast<std::int64_t>(width_), 32, 32, 2};
    options.epochs = 60;
    options.learning_rate = 1e-3;
    TaskContext* context = &context_;
    classify::NetworkStreams streams;
    streams.weights = [=] { return context->random("weights of the head"); };
    streams.order = [=](std::uint64_t epoch) { return context->random("order of the head", {epoch}); };
    const std::vector<std::int32_t> right(val_.correct.begin(), val_.correct.end());
    training_.emplace(options, inputs_, right, streams);
  }

  void map(std::size_t first, std::size_t end) override {
    const auto part = std::span<const double>(judged_).subspan(first * width_, (end - first) * width_);
    const std::vector<double> z = training_->logits(part);
    for (std::size_t i = 0; i < end - first; ++i) result_.score.push_back(z[2 * i + 1] - z[2 * i]);
  }

  std::vector<double> inputs_, judged_;  // of val and of test rows, [rows × width]
  std::size_t width_ = 0, column_ = 0;   // columns that are standardised
  std::optional<classify::NetworkTraining> training_;
};

std::unique_ptr<Calibrator> calibrator_named(const std::string& method, const MyScoresConfig& config,
                                             const ScoreRows& val, const ScoreRows& test,
                                             TaskContext& context) {
  if (method == "temperature") return std::make_unique<ByTemperature>(val, test, context);
  if (method == "platt") return std::make_unique<ByPlatt>(val, test, context);
  if (method == "isotonic") return std::make_unique<ByIsotonic>(config, val, test, context);
  if (method == "uniform-mass") return std::make_unique<ByBins>(config, val, test, context);
  return std::make_unique<ByHead>(val, test, context);
}

/// One calibrator after the other: fitted, mapped, judged. A step is a pass or two over the rows.
class CalibratorsTask final : public Stepper {
 public:
  CalibratorsTask(const MyScoresConfig& config, const ScoreRows& val, const ScoreRows& test,
                  const std::vector<std::uint32_t>& test_rows, TaskContext& context)
      : config_(config), val_(val), test_(test), test_rows_(test_rows), context_(context) {
    for (const std::string& method : method_order) {
      const std::vector<std::string>& wanted = config.calibrators;
      if (std::find(wanted.begin(), wanted.end(), method) != wanted.end()) methods_.push_back(method);
    }
  }

  bool step() override {
    Partial& partial = context_.partial();
    if (!begun_) {
      if (!base_order_known_) {
        base_order_known_ = sorted({}, test_.score, stats::SortDirection::Descending, base_order_);
        return false;
      }
      if (!ranked(test_.score, base_)) return false;
      begun_ = true;
      partial.table("audit", audit_columns);
      partial.table("calibrators", calibrator_columns)
          .append_row("uncalibrated", base_, error_of(probabilities_of(test_)), 1.0, 1, 1);
      return methods_.empty();
    }
    if (!calibrator_) calibrator_ = calibrator_named(methods_[method_], config_, val_, test_, context_);
    if (!mapped_) {
      mapped_ = calibrator_->step();
      if (mapped_) result_ = calibrator_->take();
      return false;
    }
    if (!judge_some()) return false;
    mapped_ = false;
    calibrator_.reset();
    judging_ = 0;
    if (++method_ < methods_.size()) return false;
    if (fitted_ > 0) put_metric(partial, "calibrators-keep-order", turned_, "statistics");
    return true;
  }

  double progress() const override {
    return static_cast<double>(method_) / static_cast<double>(std::max<std::size_t>(methods_.size(), 1));
  }

 private:
  double error_of(const std::vector<double>& p) const {
    return p.empty() ? nan : calibration_error(equal_width_bins(p, test_.correct, config_.bins));
  }

  // What the calibrated score does to the order; true when all of it is known.
  bool judge_some() {
    const std::string& method = methods_[method_];
    using enum stats::SortDirection;
    bool done = true;
    switch (judging_) {
      case 0:
        done = sorted({}, result_.score, Ascending, rows_);
        break;
      case 1:
        done = sorted(rows_, test_.score, Ascending, rows_);
        break;
      case 2:
        kept_ = monotonicity(test_.score, result_.score, rows_);
        kendall_.emplace(test_.score, result_.score, rows_);
        break;
      case 3:
        done = kendall_->step();
        break;
      case 4:
        done = ranked(result_.score, e_aurc_);
        break;
      case 5:
        put_row(method);
        kendall_.reset();
        rows_ = {};
        break;
      case 6:
        done = sorted(base_order_, result_.score, Descending, new_order_);
        break;
      case 7:
        audit_.emplace(base_order_, std::move(new_order_), test_.correct);
        break;
      default:
        break;
    }
    if (judging_ < first_coverage) {
      judging_ += done ? 1 : 0;
      return false;
    }
    ++judging_;
    if (const std::size_t place = judging_ - 1 - first_coverage; place < config_.audit_coverages.size()) {
      const RankChange c = audit_->at(config_.audit_coverages[place]);
      context_.partial()
          .table("audit", audit_columns)
          .append_row(method, c.coverage, c.k, c.jaccard, c.swapped_in_correct, c.swapped_in_wrong,
                      c.swapped_out_correct, c.swapped_out_wrong, c.mcnemar_p);
      return false;
    }
    audit_.reset();
    if (config_.curve_rows != "all") return true;
    Table& calibrated = context_.partial().table("calibrated", calibrated_columns);
    const std::vector<double>& values = result_.probability.empty() ? result_.score : result_.probability;
    for (std::size_t i = 0; i < values.size(); ++i)
      calibrated.append_row(test_rows_[i] + 1, method, values[i]);
    return true;
  }

  /// One pass over the rows a step; true when `target` holds `rows` (none: all) in order of `value`.
  bool sorted(const std::vector<std::uint32_t>& rows, const std::vector<double>& value,
              stats::SortDirection direction, std::vector<std::uint32_t>& target) {
    if (!sorter_) {
      std::vector<std::uint32_t> start = rows;
      if (start.empty()) {
        start.resize(value.size());
        std::iota(start.begin(), start.end(), 0U);
      }
      sorter_.emplace(std::move(start), value, direction);
    }
    if (!sorter_->step()) return false;
    target = sorter_->take();
    sorter_.reset();
    return true;
  }

  bool ranked(const std::vector<double>& score, double& e_aurc) {
    if (!ranker_) ranker_.emplace(score, test_.correct);
    if (!ranker_->step()) return false;
    e_aurc = summarise(ranker_->take()).e_aurc;
    ranker_.reset();
    return true;
  }

  void put_row(const std::string& method) {
    context_.partial()
        .table("calibrators", calibrator_columns)
        .append_row(method, e_aurc_, error_of(result_.probability), kendall_->value(),
                    kept_.non_decreasing ? 1 : 0, kept_.strictly_increasing ? 1 : 0);
    if (method == "correctness-head") {
      put_metric(context_.partial(), "ranking_gain", base_ - e_aurc_, "statistics");
    } else {
      fitted_ += 1;
      turned_ += kept_.non_decreasing ? 0 : 1;
    }
  }

  const MyScoresConfig& config_;
  const ScoreRows& val_;
  const ScoreRows& test_;
  const std::vector<std::uint32_t>& test_rows_;
  TaskContext& context_;
  std::vector<std::string> methods_;
  bool base_order_known_ = false, begun_ = false, mapped_ = false;
  std::size_t method_ = 0, judging_ = 0;
  std::unique_ptr<Calibrator> calibrator_;
  Calibrated result_;
  std::optional<stats::RowSorter> sorter_;
  std::optional<OutcomeRanker> ranker_;
  std::optional<KendallSteps> kendall_;
  std::vector<std::uint32_t> rows_;                    // by score and calibrated score
  std::vector<std::uint32_t> base_order_, new_order_;  // descending
  Monotonicity kept_;
  std::optional<RankAudit> audit_;
  double base_ = 0, e_aurc_ = 0;
  double fitted_ = 0, turned_ = 0;  // calibrators other than the head, and those that turn an order around
};

}  // namespace

std::unique_ptr<Stepper> start_calibrators(const MyScoresConfig& config, const ScoreRows& val,
                                           const ScoreRows& test, const std::vector<std::uint32_t>& test_rows,
                                           TaskContext& context) {
  return std::make_unique<CalibratorsTask>(config, val, test, test_rows, context);
}

}  // namespace reprise::selective
