#include "labs/recalibration/population_risk.h"

#include "stats/quadrature.h"

#include <cmath>

namespace reprise::recal {

namespace {

const stats::QuadratureRule& eight_points() {
  static const stats::QuadratureRule rule = stats::gauss_legendre(8);
  return rule;
}

// Edges of the map in the model's coordinate.
std::vector<double> coordinates(const BinMap& map, const ScoreModel& model) {
  std::vector<double> edges(map.edges.size());
  edges.front() = model.lowest();
  edges.back() = model.highest();
  for (std::size_t b = 1; b + 1 < edges.size(); ++b) edges[b] = model.coordinate(map.edges[b], map.scale);
  return edges;
}

}  // namespace

std::vector<BinRisk> bin_risks(const BinMap& map, const ScoreModel& model) {
  const std::vector<double> edges = coordinates(map, model);
  std::vector<BinRisk> risks(map.bins());
  for (std::size_t b = 0; b < risks.size(); ++b) {
    const Mass mass = model.mass(edges[b], edges[b + 1]);
    BinRisk& risk = risks[b];
    if (!(mass.all > 0)) {
      risk.truth = model.truth(edges[b]);
      continue;
    }
    risk.mass = mass.all;
    risk.truth = mass.positive / mass.all;
    const double error = map.value[b] - risk.truth;
    risk.calibration = mass.all * error * error;
    risk.sharpness = model.integrate(eight_points(), edges[b], edges[b + 1], [&](double t) {
      const double difference = model.truth(t) - risk.truth;
      return model.density(t) * difference * difference;
    });
  }
  return risks;
}

Risk population_risk(const BinMap& map, const ScoreModel& model, double bayes_mse) {
  Risk risk;
  for (const BinRisk& bin : bin_risks(map, model)) {
    risk.calibration += bin.calibration;
    risk.sharpness += bin.sharpness;
  }
  risk.total = risk.calibration + risk.sharpness;
  risk.bayes = bayes_mse;
  risk.brier = risk.total + bayes_mse;
  return risk;
}

Risk population_risk(const BinMap& map, const ScoreModel& model) {
  return population_risk(map, model, model.constants().bayes_mse);
}

Risk population_risk(const std::function<double(double)>& map, const ScoreModel& model, double bayes_mse) {
  Risk risk;
  risk.calibration = model.integrate(eight_points(), model.lowest(), model.highest(), [&](double t) {
    const double error = map(t) - model.truth(t);
    return model.density(t) * error * error;
  });
  risk.total = risk.calibration;
  risk.bayes = bayes_mse;
  risk.brier = risk.total + bayes_mse;
  return risk;
}

double brier_by_quadrature(const BinMap& map, const ScoreModel& model) {
  const std::vector<double> edges = coordinates(map, model);
  const stats::QuadratureRule rule = stats::gauss_legendre(16);
  double sum = 0;
  for (std::size_t b = 0; b < map.bins(); ++b) {
    const double answer = map.value[b];
    sum += model.integrate(rule, edges[b], edges[b + 1], [&](double t) {
      const double truth = model.truth(t);
      return model.density(t) * (truth * (1 - answer) * (1 - answer) + (1 - truth) * answer * answer);
    });
  }
  return sum;
}

BinMap ideal_map(const ScoreModel& model, std::int64_t bins) {
  BinMap map;
  map.scale = model.scale();
  map.edges.push_back(model.lowest());
  for (std::int64_t b = 1; b < bins; ++b) {
    map.edges.push_back(model.quantile(static_cast<double>(b) / static_cast<double>(bins)));
  }
  map.edges.push_back(model.highest());
  map.count.assign(static_cast<std::size_t>(bins), 0);
  for (std::size_t b = 0; b + 1 < map.edges.size(); ++b) {
    const Mass mass = model.mass(map.edges[b], map.edges[b + 1]);
    map.value.push_back(mass.positive / mass.all);
  }
  return map;
}

}  // namespace reprise::recal
