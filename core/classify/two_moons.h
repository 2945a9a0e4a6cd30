// Two moons: two half circles in the plane, blurred by Gaussian noise, with the exact posterior of the label.
// Class 0 has mean (cos t, sin t), class 1 has mean (1 − cos t, ½ − sin t), t uniform on [0, π], both with
// variance σ² in either direction and prior ½.
//
//   Random random(1, "moons");
//   LabelledPoints sample = draw_two_moons(1000, 0.2, random);
//   TwoMoonsPosterior eta(0.2);
//   eta(sample.x[0], sample.x[1]);      // P(label 1) at the first point
#pragma once

#include "base/random.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace reprise::classify {

/// Row-major points and their labels.
struct LabelledPoints {
  std::size_t dimension = 2;
  std::vector<double> x;
  std::vector<std::int32_t> label;

  std::size_t rows() const { return label.size(); }
};

/// A draw before noise: where on which moon, and two standard normals; the same draw serves every σ.
struct MoonDraw {
  std::int32_t label;
  double mean1, mean2;
  double noise1, noise2;
};
MoonDraw draw_moon(Random& random);

LabelledPoints draw_two_moons(std::int64_t rows, double sigma, Random& random);

/// P(label 1 | x) by composite Gauss–Legendre quadrature along both half circles (8 nodes on each of
/// 16⌈(0.2/σ)²⌉ panels): error below 2e-10 for σ >= 0.1 on the box [−2, 3] × [−1.5, 2].
class TwoMoonsPosterior {
 public:
  /// σ >= 0.05 (InputError).
  explicit TwoMoonsPosterior(double sigma);
  double operator()(double x1, double x2) const;

 private:
  double log_density(double x1, double x2) const;  // of class 0, up to a constant

  double half_precision_;  // 1/(2σ²)
  std::vector<double> cosine_, sine_, weight_;
};

}  // namespace reprise::classify
