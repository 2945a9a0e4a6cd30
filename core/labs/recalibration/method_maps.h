// All recalibration methods side by side, fitted on one sample: what the study `my-scores` compares.
//
//   MethodFitter fitter(training, {.bins = 20});
//   while (!fitter.step()) {}
//   MethodMaps maps = fitter.take_maps();
//   maps.predict(.7)[index_of(Method::Isotonic)];
#pragma once

#include "labs/recalibration/bin_map.h"
#include "labs/recalibration/calibrators.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
  std::vector<double> score;        // ascending, in the units of `scale`
  std::vector<std::uint8_t> label;  // 0 or 1
  ScoreScale scale = ScoreScale::Probability;
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
};

/// Fits all methods in steps of bounded time. A method that cannot be fitted leaves a sentence in `failures`.
class MethodFitter {
 public:
  MethodFitter(TrainingRows training, const MethodOptions& options);
  /// True when all maps are there.
  bool step();
  MethodMaps take_maps() { return std::move(maps_); }
  const std::vector<std::string>& failures() const { return failures_; }
  /// The training scores in ascending order.
  const SortedScores& sorted() const { return sorted_; }

 private:
  enum class Phase { Logits, Platt, Temperature, Isotonic, Bins, Outputs, ScalingBinning, Done };
  void step_logits();
  void step_platt();
  void step_temperature();
  void fit_isotonic_map();
  void fit_bins();
  void step_outputs();
  void fit_scaling_binning_map();
  /// Runs `work`; its InputError becomes a failure.
  template <class Work>
  void attempt(const Work& work);

  TrainingRows training_;
  MethodOptions options_;
  MethodMaps maps_;
  std::vector<std::string> failures_;
  SortedScores sorted_;
  Phase phase_ = Phase::Logits;
  std::vector<double> logits_, outputs_;
  std::optional<PlattFitter> platt_fitter_;
  std::optional<TemperatureFitter> temperature_fitter_;
};

}  // namespace reprise::recal
