#include "classify/blobs.h"

#include "classify/scores.h"

namespace reprise::classify {

Blobs::Blobs(std::int64_t classes, std::int64_t modes, std::int64_t dimension, double radius, Random& random)
    : classes_(static_cast<std::size_t>(classes)),
      modes_(static_cast<std::size_t>(modes)),
      dimension_(static_cast<std::size_t>(dimension)),
      centre_(classes_ * modes_ * dimension_) {
  for (double& coordinate : centre_) coordinate = radius * random.normal();
}

LabelledPoints Blobs::draw(std::int64_t rows, Random& random) const {
  LabelledPoints points;
  points.dimension = dimension_;
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto label = static_cast<std::size_t>(random.below(classes_));
    const auto mode = static_cast<std::size_t>(random.below(modes_));
    const double* centre = centre_.data() + (label * modes_ + mode) * dimension_;
    for (std::size_t j = 0; j < dimension_; ++j) points.x.push_back(centre[j] + random.normal());
    points.label.push_back(static_cast<std::int32_t>(label));
  }
  return points;
}

std::vector<double> Blobs::log_densities(std::span<const double> x) const {
  std::vector<double> result(classes_), exponent(modes_);
  const double* centre = centre_.data();
  for (double& density : result) {
    for (double& value : exponent) {
      double square = 0;
      for (std::size_t j = 0; j < dimension_; ++j) square += (x[j] - centre[j]) * (x[j] - centre[j]);
      value = -square / 2;
      centre += dimension_;
    }
    density = log_sum_exp(exponent);
  }
  return result;
}

Blobs Blobs::disturbed(double error, Random& random) const {
  Blobs result = *this;
  for (double& coordinate : result.centre_) coordinate += error * random.normal();
  return result;
}

}  // namespace reprise::classify
