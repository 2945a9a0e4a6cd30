// Constants of the simulation models against values of the paper's description and closed forms.
#include "labs/recalibration/population_risk.h"
#include "labs/recalibration/score_models.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::recal {
namespace {

TEST(ScoreModel, GaussianConstants) {
  const ModelConstants gauss = ScoreModel::gauss(2, 0.5).constants();
  EXPECT_NEAR(gauss.bayes_mse, 0.01714935, 5e-9);
  EXPECT_NEAR(gauss.rank_slope_energy, 0.93863, 5e-6);
  EXPECT_NEAR(gauss.optimal_bins_constant(), 4.7836, 5e-5);
  EXPECT_NEAR(gauss.positive_rate, 0.5, 0);
  EXPECT_NEAR(gauss.positive_rate - gauss.second_moment, gauss.bayes_mse, 1e-12);
  // at 0 the slope is 1/φ(2)
  EXPECT_NEAR(gauss.max_rank_slope, std::sqrt(2 * 3.14159265358979323846) * std::exp(2.0), 1e-9);
  EXPECT_NEAR(ScoreModel::gauss(2, 0.1).constants().bayes_mse, 0.009283, 5e-7);
}

// The second moment by 2·10⁵ + 1 trapezoid nodes on |x| <= μ + 10, with the library's own exponentials.
TEST(ScoreModel, GaussianSecondMomentByTrapezoid) {
  const double mu = 2;
  const int nodes = 200000;
  double sum = 0;
  for (int k = 0; k <= nodes; ++k) {
    const double x = -12 + 24.0 * k / nodes;
    const double one = 0.5 * std::exp(-(x - mu) * (x - mu) / 2);
    const double zero = 0.5 * std::exp(-(x + mu) * (x + mu) / 2);
    sum += (k == 0 || k == nodes ? 0.5 : 1.0) * one * one / (one + zero);
  }
  const double trapezoid = sum * 24 / nodes / std::sqrt(2 * 3.14159265358979323846);
  EXPECT_NEAR(ScoreModel::gauss(mu, 0.5).constants().second_moment, trapezoid, 1e-12);
}

TEST(ScoreModel, BetaFamilyConstants) {
  const ModelConstants identity = ScoreModel::beta(1, 1, 0).constants();
  EXPECT_NEAR(identity.bayes_mse, 1.0 / 6, 1e-14);
  EXPECT_NEAR(identity.positive_rate, 0.5, 1e-14);
  EXPECT_NEAR(identity.second_moment, 1.0 / 3, 1e-14);
  EXPECT_NEAR(identity.rank_slope_energy, 1.0 / 12, 1e-13);
  EXPECT_NEAR(identity.optimal_bins_constant(), 1, 1e-12);
  EXPECT_NEAR(identity.max_rank_slope, 1, 1e-9);

  const ModelConstants logistic = ScoreModel::beta(4, 4, 0).constants();
  EXPECT_NEAR(logistic.bayes_mse, 0.05965853, 5e-9);
  EXPECT_NEAR(logistic.rank_slope_energy, 0.226811, 5e-7);
  EXPECT_NEAR(logistic.optimal_bins_constant(), 1.9664, 5e-5);
  EXPECT_NEAR(logistic.max_rank_slope, 4, 1e-9);

  const ModelConstants beta = ScoreModel::beta(0.1, 4, 0).constants();
  EXPECT_NEAR(beta.bayes_mse, 0.09593936, 5e-9);
  EXPECT_NEAR(beta.positive_rate, 0.84933, 5e-6);
  EXPECT_TRUE(std::isinf(beta.rank_slope_energy));
  EXPECT_TRUE(std::isinf(beta.max_rank_slope));
  EXPECT_TRUE(std::isinf(beta.optimal_bins_constant()));
}

// b = 0, c = 0: h* = z^a/(1 + z^a); with a = 1, (dh*/dz)² = (1 + z)^−4, whose integral is 7/24.
TEST(ScoreModel, OneSidedBetaFamily) {
  const ModelConstants constants = ScoreModel::beta(1, 0, 0).constants();
  EXPECT_NEAR(constants.rank_slope_energy, 7.0 / 24 / 12, 1e-12);
  EXPECT_NEAR(constants.positive_rate, 1 - std::log(2.0), 1e-13);
  EXPECT_NEAR(constants.max_rank_slope, 1, 1e-9);
  // a = 0.6: 0.36 z^−0.8/(1 + z^0.6)^4 has an integrable pole at 0; with u = z^0.2 it is smooth, and the
  // midpoint rule will do.
  const double u_panels = 20000;
  double sum = 0;
  for (int k = 0; k < u_panels; ++k) {
    const double u = (k + 0.5) / u_panels;
    sum += 5 * 0.36 / std::pow(1 + u * u * u, 4);
  }
  EXPECT_NEAR(ScoreModel::beta(0.6, 0, 0).constants().rank_slope_energy, sum / u_panels / 12, 1e-9);
}

TEST(ScoreModel, ConstantTruth) {
  const ModelConstants constants = ScoreModel::beta(0, 0, 1).constants();
  const double h = 1 / (1 + std::exp(-1.0));
  EXPECT_NEAR(constants.bayes_mse, h * (1 - h), 1e-14);
  EXPECT_EQ(constants.rank_slope_energy, 0);
}

TEST(ScoreModel, SlopeEnergyOfSmallMuIsUndefined) {
  EXPECT_TRUE(std::isnan(ScoreModel::gauss(0.9, 0.5).constants().rank_slope_energy));
  EXPECT_TRUE(std::isfinite(ScoreModel::gauss(1, 0.5).constants().rank_slope_energy));
}

// Nearly separable classes: v = E[h*(1 − h*)] is far below the rounding of 1 − M₂.
TEST(ScoreModel, BayesErrorOfSeparatedClasses) {
  const double v = ScoreModel::gauss(10, 0.5).constants().bayes_mse;
  // ∫ ½ φ₁ φ₀/(φ₁ + φ₀) dx = ½ φ(μ)·∫ e^{−x²/2}/(2 cosh μx) dx, and for large μ the integral is π/(2μ).
  const double pi = 3.14159265358979323846;
  const double leading = 0.5 * std::exp(-50.0) / std::sqrt(2 * pi) * pi / 20;
  EXPECT_NEAR(v / leading, 1, 0.02);
}

TEST(ScoreModel, MassesAndQuantiles) {
  const ScoreModel gauss = ScoreModel::gauss(2, 0.3);
  for (const double q : {0.001, 0.1, 0.5, 0.7, 0.99, 0.99999}) {
    EXPECT_NEAR(gauss.cdf(gauss.quantile(q)), q, 1e-14);
  }
  const Mass whole = gauss.mass(gauss.lowest(), gauss.highest());
  EXPECT_NEAR(whole.all, 1, 1e-15);
  EXPECT_NEAR(whole.positive, 0.3, 1e-15);
  // Far in the right tail, relative accuracy: 0.3·(Φ(−8) − Φ(−9)), from tables of erfc.
  EXPECT_NEAR(gauss.mass(10, 11).positive / (0.3 * 6.2198315e-16), 1, 1e-4);
  // h* of the Gaussian model is the logistic function of 2μx + logit p.
  EXPECT_NEAR(gauss.truth(0.2), 1 / (1 + std::exp(-(0.8 + std::log(0.3 / 0.7)))), 1e-15);
}

// A million draws: the sample's mean of Y and of h* against their expectations, within four standard errors.
TEST(ScoreModel, DrawsFollowTheModel) {
  for (const ScoreModel& model : {ScoreModel::gauss(2, 0.3), ScoreModel::beta(0.1, 4, 0)}) {
    const ModelConstants constants = model.constants();
    Random random(7, "sample", {1});
    const int draws = 1000000;
    double labels = 0, noise = 0;
    for (int k = 0; k < draws; ++k) {
      const Draw draw = model.draw(random);
      const double truth = model.truth(draw.score);
      labels += draw.label;
      noise += (draw.label - truth) * (draw.label - truth);
    }
    EXPECT_NEAR(labels / draws, constants.positive_rate, 4 * 0.5 / 1000);
    EXPECT_NEAR(noise / draws, constants.bayes_mse, 4 * 0.3 / 1000);
  }
}

}  // namespace
}  // namespace reprise::recal
