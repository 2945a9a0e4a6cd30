#include "stats/symmetric_eigen.h"

#include "base/random.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::stats {
namespace {

TEST(SymmetricEigen, ClosedForms) {
  // [[2, 1], [1, 2]]: 3 and 1.
  const SymmetricEigen two = symmetric_eigen({2, 1, 1, 2}, 2, true);
  EXPECT_NEAR(two.values[0], 3, 1e-15);
  EXPECT_NEAR(two.values[1], 1, 1e-15);
  EXPECT_NEAR(std::fabs(two.vectors[0] + two.vectors[1]), std::sqrt(2.0), 1e-15);
  // Second differences: 2 − 2 cos(jπ/(n + 1)).
  const std::int64_t n = 60;
  std::vector<double> matrix(static_cast<std::size_t>(n * n));
  for (std::int64_t i = 0; i < n; ++i) {
    matrix[static_cast<std::size_t>(i * n + i)] = 2;
    if (i > 0) matrix[static_cast<std::size_t>(i * n + i - 1)] = -1;
  }
  const SymmetricEigen chain = symmetric_eigen(matrix, n, false);
  for (std::int64_t j = 0; j < n; ++j)
    EXPECT_NEAR(chain.values[static_cast<std::size_t>(n - 1 - j)],
                2 - 2 * std::cos(static_cast<double>(j + 1) * std::acos(-1.0) / (n + 1)), 1e-13);
  EXPECT_EQ(symmetric_eigen({5}, 1, true).vectors, std::vector<double>{1});
  EXPECT_EQ(symmetric_eigen({0, 0, 0, 0}, 2, false).values, (std::vector<double>{0, 0}));
}

TEST(SymmetricEigen, VectorsRebuildTheMatrix) {
  Random random(3, "matrix");
  for (const std::int64_t n : {2, 3, 7, 40}) {
    const auto size = static_cast<std::size_t>(n);
    std::vector<double> matrix(size * size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j <= i; ++j) matrix[i * size + j] = matrix[j * size + i] = random.normal();
    }
    const SymmetricEigen eigen = symmetric_eigen(matrix, n, true);
    const SymmetricEigen values_only = symmetric_eigen(matrix, n, false);
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_NEAR(eigen.values[i], values_only.values[i], 1e-12);
      for (std::size_t j = 0; j < size; ++j) {
        double rebuilt = 0, product = 0;
        for (std::size_t a = 0; a < size; ++a) {
          rebuilt += eigen.values[a] * eigen.vectors[a * size + i] * eigen.vectors[a * size + j];
          product += eigen.vectors[i * size + a] * eigen.vectors[j * size + a];
        }
        EXPECT_NEAR(rebuilt, matrix[i * size + j], 1e-12);
        EXPECT_NEAR(product, i == j ? 1 : 0, 1e-13);
      }
    }
  }
}

}  // namespace
}  // namespace reprise::stats
