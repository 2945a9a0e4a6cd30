#include "classify/blobs.h"

#include "classify/scores.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::classify {
namespace {

TEST(Blobs, PosteriorIsCalibrated) {
  // Among draws, the mean of P(label = 0 | x) is the share of label 0, and labels follow the posterior.
  Random centres(1, "centres"), rows(2, "rows");
  const Blobs blobs(3, 2, 4, 1.1, centres);
  const LabelledPoints sample = blobs.draw(20000, rows);
  double difference = 0, variance = 0;
  for (std::size_t i = 0; i < sample.rows(); ++i) {
    const std::vector<double> z = blobs.log_densities(std::span<const double>(sample.x).subspan(4 * i, 4));
    const double p = std::exp(z[0] - log_sum_exp(z));
    difference += (sample.label[i] == 0 ? 1 : 0) - p;
    variance += p * (1 - p);
  }
  EXPECT_LT(std::fabs(difference), 4 * std::sqrt(variance));
}

TEST(Blobs, OneBlobAClassIsASoftmaxOfDistances) {
  Random centres(3, "centres");
  const Blobs blobs(2, 1, 1, 1, centres);
  const std::vector<double> at0 = blobs.log_densities(std::vector<double>{0}),
                            at1 = blobs.log_densities(std::vector<double>{1});
  // −(x − c)²/2: the difference between x = 1 and x = 0 is c − ½.
  Random again(3, "centres");
  EXPECT_NEAR(at1[0] - at0[0], again.normal() - 0.5, 1e-14);
  EXPECT_NEAR(at1[1] - at0[1], again.normal() - 0.5, 1e-14);
}

TEST(Blobs, DisturbedCentresAreOthers) {
  Random centres(4, "centres"), error(5, "error");
  const Blobs blobs(2, 2, 3, 1, centres);
  const std::vector<double> x = {0.1, 0.2, 0.3};
  EXPECT_NE(blobs.disturbed(0.3, error).log_densities(x), blobs.log_densities(x));
  EXPECT_EQ(blobs.disturbed(0, error).log_densities(x), blobs.log_densities(x));
}

}  // namespace
}  // namespace reprise::classify
