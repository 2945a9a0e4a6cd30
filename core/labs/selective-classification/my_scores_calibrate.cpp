// Calibrators of `my-scores`, fitted on val and judged on test: do they change who is accepted?
#include "base/math.h"
#include "classify/network.h"
#include "labs/selective-classification/audit.h"
#include "labs/selective-classification/calibration_error.h"
#include "labs/selective-classification/calibrators.h"
#include "labs/selective-classification/curve.h"
#include "labs/selective-classification/my_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::selective {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::string> method_order = {"temperature", "platt", "isotonic", "uniform-mass",
                                               "correctness-head"};

/// A calibrated score of the test rows; `probability` is empty where the method gives none.
struct Calibrated {
  std::vector<double> score, probability;
};

Calibrated by_temperature(const ScoreRows& val, const ScoreRows& test, TaskContext& context) {
  const Temperature fitted = fit_temperature(classify::LogitsView(val.logits, val.classes), val.label);
  put_metric(context.partial(), "temperature", fitted.value);
  if (fitted.at_bound) {
    context.partial().warn(
        "The temperature is at the bound of its range 0.02…50: the val rows can be separated.");
  }
  Calibrated result;
  std::vector<double> scaled(test.classes);
  const classify::LogitsView logits(test.logits, test.classes);
  for (std::size_t i = 0; i < test.rows(); ++i) {
    for (std::size_t k = 0; k < scaled.size(); ++k) scaled[k] = logits.row(i)[k] / fitted.value;
    result.score.push_back(classify::log_odds(scaled, static_cast<std::size_t>(test.pred[i])));
    result.probability.push_back(math::logistic(result.score.back()));
  }
  return result;
}

Calibrated by_platt(const ScoreRows& val, const ScoreRows& test, TaskContext& context) {
  const Platt fitted = fit_platt(val.score, val.correct);
  put_metric(context.partial(), "platt_slope", fitted.slope);
  put_metric(context.partial(), "platt_intercept", fitted.intercept);
  if (fitted.slope <= 0)
    context.partial().warn("Platt's slope is not positive: on the val rows a higher score is not righter.");
  Calibrated result;
  for (const double s : test.score) {
    result.score.push_back(fitted.linear(s));
    result.probability.push_back(fitted(s));
  }
  return result;
}

Calibrated by_isotonic(const MyScoresConfig& config, const ScoreRows& val, const ScoreRows& test,
                       TaskContext& context) {
  const bool linear = config.isotonic_interpolation == "linear";
  const Isotonic fitted =
      fit_isotonic(val.score, val.correct, linear ? Interpolation::Linear : Interpolation::Step);
  Table& knots = context.partial().table("isotonic", isotonic_columns);
  for (std::size_t i = 0; i < fitted.score.size(); ++i) knots.append_row(fitted.score[i], fitted.value[i]);
  Calibrated result;
  for (const double s : test.score) result.score.push_back(fitted(s));
  result.probability = result.score;
  return result;
}

Calibrated by_bins(const MyScoresConfig& config, const ScoreRows& val, const ScoreRows& test,
                   TaskContext& context) {
  const UniformMass fitted = fit_uniform_mass(val.score, val.correct, config.bins);
  Table& bins = context.partial().table("uniform_mass", uniform_mass_columns);
  for (std::size_t b = 0; b < fitted.value.size(); ++b)
    bins.append_row(b, fitted.upper_edge[b], fitted.count[b], fitted.value[b]);
  Calibrated result;
  for (const double s : test.score) result.score.push_back(fitted(s));
  result.probability = result.score;
  return result;
}

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

