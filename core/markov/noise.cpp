#include "markov/noise.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"

#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace reprise::markov {

namespace {

constexpr double largest_sum_error = 1e-6;

std::string text_of_state(const StateSpace& space, std::size_t state) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(space.symbol(state, axis));
  }
  return text + ")";
}

}  // namespace

RankOneNoise RankOneNoise::uniform(std::size_t symbols) {
  RankOneNoise noise;
  noise.prior.assign(symbols, 1 / static_cast<double>(symbols));
  return noise;
}

RankOneNoise RankOneNoise::absorbing(std::size_t tokens) {
  RankOneNoise noise;
  noise.prior.assign(tokens + 1, 0);
  noise.prior[tokens] = 1;
  noise.mask = tokens;
  return noise;
}

RankOneNoise RankOneNoise::general(std::vector<double> prior) {
  if (prior.size() < 2) {
    throw InputError(
        Problem{"prior", std::to_string(prior.size()), "at least 2 symbols",
                "a prior of " + std::to_string(prior.size()) + " symbols; at least 2 are needed"});
  }
  double sum = 0;
  for (std::size_t symbol = 0; symbol < prior.size(); ++symbol) {
    if (!(prior[symbol] >= 0) || !std::isfinite(prior[symbol])) {
      const std::string found = number_to_text(prior[symbol]);
      throw InputError(Problem{
          "prior", found, "0…1",
          "prior of token " + std::to_string(symbol) + " is " + found + "; probabilities lie in 0…1"});
    }
    sum += prior[symbol];
  }
  if (!(std::fabs(sum - 1) <= largest_sum_error)) {
    const std::string found = number_to_text(sum);
    throw InputError(Problem{"prior", found, "1",
                             "the prior sums to " + found + " instead of 1; divide every p by that sum"});
  }
  RankOneNoise noise;
  noise.prior = std::move(prior);
  for (double& p : noise.prior) p /= sum;
  return noise;
}

bool RankOneNoise::is_uniform() const {
  const double share = 1 / static_cast<double>(prior.size());
  for (const double p : prior) {
    if (p != share) return false;
  }
  return !mask.has_value();
}

void add_noise(Law& law, const RankOneNoise& noise, double sigma) {
  if (law.space.symbols != noise.symbols() || law.p.size() != law.space.size()) {
    throw std::invalid_argument("law and noise have different symbols");
  }
  if (!(sigma >= 0)) throw std::invalid_argument("noise level below 0");
  if (sigma == 0) return;
  const double replaced = -math::expm1(-sigma);
  std::vector<double> weight(noise.prior);
  for (double& w : weight) w *= replaced;
  mix_every_axis(law.space, math::exp(-sigma), weight, law.p);
}

Law noised(const Law& law, const RankOneNoise& noise, double sigma) {
  Law result = law;
  add_noise(result, noise, sigma);
  return result;
}

void observable_before_noise(const StateSpace& space, const RankOneNoise& noise, double sigma,
                             std::vector<double>& u) {
  const double replaced = -math::expm1(-sigma);
  std::vector<double> weight(noise.prior);
  for (double& w : weight) w *= replaced;
  mix_every_axis_adjoint(space, math::exp(-sigma), weight, u);
}

Law prior_law(const RankOneNoise& noise, std::size_t length) {
  Law law{{noise.symbols(), length}, {1}};
  for (std::size_t axis = 0; axis < length; ++axis) {
    std::vector<double> longer;
    longer.reserve(law.p.size() * noise.symbols());
    for (const double before : law.p) {
      for (const double p : noise.prior) longer.push_back(before * p);
    }
    law.p = std::move(longer);
  }
  return law;
}

Law with_mask(const Law& tokens, const RankOneNoise& noise) {
  if (!noise.mask) return tokens;
  Law law{{noise.symbols(), tokens.space.length}, {}};
  if (tokens.space.symbols + 1 != noise.symbols()) {
    throw std::invalid_argument("law and noise have different tokens");
  }
  law.p.assign(law.space.size(), 0);
  for (std::size_t state = 0; state < tokens.p.size(); ++state) {
    std::size_t target = 0;
    for (std::size_t axis = 0; axis < tokens.space.length; ++axis) {
      target = target * noise.symbols() + tokens.space.symbol(state, axis);
    }
    law.p[target] = tokens.p[state];
  }
  return law;
}

void check_law(const Law& law) {
  for (std::size_t state = 0; state < law.p.size(); ++state) {
    if (law.p[state] >= 0 && std::isfinite(law.p[state])) continue;
    const std::string found = number_to_text(law.p[state]);
    throw InputError(Problem{"law", found, "0…1",
                             "the probability of state " + text_of_state(law.space, state) + " is " + found +
                                 "; probabilities lie in 0…1"});
  }
  const double sum = lane_sum(law.p.data(), law.p.size());
  if (!(std::fabs(sum - 1) <= largest_sum_error)) {
    const std::string found = number_to_text(sum);
    throw InputError(
        Problem{"law", found, "1", "the law sums to " + found + " instead of 1; divide every p by that sum"});
  }
}

}  // namespace reprise::markov
