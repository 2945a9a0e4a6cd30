#include "markov/adjoint.h"

#include <algorithm>
#include <stdexcept>

namespace reprise::markov {

double oscillation(std::span<const double> u) {
  const auto [low, high] = std::minmax_element(u.begin(), u.end());
  return *high - *low;
}

double neighbour_difference(const StateSpace& space, std::span<const double> u) {
  double largest = 0;
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    const std::size_t inner = space.stride(axis), group = inner * space.symbols;
    for (std::size_t base = 0; base < u.size(); base += group) {
      for (std::size_t i = 0; i < inner; ++i) {
        double low = u[base + i], high = low;
        for (std::size_t a = 1; a < space.symbols; ++a) {
          const double value = u[base + a * inner + i];
          low = std::min(low, value);
          high = std::max(high, value);
        }
        largest = std::max(largest, high - low);
      }
    }
  }
  return largest;
}

AdjointSolution solve_adjoint(const StateSpace& space, const std::vector<StepKernel*>& kernels,
                              std::vector<double> phi) {
  AdjointSolution solution;
  solution.u.resize(kernels.size() + 1);
  solution.u.back() = std::move(phi);
  for (std::size_t k = kernels.size(); k-- > 0;) {
    solution.u[k] = solution.u[k + 1];
    kernels[k]->pull(solution.u[k]);
  }
  for (const std::vector<double>& u : solution.u) {
    solution.oscillation.push_back(oscillation(u));
    solution.neighbour_difference.push_back(neighbour_difference(space, u));
  }
  return solution;
}

ErrorBudget error_identity(const std::vector<StepKernel*>& kernels,
                           const std::vector<StepKernel*>& exact_kernels, const std::vector<Law>& marginals,
                           const Law& start, const std::vector<double>& phi) {
  const std::size_t steps = kernels.size();
  if (marginals.size() != steps + 1 || (!exact_kernels.empty() && exact_kernels.size() != steps)) {
    throw std::invalid_argument("as many kernels as steps, one marginal more");
  }
  const auto difference = [](const std::vector<double>& a, const std::vector<double>& b,
                             const std::vector<double>& u) {
    std::vector<double> change(a.size());
    for (std::size_t y = 0; y < a.size(); ++y) change[y] = a[y] - b[y];
    return dot(change, u);
  };
  ErrorBudget budget;
  budget.score.assign(steps, 0);
  budget.discretisation.assign(steps, 0);
  std::vector<double> law = start.p;
  for (StepKernel* kernel : kernels) kernel->push(law);
  budget.total = difference(law, marginals.back().p, phi);
  std::vector<double> u = phi;
  double parts = 0;
  for (std::size_t k = steps; k-- > 0;) {
    std::vector<double> moved = marginals[k].p;
    kernels[k]->push(moved);
    if (!exact_kernels.empty()) {
      std::vector<double> exact = marginals[k].p;
      exact_kernels[k]->push(exact);
      budget.score[k] = difference(moved, exact, u);
      moved = std::move(exact);
    }
    budget.discretisation[k] = difference(moved, marginals[k + 1].p, u);
    parts += budget.score[k] + budget.discretisation[k];
    kernels[k]->pull(u);
  }
  budget.init = difference(start.p, marginals.front().p, u);
  budget.residual = budget.total - budget.init - parts;
  return budget;
}

}  // namespace reprise::markov
