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

}  // namespace

StationarySearch::StationarySearch(const TokenRates& rates) : rates_(rates) {
  constexpr std::size_t few = 256;    // eliminated even where an iteration would do
  constexpr double enough = 40;       // e^−40 is below rounding
  constexpr double rounding = 1e-14;  // of flows into a symbol against flows out of it
  const std::size_t symbols = rates.symbols();
  law_ = rates.prior();
  if (rates.refresh() > 0) {
    std::vector<double> in(symbols, 0), out(symbols, 0);
    rates.for_each_jump([&](std::size_t from, std::size_t to, double rate) {
      in[to] += rate * rates.prior()[from];
      out[from] += rate * rates.prior()[from];
    });
    done_ = true;  // jumps keep the prior
    for (std::size_t a = 0; a < symbols; ++a) {
      done_ = done_ && std::fabs(in[a] - out[a]) <= rounding * (in[a] + out[a]);
    }
    if (done_) return;
  }
  if (rates.refresh() > 0 && symbols > few) {
    rounds_ = std::ceil(enough * rates.max_exit_rate() / rates.refresh());
    next_.resize(symbols);
    return;
  }
  Edges edges(symbols);
  rates.for_each_jump([&](std::size_t from, std::size_t to, double rate) {
    edges[from].push_back({to, rate});
  });
  if (rates.refresh() > 0) {  // few symbols: a redraw is a jump to any of them
    for (std::size_t a = 0; a < symbols; ++a) {
      std::vector<double> row(symbols, 0);
      for (std::size_t b = 0; b < symbols; ++b) row[b] = a == b ? 0 : rates.refresh() * rates.prior()[b];
      for (const Edge& edge : edges[a]) row[edge.to] += edge.rate;
      edges[a].clear();
      for (std::size_t b = 0; b < symbols; ++b) {
        if (row[b] > 0) edges[a].push_back({b, row[b]});
      }
    }
  }
  members_ = closed_class(edges);
  std::vector<std::size_t> place(symbols, symbols);
  for (std::size_t i = 0; i < members_.size(); ++i) place[members_[i]] = i;
  Edges inner(members_.size());
  for (std::size_t i = 0; i < members_.size(); ++i) {
    for (const Edge& edge : edges[members_[i]]) inner[i].push_back({place[edge.to], edge.rate});
  }
  std::fill(law_.begin(), law_.end(), 0.0);
  if (const std::optional<std::vector<double>> weight = detailed_balance(inner)) {
    for (std::size_t i = 0; i < members_.size(); ++i) law_[members_[i]] = (*weight)[i];
    return;
  }
  const std::size_t n = members_.size();
  if (n > most_eliminated) {
    const std::string found = std::to_string(n) + " symbols without detailed balance";
    const std::string allowed =
        "at most " + std::to_string(most_eliminated) + ", a refresh rate above 0, or start = exact";
    throw InputError(Problem{"rates", found, allowed,
                             "rates: their stationary law has " + found + "; allowed: " + allowed});
  }
  matrix_.assign(n * n, 0);
  for (std::size_t from = 0; from < n; ++from) {
    for (const Edge& edge : inner[from]) matrix_[from * n + edge.to] = edge.rate;
  }
  left_ = n;
}

bool StationarySearch::step() {
  if (done_) return true;
  if (left_ > 1) return eliminate();
  if (rounds_ > 0) return iterate();
  return finish();
}

bool StationarySearch::finish() {
  const double sum = lane_sum(law_.data(), law_.size());
  for (double& p : law_) p /= sum;
  return done_ = true;
}

// Symbol by symbol, without subtractions: every entry keeps its relative accuracy.
bool StationarySearch::eliminate() {
  constexpr double slice = 4e6;
  const std::size_t n = members_.size();
  double* a = matrix_.data();
  for (double work = 0; left_ > 1 && work < slice; work += static_cast<double>(left_ * left_)) {
    const std::size_t k = --left_;
    double sum = 0;
    for (std::size_t j = 0; j < k; ++j) sum += a[k * n + j];
    for (std::size_t i = 0; i < k; ++i) {
      a[i * n + k] /= sum;
      const double share = a[i * n + k];
      if (share == 0) continue;
      for (std::size_t j = 0; j < k; ++j) a[i * n + j] += share * a[k * n + j];
    }
  }
  if (left_ > 1) return false;
  std::vector<double> weight(n, 0);
  weight[0] = 1;
  for (std::size_t k = 1; k < n; ++k) {
    for (std::size_t i = 0; i < k; ++i) weight[k] += weight[i] * a[i * n + k];
  }
  for (std::size_t i = 0; i < n; ++i) law_[members_[i]] = weight[i];
  return finish();
}

// Every redraw starts anew: the error shrinks by 1 − refresh/Λ each round.
bool StationarySearch::iterate() {
  constexpr double slice = 4e6;
  const std::size_t symbols = law_.size();
  const StateSpace space{symbols, 1};
  const double fastest = rates_.max_exit_rate();
  const double round_work = static_cast<double>(2 * symbols + rates_.jumps());
  for (double work = 0; rounds_ > 0 && work < slice; work += round_work, --rounds_) {
    for (std::size_t b = 0; b < symbols; ++b) next_[b] = (fastest - rates_.exit_rate(b)) * law_[b];
    rates_.add_inflow(space, 0, law_, next_);
    bool changed = false;
    for (std::size_t b = 0; b < symbols; ++b) {
      next_[b] /= fastest;
      changed = changed || next_[b] != law_[b];
    }
    law_.swap(next_);
    if (!changed) rounds_ = 1;
  }
  return rounds_ > 0 ? false : finish();
}

std::vector<double> TokenRates::stationary() const {
  StationarySearch search(*this);
  while (!search.step()) {
  }
  return search.take();
}

}  // namespace reprise::markov
