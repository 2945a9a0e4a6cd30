// Changes of images whose pixels lie in [0, 1]: noise, blur, less contrast, more light.
#pragma once

#include "base/random.h"

#include <cstdint>
#include <span>

namespace reprise::selective {

struct ImageShape {
  std::int64_t channels = 1, height = 0, width = 0;
  std::int64_t pixels() const { return channels * height * width; }
};

/// Adds N(0, deviation²) to every pixel, clipped to [0, 1]; draws one normal a pixel, whatever the deviation.
void add_pixel_noise(std::span<double> pixels, double deviation, Random& random);
/// Each pixel the mean of the 3 × 3 around it, those beyond the edge as at the edge, `times` over.
void box_blur(std::span<double> pixels, const ImageShape& shape, std::int64_t times);
/// ½ + (x − ½)(1 − 0.15 severity)
void lower_contrast(std::span<double> pixels, double severity);
/// min(1, x + 0.1 severity)
void brighten(std::span<double> pixels, double severity);

/// Standard deviation of the noise at severity 0…5.
double pixel_noise_at(std::int64_t severity);
inline constexpr double largest_pixel_noise = 0.45;

}  // namespace reprise::selective
