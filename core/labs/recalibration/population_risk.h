// The exact risk of a recalibration map under a simulation model: no test set, no noise.
//   E(Y − ĥ)² = E(ĥ − h̄)² + E(h̄ − h*)² + E[h*(1 − h*)], with h̄ the truth averaged over each bin
//             = calibration + sharpness (grouping) + Bayes.
#pragma once

#include "labs/recalibration/bin_map.h"
#include "labs/recalibration/score_models.h"

#include <functional>
#include <vector>

namespace reprise::recal {

struct Risk {
  double calibration = 0;  // bin values wrong
  double sharpness = 0;    // different truths in one bin
  double total = 0;        // E(ĥ − h*)²
  double bayes = 0;        // E[h*(1 − h*)]
  double brier = 0;        // E(Y − ĥ)²
};

/// The share of one bin in the risk.
struct BinRisk {
  double mass = 0;
  double truth = 0;  // h̄; the truth at the bin's lower end where the mass is 0
  double calibration = 0;
  double sharpness = 0;
};

/// Risk per bin, computed within each bin, so that nothing cancels. Bins of the map stay bins, even when two
/// have the same value. Edges on the other scale than the model's are converted.
std::vector<BinRisk> bin_risks(const BinMap& map, const ScoreModel& model);

/// The same for one bin between two coordinates of the model: a part of bin_risks that can be called in
/// slices.
BinRisk bin_risk(double low, double high, double value, const ScoreModel& model);
/// The edges of a map in the model's coordinate, ends included.
std::vector<double> model_edges(const BinMap& map, const ScoreModel& model);

/// Calibration, sharpness and their sum; `bayes` and `brier` need the model's Bayes MSE,
/// constants().bayes_mse.
Risk population_risk(const BinMap& map, const ScoreModel& model, double bayes_mse);
Risk population_risk(const BinMap& map, const ScoreModel& model);

/// Risk of a continuous strictly monotone map of the model's coordinate: its sharpness risk is 0, its
/// calibration risk E(ĥ − h*)², by quadrature.
Risk population_risk(const std::function<double(double)>& map, const ScoreModel& model, double bayes_mse);

/// Brier score by direct quadrature of f·[h*(1 − ĥ)² + (1 − h*)ĥ²] with 16 nodes a piece: an independent
/// check of the decomposition.
double brier_by_quadrature(const BinMap& map, const ScoreModel& model);
/// The part of one bin.
double brier_of_bin(double low, double high, double value, const ScoreModel& model);

/// Equal-mass bins of the model itself with the binned truth as values: calibration risk 0.
BinMap ideal_map(const ScoreModel& model, std::int64_t bins);

}  // namespace reprise::recal
