// k-medoids: the prototypes are points themselves, the loss is the sum of dissimilarities to the nearest one.
// Local search by swaps of a medoid with another point: the first swap that helps (FasterPAM, Schubert and
// Rousseeuw 2021) or the best of all swaps (PAM, Kaufman and Rousseeuw 1990). Either ends where no single
// swap helps.
//
//   const Dissimilarities distances = euclidean_dissimilarities(points);
//   MedoidSearch search(distances, {0, 5, 9}, SwapRule::First);
//   while (!search.step()) {}
//   const Medoids found = search.take();
#pragma once

#include "base/random.h"
#include "clustering/points.h"

#include <cstdint>
#include <vector>

namespace reprise::clustering {

/// Symmetric, not negative, zero on the diagonal.
struct Dissimilarities {
  std::int64_t rows = 0;
  std::vector<double> values;  ///< [rows × rows]

  const double* row(std::int64_t index) const { return values.data() + index * rows; }
};
/// Euclidean distances of the first `most` points.
Dissimilarities euclidean_dissimilarities(const Points& points, std::int64_t most);

struct Medoids {
  std::vector<std::int64_t> rows;  ///< ascending
  Labels labels;                   ///< nearest medoid of each point, ties to the smallest index
  double loss = 0;                 ///< Σ dissimilarity to it
  std::int64_t swaps = 0;
  std::uint64_t lookups = 0;  ///< of single dissimilarities
};

enum class SwapRule { First, Best };

/// One search in steps. `distances` outlives it.
class MedoidSearch {
 public:
  /// `start`: different rows, at least one.
  MedoidSearch(const Dissimilarities& distances, std::vector<std::int64_t> start, SwapRule rule);

  /// Some candidates; true when no swap lowers the loss by more than 10⁻¹² of it.
  bool step();
  Medoids take();
  /// Largest relative fall of the loss by one swap more; at most 0 when none helps. O(n²).
  double best_swap() const;

 private:
  struct Swap {
    double change = 0;  // of the loss
    std::size_t medoid = 0;
  };
  void look_up_all();
  void find_nearest_two(std::int64_t point);
  Swap best_swap_with(std::int64_t candidate) const;
  void swap_in(std::int64_t candidate, std::size_t medoid);
  bool keep_swap(std::int64_t candidate, std::size_t medoid);
  void sum_up();
  bool is_medoid(std::int64_t row) const { return is_medoid_[static_cast<std::size_t>(row)] != 0; }

  const Dissimilarities& distances_;
  SwapRule rule_;
  std::vector<std::int64_t> medoids_;
  std::vector<std::uint8_t> is_medoid_;
  std::vector<std::int32_t> nearest_, second_;              // medoid numbers of each point
  std::vector<double> nearest_distance_, second_distance_;  // d₁, d₂
  std::vector<double> removal_;  // Σ (d₂ − d₁) over the points of each medoid
  double loss_ = 0;
  std::int64_t candidate_ = 0, without_swap_ = 0;
  Swap best_;
  std::int64_t best_candidate_ = -1;
  std::int64_t swaps_ = 0;
  std::uint64_t lookups_ = 0;
  bool done_ = false;
};

/// `count` different rows of 0…rows−1, all sets equally likely.
std::vector<std::int64_t> random_medoids(std::int64_t rows, std::int64_t count, Random& random);

}  // namespace reprise::clustering
