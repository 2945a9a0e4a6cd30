// Squared Euclidean distances and nearest centres. A squared distance is one chain of additions over rising
// coordinates, whatever computes it: alone, in a block, with wide or narrow vectors, it has the same bits.
//
//   const Centers centers(prototypes);
//   assign_nearest(points, 0, points.rows, centers, labels.data());
#pragma once

#include "clustering/points.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace reprise::clustering {

/// Σ_j (a_j − b_j)², over rising j.
inline double squared_distance(const double* a, const double* b, std::int64_t dims) {
  double sum = 0;
  for (std::int64_t j = 0; j < dims; ++j) {
    const double difference = a[j] - b[j];
    sum += difference * difference;
  }
  return sum;
}

namespace cpu {
struct RowKernels;
}

/// Runs jobs 0…count−1 in any order, perhaps on several threads. Results never depend on it.
using ParallelFor = std::function<void(std::int64_t count, const std::function<void(std::int64_t)>& job)>;
/// One by one, in order.
void one_by_one(std::int64_t count, const std::function<void(std::int64_t)>& job);

/// Centres laid out for the kernels: coordinate by coordinate, in double precision and, less their mean, in
/// single precision with a bound on what that loses.
class Centers {
 public:
  /// `kernels`: of one instruction set, for measurements; by default the machine's best.
  explicit Centers(const Points& centers, const cpu::RowKernels* kernels = nullptr);

  std::int64_t count() const { return centers_.rows; }
  std::int64_t dims() const { return centers_.dims; }
  std::int64_t padded() const { return padded_; }
  const Points& points() const { return centers_; }
  /// out[r × padded() + c] = squared distance of row r to centre c, for c < count().
  void squared_distances(const double* rows, std::int64_t rows_count, double* out) const;
  /// The nearest centre of each row, ties to the smallest index; the same as by squared_distances.
  void nearest(const double* rows, std::int64_t rows_count, std::int32_t* labels) const;
  /// The same, and the distance to the second nearest; infinite with one centre.
  void nearest_two(const double* rows, std::int64_t rows_count, std::int32_t* labels, double* second) const;
  /// The same, with a distance that no other centre is closer than: the second nearest but for what single
  /// precision loses, which depends on the instruction set.
  void nearest_and_others(const double* rows, std::int64_t rows_count, std::int32_t* labels,
                          double* others) const;

 private:
  void nearest_block(const double* rows, std::int64_t rows_count, std::int32_t* labels, double* others) const;
  std::int32_t nearest_exact(const double* row) const;
  double others_exact(const double* row, std::int32_t label) const;
  double others_screened(const double* row, std::int32_t label, const float* scores, float tolerance) const;

  const cpu::RowKernels& kernels_;
  Points centers_;
  std::int64_t padded_;
  std::vector<double> transposed_;  // [dims × padded]
  std::vector<double> offset_;      // mean of the centres
  std::vector<float> narrow_;       // [dims × padded], centres less the offset
  std::vector<float> half_norms_;   // [padded], |c|²/2 of those
  double radius_ = 0;               // greatest |c| of those
  bool screens_ = true;             // whether single precision can hold them
};

/// Labels of rows [first, last) into labels[first…last).
void assign_nearest(const Points& points, std::int64_t first, std::int64_t last, const Centers& centers,
                    std::int32_t* labels);
/// Σ_i squared distance of row i to the centre of its label, in blocks of rows.
double within_cluster_sum(const Points& points, const Points& centers, const Labels& labels,
                          const ParallelFor& parallel = one_by_one);

}  // namespace reprise::clustering
