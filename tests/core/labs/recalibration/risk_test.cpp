// The exact population risk against hand calculation, Monte Carlo and known slopes.
#include "base/random.h"
#include "labs/recalibration/bin_map.h"
#include "labs/recalibration/population_risk.h"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace reprise::recal {
namespace {

BinMap equal_width_map(std::int64_t bins, double offset) {
  BinMap map;
  for (std::int64_t b = 0; b <= bins; ++b)
    map.edges.push_back(static_cast<double>(b) / static_cast<double>(bins));
  for (std::size_t b = 0; b + 1 < map.edges.size(); ++b) {
    map.value.push_back((map.edges[b] + map.edges[b + 1]) / 2 + offset);
    map.count.push_back(0);
  }
  return map;
}

// h*(z) = z with bin midpoints: no calibration risk, sharpness 1/(12 B²), Bayes 1/6.
TEST(PopulationRisk, IdentityModelByHand) {
  const ScoreModel model = ScoreModel::beta(1, 1, 0);
  for (const std::int64_t bins : {1, 4, 10}) {
    const Risk risk = population_risk(equal_width_map(bins, 0), model);
    EXPECT_NEAR(risk.calibration, 0, 1e-28);
    EXPECT_NEAR(risk.sharpness, 1.0 / static_cast<double>(12 * bins * bins), 1e-15);
    EXPECT_NEAR(risk.bayes, 1.0 / 6, 1e-14);
    EXPECT_NEAR(risk.brier, risk.calibration + risk.sharpness + risk.bayes, 1e-16);
  }
  // values off by 0.1 everywhere cost 0.01
  EXPECT_NEAR(population_risk(equal_width_map(4, 0.1), model).calibration, 0.01, 1e-15);
}

TEST(PopulationRisk, ConstantMapHasTheVarianceOfTheTruthAsSharpness) {
  for (const ScoreModel& model : {ScoreModel::gauss(2, 0.3), ScoreModel::beta(4, 4, 0)}) {
    const ModelConstants constants = model.constants();
    BinMap map = ideal_map(model, 1);
    const Risk risk = population_risk(map, model);
    EXPECT_NEAR(map.value[0], constants.positive_rate, 1e-13);
    EXPECT_NEAR(risk.calibration, 0, 1e-25);
    const double variance = constants.second_moment - constants.positive_rate * constants.positive_rate;
    EXPECT_NEAR(risk.sharpness, variance, 1e-12);
  }
}

TEST(PopulationRisk, OracleAndPlattAtTheTruthHaveNone) {
  const ScoreModel model = ScoreModel::beta(4, 4, 0);
  const Risk oracle = population_risk([&](double t) { return model.truth(t); }, model, 0.05965853);
  EXPECT_EQ(oracle.total, 0);
  // Platt with a = 4, b = 0 is the truth of this model.
  const auto platt = [](double z) { return 1 / (1 + std::pow((1 - z) / z, 4)); };
  EXPECT_NEAR(population_risk(platt, model, 0).total, 0, 1e-28);
}

// Sharpness from M₂ − Σ m h̄², the textbook form, against the sum of squared differences within bins.
TEST(PopulationRisk, AgreesWithTheDifferenceOfSecondMoments) {
  for (const ScoreModel& model : {ScoreModel::gauss(2, 0.5), ScoreModel::beta(0.1, 4, 0)}) {
    const ModelConstants constants = model.constants();
    const BinMap map = ideal_map(model, 37);
    double between = 0;
    for (const BinRisk& bin : bin_risks(map, model)) between += bin.mass * bin.truth * bin.truth;
    EXPECT_NEAR(population_risk(map, model).sharpness, constants.second_moment - between, 2e-12);
  }
}

// Exact sharpness of equal masses: slope −1.553 in B for B = 16…512 where the truth is not Lipschitz, −1.23
// and −1.12 further out, and K²/(12 B²) from above where it is.
TEST(PopulationRisk, SharpnessSlopesOfIdealBins) {
  const ScoreModel rough = ScoreModel::beta(0.1, 4, 0);
  const auto sharpness = [](const ScoreModel& model, std::int64_t bins) {
    return population_risk(ideal_map(model, bins), model, 0).sharpness;
  };
  EXPECT_NEAR(std::log(sharpness(rough, 1024) / sharpness(rough, 512)) / std::log(2.0), -1.23, 0.005);
  EXPECT_NEAR(std::log(sharpness(rough, 8192) / sharpness(rough, 4096)) / std::log(2.0), -1.12, 0.005);
  // least squares over B = 16, 32, …, 512
  double sum_xy = 0, sum_xx = 0;
  for (int k = 4; k <= 9; ++k) {
    const double x = k - 6.5;
    sum_xy += x * std::log2(sharpness(rough, std::int64_t{1} << k));
    sum_xx += x * x;
  }
  EXPECT_NEAR(sum_xy / sum_xx, -1.553, 0.0005);

  const ScoreModel smooth = ScoreModel::beta(4, 4, 0);
  const double a = smooth.constants().rank_slope_energy;
  EXPECT_NEAR(sharpness(smooth, 1000) * 1e6 / a, 1, 1e-3);
  EXPECT_LE(sharpness(smooth, 34), 16.0 / (12 * 34 * 34));
}

// A million draws judged by the map: Brier score within four standard errors of the closed form.
TEST(PopulationRisk, BrierByMonteCarlo) {
  for (const ScoreModel& model : {ScoreModel::gauss(2, 0.5), ScoreModel::beta(0.1, 4, 0)}) {
    Random fit_draws(3, "fit", {});
    std::vector<double> scores;
    std::vector<std::uint8_t> labels;
    for (int k = 0; k < 500; ++k) {
      const Draw draw = model.draw(fit_draws);
      scores.push_back(draw.score);
      labels.push_back(draw.label);
    }
    const BinMap map =
        fit_histogram(scores, labels, 20, EdgeRule::OrderStatistic, TiePolicy::Merge, false, model.scale());
    const Risk risk = population_risk(map, model);
    Random test_draws(4, "test", {});
    const int draws = 1000000;
    double sum = 0, squares = 0;
    for (int k = 0; k < draws; ++k) {
      const Draw draw = model.draw(test_draws);
      const double error = draw.label - map(draw.score);
      sum += error * error;
      squares += error * error * error * error;
    }
    const double average = sum / draws;
    const double standard_error = std::sqrt((squares / draws - average * average) / draws);
    EXPECT_NEAR(average, risk.brier, 4 * standard_error);
    EXPECT_NEAR(brier_by_quadrature(map, model), risk.brier, 1e-12);
  }
}

// Two rows a bin: values 0, ½ and 1, and a risk far above that of a sensible number of bins.
TEST(PopulationRisk, TwoRowsABin) {
  const ScoreModel model = ScoreModel::gauss(2, 0.5);
  Random random(5, "sample", {1000});
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
  for (int k = 0; k < 1000; ++k) {
    const Draw draw = model.draw(random);
    scores.push_back(draw.score);
    labels.push_back(draw.label);
  }
  const SortedScores sample(scores, labels, model.scale());
  const BinMap fine = fit_histogram(sample, 500, EdgeRule::OrderStatistic, TiePolicy::Merge);
  for (std::size_t b = 0; b < fine.bins(); ++b) {
    EXPECT_EQ(fine.count[b], 2);
    EXPECT_TRUE(fine.value[b] == 0 || fine.value[b] == 0.5 || fine.value[b] == 1);
  }
  const BinMap best = fit_histogram(sample, 48, EdgeRule::OrderStatistic, TiePolicy::Merge);
  EXPECT_GT(population_risk(fine, model).total, 5 * population_risk(best, model).total);
}

// A map on the probability scale and the same map on logits have the same risk.
TEST(PopulationRisk, ScalesAgree) {
  const ScoreModel model = ScoreModel::gauss(2, 0.5);
  BinMap logits = ideal_map(model, 8);
  BinMap probabilities = logits;
  probabilities.scale = ScoreScale::Probability;
  for (double& edge : probabilities.edges) edge = 1 / (1 + std::exp(-edge));
  EXPECT_NEAR(population_risk(probabilities, model, 0).sharpness, population_risk(logits, model, 0).sharpness,
              1e-13);
}

}  // namespace
}  // namespace reprise::recal
