#include "labs/recalibration/method_maps.h"

#include "base/error.h"
#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::recal {

namespace {

constexpr std::size_t rows_per_step = std::size_t{1} << 17;

// A rising map can be out of order by the last bit; the sample has to be ascending all the same.
SortedScores sorted_sample(std::vector<double> values, const std::vector<std::uint8_t>& label) {
  if (std::is_sorted(values.begin(), values.end())) {
    return SortedScores::from_sorted(std::move(values), label, ScoreScale::Probability);
  }
  return SortedScores(values, label);
}

}  // namespace

std::array<double, method_count> MethodMaps::predict(double score) const {
  std::array<double, method_count> predictions;
  predictions.fill(std::numeric_limits<double>::quiet_NaN());
  const double probability = probability_of_score(score, scale);
  const double logit = platt || temperature ? logit_of_score(score, scale) : 0;
  predictions[index_of(Method::Identity)] = probability;
  if (platt) {
    const double output = math::logistic(platt->slope * logit + platt->intercept);
    predictions[index_of(Method::Platt)] = output;
    if (scaling_binning) predictions[index_of(Method::ScalingBinning)] = scaling_binning->bins(output);
  }
  if (temperature) {
    predictions[index_of(Method::Temperature)] = math::logistic(logit / temperature->temperature);
  }
  if (isotonic) predictions[index_of(Method::Isotonic)] = (*isotonic)(probability);
  if (uniform_mass) predictions[index_of(Method::UniformMass)] = (*uniform_mass)(score);
  if (uniform_width) predictions[index_of(Method::UniformWidth)] = (*uniform_width)(score);
  predictions[index_of(Method::BaseRate)] = base_rate;
  return predictions;
}

MethodFitter::MethodFitter(TrainingRows training, const MethodOptions& options)
    : training_(std::move(training)), options_(options) {
  if (training_.score.empty()) throw InputError("recalibration needs at least one row with a label");
  maps_.scale = training_.scale;
  sorted_ = SortedScores::from_sorted(std::move(training_.score), training_.label, training_.scale);
  maps_.base_rate = sorted_.base_rate();
}

template <class Work>
void MethodFitter::attempt(const Work& work) {
  try {
    work();
  } catch (const InputError& error) {
    failures_.emplace_back(error.what());
  }
}

bool MethodFitter::step() {
  switch (phase_) {
    case Phase::Logits:
      step_logits();
      break;
    case Phase::Platt:
      step_platt();
      break;
    case Phase::Temperature:
      step_temperature();
      break;
    case Phase::Isotonic:
      fit_isotonic_map();
      phase_ = Phase::Bins;
      break;
    case Phase::Bins:
      fit_bins();
      phase_ = Phase::Outputs;
      break;
    case Phase::Outputs:
      step_outputs();
      break;
    case Phase::ScalingBinning:
      fit_scaling_binning_map();
      phase_ = Phase::Done;
      break;
    case Phase::Done:
      break;
  }
  return phase_ == Phase::Done;
}

void MethodFitter::step_logits() {
  const std::span<const double> score = sorted_.scores();
  if (logits_.empty()) logits_.reserve(score.size());
  const std::size_t end = std::min(score.size(), logits_.size() + rows_per_step);
  while (logits_.size() < end) logits_.push_back(logit_of_score(score[logits_.size()], training_.scale));
  if (end < score.size()) return;
  attempt([&] { platt_fitter_.emplace(logits_, training_.label, training_.scale); });
  attempt([&] { temperature_fitter_.emplace(logits_, training_.label, training_.scale); });
  phase_ = Phase::Platt;
}

void MethodFitter::step_platt() {
  if (platt_fitter_ && !platt_fitter_->step()) return;
  if (platt_fitter_) {
    const Platt platt = platt_fitter_->result();
    if (std::isfinite(platt.slope) && std::isfinite(platt.intercept)) {
      maps_.platt = platt;
    } else {
      failures_.emplace_back("Platt scaling cannot be fitted: the scores are too large for its equations");
    }
  }
  phase_ = Phase::Temperature;
}

void MethodFitter::step_temperature() {
  if (temperature_fitter_ && !temperature_fitter_->step()) return;
  if (temperature_fitter_) maps_.temperature = temperature_fitter_->result();
  logits_ = {};
  phase_ = Phase::Isotonic;
}

void MethodFitter::fit_isotonic_map() {
  if (training_.scale == ScoreScale::Probability) {
    maps_.isotonic = fit_isotonic(sorted_);
    return;
  }
  const std::span<const double> score = sorted_.scores();
  std::vector<double> probability(score.size());
  std::transform(score.begin(), score.end(), probability.begin(), math::logistic);
  maps_.isotonic = fit_isotonic(sorted_sample(std::move(probability), training_.label));
}

void MethodFitter::fit_bins() {
  const SortedScores& edges = training_.edge_half ? *training_.edge_half : sorted_;
  const SortedScores& means = training_.value_half ? *training_.value_half : sorted_;
  const EdgeRule mass_rule =
      options_.edge_rule == EdgeRule::UniformWidth ? EdgeRule::OrderStatistic : options_.edge_rule;
  attempt([&] {
    maps_.uniform_mass = fit_histogram(edges, means, options_.bins, mass_rule, options_.tie_policy);
  });
  attempt([&] {
    maps_.uniform_width =
        fit_histogram(edges, means, options_.bins, EdgeRule::UniformWidth, TiePolicy::KeepEmptyInterpolate);
  });
}

void MethodFitter::step_outputs() {
  if (!maps_.platt) {
    phase_ = Phase::ScalingBinning;
    return;
  }
  const std::span<const double> score = sorted_.scores();
  if (outputs_.empty()) outputs_.reserve(score.size());
  const std::size_t end = std::min(score.size(), outputs_.size() + rows_per_step);
  while (outputs_.size() < end) outputs_.push_back((*maps_.platt)(score[outputs_.size()]));
  if (end == score.size()) phase_ = Phase::ScalingBinning;
}

void MethodFitter::fit_scaling_binning_map() {
  if (!maps_.platt) {
    failures_.emplace_back("scaling-binning cannot be fitted: it needs Platt scaling");
    return;
  }
  std::vector<std::uint8_t> label = training_.label;
  if (maps_.platt->slope < 0) {  // the outputs fall: from the other end they rise
    std::reverse(outputs_.begin(), outputs_.end());
    std::reverse(label.begin(), label.end());
  }
  const EdgeRule rule =
      options_.edge_rule == EdgeRule::UniformWidth ? EdgeRule::OrderStatistic : options_.edge_rule;
  attempt([&] {
    maps_.scaling_binning = fit_scaling_binning(*maps_.platt, sorted_sample(std::move(outputs_), label),
                                                options_.bins, rule, options_.tie_policy);
  });
  outputs_ = {};
}

}  // namespace reprise::recal
