#include "markov/generator.h"

#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace reprise::markov {

namespace {

constexpr double headroom = 1 + 1e-7;      // of Λ above the largest exit rate
constexpr double longest_piece = 30;       // Λh: e^−30 is far from underflow
constexpr double negligible_mass = 1e-18;  // below half a unit in the last place of 1

/// Terms after the first until the Poisson tail is negligible, at most the a-priori bound.
std::size_t poisson_terms(double mean) {
  const auto bound = static_cast<std::size_t>(std::ceil(mean + 12 * std::sqrt(mean) + 25));
  double weight = math::exp(-mean);
  for (std::size_t j = 1; j <= bound; ++j) {
    weight *= mean / static_cast<double>(j);
    const double next = mean / static_cast<double>(j + 1);
    if (next < 0.5 && weight * next / (1 - next) < negligible_mass) return j;
  }
  return bound;
}

template <class Apply>
void exponential(const Apply& apply, double max_exit_rate, double h, std::vector<double>& values) {
  const double rate = max_exit_rate * headroom;
  if (!(rate > 0) || !(h > 0)) return;
  const UniformizationWork work = uniformization_work(max_exit_rate, h);
  const double mean = rate * (h / static_cast<double>(work.pieces));
  std::vector<double> term, change(values.size()), sum(values.size());
  const double inverse = 1 / rate;
  for (std::size_t piece = 0; piece < work.pieces; ++piece) {
    term = values;
    double weight = math::exp(-mean);
    for (std::size_t y = 0; y < values.size(); ++y) sum[y] = weight * term[y];
    for (std::size_t j = 1; j <= work.terms; ++j) {
      apply(term, change);
      weight *= mean / static_cast<double>(j);
      for (std::size_t y = 0; y < values.size(); ++y) {
        term[y] += change[y] * inverse;
        sum[y] += weight * term[y];
      }
    }
    values.swap(sum);
  }
}

}  // namespace

std::vector<double> reciprocal_or_zero(const std::vector<double>& w) {
  std::vector<double> r(w.size());
  for (std::size_t y = 0; y < w.size(); ++y) r[y] = w[y] > 0 ? 1 / w[y] : 0;
  return r;
}

FrozenGenerator::FrozenGenerator(const RankOneNoise& noise, Law w)
    : prior_(noise.prior), uniform_(noise.is_uniform()), w_(std::move(w)), r_(reciprocal_or_zero(w_.p)) {
  prepare();
}

FrozenGenerator::FrozenGenerator(const RankOneNoise& noise, Law w, std::vector<double> r)
    : prior_(noise.prior), uniform_(noise.is_uniform()), w_(std::move(w)), r_(std::move(r)) {
  prepare();
}

void FrozenGenerator::prepare() {
  const StateSpace& space = w_.space;
  const std::size_t states = space.size();
  if (prior_.size() != space.symbols || w_.p.size() != states || r_.size() != states) {
    throw std::invalid_argument("factors and noise have different shapes");
  }
  product_.resize(states);
  per_line_.resize(states / space.symbols);
  gathered_.resize(states);
  outflow_.assign(states, 0);
  std::vector<double> own(states, 0);  // Σ_i π(y_i)
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    line_sums(space, axis, w_.p.data(), per_line_.data());
    add_to_lines(space, axis, prior_, per_line_.data(), outflow_.data());
    std::fill(per_line_.begin(), per_line_.end(), 1.0);
    add_to_lines(space, axis, prior_, per_line_.data(), own.data());
  }
  for (std::size_t y = 0; y < states; ++y) {
    outflow_[y] *= r_[y];
    max_exit_rate_ = std::max(max_exit_rate_, outflow_[y] - r_[y] * w_.p[y] * own[y]);
  }
}

void FrozenGenerator::apply_law(const std::vector<double>& q, std::vector<double>& out) {
  const StateSpace& space = w_.space;
  const std::size_t states = q.size();
  const double* w = w_.p.data();
  for (std::size_t y = 0; y < states; ++y) product_[y] = r_[y] * q[y];
  const auto inflow = [&](std::size_t axis) {
    if (uniform_) {
      line_sums(space, axis, product_.data(), per_line_.data());
    } else {
      weighted_line_sums(space, axis, prior_, product_.data(), per_line_.data());
    }
  };
  const double share = uniform_ ? prior_[0] : 1.0;
  if (space.length == 1) {
    inflow(0);
    const double sum = share * per_line_[0];
    for (std::size_t y = 0; y < states; ++y) out[y] = w[y] * sum - outflow_[y] * q[y];
    return;
  }
  std::fill(gathered_.begin(), gathered_.end(), 0.0);
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    inflow(axis);
    add_to_lines(space, axis, per_line_.data(), gathered_.data());
  }
  for (std::size_t y = 0; y < states; ++y) out[y] = w[y] * (share * gathered_[y]) - outflow_[y] * q[y];
}

