// All recalibration methods side by side, fitted on one sample: what the study `my-scores` compares.
//
//   MethodFitter fitter(training, {.bins = 20});
//   while (!fitter.step()) {}
//   MethodMaps maps = fitter.take_maps();
//   maps.predict(.7)[index_of(Method::Isotonic)];
#pragma once

#include "labs/recalibration/bin_map.h"
#include "labs/recalibration/calibrators.h"
#include "stats/sort.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise::recal {

enum class Method {
  Identity,
  Platt,
  Temperature,
  Isotonic,
  UniformMass,
  UniformWidth,
  ScalingBinning,
  BaseRate,
};
inline constexpr std::size_t method_count = 8;
inline constexpr std::array<std::string_view, method_count> method_names = {
    "identity",     "platt",         "temperature",     "isotonic",
    "uniform_mass", "uniform_width", "scaling_binning", "base_rate"};
constexpr std::size_t index_of(Method method) {
  return static_cast<std::size_t>(method);
}

/// Rows that maps are fitted on.
struct TrainingRows {
  SortedScores sorted;
  /// With sample splitting: the two halves in file order, for edges and for means.
  std::optional<SortedScores> edge_half, value_half;
};

struct MethodOptions {
  std::int64_t bins = 10;                         // at most half the rows (a quarter with sample splitting)
  EdgeRule edge_rule = EdgeRule::OrderStatistic;  // UniformWidth: uniform_mass uses OrderStatistic
  TiePolicy tie_policy = TiePolicy::Merge;
};

/// The fitted maps; one that could not be fitted is absent.
struct MethodMaps {
  ScoreScale scale = ScoreScale::Probability;
  std::optional<Platt> platt;
  std::optional<Temperature> temperature;
  std::optional<Isotonic> isotonic;  // on the probability scale
  std::optional<BinMap> uniform_mass, uniform_width;
  std::optional<ScalingBinning> scaling_binning;
  double base_rate = 0;

  /// Recalibrated probabilities of a score by every method; NaN where there is no map.
  std::array<double, method_count> predict(double score) const;
  /// The same by one method.
  double predict(Method method, double score) const;

  /// As an artefact (safetensors), bit by bit.
  std::vector<std::byte> to_bytes() const;
  static MethodMaps from_bytes(std::span<const std::byte> bytes);  ///< InputError when these are no maps
};

/// Fits all methods in steps of bounded time. A method that cannot be fitted leaves a sentence in `failures`.
class MethodFitter {
 public:
  MethodFitter(TrainingRows training, const MethodOptions& options);
  /// True when all maps are there.
  bool step();
  MethodMaps take_maps() { return std::move(maps_); }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  enum class Phase {
    Logits,
    Platt,
    Temperature,
    Probabilities,
    SortProbabilities,
    Isotonic,
    Bins,
    Outputs,
    SortOutputs,
    ScalingBins,
    ScalingMeans,
    Done
  };
  void step_logits();
  void step_platt();
  void step_temperature();
  void step_probabilities();
  void step_isotonic();
  void fit_bins();
  EdgeRule mass_rule() const;
  void step_outputs();
  void fit_scaling_bins();
  void step_scaling_means();
  /// Collects values that rise with the score, or fall; true when all are there.
  template <class Value>
  bool collect(const Value& value, bool falling);
  /// Puts what was collected in order, should rounding have disturbed it; true when rising_ is ready.
  bool sort_collected();
  /// Runs `work`; its InputError becomes a failure.
  template <class Work>
  void attempt(const Work& work);

  TrainingRows training_;
  MethodOptions options_;
  MethodMaps maps_;
  std::vector<std::string> failures_;
  Phase phase_ = Phase::Logits;
  std::vector<double> logits_;
  std::optional<PlattFitter> platt_fitter_;
  std::optional<TemperatureFitter> temperature_fitter_;
  std::optional<IsotonicFitter> isotonic_fitter_;
  std::vector<double> collected_;
  bool in_order_ = true;
  bool reversed_ = false;  // collected from the highest score down
  std::optional<stats::PairSorter> sorter_;
  std::size_t next_ = 0;  // row that goes to the sorter next
  SortedScores rising_;
  std::optional<OutputMeans> scaling_means_;
};

}  // namespace reprise::recal
