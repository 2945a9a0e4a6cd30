#include "markov/integral_metrics.h"

#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace reprise::markov {

double total_variation(const std::vector<double>& q, const std::vector<double>& p) {
  std::vector<double> difference(q.size());
  for (std::size_t x = 0; x < q.size(); ++x) difference[x] = std::fabs(q[x] - p[x]);
  return lane_sum(difference.data(), difference.size()) / 2;
}

double kl_divergence(const std::vector<double>& p, const std::vector<double>& q) {
  std::vector<double> term(p.size(), 0);
  for (std::size_t x = 0; x < p.size(); ++x) {
    if (p[x] <= 0) continue;
    if (!(q[x] > 0)) return std::numeric_limits<double>::infinity();
    // p·ln(p/q) + q − p: the same sum, every term of it non-negative and small where p is near q.
    const double change = (q[x] - p[x]) / p[x];
    term[x] = std::fabs(change) < 0.5 ? p[x] * (change - math::log1p(change))
                                      : p[x] * math::log(p[x] / q[x]) + (q[x] - p[x]);
  }
  for (std::size_t x = 0; x < p.size(); ++x) {
    if (p[x] <= 0) term[x] = q[x];
  }
  return lane_sum(term.data(), term.size());
}

void apply_hamming_kernel(const StateSpace& space, double gamma, std::vector<double>& v) {
  const std::vector<double> weight(space.symbols, math::exp(-gamma));
  mix_every_axis(space, -math::expm1(-gamma), weight, v);
}

double mmd_hamming(const StateSpace& space, double gamma, const std::vector<double>& q,
                   const std::vector<double>& p) {
  std::vector<double> difference(q.size());
  for (std::size_t x = 0; x < q.size(); ++x) difference[x] = q[x] - p[x];
  std::vector<double> smoothed = difference;
  apply_hamming_kernel(space, gamma, smoothed);
  return std::sqrt(std::max(0.0, dot(difference, smoothed)));
}

double w1_ordered(const std::vector<double>& q, const std::vector<double>& p) {
  double difference = 0, sum = 0;
  for (std::size_t x = 0; x + 1 < q.size(); ++x) {
    difference += q[x] - p[x];
    sum += std::fabs(difference);
  }
  return sum / static_cast<double>(q.size());
}

double mmd_oscillation(std::size_t length, double gamma) {
  return std::sqrt(-2 * math::expm1(-gamma * static_cast<double>(length)));
}

namespace {

constexpr double nothing = 1e-17;  // mass below this is rounding

std::size_t hamming_distance(const StateSpace& space, std::size_t x, std::size_t y) {
  std::size_t distance = 0;
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    distance += space.symbol(x, axis) != space.symbol(y, axis) ? 1 : 0;
  }
  return distance;
}

// Transport from states with too much mass to states with too little; costs are whole numbers, so that path
// lengths are compared exactly.
class Transport {
 public:
  Transport(const StateSpace& space, const std::vector<double>& q, const std::vector<double>& p) {
    std::vector<std::size_t> from, to;
    for (std::size_t x = 0; x < q.size(); ++x) {
      const double excess = q[x] - p[x];
      if (excess > nothing) {
        from.push_back(x);
        supply_.push_back(excess);
      } else if (excess < -nothing) {
        to.push_back(x);
        demand_.push_back(-excess);
      }
    }
    cost_.resize(from.size() * to.size());
    flow_.assign(cost_.size(), 0);
    for (std::size_t i = 0; i < from.size(); ++i) {
      for (std::size_t j = 0; j < to.size(); ++j) {
        cost_[i * to.size() + j] = static_cast<int>(hamming_distance(space, from[i], to[j]));
      }
    }
  }

  double cost() {
    while (augment()) {
    }
    double sum = 0;
    for (std::size_t arc = 0; arc < flow_.size(); ++arc) sum += flow_[arc] * cost_[arc];
    return sum;
  }

 private:
  static constexpr int unreached = std::numeric_limits<int>::max() / 2;
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  // Moves mass along a shortest path of the residual graph; false when nothing is left to move.
  bool augment() {
    const std::size_t sources = supply_.size(), sinks = demand_.size();
    std::vector<int> source_distance(sources, unreached), sink_distance(sinks, unreached);
    std::vector<std::size_t> source_before(sources, none), sink_before(sinks, none);
    for (std::size_t i = 0; i < sources; ++i) {
      if (supply_[i] > nothing) source_distance[i] = 0;
    }
    for (bool changed = true; changed;) {  // Bellman–Ford; there is no negative cycle
      changed = false;
      for (std::size_t i = 0; i < sources; ++i) {
        if (source_distance[i] == unreached) continue;
        for (std::size_t j = 0; j < sinks; ++j) {
          const int distance = source_distance[i] + cost_[i * sinks + j];
          if (distance >= sink_distance[j]) continue;
          sink_distance[j] = distance;
          sink_before[j] = i;
          changed = true;
        }
      }
      for (std::size_t j = 0; j < sinks; ++j) {
        if (sink_distance[j] == unreached) continue;
        for (std::size_t i = 0; i < sources; ++i) {
          if (!(flow_[i * sinks + j] > nothing)) continue;
          const int distance = sink_distance[j] - cost_[i * sinks + j];
          if (distance >= source_distance[i]) continue;
          source_distance[i] = distance;
          source_before[i] = j;
          changed = true;
        }
      }
    }
    std::size_t end = none;
    for (std::size_t j = 0; j < sinks; ++j) {
      if (!(demand_[j] > nothing) || sink_distance[j] == unreached) continue;
      if (end == none || sink_distance[j] < sink_distance[end]) end = j;
    }
    if (end == none) return false;

    double amount = demand_[end];
    for (std::size_t j = end;;) {
      const std::size_t i = sink_before[j];
      if (source_before[i] == none) {
        amount = std::min(amount, supply_[i]);
        break;
      }
      j = source_before[i];
      amount = std::min(amount, flow_[i * sinks + j]);
    }
    demand_[end] -= amount;
    for (std::size_t j = end;;) {
      const std::size_t i = sink_before[j];
      flow_[i * sinks + j] += amount;
      if (source_before[i] == none) {
        supply_[i] -= amount;
        break;
      }
      j = source_before[i];
      flow_[i * sinks + j] -= amount;
    }
    return true;
  }

  std::vector<double> supply_, demand_, flow_;
  std::vector<int> cost_;
};

}  // namespace

double w1_hamming(const StateSpace& space, const std::vector<double>& q, const std::vector<double>& p) {
  if (space.length == 1) return total_variation(q, p);
  if (q.size() > most_transport_states) throw std::invalid_argument("too many states for exact transport");
  return Transport(space, q, p).cost();
}

}  // namespace reprise::markov
