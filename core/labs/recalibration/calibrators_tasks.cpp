// Tasks of the study calibrators: one sample of one model, every method's exact risk.
#include "base/error.h"
#include "base/math.h"
#include "labs/recalibration/calibrators.h"
#include "labs/recalibration/calibrators_experiment.h"
#include "labs/recalibration/population_risk.h"
#include "labs/recalibration/umb_samples.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

namespace reprise::recal {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t curve_points = 201;

// What is asked for, or the rule, between 1 and n/2.
std::int64_t bins_or(std::int64_t asked, double rule, std::int64_t n) {
  if (asked > 0) return asked;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(rule + 0.5), 1, n / 2);
}

/// Scaling-binning as a step function of the score: its bins are those of Platt's output.
BinMap on_score_scale(const ScalingBinning& hybrid) {
  const std::size_t bins = hybrid.bins.bins();
  BinMap map;
  map.rule = hybrid.bins.rule;
  map.scale = ScoreScale::Logit;
  const double infinity = std::numeric_limits<double>::infinity();
  map.edges.push_back(-infinity);
  const bool falling = hybrid.platt.slope < 0;  // then the bins run the other way
  for (std::size_t b = 0; b < bins; ++b) {
    const std::size_t from = falling ? bins - 1 - b : b;
    map.value.push_back(hybrid.bins.value[from]);
    map.count.push_back(hybrid.bins.count[from]);
    if (b + 1 == bins) break;
    const double edge = hybrid.bins.edges[falling ? from : from + 1];
    map.edges.push_back((math::logit(edge) - hybrid.platt.intercept) / hybrid.platt.slope);
  }
  map.edges.push_back(infinity);
  return map;
}

/// One sample of one model: every method's exact risk.
class ArmStepper final : public Stepper {
 public:
  ArmStepper(const CalibratorsConfig& config, ArmTask task, TaskContext& context)
      : config_(config),
        task_(task),
        context_(context),
        rule_(edge_rule_named(config.edge_rule)),
        model_(arm_model(arm_model_name(config, task.arm))),
        bins_(arm_bins(arm_bin_numbers(config), task.arm)),
        sweep_(sweep_bins_of(config)),
        drawer_(model_,
                context.random("sample",
                               {static_cast<std::uint64_t>(config.n), static_cast<std::uint64_t>(task.repeat),
                                static_cast<std::uint64_t>(task.arm)}),
                config.n, model_.scale()) {}

  bool step() override {
    switch (phase_) {
      case Phase::Draw:
        if (drawer_.step()) prepare();
        break;
      case Phase::Platt:
        if (fit(platt_fitter_)) finish_platt();
        break;
      case Phase::Temperature:
        if (fit(temperature_fitter_)) finish_temperature();
        break;
      case Phase::Isotonic:
        judge_isotonic();
        phase_ = Phase::Bins;
        break;
      case Phase::Bins:
        if (next_ < bins_.size() + sweep_.size()) {
          const bool sweep = next_ >= bins_.size();
          judge_bins(sweep ? sweep_[next_ - bins_.size()] : bins_[next_], sweep);
          ++next_;
        } else {
          put_curves();
          phase_ = Phase::Done;
        }
        break;
      case Phase::Done:
        break;
    }
    return phase_ == Phase::Done;
  }

  double progress() const override {
    if (phase_ == Phase::Draw) return 0.3 * drawer_.progress();
    const double fits = static_cast<double>(next_) / static_cast<double>(bins_.size() + sweep_.size());
    return phase_ < Phase::Bins ? 0.3 + 0.1 * static_cast<double>(phase_) : 0.6 + 0.4 * fits;
  }

 private:
  enum class Phase { Draw, Platt, Temperature, Isotonic, Bins, Done };

