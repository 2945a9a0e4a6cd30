// How far a clustering can be from every clustering that is at least as good: an a-posteriori certificate
// (derived form).
//
// For k-means: let L be the loss of the labels with their means. Status "certified" or "optimal" proves that
// for every set of at most k prototypes with loss at most (1 + ε)L, and every nearest-prototype labelling of
// it, the share of points with another label (up to names) is at most `bound`, that one prototype lies within
// `radius_final` of each mean, and that every point flagged `core` keeps its label. "optimal" (ε = 0, bound
// 0): no other partition into at most k parts has a loss <= L.
//
// It is rigorous in floating point: explicit error terms for distances (τ), for differences of squared
// distances (E) and for sums (nE) move every decision to the safe side. It speaks about the doubles it is
// given; subtract the column means first, or the terms grow with the distance from the origin.
//
//   CertificateRun run(points, labels, 3, parse_loss("kmeans"), {0, 0.05});
//   while (!run.step()) {}
//   run.certificates()[0].bound;
#pragma once

#include "clustering/points.h"
#include "labs/prototype-clustering/loss.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace reprise::protoclust {

enum class CertificateStatus { NotCertified, Certified, Optimal };
std::string_view name_of(CertificateStatus status);  ///< "not-certified", "certified", "optimal"

struct Certificate {
  double epsilon = 0;
  CertificateStatus status = CertificateStatus::NotCertified;
  double bound = 1;             ///< share of points
  double separation_ratio = 0;  ///< below 1: certified. 1.06: 6 % too close
  double error_term = 0;        ///< n·E, what the rounding of sums may cost
  std::vector<double> radius_generic, radius_spectral, radius_final;  ///< per cluster
  std::vector<std::int64_t> uncertain;                                ///< points per cluster that may move
  std::vector<std::uint8_t> core;     ///< per point: 1 where its label is safe
  std::vector<std::int64_t> history;  ///< Σ uncertain, iteration by iteration
};

/// What does not depend on ε.
struct CertificateGeometry {
  clustering::Points prototypes;  ///< loss-optimal for the labels
  double loss = 0;
  std::vector<std::int64_t> sizes;
  std::vector<double> sse;           ///< Σψ of each cluster
  std::vector<double> lambda_first;  ///< largest eigenvalue of each cluster's scatter, raw
  std::vector<double> lambda_sum;    ///< sum of the k − 1 largest, raw
  double smallest_center_distance = 0;
};

struct CertifyOptions {
  int grid = 100;  ///< cells of a radius on which the loss is bounded from below
  int max_iterations = 60;
};

/// Certificates for a list of ε in steps of bounded work. Labels 0…k−1, every cluster occupied;
/// std::logic_error otherwise. Other losses than k-means have the simpler generic form: status at most
/// "certified". Memory: 8·n·(k − 1) bytes once the balls are disjoint.
class CertificateRun {
 public:
  CertificateRun(const clustering::Points& points, const clustering::Labels& labels, std::int64_t clusters,
                 const Loss& loss, std::vector<double> epsilons, const CertifyOptions& options = {});
  ~CertificateRun();
  class Work;               ///< its state; certificate_work.h
  bool step();              ///< true when all are there
  double progress() const;  ///< in [0, 1]
  const std::vector<Certificate>& certificates() const;
  const CertificateGeometry& geometry() const;

 private:
  std::unique_ptr<Work> work_;
};

/// One certificate at once.
Certificate certify(const clustering::Points& points, const clustering::Labels& labels, std::int64_t clusters,
                    const Loss& loss, double epsilon, const CertifyOptions& options = {});

/// The second certificate, from the spectrum of all data (k-means): covers every partition into k parts with
/// loss at most (1 + ε)L. Evaluated in plain double: numerical, not rigorous.
struct SubspaceBound {
  double lower_bound = 0;  ///< L*: no k clusters have a smaller loss
  double gap_upper = 0;    ///< L/L* − 1
  double epsilon = 0;      ///< distance of the two indicator spaces; below 1 it says something
  double bound = 1;        ///< share of points
};
class SubspaceCertificate {
 public:
  /// `points` centred. O(n d²) or, with more coordinates than points, O(n² d).
  SubspaceCertificate(const clustering::Points& points, const clustering::Labels& labels,
                      std::int64_t clusters, double loss);
  SubspaceBound bound(double epsilon) const;

 private:
  double loss_ = 0, lower_bound_ = 0, first_ = 0, above_ = 0, below_ = 0;  // λ₁, λ_(k−1), λ_k
  double defect_ = 0;                                                      // δ_X
  double largest_share_ = 0;
};

/// The largest error over all partitions of at most 11 points into `clusters` parts whose centroids have loss
/// at most (1 + ε)L, each compared by the nearest labelling of its centroids: what a certificate must not be
/// below.
std::vector<double> enumerated_max_error(const clustering::Points& points, const clustering::Labels& labels,
                                         std::int64_t clusters, const std::vector<double>& epsilons);
inline constexpr std::int64_t most_enumerated_rows = 11;

}  // namespace reprise::protoclust
