// Scatter matrices of groups of points and their spectra.
#pragma once

#include "clustering/points.h"
#include "stats/symmetric_eigen.h"

#include <cstdint>
#include <span>
#include <vector>

namespace reprise::protoclust {

/// Σ (x − center)(x − center)ᵀ over some rows, in slices; the Gram matrix of the rows when that is smaller.
/// Both have the same eigenvalues but for zeros.
class Scatter {
 public:
  /// `rows` and `center` outlive it.
  Scatter(const clustering::Points& points, std::span<const std::int64_t> rows, const double* center);
  /// Some ten million multiplications; true when the matrix is complete.
  bool step();
  bool is_gram() const { return gram_; }
  std::int64_t size() const { return size_; }
  stats::SymmetricEigen eigen(bool want_vectors) const {
    return stats::symmetric_eigen(matrix_, size_, want_vectors);
  }

 private:
  const clustering::Points& points_;
  std::span<const std::int64_t> rows_;
  const double* center_;
  bool gram_;
  std::int64_t size_;
  std::vector<double> matrix_;
  std::size_t done_ = 0;
};

}  // namespace reprise::protoclust
