// The state of a CertificateRun, and its stages: geometry, radii, pair tables, iterations. Names follow the
// derivation: m_j means, r_i own distances, D_jl distances of means, Λ_j sums of the k − 1 largest
// eigenvalues, ρ_j radii, A_jl(s) sums of the s smallest differences of squared distances.
#pragma once

#include "clustering/distances.h"
#include "labs/prototype-clustering/certificate.h"
#include "labs/prototype-clustering/scatter.h"

#include <memory>
#include <optional>
#include <vector>

namespace reprise::protoclust {

class CertificateRun::Work {
 public:
  Work(const clustering::Points& points, const clustering::Labels& labels, std::int64_t clusters,
       const Loss& loss, std::vector<double> epsilons, const CertifyOptions& options);
  bool step();
  double progress() const;

  CertificateGeometry geometry;
  std::vector<Certificate> certificates;

 private:
  enum class Stage { Distances, Spectra, Radii, PairTables, Iterations, Done };

  void measure();
  bool step_spectra();
  void begin_epsilon();
  void generic_radii(Certificate& certificate);
  void spectral_radii(Certificate& certificate);
  double separation(const std::vector<double>& radii) const;
  bool step_pair_tables();
  void begin_iteration();
  void iterate_cluster(std::int64_t j);
  bool end_iteration();
  void end_epsilon(CertificateStatus status);
  void generic_tube(Certificate& certificate);

  double center_distance(std::int64_t a, std::int64_t b) const {
    return between_[static_cast<std::size_t>(a * k_ + b)];
  }
  const std::vector<double>& pair_sums(std::int64_t j, std::int64_t l) const {
    return sums_[static_cast<std::size_t>(j * k_ + l)];
  }
  double pair_gain(std::int64_t j, std::int64_t l, double t, double v, std::int64_t s) const;
  /// Where the concave pair_gain is largest.
  std::int64_t best_count(std::int64_t j, std::int64_t l, double t, double v) const;
  /// The last s with pair_gain >= 0.
  std::int64_t last_count(std::int64_t j, std::int64_t l, double t, double v) const;

  const clustering::Points& points_;
  const clustering::Labels& labels_;
  std::int64_t k_;
  Loss loss_;
  std::vector<double> epsilons_;
  CertifyOptions options_;
  Stage stage_ = Stage::Distances;

  double eta_ = 0, tau_ = 0, error_ = 0;            // η, τ, E
  std::vector<std::vector<std::int64_t>> members_;  // rows of each cluster
  std::vector<double> own_distance_;                // r_i with τ
  std::vector<double> between_;                     // D_jl
  std::vector<double> safe_first_, safe_sum_;       // λ1_j, Λ_j with their error terms
  std::optional<Scatter> scatter_;
  std::vector<std::vector<double>> sums_;  // A_jl(s), [k × k]
  std::int64_t cluster_ = 0;               // in hand, of the stage

  // of the ε in hand
  std::size_t which_ = 0;
  double slack_ = 0, budget_ = 0;                   // slack, B
  std::vector<double> radii_, next_radii_, cells_;  // ρ, ρ of the next iteration, e_j(a)
  std::vector<double> least_;                       // μ_j
  std::vector<std::vector<std::int64_t>> tube_;     // rows that are not core yet
  int iteration_ = 0;
};

}  // namespace reprise::protoclust