Calibrated by_head(const ScoreRows& val, const ScoreRows& test, TaskContext& context) {
  std::vector<double> fitted = head_inputs(val), judged = head_inputs(test);
  const std::size_t width = fitted.size() / val.rows();
  for (std::size_t j = 0; j < width; ++j) {  // standardised by the val rows
    double mean = 0, square = 0;
    for (std::size_t i = j; i < fitted.size(); i += width) mean += fitted[i];
    mean /= static_cast<double>(val.rows());
    for (std::size_t i = j; i < fitted.size(); i += width) square += (fitted[i] - mean) * (fitted[i] - mean);
    const double deviation = std::sqrt(square / static_cast<double>(val.rows()));
    const double scale = deviation > 0 ? 1 / deviation : 0;
    for (std::size_t i = j; i < fitted.size(); i += width) fitted[i] = (fitted[i] - mean) * scale;
    for (std::size_t i = j; i < judged.size(); i += width) judged[i] = (judged[i] - mean) * scale;
  }
  classify::NetworkOptions options;
  options.widths = {static_cast<std::int64_t>(width), 32, 32, 2};
  options.epochs = 60;
  options.learning_rate = 1e-3;
  classify::NetworkStreams streams;
  streams.weights = [&] { return context.random("weights of the head"); };
  streams.order = [&](std::uint64_t epoch) { return context.random("order of the head", {epoch}); };
  const std::vector<std::int32_t> right(val.correct.begin(), val.correct.end());
  classify::NetworkTraining training(options, fitted, right, streams);
  while (!training.step()) {
  }
  const std::vector<double> z = training.logits(judged);
  Calibrated result;
  for (std::size_t i = 0; i < test.rows(); ++i) result.score.push_back(z[2 * i + 1] - z[2 * i]);
  return result;
}

}  // namespace

void put_calibrators(const MyScoresConfig& config, const ScoreRows& val, const ScoreRows& test,
                     const std::vector<std::uint32_t>& test_rows, TaskContext& context) {
  Partial& partial = context.partial();
  Table& table = partial.table("calibrators", calibrator_columns);
  Table& audit = partial.table("audit", audit_columns);
  const auto ece = [&](const std::vector<double>& p) {
    return p.empty() ? nan : calibration_error(equal_width_bins(p, test.correct, config.bins));
  };
  const double base = summarise(RankedOutcomes(test.score, test.correct)).e_aurc;
  table.append_row("uncalibrated", base, ece(probabilities_of(test)), 1.0, 1, 1);
  double turned = 0, fitted = 0;
  for (const std::string& method : method_order) {
    if (std::find(config.calibrators.begin(), config.calibrators.end(), method) == config.calibrators.end())
      continue;
    const Calibrated result = method == "temperature"    ? by_temperature(val, test, context)
                              : method == "platt"        ? by_platt(val, test, context)
                              : method == "isotonic"     ? by_isotonic(config, val, test, context)
                              : method == "uniform-mass" ? by_bins(config, val, test, context)
                                                         : by_head(val, test, context);
    const Monotonicity kept = monotonicity(test.score, result.score);
    const double e_aurc = summarise(RankedOutcomes(result.score, test.correct)).e_aurc;
    table.append_row(method, e_aurc, ece(result.probability), kendall_tau(test.score, result.score),
                     kept.non_decreasing ? 1 : 0, kept.strictly_increasing ? 1 : 0);
    if (method == "correctness-head") {
      put_metric(partial, "ranking_gain", base - e_aurc, "statistics");
    } else {
      fitted += 1;
      turned += kept.non_decreasing ? 0 : 1;
    }
    for (const RankChange& c : audit_ranks(test.score, result.score, test.correct, config.audit_coverages))
      audit.append_row(method, c.coverage, c.k, c.jaccard, c.swapped_in_correct, c.swapped_in_wrong,
                       c.swapped_out_correct, c.swapped_out_wrong, c.mcnemar_p);
    if (config.curve_rows != "all") continue;
    Table& calibrated = partial.table("calibrated", calibrated_columns);
    const std::vector<double>& values = result.probability.empty() ? result.score : result.probability;
    for (std::size_t i = 0; i < values.size(); ++i)
      calibrated.append_row(test_rows[i] + 1, method, values[i]);
  }
  if (fitted > 0) put_metric(partial, "calibrators-keep-order", turned, "statistics");
}

}  // namespace reprise::selective
