#include "stats/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace reprise::stats {

namespace {

constexpr int most_iterations = 60;  // of one eigenvalue; two are usual

/// a becomes Q with A = Q T Qᵀ (row i of Qᵀ is column i), T on `diagonal` and `beside` (entry i: between i−1
/// and i).
void to_three_diagonals(std::vector<double>& a, std::size_t n, std::vector<double>& diagonal,
                        std::vector<double>& beside, bool want_vectors) {
  const auto at = [&a, n](std::size_t r, std::size_t c) -> double& { return a[r * n + c]; };
  for (std::size_t i = n - 1; i > 0; --i) {
    double h = 0;
    if (i > 1) {
      double scale = 0;
      for (std::size_t k = 0; k < i; ++k) scale += std::fabs(at(i, k));
      if (scale == 0) {
        beside[i] = at(i, i - 1);
      } else {
        for (std::size_t k = 0; k < i; ++k) {
          at(i, k) /= scale;
          h += at(i, k) * at(i, k);
        }
        double f = at(i, i - 1);
        const double g = f >= 0 ? -std::sqrt(h) : std::sqrt(h);
        beside[i] = scale * g;
        h -= f * g;
        at(i, i - 1) = f - g;
        // p = A u / h, in `beside`, reading the lower triangle row by row.
        std::fill(beside.begin(), beside.begin() + static_cast<std::ptrdiff_t>(i), 0.0);
        for (std::size_t j = 0; j < i; ++j) {
          const double u = at(i, j);
          double sum = 0;
          for (std::size_t k = 0; k < j; ++k) {
            sum += at(j, k) * at(i, k);
            beside[k] += at(j, k) * u;
          }
          beside[j] += sum + at(j, j) * u;
        }
        f = 0;
        for (std::size_t j = 0; j < i; ++j) {
          beside[j] /= h;
          f += beside[j] * at(i, j);
        }
        const double half = f / (h + h);
        for (std::size_t j = 0; j < i; ++j) beside[j] -= half * at(i, j);
        for (std::size_t j = 0; j < i; ++j) {
          const double u = at(i, j), p = beside[j];
          for (std::size_t k = 0; k <= j; ++k) at(j, k) -= u * beside[k] + p * at(i, k);
        }
        beside[i] = scale * g;
      }
    } else {
      beside[i] = at(i, i - 1);
    }
    diagonal[i] = h;
  }
  beside[0] = 0;
  if (!want_vectors) {
    for (std::size_t i = 0; i < n; ++i) diagonal[i] = at(i, i);
    return;
  }
  // Rows of `a` hold u; the product of the reflections is built up from the smallest.
  std::vector<double> along(n);
  diagonal[0] = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (diagonal[i] != 0) {
      std::fill(along.begin(), along.begin() + static_cast<std::ptrdiff_t>(i), 0.0);
      for (std::size_t k = 0; k < i; ++k) {
        const double u = at(i, k);
        for (std::size_t j = 0; j < i; ++j) along[j] += u * at(k, j);
      }
      for (std::size_t k = 0; k < i; ++k) {
        const double u = at(i, k) / diagonal[i];
        for (std::size_t j = 0; j < i; ++j) at(k, j) -= along[j] * u;
      }
    }
    diagonal[i] = at(i, i);
    at(i, i) = 1;
    for (std::size_t j = 0; j < i; ++j) at(j, i) = at(i, j) = 0;
  }
  for (std::size_t r = 0; r < n; ++r) {  // columns are vectors; rotations below want them as rows
    for (std::size_t c = 0; c < r; ++c) std::swap(at(r, c), at(c, r));
  }
}

void iterate(std::vector<double>& diagonal, std::vector<double>& beside, std::vector<double>& vectors,
             std::size_t n, bool want_vectors) {
  std::rotate(beside.begin(), beside.begin() + 1, beside.end());  // entry i: between i and i+1
  beside[n - 1] = 0;
  for (std::size_t l = 0; l < n; ++l) {
    for (int iteration = 0;; ++iteration) {
      std::size_t m = l;
      for (; m + 1 < n; ++m) {
        const double sum = std::fabs(diagonal[m]) + std::fabs(diagonal[m + 1]);
        if (std::fabs(beside[m]) <= std::numeric_limits<double>::epsilon() * 0.5 * sum) break;
      }
      if (m == l) break;
      if (iteration == most_iterations)
        throw std::runtime_error("the eigenvalue iteration does not converge");
      double g = (diagonal[l + 1] - diagonal[l]) / (2 * beside[l]);
      double r = std::sqrt(g * g + 1);
      g = diagonal[m] - diagonal[l] + beside[l] / (g + (g >= 0 ? r : -r));
      double s = 1, c = 1, p = 0;
      bool underflow = false;
      for (std::size_t i = m; i-- > l;) {
        double f = s * beside[i];
        const double b = c * beside[i];
        const double scale = std::max(std::fabs(f), std::fabs(g));
        r = scale == 0 ? 0 : scale * std::sqrt((f / scale) * (f / scale) + (g / scale) * (g / scale));
        beside[i + 1] = r;
        if (r == 0) {
          diagonal[i + 1] -= p;
          beside[m] = 0;
          underflow = true;
          break;
        }
        s = f / r;
        c = g / r;
        g = diagonal[i + 1] - p;
        r = (diagonal[i] - g) * s + 2 * c * b;
        p = s * r;
        diagonal[i + 1] = g + p;
        g = c * r - b;
        if (!want_vectors) continue;
        double* low = vectors.data() + i * n;
        double* high = low + n;
        for (std::size_t k = 0; k < n; ++k) {
          f = high[k];
          high[k] = s * low[k] + c * f;
          low[k] = c * low[k] - s * f;
        }
      }
      if (underflow) continue;
      diagonal[l] -= p;
      beside[l] = g;
      beside[m] = 0;
    }
  }
}

}  // namespace

SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::int64_t size, bool want_vectors) {
  const auto n = static_cast<std::size_t>(size);
  SymmetricEigen result;
  if (n == 0) return result;
  std::vector<double> diagonal(n), beside(n);
  to_three_diagonals(matrix, n, diagonal, beside, want_vectors);
  iterate(diagonal, beside, matrix, n, want_vectors);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return diagonal[a] > diagonal[b]; });
  for (const std::size_t from : order) {
    result.values.push_back(diagonal[from]);
    if (want_vectors)
      result.vectors.insert(result.vectors.end(), matrix.begin() + static_cast<std::ptrdiff_t>(from * n),
                            matrix.begin() + static_cast<std::ptrdiff_t>((from + 1) * n));
  }
  return result;
}

}  // namespace reprise::stats