void FrozenGenerator::apply_observable(const std::vector<double>& u, std::vector<double>& out) {
  const StateSpace& space = w_.space;
  const std::size_t states = u.size();
  for (std::size_t y = 0; y < states; ++y) product_[y] = w_.p[y] * u[y];
  std::fill(gathered_.begin(), gathered_.end(), 0.0);
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    line_sums(space, axis, product_.data(), per_line_.data());
    if (uniform_) {
      add_to_lines(space, axis, per_line_.data(), gathered_.data());
    } else {
      add_to_lines(space, axis, prior_, per_line_.data(), gathered_.data());
    }
  }
  const double share = uniform_ ? prior_[0] : 1.0;
  for (std::size_t y = 0; y < states; ++y) out[y] = r_[y] * (share * gathered_[y]) - outflow_[y] * u[y];
}

ScoreTableGenerator::ScoreTableGenerator(const RankOneNoise& noise, const StateSpace& space,
                                         std::vector<double> score)
    : space_(space), tokens_(noise.tokens()), rate_(std::move(score)), exit_(space.size(), 0) {
  if (rate_.size() != space_.size() * space_.length * tokens_) {
    throw std::invalid_argument("score table has another shape");
  }
  std::size_t at = 0;
  for (std::size_t y = 0; y < space_.size(); ++y) {
    for (std::size_t axis = 0; axis < space_.length; ++axis) {
      const std::size_t own = space_.symbol(y, axis);
      for (std::size_t a = 0; a < tokens_; ++a, ++at) {
        rate_[at] = a == own ? 0 : rate_[at] * noise.prior[own];
        exit_[y] += rate_[at];
      }
    }
    max_exit_rate_ = std::max(max_exit_rate_, exit_[y]);
  }
}

void ScoreTableGenerator::apply_law(const std::vector<double>& q, std::vector<double>& out) {
  for (std::size_t y = 0; y < q.size(); ++y) out[y] = -exit_[y] * q[y];
  std::size_t at = 0;
  for (std::size_t y = 0; y < q.size(); ++y) {
    for (std::size_t axis = 0; axis < space_.length; ++axis) {
      const std::size_t stride = space_.stride(axis);
      const std::size_t base = y - space_.symbol(y, axis) * stride;
      for (std::size_t a = 0; a < tokens_; ++a, ++at) out[base + a * stride] += q[y] * rate_[at];
    }
  }
}

void ScoreTableGenerator::apply_observable(const std::vector<double>& u, std::vector<double>& out) {
  std::size_t at = 0;
  for (std::size_t y = 0; y < u.size(); ++y) {
    double sum = 0;
    for (std::size_t axis = 0; axis < space_.length; ++axis) {
      const std::size_t stride = space_.stride(axis);
      const std::size_t base = y - space_.symbol(y, axis) * stride;
      for (std::size_t a = 0; a < tokens_; ++a, ++at) sum += rate_[at] * u[base + a * stride];
    }
    out[y] = sum - exit_[y] * u[y];
  }
}

UniformizationWork uniformization_work(double max_exit_rate, double h) {
  const double mean = max_exit_rate * headroom * h;
  if (!(mean > 0)) return {1, 0};
  UniformizationWork work;
  work.pieces = static_cast<std::size_t>(std::max(1.0, std::ceil(mean / longest_piece)));
  work.terms = poisson_terms(mean / static_cast<double>(work.pieces));
  return work;
}

void push(Generator& generator, double h, std::vector<double>& q) {
  exponential([&](const std::vector<double>& in, std::vector<double>& out) { generator.apply_law(in, out); },
              generator.max_exit_rate(), h, q);
}

void pull(Generator& generator, double h, std::vector<double>& u) {
  exponential(
      [&](const std::vector<double>& in, std::vector<double>& out) { generator.apply_observable(in, out); },
      generator.max_exit_rate(), h, u);
}

}  // namespace reprise::markov
