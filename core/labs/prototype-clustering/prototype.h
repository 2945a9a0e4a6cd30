// The loss-optimal prototype of one cluster, and Lloyd's iteration for every loss.
#pragma once

#include "base/random.h"
#include "clustering/kmeans.h"
#include "clustering/points.h"
#include "labs/prototype-clustering/loss.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace reprise::protoclust {

using clustering::Clustering;
using clustering::Labels;
using clustering::Points;

/// The prototype that minimises Σ w·ψ(distance): mean, geometric median (Weiszfeld with Vardi and Zhang's
/// step off data points), coordinate-wise lower median, reweighted least squares; for the capped loss a local
/// optimum reached from `start` (its mean of the points within δ). `weights` empty: all 1. `start` empty: the
/// mean. At least one point.
std::vector<double> prototype_of(const Points& points, std::span<const double> weights, const Loss& loss,
                                 std::span<const double> start = {});
/// Loss-optimal prototypes of the clusters; the capped loss starts from `start` where it is given.
Points prototypes_of(const Points& points, const Labels& labels, std::int64_t clusters, const Loss& loss,
                     const Points* start = nullptr);
/// Nearest prototype of each point, ties to the smallest index.
Labels nearest_labels(const Points& points, const Points& prototypes, const Loss& loss);
/// Σ_i ψ(distance of point i to the prototype of its label).
double assigned_loss(const Points& points, const Points& prototypes, const Labels& labels, const Loss& loss);

struct FitOptions {
  std::int64_t restarts = 10;
  int max_iterations = 300;  ///< of each Lloyd run
};

/// Lloyd's iteration from given prototypes until no label changes.
Clustering lloyd(const Points& points, Points start, const Loss& loss, int max_iterations = 300);
/// One run in steps: k-means++ seeds (∝ ψ), Lloyd; for k-means then Hartigan's moves and Lloyd again.
/// `points` outlive it. Other losses than k-means are one step.
class FitRun {
 public:
  FitRun(const Points& points, std::int64_t clusters, const Loss& loss, Random random,
         int max_iterations = 300);
  bool step();  ///< true when the run has ended
  Clustering take() { return std::move(found_); }

 private:
  enum class Stage { Seeds, Lloyd, Moves, Again, Done };
  void add_counts_of(const Clustering& before);

  const Points& points_;
  std::int64_t clusters_;
  Loss loss_;
  Random random_;
  int max_iterations_;
  Stage stage_ = Stage::Seeds;
  std::unique_ptr<clustering::KMeans> lloyd_;
  std::unique_ptr<clustering::HartiganMoves> moves_;
  Clustering found_;
};
/// The same at once.
Clustering fit_once(const Points& points, std::int64_t clusters, const Loss& loss, Random random,
                    int max_iterations = 300);
/// The best of several runs, the first among equals. Run t draws from the stream (seed, "start", {…, t}).
Clustering fit(const Points& points, std::int64_t clusters, const Loss& loss, const FitOptions& options,
               std::uint64_t seed, std::vector<std::uint64_t> coordinates = {});

}  // namespace reprise::protoclust
