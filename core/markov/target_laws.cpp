#include "markov/target_laws.h"

#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace reprise::markov {

namespace {

void normalise(std::vector<double>& p) {
  const double sum = lane_sum(p.data(), p.size());
  for (double& value : p) value /= sum;
}

}  // namespace

double draw_gamma(Random& random, double shape) {
  if (shape < 1) {
    const double larger = draw_gamma(random, shape + 1);
    return larger * math::exp(math::log(random.uniform_open()) / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.normal();
    const double root = 1 + c * x;
    const double u = random.uniform_open();
    if (root <= 0) continue;
    const double v = root * root * root;
    if (math::log(u) < x * x / 2 + d - d * v + d * math::log(v)) return d * v;
  }
}

Law sparse_law(const StateSpace& space) {
  Law law{space, std::vector<double>(space.size(), 0)};
  const std::size_t symbols = space.symbols;
  const std::size_t apart = std::max<std::size_t>(1, symbols / 8) + 1;
  double mass = 1;
  for (std::size_t j = 0; j < 8; ++j) {
    mass /= 2;
    std::size_t state = 0;
    for (std::size_t axis = 0; axis < space.length; ++axis) {
      state = state * symbols + (3 * axis + j * apart) % symbols;
    }
    law.p[state] += mass;
  }
  normalise(law.p);
  return law;
}

Law zipf_law(const StateSpace& space) {
  Law law{space, {}};
  law.p.reserve(space.size());
  for (std::size_t state = 0; state < space.size(); ++state) {
    std::size_t before = space.symbol(state, 0);
    double p = 1 / (1 + static_cast<double>(before));
    for (std::size_t axis = 1; axis < space.length; ++axis) {
      const std::size_t here = space.symbol(state, axis);
      p /= 1 + static_cast<double>(here > before ? here - before : before - here);
      before = here;
    }
    law.p.push_back(p);
  }
  normalise(law.p);
  return law;
}

Law dirichlet_law(const StateSpace& space, double concentration, Random random) {
  Law law{space, std::vector<double>(space.size())};
  for (double& p : law.p) p = draw_gamma(random, concentration) + 1e-12;
  normalise(law.p);
  return law;
}

Law chain_law(const StateSpace& space, Random random) {
  const std::size_t symbols = space.symbols;
  std::vector<double> transition(symbols * symbols);
  for (std::size_t row = 0; row < symbols; ++row) {
    double sum = 0;
    for (std::size_t a = 0; a < symbols; ++a) {
      transition[row * symbols + a] = draw_gamma(random, 0.5) + 1e-12;
      sum += transition[row * symbols + a];
    }
    for (std::size_t a = 0; a < symbols; ++a) transition[row * symbols + a] /= sum;
  }
  Law law{{symbols, 1}, std::vector<double>(symbols, 1 / static_cast<double>(symbols))};
  for (std::size_t axis = 1; axis < space.length; ++axis) {
    std::vector<double> longer;
    longer.reserve(law.p.size() * symbols);
    for (std::size_t state = 0; state < law.p.size(); ++state) {
      const std::size_t last = state % symbols;
      for (std::size_t a = 0; a < symbols; ++a) {
        longer.push_back(law.p[state] * transition[last * symbols + a]);
      }
    }
    law.p = std::move(longer);
  }
  law.space = space;
  return law;
}

}  // namespace reprise::markov
