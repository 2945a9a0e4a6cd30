// Numerical feature inflation under gradient descent: the linear model of mean classifier row and mean
// feature, and the model it is exact for, unconstrained features. Source: papers/slingshot.md, D5.
//
//   predict_growth({.delta = 1e-3, .num_classes = 10, .num_samples = 50}).eigenvalue();   // growth a step
#pragma once

#include "labs/slingshot/arm.h"
#include "tensor/rounded_cross_entropy.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace reprise::slingshot {

/// All samples absorbed with equal wrong-class probabilities, balanced classes.
struct InflationSetting {
  double delta = 0;              ///< wrong-class probability of an absorbed sample
  std::int64_t num_classes = 2;  ///< K
  std::int64_t num_samples = 2;  ///< N
  double eta_w = 1;              ///< step sizes of gradient descent
  double eta_h = 1;
  double absorbed_fraction = 1;  ///< φ: δ counts by this share
};

/// w̄ ← w̄ − a h̄, h̄ ← h̄ − b w̄, in every coordinate.
struct LinearInflation {
  double a = 0;  ///< η_W δ (K − 1)/K
  double b = 0;  ///< η_H δ (K − 1)/N

  double eigenvalue() const;  ///< λ = √(ab): the growing mode is multiplied by 1 + λ a step
  /// {w̄, h̄} of one coordinate after so many steps: the matrix's power by repeated squaring.
  std::array<double, 2> after(std::int64_t steps, double w, double h) const;
};

LinearInflation predict_growth(const InflationSetting& setting);

/// A classifier and features that are trained themselves, all in double.
struct FreeFeatures {
  std::int64_t dimension = 0;
  std::vector<double> weights;   ///< [K × d]
  std::vector<double> features;  ///< [N × d]
  std::vector<std::int32_t> labels;

  std::int64_t classes() const { return static_cast<std::int64_t>(weights.size()) / dimension; }
  std::int64_t samples() const { return static_cast<std::int64_t>(labels.size()); }
  std::vector<double> w_mean() const;
  std::vector<double> h_mean() const;
  double class_norm() const;  ///< ‖W − 1 w̄ᵀ‖ (Frobenius)
};

/// Gradient descent on it. A kernel decides the gradients of the logits; without one they are frozen at δ/N
/// for wrong classes and 0 for the true one.
class FreeFeatureDescent {
 public:
  /// `state` has to outlive this.
  FreeFeatureDescent(FreeFeatures& state, const InflationSetting& setting, std::optional<Arm> kernel);

  /// Goes on by some samples; true when that finished a step.
  bool advance();
  /// Of the last finished step: (Σ G)/(K − 1), what δ is on average.
  double delta() const { return delta_; }
  /// A weight or feature is no longer finite.
  bool diverged() const { return diverged_; }

 private:
  void gradients(std::int64_t first, std::int64_t count);

  FreeFeatures& state_;
  InflationSetting setting_;
  std::optional<tensor::RoundedCrossEntropy> kernel_;
  std::vector<double> logits_, losses_, gradient_, weight_gradient_;
  std::int64_t next_ = 0;  // sample of the step in hand
  double sum_ = 0;
  double delta_ = 0;
  bool diverged_ = false;
};

/// Euclidean norm.
double norm(const std::vector<double>& values);

}  // namespace reprise::slingshot
