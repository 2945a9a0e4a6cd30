#include "labs/recalibration/method_maps.h"

#include "base/error.h"
#include "base/math.h"
#include "base/release_memory.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace reprise::recal {

namespace {

constexpr std::size_t rows_per_step = std::size_t{1} << 17;

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

double MethodMaps::predict(Method method, double score) const {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  switch (method) {
    case Method::Identity:
      return probability_of_score(score, scale);
    case Method::Platt:
      return platt ? (*platt)(score) : none;
    case Method::Temperature:
      return temperature ? (*temperature)(score) : none;
    case Method::Isotonic:
      return isotonic ? (*isotonic)(probability_of_score(score, scale)) : none;
    case Method::UniformMass:
      return uniform_mass ? (*uniform_mass)(score) : none;
    case Method::UniformWidth:
      return uniform_width ? (*uniform_width)(score) : none;
    case Method::ScalingBinning:
      return scaling_binning ? (*scaling_binning)(score) : none;
    case Method::BaseRate:
      return base_rate;
  }
  throw std::logic_error("unknown method");
}

MethodFitter::MethodFitter(TrainingRows training, const MethodOptions& options)
    : training_(std::move(training)), options_(options) {
  if (training_.sorted.size() == 0) throw InputError("recalibration needs at least one row with a label");
  maps_.scale = training_.sorted.scale();
  maps_.base_rate = training_.sorted.base_rate();
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
    case Phase::Probabilities:
      step_probabilities();
      break;
    case Phase::SortProbabilities:
      if (!sort_collected()) break;
      isotonic_fitter_.emplace(rising_);
      phase_ = Phase::Isotonic;
      break;
    case Phase::Isotonic:
      step_isotonic();
      break;
    case Phase::Bins:
      fit_bins();
      phase_ = Phase::Outputs;
      break;
    case Phase::Outputs:
      step_outputs();
      break;
    case Phase::SortOutputs:
      if (sort_collected()) phase_ = Phase::ScalingBins;
      break;
    case Phase::ScalingBins:
      fit_scaling_bins();
      break;
    case Phase::ScalingMeans:
      step_scaling_means();
      break;
    case Phase::Done:
      break;
  }
  return phase_ == Phase::Done;
}

void MethodFitter::step_logits() {
  const SortedScores& sorted = training_.sorted;
  const std::span<const double> score = sorted.scores();
  if (logits_.empty()) logits_.reserve(score.size());
  const std::size_t end = std::min(score.size(), logits_.size() + rows_per_step);
  while (logits_.size() < end) logits_.push_back(logit_of_score(score[logits_.size()], sorted.scale()));
  if (end < score.size()) return;
  attempt([&] { platt_fitter_.emplace(logits_, sorted.labels(), sorted.scale()); });
  attempt([&] { temperature_fitter_.emplace(logits_, sorted.labels(), sorted.scale()); });
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
  release_memory(logits_);
  phase_ = Phase::Probabilities;
}

template <class Value>
bool MethodFitter::collect(const Value& value, bool falling) {
  const std::span<const double> score = training_.sorted.scores();
  if (collected_.empty()) {
    collected_.reserve(score.size());
    in_order_ = true;
    reversed_ = falling;
  }
  const std::size_t end = std::min(score.size(), collected_.size() + rows_per_step);
  while (collected_.size() < end) {
    const std::size_t row = falling ? score.size() - 1 - collected_.size() : collected_.size();
    const double next = value(score[row]);
    in_order_ = in_order_ && (collected_.empty() || collected_.back() <= next);
    collected_.push_back(next);
  }
  return end == score.size();
}

// A rising map can be out of order by the last bit; the sample has to be ascending all the same.
bool MethodFitter::sort_collected() {
  const std::span<const std::uint8_t> label = training_.sorted.labels();
  if (in_order_) {
    std::vector<std::uint8_t> labels(label.begin(), label.end());
    if (reversed_) std::reverse(labels.begin(), labels.end());
    rising_ =
        SortedScores::from_sorted(std::exchange(collected_, {}), std::move(labels), ScoreScale::Probability);
    return true;
  }
  if (!sorter_) {
    sorter_.emplace(collected_.size());
    next_ = 0;
  }
  const std::size_t end = std::min(label.size(), next_ + rows_per_step);
  for (; next_ < end; ++next_)
    sorter_->add(collected_[next_], label[reversed_ ? label.size() - 1 - next_ : next_]);
  if (next_ < label.size()) return false;
  release_memory(collected_);
  if (!sorter_->step()) return false;
  rising_ =
      SortedScores::from_sorted(sorter_->take_scores(), sorter_->take_labels(), ScoreScale::Probability);
  sorter_.reset();
  return true;
}

void MethodFitter::step_probabilities() {
  if (training_.sorted.scale() == ScoreScale::Probability) {
    isotonic_fitter_.emplace(training_.sorted);
    phase_ = Phase::Isotonic;
  } else if (collect(math::logistic, false)) {
    phase_ = Phase::SortProbabilities;
  }
}

void MethodFitter::step_isotonic() {
  if (!isotonic_fitter_->step()) return;
  maps_.isotonic = isotonic_fitter_->result();
  isotonic_fitter_.reset();
  rising_ = {};
  phase_ = Phase::Bins;
}

void MethodFitter::fit_bins() {
  const SortedScores& edges = training_.edge_half ? *training_.edge_half : training_.sorted;
  const SortedScores& means = training_.value_half ? *training_.value_half : training_.sorted;
  attempt([&] {
    maps_.uniform_mass = fit_histogram(edges, means, options_.bins, mass_rule(), options_.tie_policy);
  });
  attempt([&] {
    maps_.uniform_width =
        fit_histogram(edges, means, options_.bins, EdgeRule::UniformWidth, TiePolicy::KeepEmptyInterpolate);
  });
}

EdgeRule MethodFitter::mass_rule() const {
  return options_.edge_rule == EdgeRule::UniformWidth ? EdgeRule::OrderStatistic : options_.edge_rule;
}

void MethodFitter::step_outputs() {
  if (!maps_.platt) {
    failures_.emplace_back("scaling-binning cannot be fitted: it needs Platt scaling");
    phase_ = Phase::Done;
  } else if (collect(*maps_.platt, maps_.platt->slope < 0)) {  // falling outputs rise from the other end
    phase_ = Phase::SortOutputs;
  }
}

void MethodFitter::fit_scaling_bins() {
  phase_ = Phase::Done;
  attempt([&] {
    scaling_means_.emplace(fit_histogram(rising_, rising_, options_.bins, mass_rule(), options_.tie_policy),
                           rising_);
    phase_ = Phase::ScalingMeans;
  });
}

void MethodFitter::step_scaling_means() {
  if (!scaling_means_->step()) return;
  maps_.scaling_binning = ScalingBinning{*maps_.platt, scaling_means_->take()};
  scaling_means_.reset();
  rising_ = {};
  phase_ = Phase::Done;
}

}  // namespace reprise::recal
