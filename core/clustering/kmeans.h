// k-means: Lloyd's iteration with or without bounds that skip distances (Hamerly 2010, Elkan 2003), starts by
// k-means++ (Arthur and Vassilvitskii 2007), single-point moves (Hartigan 1975).
//
// All three methods give the same labels at every iteration: bounds are kept on the safe side of rounding,
// and a distance is skipped only when the bound says strictly greater.
//
//   KMeans run(points, seed_plus_plus(points, 10, random), {});
//   while (!run.step()) {}
//   const Clustering found = run.take();
#pragma once

#include "base/random.h"
#include "clustering/cluster_sums.h"
#include "clustering/distances.h"
#include "clustering/points.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace reprise::clustering {

struct Clustering {
  Points prototypes;   ///< [clusters × dims]
  Labels labels;       ///< nearest prototype of each point
  double loss = 0;     ///< Σ squared distance to it
  int iterations = 0;  ///< assignments, the first one included
  std::uint64_t distance_evaluations = 0;
  int empty_fixes = 0;  ///< empty clusters that were moved to the farthest point
  bool converged = false;
};

enum class KMeansMethod { Lloyd, Hamerly, Elkan };

struct KMeansOptions {
  KMeansMethod method = KMeansMethod::Lloyd;
  int max_iterations = 300;  ///< assignments
  double tolerance = 0;      ///< 0: until no label changes; else until the loss falls by a smaller share
  /// Hamerly: bounds from single precision. Faster, and the same labels and loss; but how many distances are
  /// computed then depends on the instruction set.
  bool screened_bounds = false;
  const cpu::RowKernels* kernels = nullptr;  ///< of one instruction set, for measurements
};

/// One run in steps. `points` outlive it.
class KMeans {
 public:
  KMeans(const Points& points, Points start, const KMeansOptions& options);
  ~KMeans();

  /// One block of rows, or one update of the prototypes; true when the run has ended.
  bool step();
  /// One assignment and one update; true when the run has ended. The same numbers as by step(), whatever
  /// runs the jobs.
  bool iterate(const ParallelFor& parallel);
  int iterations() const { return result_.iterations; }
  /// Labels and prototypes as they are: after an assignment the labels belong to these prototypes.
  const Clustering& state() const { return result_; }
  Clustering take();

 private:
  struct Bounds;
  void begin_assignment();
  void assign_block(std::int64_t block);
  void assign_rows_hamerly(std::int64_t first, std::int64_t last, std::uint64_t& evaluations);
  void assign_rows_elkan(std::int64_t first, std::int64_t last, std::uint64_t& evaluations);
  bool end_assignment(const ParallelFor& parallel);
  void move_prototypes();
  void fix_empty_clusters(Points& moved);

  const Points& points_;
  KMeansOptions options_;
  Clustering result_;
  ClusterSums sums_;
  std::unique_ptr<Centers> centers_;
  std::unique_ptr<Bounds> bounds_;
  std::vector<std::uint64_t> evaluations_;  // per block
  std::vector<std::uint8_t> changed_;       // per block
  std::int64_t block_ = 0;
  double last_loss_ = 0;
  bool done_ = false;
};

/// A whole run.
Clustering kmeans(const Points& points, Points start, const KMeansOptions& options = {},
                  const ParallelFor& parallel = one_by_one);

/// `clusters` rows of the points, the first uniform, the others with probability ∝ cost(squared distance to
/// the nearest one before), by default the squared distance itself. `candidates` > 1: the best of so many
/// each time (greedy). Seeds are different points as long as there are enough. `kernels` as in KMeansOptions.
Points seed_plus_plus(const Points& points, std::int64_t clusters, Random& random,
                      std::int64_t candidates = 1, const std::function<double(double)>& cost = nullptr,
                      const ParallelFor& parallel = one_by_one, const cpu::RowKernels* kernels = nullptr);
/// 2 + ⌊ln clusters⌋ candidates, the greedy variant's usual number.
std::int64_t greedy_candidates(std::int64_t clusters);
/// `clusters` different rows, all sets equally likely.
Points seed_random_rows(const Points& points, std::int64_t clusters, Random& random);

/// Single-point moves in index order until a sweep moves nothing (at most `max_sweeps`): a point goes where
/// the k-means loss falls by more than 10⁻¹² of what leaving saves. Prototypes become means. A point whose
/// cluster is far from all others is left in place without a look at them, which changes no bit.
class HartiganMoves {
 public:
  /// `points` outlive it.
  HartiganMoves(const Points& points, Clustering clustering, int max_sweeps = 50);
  bool step();  ///< some rows; true when the moves have ended
  std::int64_t moves() const { return moves_; }
  Clustering take() { return std::move(result_); }

 private:
  void begin_sweep();
  bool surely_stays(std::int32_t label, double distance, double saved) const;
  void look_at(std::int64_t row);

  const Points& points_;
  Clustering result_;
  int max_sweeps_, sweep_ = 0;
  Points means_;
  std::vector<std::int64_t> sizes_;
  std::vector<double> reach_;  // from each mean to the nearest other, at the begin of the sweep
  double drift_ = 0;           // at most so much less since then
  std::int64_t smallest_ = 0;  // at most the size of any cluster, in this sweep
  std::int64_t row_ = 0, moved_ = 0, moves_ = 0;
  bool done_ = false;
};
/// All of them at once; returns the moves.
std::int64_t hartigan_moves(const Points& points, Clustering& clustering, int max_sweeps = 50);

}  // namespace reprise::clustering
