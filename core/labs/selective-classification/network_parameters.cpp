#include "labs/selective-classification/network_parameters.h"

namespace reprise::selective {

namespace {

ParameterBuilder counted(ParameterBuilder parameter, std::string_view label, std::string_view help,
                         PresetCounts presets) {
  parameter.label(label).help(help);
  if (presets.browser > 0) parameter.preset("browser", presets.browser);
  if (presets.paper > 0) parameter.preset("paper", presets.paper);
  return parameter;
}

}  // namespace

ParameterBuilder describe_count(ParameterBuilder parameter, double most, std::string_view label,
                                std::string_view help, PresetCounts presets) {
  return counted(parameter.within(1, most), label, help, presets);
}

ParameterBuilder describe_rows(ParameterBuilder parameter, std::string_view label, std::string_view help,
                               PresetCounts presets, double least) {
  return counted(parameter.within(least, 1000000).logarithmic(), label, help, presets);
}

ParameterBuilder describe_learning_rate(ParameterBuilder parameter, std::string_view help,
                                        std::string_view label) {
  return parameter.within(1e-8, 1).label(label).help(help).logarithmic();
}

ParameterBuilder describe_repeats(ParameterBuilder parameter, std::string_view help, PresetCounts presets) {
  return counted(parameter.within(1, 100).essential(), "Repeats", help, presets);
}

ParameterBuilder describe_coverage_points(ParameterBuilder parameter) {
  return parameter.within(10, 400).label("Points of a curve").help("Coverages at which curves are read.");
}

}  // namespace reprise::selective