  void prepare() {
    sample_ = drawer_.take();
    const std::span<const double> scores = sample_.scores();
    labels_.assign(sample_.labels().begin(), sample_.labels().end());
    logits_.resize(scores.size());
    std::vector<double> probabilities(scores.size());
    for (std::size_t row = 0; row < scores.size(); ++row) {
      logits_[row] = logit_of_score(scores[row], sample_.scale());
      probabilities[row] = probability_of_score(scores[row], sample_.scale());
    }
    probabilities_ = SortedScores::from_sorted(std::move(probabilities), labels_, ScoreScale::Probability);
    begin(platt_fitter_, "platt");
    phase_ = Phase::Platt;
  }

  // A method that cannot be fitted (one class only) has NaN as its risk; the report says so.
  template <class Fitter>
  void begin(std::optional<Fitter>& fitter, const char* method) {
    try {
      fitter.emplace(logits_, labels_, sample_.scale());
    } catch (const InputError& error) {
      put(method, 0, false, nan, nan);
      context_.partial().warn(std::string(method) + " could not be fitted to some sample: " + error.what());
    }
  }
  template <class Fitter>
  static bool fit(std::optional<Fitter>& fitter) {
    return !fitter || fitter->step();
  }

  void finish_platt() {
    if (platt_fitter_) {
      platt_ = platt_fitter_->result();
      put_curve("platt", [&](double t) { return (*platt_)(t); });
    }
    begin(temperature_fitter_, "temperature");
    phase_ = Phase::Temperature;
  }

  void finish_temperature() {
    if (temperature_fitter_) {
      const Temperature temperature = temperature_fitter_->result();
      put_curve("temperature", [&](double t) { return temperature(t); });
    }
    phase_ = Phase::Isotonic;
  }

  void put_curve(const char* method, const std::function<double(double)>& map) {
    put(method, 0, false, population_risk(map, model_, 0).calibration, 0);
  }

  // Quadrature between the knots, where the map is flat or linear in z.
  void judge_isotonic() {
    const Isotonic isotonic = fit_isotonic(probabilities_);
    std::vector<double> knots = {model_.lowest()};
    for (std::size_t block = 0; block < isotonic.value.size(); ++block) {
      knots.push_back(model_.coordinate(isotonic.first[block], ScoreScale::Probability));
      knots.push_back(model_.coordinate(isotonic.last[block], ScoreScale::Probability));
    }
    knots.push_back(model_.highest());
    static const stats::QuadratureRule rule = stats::gauss_legendre(8);
    double risk = 0;
    for (std::size_t k = 0; k + 1 < knots.size(); ++k) {
      risk += model_.integrate(rule, knots[k], knots[k + 1], [&](double t) {
        const double error = isotonic(probability_of_score(t, model_.scale())) - model_.truth(t);
        return model_.density(t) * error * error;
      });
    }
    put("isotonic", 0, false, risk, 0);
  }

  void judge_bins(std::int64_t bins, bool sweep) {
    const SortedScores& sample = sample_scale(model_, rule_) == model_.scale() ? sample_ : probabilities_;
    const BinMap mass = fit_histogram(sample, bins, rule_, TiePolicy::Merge);
    if (!sweep && !uniform_mass_) uniform_mass_ = mass;
    put_bins("uniform_mass", bins, sweep, mass);
    put_bins("uniform_width", bins, sweep,
             fit_histogram(probabilities_, bins, EdgeRule::UniformWidth, TiePolicy::KeepEmptyInterpolate));
    if (!platt_) {
      put("scaling_binning", bins, sweep, nan, nan);
      return;
    }
    if (fitted_.size() == 0) make_fitted();
    put_bins("scaling_binning", bins, sweep,
             on_score_scale(fit_scaling_binning(*platt_, fitted_, bins, rule_, TiePolicy::Merge)));
  }

  // Platt's outputs in ascending order.
  void make_fitted() {
    std::vector<double> outputs(logits_.size());
    for (std::size_t row = 0; row < outputs.size(); ++row) {
      outputs[row] = math::logistic(platt_->slope * logits_[row] + platt_->intercept);
    }
    fitted_ = SortedScores(outputs, labels_);
  }

