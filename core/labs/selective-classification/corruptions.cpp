#include "labs/selective-classification/corruptions.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace reprise::selective {

void add_pixel_noise(std::span<double> pixels, double deviation, Random& random) {
  for (double& pixel : pixels) pixel = std::clamp(pixel + deviation * random.normal(), 0.0, 1.0);
}

void box_blur(std::span<double> pixels, const ImageShape& shape, std::int64_t times) {
  std::vector<double> before(pixels.size());
  for (std::int64_t round = 0; round < times; ++round) {
    std::copy(pixels.begin(), pixels.end(), before.begin());
    for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
      const std::int64_t begin = channel * shape.height * shape.width;
      for (std::int64_t y = 0; y < shape.height; ++y) {
        for (std::int64_t x = 0; x < shape.width; ++x) {
          double sum = 0;
          for (std::int64_t dy = -1; dy <= 1; ++dy) {
            const std::int64_t row = std::clamp<std::int64_t>(y + dy, 0, shape.height - 1);
            for (std::int64_t dx = -1; dx <= 1; ++dx) {
              const std::int64_t column = std::clamp<std::int64_t>(x + dx, 0, shape.width - 1);
              sum += before[static_cast<std::size_t>(begin + row * shape.width + column)];
            }
          }
          pixels[static_cast<std::size_t>(begin + y * shape.width + x)] = sum / 9;
        }
      }
    }
  }
}

void lower_contrast(std::span<double> pixels, double severity) {
  for (double& pixel : pixels) pixel = 0.5 + (pixel - 0.5) * (1 - 0.15 * severity);
}

void brighten(std::span<double> pixels, double severity) {
  for (double& pixel : pixels) pixel = std::min(1.0, pixel + 0.1 * severity);
}

double pixel_noise_at(std::int64_t severity) {
  constexpr std::array<double, 6> deviation = {0, 0.06, 0.12, 0.2, 0.3, largest_pixel_noise};
  return deviation.at(static_cast<std::size_t>(severity));
}

}  // namespace reprise::selective
