// The task of `calibration-is-not-ranking` that judges: calibrators and heads are fitted on val rows, every
// score is evaluated on test rows, one a step.
#include "base/math.h"
#include "classify/ensemble.h"
#include "classify/error_head.h"
#include "classify/scores.h"
#include "data/npy.h"
#include "labs/selective-classification/audit.h"
#include "labs/selective-classification/calibration_error.h"
#include "labs/selective-classification/calibration_ranking.h"
#include "labs/selective-classification/calibrators.h"
#include "labs/selective-classification/curve.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

namespace reprise::selective {

namespace {

using classify::LogitsView;
using classify::ScoreKind;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A score of the test rows. `probability` of the prediction is empty where the method gives none; `correct`
/// where predictions are those of the base network.
struct Judged {
  std::vector<double> score, probability;
  std::vector<std::uint8_t> correct;
};

std::vector<double> logistic_of(std::span<const double> values) {
  std::vector<double> p;
  for (const double value : values) p.push_back(math::logistic(value));
  return p;
}

class ScoresTask final : public Stepper {
 public:
  ScoresTask(const CalibrationConfig& config, std::int64_t repeat, TaskContext& context)
      : config_(config), repeat_(repeat), context_(context) {
    steps_ = {[this] {
                read();
                return true;
              },
              [this] { return fit(); }};
    if (config.uses("correctness-head"))
      add_head(classify::HeadTarget::Wrong, correctness_head_, "correctness head");
    if (config.uses("loss-predictor"))
      add_head(classify::HeadTarget::Loss, loss_predictor_, "loss predictor");
    for (const std::string& method : methods()) {
      steps_.push_back([this, method] {
        judge_method(method);
        return true;
      });
    }
    steps_.push_back([this] {
      put_fits();
      return true;
    });
  }

  bool step() override {
    if (steps_[done_]()) ++done_;
    return done_ == steps_.size();
  }
  double progress() const override { return static_cast<double>(done_) / static_cast<double>(steps_.size()); }

 private:
  /// In the order of the tables.
  std::vector<std::string> methods() const {
    std::vector<std::string> list = {"msp", "msp-float32"};
    list.insert(list.end(), classify::score_kind_names.begin() + 1, classify::score_kind_names.end());
    list.push_back("random");
    if (config_.data == "kblobs") list.push_back("oracle-eta");
    for (const char* method : {"temperature", "platt", "isotonic-step", "isotonic-linear", "uniform-mass",
                               "ensemble", "sat", "correctness-head", "loss-predictor", "selectivenet"}) {
      if (!config_.uses(method)) continue;
      if (std::string_view(method) != "sat") {
        list.push_back(method);
        continue;
      }
      list.push_back("sat-sr");
      list.push_back("sat-abstain");
    }
    return list;
  }

  std::int64_t task_of(std::size_t network) const {
    return repeat_ * static_cast<std::int64_t>(networks_of(config_).size()) +
           static_cast<std::int64_t>(network);
  }
  std::vector<double> numbers(std::size_t network, const char* name) const {
    const NpyReader reader(context_.artefact(networks_stage, task_of(network), name), name);
    return reader.read_rows(0, reader.rows());
  }
  std::vector<std::int32_t> labels(const char* name) const {
    const std::vector<double> values = numbers(0, name);
    return {values.begin(), values.end()};
  }
  std::size_t network_called(const std::string& name) const {
    const std::vector<std::string> networks = networks_of(config_);
    return static_cast<std::size_t>(std::find(networks.begin(), networks.end(), name) - networks.begin());
  }
  LogitsView val() const { return {val_logits_, classes_}; }
  LogitsView test() const { return {test_logits_, classes_}; }

  void read() {
    val_label_ = labels(val_labels);
    test_label_ = labels(test_labels);
    val_logits_ = numbers(0, val_logits);
    test_logits_ = numbers(0, test_logits);
    classes_ = test_logits_.size() / test_label_.size();
    if (config_.data == "kblobs") posterior_ = numbers(0, test_posterior);
    prediction_ = classify::predictions(test());
    correct_ = classify::right_answers(prediction_, test_label_);
    val_correct_ = classify::right_answers(classify::predictions(val()), val_label_);
    msp_ = classify::score_from_logits(test(), ScoreKind::Msp);
    val_msp_ = classify::score_from_logits(val(), ScoreKind::Msp);
    curve_ = accuracy_coverage(msp_, correct_);
    if (curve_.tied_share > 0.01)
      context_.partial().warn("More than 1 % of the test rows share their confidence with others.");
    const auto right = std::count(correct_.begin(), correct_.end(), 1);
    const auto wrong = static_cast<std::ptrdiff_t>(correct_.size()) - right;
    if (right == 0 || wrong == 0)
      context_.partial().warn("Every test answer is " + std::string(right == 0 ? "wrong" : "right") +
                              ": the gap is 0 and AUROC is not a number.");
    else if (wrong < 20)
      context_.partial().warn("Only " + std::to_string(wrong) + " wrong test answers: gaps are uncertain.");
  }

