// Eigenvalues and eigenvectors of a symmetric matrix: Householder reflections to three diagonals, then the
// implicit QL iteration (Bowdler, Martin, Reinsch, Wilkinson 1968). Only + − × ÷ sqrt: the same bits
// everywhere.
#pragma once

#include <cstdint>
#include <vector>

namespace reprise::stats {

struct SymmetricEigen {
  std::vector<double> values;  ///< falling
  std::vector<double>
      vectors;  ///< [size × size], the eigenvector of values[a] is row a; empty when not wanted
};

/// `matrix`: [size × size]; only its lower triangle is read. std::runtime_error when it is not finite.
SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::int64_t size, bool want_vectors);

}  // namespace reprise::stats
