// What the study `shift` trains and tests on: rows to learn from, and the same test rows under every
// severity.
#pragma once

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
/// The bundled images; stream "division" says which of them are for what.
std::unique_ptr<ShiftData> images_under_shift(const ShiftConfig& config, std::int64_t repeat,
                                              TaskContext& context);

}  // namespace reprise::selective