  /// Calibrators, a slice a step; true when all are fitted.
  bool fit() {
    if (config_.uses("temperature") && !temperature_) {
      fit_temperature_step();
      return false;
    }
    if (config_.uses("platt") && !platt_) {
      fit_platt_step();
      return false;
    }
    if (config_.uses("isotonic-step") || config_.uses("isotonic-linear"))
      isotonic_ = fit_isotonic(val_msp_, val_correct_);
    return true;
  }

  void fit_temperature_step() {
    if (!temperature_fit_) temperature_fit_.emplace(val(), val_label_);
    if (!temperature_fit_->step()) return;
    temperature_ = temperature_fit_->result();
    if (temperature_->at_bound)
      context_.partial().warn(
          "A temperature is at the bound of its range 0.02…50: its rows can be separated.");
  }

  void fit_platt_step() {
    if (!platt_fit_) platt_fit_.emplace(val_msp_, val_correct_);
    if (!platt_fit_->step()) return;
    platt_ = platt_fit_->result();
    if (platt_->slope <= 0)
      context_.partial().warn("A Platt slope is not positive: there a higher score is not righter.");
  }

  void add_head(classify::HeadTarget target, std::optional<classify::ErrorHead>& head, const char* name) {
    steps_.push_back([this, target, &head, name] {
      if (!head) {
        begin_head(target, head, name);
        return false;
      }
      return head->step();
    });
  }

  void begin_head(classify::HeadTarget target, std::optional<classify::ErrorHead>& head, std::string name) {
    const std::vector<double> features = numbers(0, val_features);
    feature_count_ = features.size() / val_label_.size();
    const std::vector<double> inputs = classify::head_inputs(features, feature_count_, val());
    std::vector<double> wanted;
    if (target == classify::HeadTarget::Loss) {
      wanted = classify::row_losses(val(), val_label_);
    } else {
      for (const std::uint8_t right : val_correct_) wanted.push_back(right ? 0 : 1);
    }
    classify::HeadOptions options;
    options.epochs = config_.head_epochs;
    TaskContext* context = &context_;
    const auto run = static_cast<std::uint64_t>(repeat_);
    classify::NetworkStreams streams;
    streams.weights = [=] { return context->random("weights of the " + name, {run}); };
    streams.order = [=](std::uint64_t epoch) {
      return context->random("order of the " + name, {run, epoch});
    };
    head.emplace(target, inputs, feature_count_ + classes_ + 1, std::move(wanted), options, streams);
  }

  Judged by_temperature() const {
    std::vector<double> scaled = test_logits_;
    for (double& z : scaled) z /= temperature_->value;
    Judged result;
    result.score = classify::score_from_logits(LogitsView(scaled, classes_), ScoreKind::Msp);
    result.probability = logistic_of(result.score);
    return result;
  }

  Judged by_value(const std::function<double(double)>& map) const {
    Judged result;
    for (const double s : msp_) result.score.push_back(map(s));
    result.probability = result.score;
    return result;
  }

  Judged by_isotonic(Interpolation interpolation) {
    Isotonic map = *isotonic_;
    map.interpolation = interpolation;
    Judged result = by_value([&](double s) { return map(s); });
    const Curve curve = accuracy_coverage(result.score, correct_);
    if (std::isnan(block_end_difference_)) block_end_difference_ = 0;
    for (std::size_t i = 0; i < curve.accuracy.size(); ++i) {
      if (curve.block_end[i])
        block_end_difference_ =
            std::max(block_end_difference_, std::fabs(curve.accuracy[i] - curve_.accuracy[i]));
    }
    return result;
  }

  /// Predictions and confidence of other logits.
  Judged by_logits(const std::vector<double>& logits) const {
    const LogitsView view(logits, classes_);
    Judged result;
    result.score = classify::score_from_logits(view, ScoreKind::Msp);
    result.probability = logistic_of(result.score);
    result.correct = classify::right_answers(classify::predictions(view), test_label_);
    return result;
  }

  Judged by_ensemble() {
    std::vector<std::vector<double>> members;
    member_mean_ = 0;
    for (std::int64_t e = 0; e < config_.members; ++e) {
      members.push_back(e == 0 ? test_logits_ : numbers(static_cast<std::size_t>(e), test_logits));
      const Judged alone = by_logits(members.back());
      member_mean_ +=
          summarise(RankedOutcomes(alone.score, alone.correct)).e_aurc / static_cast<double>(config_.members);
    }
    return by_logits(classify::mean_log_probabilities(members, classes_));
  }

