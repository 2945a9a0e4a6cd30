// Plain dense matrices: what the structured code is compared with.
#pragma once

#include "base/random.h"
#include "markov/generator.h"

#include <cmath>
#include <vector>

namespace reprise::testing {

using Matrix = std::vector<std::vector<double>>;

inline Matrix identity(std::size_t n) {
  Matrix m(n, std::vector<double>(n, 0));
  for (std::size_t i = 0; i < n; ++i) m[i][i] = 1;
  return m;
}

inline Matrix times(const Matrix& a, const Matrix& b) {
  Matrix c(a.size(), std::vector<double>(b[0].size(), 0));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t k = 0; k < b.size(); ++k) {
      for (std::size_t j = 0; j < b[0].size(); ++j) c[i][j] += a[i][k] * b[k][j];
    }
  }
  return c;
}

/// e^(h·m) by scaling and squaring of the Taylor series.
inline Matrix exponential(Matrix m, double h) {
  double norm = 0;
  for (const auto& row : m) {
    double sum = 0;
    for (const double x : row) sum += std::fabs(x);
    norm = std::max(norm, sum);
  }
  int squarings = 0;
  while (norm * h > 0.25) {
    h /= 2;
    ++squarings;
  }
  for (auto& row : m) {
    for (double& x : row) x *= h;
  }
  Matrix sum = identity(m.size()), term = sum;
  for (int k = 1; k < 24; ++k) {
    term = times(term, m);
    for (std::size_t i = 0; i < m.size(); ++i) {
      for (std::size_t j = 0; j < m.size(); ++j) {
        term[i][j] /= k;
        sum[i][j] += term[i][j];
      }
    }
  }
  for (int k = 0; k < squarings; ++k) sum = times(sum, sum);
  return sum;
}

/// Rates π(y_i)·w(y^{i→a})·r(y) between states that differ in one token; rows sum to 0.
inline Matrix frozen_matrix(const markov::StateSpace& space, const std::vector<double>& prior,
                            const std::vector<double>& w, const std::vector<double>& r) {
  Matrix q(space.size(), std::vector<double>(space.size(), 0));
  for (std::size_t y = 0; y < space.size(); ++y) {
    for (std::size_t i = 0; i < space.length; ++i) {
      for (std::size_t a = 0; a < space.symbols; ++a) {
        const std::size_t own = space.symbol(y, i);
        if (a == own) continue;
        const std::size_t x = y + (a - own) * space.stride(i);
        q[y][x] += prior[own] * w[x] * r[y];
        q[y][y] -= prior[own] * w[x] * r[y];
      }
    }
  }
  return q;
}

inline std::vector<double> row_times(const std::vector<double>& q, const Matrix& m) {
  return times({q}, m)[0];
}

inline std::vector<double> times_column(const Matrix& m, const std::vector<double>& u) {
  std::vector<double> out(m.size(), 0);
  for (std::size_t i = 0; i < m.size(); ++i) {
    for (std::size_t j = 0; j < u.size(); ++j) out[i] += m[i][j] * u[j];
  }
  return out;
}

inline std::vector<double> random_numbers(std::size_t n, std::uint64_t seed) {
  Random random(seed, "numbers");
  std::vector<double> values(n);
  for (double& value : values) value = random.uniform();
  return values;
}

inline markov::Law random_law(const markov::StateSpace& space, std::uint64_t seed) {
  markov::Law law{space, random_numbers(space.size(), seed)};
  double sum = 0;
  for (const double p : law.p) sum += p;
  for (double& p : law.p) p /= sum;
  return law;
}

inline double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    largest = std::max(largest, std::fabs(a[i] - b[i]));
  }
  return largest;
}

}  // namespace reprise::testing
