// How different a clustering that is as good can be: a search among sets of prototypes whose k-means loss is
// at most 1 + ε times that of a given clustering. What it finds is a lower bound on what can change, beside
// the certificate's upper bound (certificate.h); both speak about nearest-prototype labellings.
//
//   const Plateau plateau(points, labels, 3, {0, 0.05});
//   PlateauSearch search(plateau, 0, Random(seed, "search", {0}), {});
//   while (!search.step()) {}
//   search.farthest()[1].error;   // at ε = 0.05
#pragma once

#include "base/random.h"
#include "clustering/agreement.h"
#include "clustering/kmeans.h"
#include "clustering/points.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace reprise::protoclust {

/// The clustering that others are compared with, and the losses they may have. Labels 0…k − 1, every cluster
/// occupied. `points` and `labels` outlive it.
struct Plateau {
  Plateau(const clustering::Points& all_points, const clustering::Labels& given_labels, std::int64_t clusters,
          std::vector<double> gaps);

  const clustering::Points& points;
  const clustering::Labels& labels;
  clustering::Points means;
  std::vector<std::int64_t> sizes;
  double loss = 0;
  std::vector<double> epsilons;  ///< ascending
  /// (1 + ε)·loss and (n + d + 16)·2⁻⁵³ of it: losses that differ by their rounding alone are equal. The
  /// certificate allows 128 times as much.
  std::vector<double> budgets;
};

/// A solution: prototypes with the nearest-prototype labelling that belongs to them.
struct DifferentSolution {
  double error = 0;  ///< share of points with another label than the clustering's, up to names
  double gap = 0;    ///< loss / loss of the clustering − 1; negative: a better one
  clustering::Points prototypes;
};

/// How often each point changed sides among the solutions with at most one of the ε.
struct ChangeCounts {
  std::size_t which = 0;  ///< index of that ε
  /// The certificate of that ε stands: each mean has one prototype nearby, which keeps its cluster's name.
  /// Else clusters are matched so that most points keep their labels.
  bool by_place = false;
  std::int64_t solutions = 0;  ///< those that differ from the clustering at all
  clustering::Labels changed;  ///< per point, how many of them
  double least_gap = 0;        ///< of all solutions that were looked at
};

struct PlateauOptions {
  std::int64_t pushes = 12;  ///< tries to go farther, for each ε
  int max_iterations = 100;  ///< of Lloyd's iteration
  /// Certified bound of each ε: a search leaves an ε when it has found that much. Empty: all 1.
  std::vector<double> ceilings;
};

/// One search. It begins at the clustering itself, at its prototypes with noise, with two clusters merged and
/// one split, or at k-means++ seeds, by its number in turn, and runs Lloyd's iteration. Then, for each ε, it
/// moves prototypes from the farthest solution it has: boundaries between neighbours to one side, away from
/// the clustering, or at random, as far as the loss allows.
class PlateauSearch {
 public:
  /// `plateau` and `counts` outlive it; every solution looked at is counted there.
  PlateauSearch(const Plateau& plateau, std::int64_t number, const Random& random,
                const PlateauOptions& options, ChangeCounts& counts);

  /// Looks at one solution; true when the search has ended.
  bool step();
  /// The most different solution within each ε, in the order of Plateau::epsilons; among equals the one with
  /// the least loss. The clustering itself (error 0) where there is no other.
  const std::vector<DifferentSolution>& farthest() const { return farthest_; }
  /// "itself", "moved", "merged and split" or "fresh seeds".
  std::string_view start() const;
  double progress() const;

 private:
  enum class Stage { Lloyd, Direction, Grow, Refine, Done };

  clustering::Points first_prototypes();
  double consider(const clustering::Points& prototypes, const clustering::Labels& labels);
  void count(const clustering::Points& prototypes, const clustering::Labels& labels,
             const clustering::Agreement& compared);
  bool choose_direction();
  void push_boundaries(bool single);
  void point_away(const clustering::Points& to, const clustering::Labels& labels_of_to, bool own_order);
  bool is_closed() const;
  bool look_along(double length);
  void next_push();

  const Plateau& plateau_;
  std::int64_t number_;
  Random random_;
  PlateauOptions options_;
  ChangeCounts& counts_;
  std::vector<DifferentSolution> farthest_;
  Stage stage_ = Stage::Lloyd;
  std::unique_ptr<clustering::KMeans> run_;
  clustering::Points end_;  // of Lloyd's iteration

  std::size_t which_ = 0;  // of the ε in hand
  std::int64_t push_ = 0;
  clustering::Points base_, direction_;
  std::vector<std::int64_t> base_sizes_;
  double inside_ = 0, outside_ = 0;  // lengths along the direction
  int looks_ = 0;
};

/// Renames the clusters of `labels` after those of the reference they agree with most; others get new names.
clustering::Labels renamed_like(const clustering::Labels& labels, const clustering::Labels& reference);

}  // namespace reprise::protoclust
