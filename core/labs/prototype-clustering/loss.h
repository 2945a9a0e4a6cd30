// What a point pays for its distance t to its prototype: ψ(t). Admissible: ψ(0) = 0, continuous,
// nondecreasing, ψ(a + b) ≤ A(ψ(a) + ψ(b)).
//
//   const Loss loss = parse_loss("huber:2");
//   loss.psi(3.0);   // 2·(3 − 1) = 4
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reprise::protoclust {

enum class LossKind { KMeans, KMedians, KMediansL1, Power, Huber, LogCosh, Capped };

struct Loss {
  LossKind kind = LossKind::KMeans;
  double par = 0;  ///< exponent q >= 1 (Power), δ > 0 (Huber, Capped), scale s > 0 (LogCosh)

  double psi(double t) const;
  double inverse(double value) const;  ///< greatest t with ψ(t) <= value; infinite beyond a bounded loss
  double irls_weight(double t) const;  ///< ω(t) = ψ'(t)/t for t > 0
  double quasi_triangle() const;       ///< A
  bool squared() const;                ///< ψ(t) = t²: k-means
  bool linear() const;                 ///< ψ(t) = t on Euclidean distances: the geometric median
  bool manhattan() const { return kind == LossKind::KMediansL1; }
  /// Euclidean distance, or Manhattan for KMediansL1.
  double distance(const double* a, const double* b, std::int64_t dims) const;
  std::string name() const;  ///< as parse_loss reads it
};

/// "kmeans", "kmedians", "kmedians-l1", "power:q", "huber:δ", "logcosh:s", "capped:δ". InputError names
/// `key`.
Loss parse_loss(std::string_view text, std::string_view key = "loss");
inline constexpr std::string_view loss_names =
    "kmeans, kmedians, power:q with q >= 1, huber:δ, logcosh:s or capped:δ with a positive number";

}  // namespace reprise::protoclust
