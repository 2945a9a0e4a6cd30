// The stationary law of a token's rates.
#include "base/error.h"
#include "base/math.h"
#include "markov/token_rates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace reprise::markov {

namespace {

struct Edge {
  std::size_t to;
  double rate;
};
using Edges = std::vector<std::vector<Edge>>;

// Strongly connected components (Tarjan, without recursion): number of each symbol's component.
class Components {
 public:
  explicit Components(const Edges& edges)
      : edges_(edges), of_(edges.size(), none), low_(edges.size()), found_(edges.size(), none) {
    for (std::size_t root = 0; root < edges.size(); ++root) {
      if (found_[root] == none) visit(root);
    }
  }
  std::size_t of(std::size_t symbol) const { return of_[symbol]; }
  std::size_t count() const { return count_; }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  void enter(std::size_t symbol) {
    found_[symbol] = low_[symbol] = time_++;
    path_.push_back(symbol);
    open_.push_back({symbol, 0});
  }
  void visit(std::size_t root) {
    enter(root);
    while (!open_.empty()) {
      const std::size_t a = open_.back().first;
      if (open_.back().second < edges_[a].size()) {
        const std::size_t b = edges_[a][open_.back().second++].to;
        if (found_[b] == none) {
          enter(b);
        } else if (of_[b] == none) {
          low_[a] = std::min(low_[a], found_[b]);
        }
        continue;
      }
      open_.pop_back();
      if (!open_.empty()) {
        const std::size_t parent = open_.back().first;
        low_[parent] = std::min(low_[parent], low_[a]);
      }
      if (low_[a] != found_[a]) continue;
      while (true) {
        const std::size_t b = path_.back();
        path_.pop_back();
        of_[b] = count_;
        if (b == a) break;
      }
      ++count_;
    }
  }

  const Edges& edges_;
  std::vector<std::size_t> of_, low_, found_, path_;
  std::vector<std::pair<std::size_t, std::size_t>> open_;  // symbol, its next edge
  std::size_t time_ = 0, count_ = 0;
};

// The symbols that are never left once entered. InputError when there are two such sets.
std::vector<std::size_t> closed_class(const Edges& edges) {
  const Components components(edges);
  std::vector<bool> left(components.count(), false);
  for (std::size_t a = 0; a < edges.size(); ++a) {
    for (const Edge& edge : edges[a]) {
      if (components.of(edge.to) != components.of(a)) left[components.of(a)] = true;
    }
  }
  std::vector<std::size_t> members;
  for (std::size_t a = 0; a < edges.size(); ++a) {
    if (left[components.of(a)]) continue;
    if (!members.empty() && components.of(a) != components.of(members.front())) {
      const std::string found = std::to_string(members.front()) + " and " + std::to_string(a);
      throw InputError(Problem{"rates", found, "one set of symbols that is never left",
                               "rates: neither from symbol " + std::to_string(members.front()) +
                                   " nor from symbol " + std::to_string(a) +
                                   " is there a way to the other and back from all it leads to, so the noise "
                                   "never forgets where it began; allowed: one set of symbols that is never "
                                   "left (or start = exact)"});
    }
    members.push_back(a);
  }
  return members;
}

// π_a·R(a, b) = π_b·R(b, a) along a spanning tree, and checked on every other edge.
std::optional<std::vector<double>> detailed_balance(const Edges& edges) {
  constexpr double tolerance = 1e-10;
  const auto rate_of = [&](std::size_t from, std::size_t to) {
    const auto& row = edges[from];
    const auto found = std::lower_bound(
        row.begin(), row.end(), to, [](const Edge& edge, std::size_t symbol) { return edge.to < symbol; });
    return found != row.end() && found->to == to ? found->rate : 0;
  };
  std::vector<double> log_weight(edges.size(), 0);
  std::vector<bool> seen(edges.size(), false);
  std::vector<std::size_t> queue = {0};
  seen[0] = true;
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const std::size_t a = queue[at];
    for (const Edge& edge : edges[a]) {
      const double back = rate_of(edge.to, a);
      if (!(back > 0)) return std::nullopt;
      const double weight = log_weight[a] + math::log(edge.rate) - math::log(back);
      if (!seen[edge.to]) {
        seen[edge.to] = true;
        log_weight[edge.to] = weight;
        queue.push_back(edge.to);
      } else if (std::fabs(weight - log_weight[edge.to]) > tolerance * (1 + std::fabs(weight))) {
        return std::nullopt;
      }
    }
  }
  const double largest = *std::max_element(log_weight.begin(), log_weight.end());
  for (double& weight : log_weight) weight = math::exp(weight - largest);
  return log_weight;
}