  /// Of some columns of a network's outputs.
  std::vector<double> columns_of(const std::vector<double>& outputs, std::size_t first,
                                 std::size_t count) const {
    const std::size_t width = outputs.size() / test_label_.size();
    std::vector<double> result;
    for (std::size_t i = 0; i < test_label_.size(); ++i)
      for (std::size_t j = 0; j < count; ++j) result.push_back(outputs[i * width + first + j]);
    return result;
  }

  Judged by_self_adaptive(bool abstain) const {
    const std::vector<double> outputs = numbers(network_called("sat"), test_logits);
    Judged result = by_logits(columns_of(outputs, 0, classes_));
    if (!abstain) return result;
    // −log odds of the abstain output: −q_abstain in an order that does not saturate.
    const LogitsView all(outputs, classes_ + 1);
    for (std::size_t i = 0; i < result.score.size(); ++i)
      result.score[i] = -classify::log_odds(all.row(i), classes_);
    result.probability.clear();
    return result;
  }

  Judged by_gate() {
    const std::vector<double> outputs = numbers(network_called("selectivenet"), test_logits);
    Judged result = by_logits(columns_of(outputs, 0, classes_));
    result.score = columns_of(outputs, classes_, 1);
    result.probability.clear();
    selective_accuracy_ = accuracy_at(accuracy_coverage(result.score, result.correct));
    return result;
  }

  Judged by_head(const classify::ErrorHead& head) {
    const std::vector<double> inputs =
        classify::head_inputs(numbers(0, test_features), feature_count_, test());
    Judged result;
    result.score = head.scores(inputs);
    return result;
  }

  Judged by_loss_predictor() {
    Judged result = by_head(*loss_predictor_);
    std::vector<double> predicted = result.score;
    for (double& value : predicted) value = -value;
    advantage_ = classify::loss_prediction_advantage(test(), test_label_, predicted);
    return result;
  }

  Judged judged(const std::string& method) {
    if (method == "msp") return {msp_, logistic_of(msp_), {}};
    if (method == "msp-float32") {
      Judged result;
      result.score = result.probability = classify::single_precision_msp(test());
      return result;
    }
    if (method == "random") return {std::vector<double>(msp_.size(), 0), {}, {}};
    if (method == "oracle-eta") {
      Judged result;
      for (std::size_t i = 0; i < prediction_.size(); ++i)
        result.score.push_back(posterior_[i * classes_ + static_cast<std::size_t>(prediction_[i])]);
      result.probability = result.score;
      return result;
    }
    if (method == "temperature") return by_temperature();
    if (method == "platt") {
      Judged result;
      for (const double s : msp_) result.score.push_back(platt_->linear(s));
      result.probability = logistic_of(result.score);
      return result;
    }
    if (method == "isotonic-step") return by_isotonic(Interpolation::Step);
    if (method == "isotonic-linear") return by_isotonic(Interpolation::Linear);
    if (method == "uniform-mass") {
      const UniformMass map = fit_uniform_mass(val_msp_, val_correct_, config_.bins);
      return by_value([&](double s) { return map(s); });
    }
    if (method == "ensemble") return by_ensemble();
    if (method == "sat-sr") return by_self_adaptive(false);
    if (method == "sat-abstain") return by_self_adaptive(true);
    if (method == "correctness-head") return by_head(*correctness_head_);
    if (method == "loss-predictor") return by_loss_predictor();
    if (method == "selectivenet") return by_gate();
    return {classify::score_from_logits(test(), classify::score_kind_named(method)), {}, {}};
  }

  void judge_method(const std::string& method) {
    const Judged result = judged(method);
    const std::vector<std::uint8_t>& correct = result.correct.empty() ? correct_ : result.correct;
    const Curve curve =
        accuracy_coverage(RankedOutcomes(result.score, correct),
                          grid_ranks(static_cast<std::int64_t>(correct.size()), config_.coverage_points));
    double ece = nan, ece_equal_mass = nan;
    if (!result.probability.empty()) {
      const std::vector<ReliabilityBin> bins = equal_width_bins(result.probability, correct, config_.bins);
      ece = calibration_error(bins);
      ece_equal_mass = calibration_error(equal_mass_bins(result.probability, correct, config_.bins));
      if (repeat_ == 0) put_reliability(method, bins);
    }
    context_.partial()
        .table("methods", calibration_method_columns)
        .append_row(repeat_, method, curve.CurveSummary::accuracy, curve.aurc, curve.e_aurc,
                    curve.normalised_e_aurc(), curve.augrc, curve.auroc, ece, ece_equal_mass,
                    kendall_tau(msp_, result.score), curve.e_aurc / curve_.e_aurc - 1);
    if (method == "msp-float32") tied_share_ = curve.tied_share;
    if (method == "msp") put_invariance(result.score);
    if (method == "platt" && platt_->slope > 0) compare_gap(result.score);
    if (repeat_ > 0) return;
    put_curve(method, curve);
    if (config_.uses(method) || method.starts_with("sat-")) put_swaps(method, result.score, correct);
  }

