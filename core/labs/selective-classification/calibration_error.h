// Expected calibration error of the probability that a classifier assigns to its own prediction.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace reprise::selective {

struct ReliabilityBin {
  std::int64_t count = 0;
  double confidence = 0, accuracy = 0;  ///< means of the rows in it; NaN without rows
};
/// B bins of equal width, p in bin ⌈B p⌉ − 1 clipped to 0…B − 1.
std::vector<ReliabilityBin> equal_width_bins(std::span<const double> probability,
                                             std::span<const std::uint8_t> correct, std::int64_t bins);
/// Rows ⌊b n/B⌋…⌊(b+1) n/B⌋ − 1 in ascending order of p, equal ones by row.
std::vector<ReliabilityBin> equal_mass_bins(std::span<const double> probability,
                                            std::span<const std::uint8_t> correct, std::int64_t bins);
/// Σ count/n · |confidence − accuracy|. Biased upwards for few rows a bin.
double calibration_error(std::span<const ReliabilityBin> bins);

}  // namespace reprise::selective