// Elimination without subtractions: every entry keeps its relative accuracy.
std::vector<double> eliminate(const Edges& edges) {
  const std::size_t n = edges.size();
  std::vector<double> a(n * n, 0);
  for (std::size_t from = 0; from < n; ++from) {
    for (const Edge& edge : edges[from]) a[from * n + edge.to] = edge.rate;
  }
  for (std::size_t k = n; k-- > 1;) {
    double sum = 0;
    for (std::size_t j = 0; j < k; ++j) sum += a[k * n + j];
    for (std::size_t i = 0; i < k; ++i) {
      a[i * n + k] /= sum;
      const double share = a[i * n + k];
      if (share == 0) continue;
      for (std::size_t j = 0; j < k; ++j) a[i * n + j] += share * a[k * n + j];
    }
  }
  std::vector<double> weight(n, 0);
  weight[0] = 1;
  for (std::size_t k = 1; k < n; ++k) {
    for (std::size_t i = 0; i < k; ++i) weight[k] += weight[i] * a[i * n + k];
  }
  return weight;
}

}  // namespace

// Every refresh starts anew: the iteration's error shrinks by 1 − refresh/Λ each time.
std::vector<double> TokenRates::stationary_by_iteration() const {
  constexpr double enough = 40;  // e^−40 is below rounding
  constexpr double most_rounds = 200'000;
  const double rounds = std::min(most_rounds, std::ceil(enough * max_exit_ / refresh_));
  const StateSpace space{symbols(), 1};
  std::vector<double> law = prior_, next(law.size());
  for (double round = 0; round < rounds; ++round) {
    for (std::size_t a = 0; a < law.size(); ++a) next[a] = (max_exit_ - exit_[a]) * law[a];
    add_inflow(space, 0, law, next);
    bool changed = false;
    for (std::size_t a = 0; a < law.size(); ++a) {
      next[a] /= max_exit_;
      changed = changed || next[a] != law[a];
    }
    law.swap(next);
    if (!changed) break;
  }
  return law;
}

std::vector<double> TokenRates::stationary() const {
  if (is_rank_one()) return prior_;
  std::vector<double> law(symbols(), 0);
  if (refresh_ > 0) {
    law = stationary_by_iteration();
  } else {
    Edges edges(symbols());
    for_each_jump([&](std::size_t from, std::size_t to, double rate) { edges[from].push_back({to, rate}); });
    const std::vector<std::size_t> members = closed_class(edges);
    std::vector<std::size_t> place(symbols(), symbols());
    for (std::size_t i = 0; i < members.size(); ++i) place[members[i]] = i;
    Edges inner(members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
      for (const Edge& edge : edges[members[i]]) inner[i].push_back({place[edge.to], edge.rate});
    }
    std::optional<std::vector<double>> weight = detailed_balance(inner);
    if (!weight) {
      if (members.size() > most_eliminated) {
        const std::string found = std::to_string(members.size()) + " symbols without detailed balance";
        const std::string allowed =
            "at most " + std::to_string(most_eliminated) + ", a refresh rate above 0, or start = exact";
        throw InputError(Problem{"rates", found, allowed,
                                 "rates: their stationary law has " + found + "; allowed: " + allowed});
      }
      weight = eliminate(inner);
    }
    for (std::size_t i = 0; i < members.size(); ++i) law[members[i]] = (*weight)[i];
  }
  const double sum = lane_sum(law.data(), law.size());
  for (double& p : law) p /= sum;
  return law;
}

}  // namespace reprise::markov
