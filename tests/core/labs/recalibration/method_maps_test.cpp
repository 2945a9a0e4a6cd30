// All methods side by side: the same maps as fitted one by one, and the same bits after a detour through
// bytes.
#include "labs/recalibration/method_maps.h"

#include "base/error.h"
#include "base/random.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

namespace reprise::recal {
namespace {

struct Rows {
  std::vector<double> score;
  std::vector<std::uint8_t> label;
};

/// Uniform scores; labels that rise with them, or fall.
Rows draw(int rows, bool falling, bool logits) {
  Random random(3, "method-maps", {});
  Rows drawn;
  for (int row = 0; row < rows; ++row) {
    const double z = random.uniform();
    drawn.score.push_back(logits ? 8 * z - 4 : z);
    drawn.label.push_back(random.bernoulli(falling ? 1 - z : z) ? 1 : 0);
  }
  return drawn;
}

MethodMaps fit(const Rows& rows, ScoreScale scale, const MethodOptions& options) {
  TrainingRows training;
  training.sorted = SortedScores(rows.score, rows.label, scale);
  MethodFitter fitter(std::move(training), options);
  while (!fitter.step()) {
  }
  EXPECT_TRUE(fitter.failures().empty());
  return fitter.take_maps();
}

bool same_bits(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

TEST(MethodMaps, AgreeWithTheMethodsFittedOneByOne) {
  const Rows rows = draw(500, false, false);
  const MethodMaps maps =
      fit(rows, ScoreScale::Probability, {12, EdgeRule::OrderStatistic, TiePolicy::Merge});
  const SortedScores sorted(rows.score, rows.label);
  const Isotonic isotonic = fit_isotonic(sorted);
  const BinMap mass = fit_histogram(sorted, 12, EdgeRule::OrderStatistic, TiePolicy::Merge);
  const BinMap width = fit_histogram(sorted, 12, EdgeRule::UniformWidth, TiePolicy::Merge);
  for (const double z : {0.0, .1, .37, .5, .99, 1.0}) {
    const std::array<double, method_count> p = maps.predict(z);
    EXPECT_EQ(p[index_of(Method::Identity)], z);
    EXPECT_EQ(p[index_of(Method::Isotonic)], isotonic(z));
    EXPECT_EQ(p[index_of(Method::UniformMass)], mass(z));
    EXPECT_EQ(p[index_of(Method::UniformWidth)], width(z));
    EXPECT_EQ(p[index_of(Method::BaseRate)], sorted.base_rate());
    // Platt on rows in another order: sums differ in the last bits.
    EXPECT_NEAR(p[index_of(Method::Platt)], fit_platt(rows.score, rows.label)(z), 1e-9);
    EXPECT_NEAR(p[index_of(Method::Temperature)], fit_temperature(rows.score, rows.label)(z), 1e-9);
    EXPECT_NEAR(p[index_of(Method::ScalingBinning)], fit_scaling_binning(rows.score, rows.label, 12)(z),
                1e-9);
  }
}

TEST(MethodMaps, OneMethodAloneGivesTheSameBits) {
  for (const bool logits : {false, true}) {
    const ScoreScale scale = logits ? ScoreScale::Logit : ScoreScale::Probability;
    const MethodMaps maps = fit(draw(300, logits, logits), scale, {5, EdgeRule::InterpolatedQuantile, {}});
    for (const double z : {.01, .4, .77, 1.0}) {
      const std::array<double, method_count> all = maps.predict(z);
      for (std::size_t method = 0; method < method_count; ++method)
        EXPECT_TRUE(same_bits(maps.predict(static_cast<Method>(method), z), all[method])) << method;
    }
  }
}

TEST(MethodMaps, BytesReadBackTheSame) {
  const MethodMaps maps = fit(draw(300, true, true), ScoreScale::Logit, {7, EdgeRule::OrderStatistic, {}});
  const std::vector<std::byte> bytes = maps.to_bytes();
  const MethodMaps copy = MethodMaps::from_bytes(bytes);
  EXPECT_EQ(copy.to_bytes(), bytes);
  for (const double z : {-3.9, -.1, 0.0, 2.5}) {
    const auto before = maps.predict(z), after = copy.predict(z);
    for (std::size_t method = 0; method < method_count; ++method)
      EXPECT_TRUE(same_bits(before[method], after[method])) << method;
  }
  EXPECT_THROW(MethodMaps::from_bytes(std::span(bytes).first(bytes.size() - 1)), InputError);
}

TEST(MethodMaps, WhatCannotBeFittedStaysAbsent) {
  TrainingRows training;
  training.sorted = SortedScores(std::vector<double>{.1, .2, .3}, std::vector<std::uint8_t>{1, 1, 1});
  MethodFitter fitter(std::move(training), {1, EdgeRule::OrderStatistic, TiePolicy::Merge});
  while (!fitter.step()) {
  }
  EXPECT_EQ(fitter.failures().size(), 3U);  // Platt, temperature, scaling-binning
  const MethodMaps copy = MethodMaps::from_bytes(fitter.take_maps().to_bytes());
  EXPECT_FALSE(copy.platt || copy.temperature || copy.scaling_binning);
  EXPECT_TRUE(std::isnan(copy.predict(Method::Platt, .2)));
  EXPECT_EQ(copy.predict(Method::UniformMass, .2), 1);
}

}  // namespace
}  // namespace reprise::recal
