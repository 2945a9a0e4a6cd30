// What the study `shift` trains and tests on: rows to learn from, and the same test rows under every
// severity.
#pragma once

#include "labs/selective-classification/corruptions.h"
#include "labs/selective-classification/shift.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace reprise::selective {

class ShiftData {
 public:
  virtual ~ShiftData() = default;
  virtual std::int64_t inputs() const = 0;  ///< numbers a row, as the network sees it
  virtual std::int64_t classes() const = 0;

  /// A few milliseconds of reading, drawing and integrating; true when everything below can be asked.
  virtual bool prepare() = 0;
  virtual const std::vector<double>& train_x() const = 0;
  virtual const std::vector<std::int32_t>& train_label() const = 0;
  virtual const std::vector<double>& val_x() const = 0;
  virtual const std::vector<std::int32_t>& val_label() const = 0;
  virtual const std::vector<std::int32_t>& test_label() const = 0;
  /// Test rows [first, first + count) at a severity of the config's list.
  virtual std::vector<double> test_x(std::size_t severity, std::size_t first, std::size_t count) const = 0;
  /// P(label 1) of each test row at that severity; empty: not known.
  virtual std::span<const double> posterior(std::size_t severity) const = 0;
  /// Training rows as the augmented network sees them in an epoch.
  virtual std::vector<float> augmented(std::span<const std::int32_t> rows, std::uint64_t epoch) const = 0;
};

/// Streams "train", "val", "test" and "augmentation" of this repeat. `context` outlives the result.
std::unique_ptr<ShiftData> moons_under_shift(const ShiftConfig& config, std::int64_t repeat,
                                             TaskContext& context);
/// The bundled images or a visitor's; streams "division", "pixel noise" and "augmentation" of this repeat.
std::unique_ptr<ShiftData> images_under_shift(const ShiftConfig& config, std::int64_t repeat,
                                              TaskContext& context);

/// Images of a run in three parts, 0 training, 1 validation, 2 test: row i of a part is the same at any time.
class ShiftPixels {
 public:
  virtual ~ShiftPixels() = default;
  virtual ImageShape shape() const = 0;
  virtual std::int64_t classes() const = 0;
  virtual std::int32_t label(std::size_t part, std::size_t row) const = 0;
  /// Pixels in [0, 1], channel by channel.
  virtual std::vector<double> read(std::size_t part, std::size_t row) const = 0;
  /// A test row as the visitor's corrupted images have it, level 1…5.
  virtual std::vector<double> read_corrupted(std::size_t row, std::int64_t level) const = 0;
  /// What networks are given is (pixel − mean)/deviation.
  virtual double mean() const = 0;
  virtual double deviation() const = 0;
};
/// Inputs train_images, train_labels, test_images, test_labels as of the other studies; for shift =
/// corruption also `corruption`: five levels of all test images, one level behind the other (as CIFAR-10-C
/// has them), and `labels`, which have to agree with those of the test images. InputError: files that are
/// missing, cannot be read, do not fit together or hold too few rows.
std::unique_ptr<ShiftPixels> pixels_of_files(const ShiftConfig& config, std::int64_t repeat,
                                             TaskContext& context);

}  // namespace reprise::selective