  void put_reliability(const std::string& method, const std::vector<ReliabilityBin>& bins) {
    Table& table = context_.partial().table("reliability", calibration_reliability_columns);
    for (std::size_t b = 0; b < bins.size(); ++b)
      table.append_row(method, b, bins[b].count, bins[b].confidence, bins[b].accuracy);
  }

  void put_curve(const std::string& method, const Curve& curve) {
    Table& table = context_.partial().table("curves", calibration_curve_columns);
    for (std::size_t i = 0; i < curve.k.size(); ++i)
      table.append_row(method, curve.coverage[i], curve.accuracy[i], curve.oracle[i], curve.gap[i]);
  }

  /// Rows that come in are judged by the new predictions, rows that go by those of the base network.
  void put_swaps(const std::string& method, const std::vector<double>& score,
                 const std::vector<std::uint8_t>& correct) {
    std::vector<double> coverages;
    for (int j = 1; j <= 20; ++j) coverages.push_back(j / 20.0);
    const std::vector<RankChange> out = audit_ranks(msp_, score, correct_, coverages),
                                  in = audit_ranks(msp_, score, correct, coverages);
    Table& table = context_.partial().table("swaps", calibration_swap_columns);
    for (std::size_t i = 0; i < coverages.size(); ++i)
      table.append_row(
          method, coverages[i], static_cast<double>(in[i].swapped()) / static_cast<double>(in[i].k),
          static_cast<double>(in[i].swapped_in_correct), static_cast<double>(out[i].swapped_out_correct),
          mcnemar_p(in[i].swapped_in_correct, out[i].swapped_out_correct));
  }

  void compare_gap(const std::vector<double>& score) {
    const Curve changed = accuracy_coverage(score, correct_);
    for (std::size_t i = 0; i < changed.gap.size(); ++i)
      invariance_ = std::max(invariance_, std::fabs(changed.gap[i] - curve_.gap[i]));
  }
  void put_invariance(std::vector<double> score) {
    compare_gap(dense_ranks(score));
    for (double& s : score) s *= 2;
    compare_gap(score);
  }

  double accuracy_at(const Curve& curve) const {
    return curve.accuracy[static_cast<std::size_t>(rank_at(config_.selectivenet_coverage, curve.rows) - 1)];
  }

  void put_fits() {
    if (!config_.uses("ensemble")) member_mean_ = curve_.e_aurc;
    context_.partial()
        .table("fits", calibration_fit_columns)
        .append_row(repeat_, temperature_ ? temperature_->value : nan, platt_ ? platt_->slope : nan,
                    platt_ ? platt_->intercept : nan,
                    isotonic_ ? static_cast<double>(isotonic_->blocks()) : nan, member_mean_, advantage_,
                    tied_share_, accuracy_at(curve_), selective_accuracy_);
    context_.partial()
        .table("checks", calibration_check_columns)
        .append_row(invariance_, block_end_difference_);
  }

  const CalibrationConfig config_;
  const std::int64_t repeat_;
  TaskContext& context_;
  std::vector<std::function<bool()>> steps_;
  std::size_t done_ = 0;
  std::size_t classes_ = 0, feature_count_ = 0;
  std::vector<std::int32_t> val_label_, test_label_, prediction_;
  std::vector<double> val_logits_, test_logits_, posterior_, msp_, val_msp_;
  std::vector<std::uint8_t> correct_, val_correct_;
  Curve curve_;  // of the base network's MSP, every k
  std::optional<TemperatureFit> temperature_fit_;
  std::optional<PlattFit> platt_fit_;
  std::optional<Temperature> temperature_;
  std::optional<Platt> platt_;
  std::optional<Isotonic> isotonic_;
  std::optional<classify::ErrorHead> correctness_head_, loss_predictor_;
  double member_mean_ = nan, advantage_ = nan, tied_share_ = nan, selective_accuracy_ = nan;
  double invariance_ = 0, block_end_difference_ = nan;
};

}  // namespace

std::unique_ptr<Stepper> start_scores(const CalibrationConfig& config, std::int64_t repeat,
                                      TaskContext& context) {
  return std::make_unique<ScoresTask>(config, repeat, context);
}

}  // namespace reprise::selective
