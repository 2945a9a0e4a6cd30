#include "labs/recalibration/population_risk.h"

#include "stats/quadrature.h"

#include <cmath>

namespace reprise::recal {

namespace {

const stats::QuadratureRule& eight_points() {
  static const stats::QuadratureRule rule = stats::gauss_legendre(8);
  return rule;
}

}  // namespace

std::vector<double> model_edges(const BinMap& map, const ScoreModel& model) {
  std::vector<double> edges(map.edges.size());
  edges.front() = model.lowest();
  edges.back() = model.highest();
  for (std::size_t b = 1; b + 1 < edges.size(); ++b) edges[b] = model.coordinate(map.edges[b], map.scale);
  return edges;
}

BinRisk bin_risk(double low, double high, double value, const ScoreModel& model) {
  const Mass mass = model.mass(low, high);
  BinRisk risk;
  if (!(mass.all > 0)) {
    risk.truth = model.truth(low);
    return risk;
  }
  risk.mass = mass.all;
  risk.truth = mass.positive / mass.all;
  const double error = value - risk.truth;
  risk.calibration = mass.all * error * error;
  risk.sharpness = model.integrate(eight_points(), low, high, [&](double t) {
    const double difference = model.truth(t) - risk.truth;
    return model.density(t) * difference * difference;
  });
  return risk;
}

std::vector<BinRisk> bin_risks(const BinMap& map, const ScoreModel& model) {
  const std::vector<double> edges = model_edges(map, model);
  std::vector<BinRisk> risks;
  risks.reserve(map.bins());
  for (std::size_t b = 0; b < map.bins(); ++b) {
    risks.push_back(bin_risk(edges[b], edges[b + 1], map.value[b], model));
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

double brier_of_bin(double low, double high, double value, const ScoreModel& model) {
  static const stats::QuadratureRule rule = stats::gauss_legendre(16);
  return model.integrate(rule, low, high, [&](double t) {
    const double truth = model.truth(t);
    return model.density(t) * (truth * (1 - value) * (1 - value) + (1 - truth) * value * value);
  });
}

double brier_by_quadrature(const BinMap& map, const ScoreModel& model) {
  const std::vector<double> edges = model_edges(map, model);
  double sum = 0;
  for (std::size_t b = 0; b < map.bins(); ++b) {
    sum += brier_of_bin(edges[b], edges[b + 1], map.value[b], model);
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