  void put_bins(const char* method, std::int64_t bins, bool sweep, const BinMap& map) {
    const Risk risk = population_risk(map, model_, 0);
    put(method, bins, sweep, risk.calibration, risk.sharpness);
  }

  void put(const char* method, std::int64_t bins, bool sweep, double calibration, double sharpness) {
    context_.partial()
        .table("risks", arm_risk_columns)
        .append_row(static_cast<std::int64_t>(task_.arm), method, bins, sweep ? 1 : 0, calibration,
                    sharpness);
  }

  void put_curves() {
    if (task_.arm != Arm::Misspecified || task_.repeat > 0) return;
    Table& rows = context_.partial().table("curves", arm_curve_columns);
    for (std::size_t k = 0; k < curve_points; ++k) {
      const double z = static_cast<double>(k) / static_cast<double>(curve_points - 1);
      const double t = model_.coordinate(z, ScoreScale::Probability);
      const double binned = (*uniform_mass_)(uniform_mass_->scale == ScoreScale::Probability ? z : t);
      // At the ends Platt is evaluated in the limit, which clipping of probabilities does.
      rows.append_row(z, model_.truth(t), platt_ ? (*platt_)(t) : nan, binned);
    }
  }

  CalibratorsConfig config_;
  ArmTask task_;
  TaskContext& context_;
  EdgeRule rule_;
  ScoreModel model_;
  std::vector<std::int64_t> bins_, sweep_;
  SampleDrawer drawer_;
  Phase phase_ = Phase::Draw;
  SortedScores sample_, probabilities_, fitted_;
  std::vector<double> logits_;
  std::vector<std::uint8_t> labels_;
  std::optional<PlattFitter> platt_fitter_;
  std::optional<TemperatureFitter> temperature_fitter_;
  std::optional<Platt> platt_;
  std::optional<BinMap> uniform_mass_;
  std::size_t next_ = 0;
};

}  // namespace

ScoreModel arm_model(const std::string& name) {
  return ScoreModel::named(name, 2, 0.5, 1, 1, 0);
}

const std::string& arm_model_name(const CalibratorsConfig& config, Arm arm) {
  if (arm == Arm::WellSpecified) return config.well_specified_model;
  return arm == Arm::Misspecified ? config.misspecified_model : config.bin_count_model;
}

BinNumbers arm_bin_numbers(const CalibratorsConfig& config) {
  const double root = math::pow(static_cast<double>(config.n), 1.0 / 3.0);
  BinNumbers numbers{bins_or(config.well_specified_bins, 2 * root, config.n),
                     bins_or(config.misspecified_bins, root, config.n),
                     bins_or(config.small_bins, root, config.n), config.large_bins};
  if (numbers.large > 0) return numbers;
  const double constant = arm_model(config.bin_count_model).constants().optimal_bins_constant();
  numbers.large = std::isfinite(constant) ? bins_or(0, constant * root, config.n) : 0;
  return numbers;
}

std::vector<std::int64_t> arm_bins(const BinNumbers& numbers, Arm arm) {
  if (arm == Arm::WellSpecified) return {numbers.well_specified};
  if (arm == Arm::Misspecified) return {numbers.misspecified};
  return numbers.small == numbers.large ? std::vector<std::int64_t>{numbers.small}
                                        : std::vector<std::int64_t>{numbers.small, numbers.large};
}

std::vector<std::int64_t> sweep_bins_of(const CalibratorsConfig& config) {
  std::vector<std::int64_t> bins;
  for (const std::int64_t count : config.sweep_bins) {
    if (count <= config.n / 2) bins.push_back(count);
  }
  return bins;
}

std::unique_ptr<Stepper> start_arm(const CalibratorsConfig& config, ArmTask task, TaskContext& context) {
  return std::make_unique<ArmStepper>(config, task, context);
}

}  // namespace reprise::recal
