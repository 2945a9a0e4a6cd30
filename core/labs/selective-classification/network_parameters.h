// Parameters that the studies of this lab share: the same kind and scale, each with words and presets of its
// own.
#pragma once

#include "study/parameters.h"

#include <cstdint>
#include <string_view>

namespace reprise::selective {

/// Values of the presets; 0: as the widget's.
struct PresetCounts {
  std::int64_t browser = 0, paper = 0;
};

/// A size of a network or a number of epochs, 1 … most.
ParameterBuilder describe_count(ParameterBuilder parameter, double most, std::string_view label,
                                std::string_view help, PresetCounts presets = {});
/// Rows of a part of the data, least … 1,000,000.
ParameterBuilder describe_rows(ParameterBuilder parameter, std::string_view label, std::string_view help,
                               PresetCounts presets, double least = 50);
ParameterBuilder describe_learning_rate(ParameterBuilder parameter, std::string_view help = "Of Adam.",
                                        std::string_view label = "Learning rate");
/// "repeats" and "coverage_points" of every study.
ParameterBuilder describe_repeats(ParameterBuilder parameter, std::string_view help, PresetCounts presets);
ParameterBuilder describe_coverage_points(ParameterBuilder parameter);

}  // namespace reprise::selective
