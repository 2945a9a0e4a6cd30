// Classes made of Gaussian blobs: K classes of M blobs each with unit covariance in d dimensions, classes and
// blobs equally likely, so that the posterior is known in closed form.
//
//   Random random(1, "centres");
//   Blobs blobs(6, 2, 8, 1.1, random);
//   LabelledPoints sample = blobs.draw(1000, rows);
//   blobs.log_densities(point);       // one a class; softmax of them is the posterior
#pragma once

#include "base/random.h"
#include "classify/two_moons.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reprise::classify {

class Blobs {
 public:
  /// Centres N(0, radius² I).
  Blobs(std::int64_t classes, std::int64_t modes, std::int64_t dimension, double radius, Random& random);

  LabelledPoints draw(std::int64_t rows, Random& random) const;
  /// log Σ over the class's blobs of exp(−|x − centre|²/2), one a class: logits of the exact posterior.
  std::vector<double> log_densities(std::span<const double> x) const;
  /// The same blobs with N(0, error²) added to every coordinate of every centre.
  Blobs disturbed(double error, Random& random) const;
  std::size_t classes() const { return classes_; }

 private:
  std::size_t classes_, modes_, dimension_;
  std::vector<double> centre_;  // [classes × modes × dimension]
};

}  // namespace reprise::classify
