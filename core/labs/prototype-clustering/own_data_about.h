// The settings that say how a study reads a visitor's points, in one place for all studies that have them.
#pragma once

#include "study/parameters.h"

#include <string_view>

namespace reprise::protoclust {

/// `selector`: the parameter that has to be "upload" for the setting to matter; empty: it always does.
void describe_label_column(ParameterBuilder builder, std::string_view help, std::string_view selector);
void describe_standardise(ParameterBuilder builder, std::string_view selector);

/// Adds label_column and standardise. `label_help`: what the column of labels is for.
template <class Config>
void add_own_data_parameters(Parameters<Config>& list, std::string_view label_help,
                             std::string_view selector) {
  describe_label_column(list.text("label_column", &Config::label_column), label_help, selector);
  describe_standardise(list.boolean("standardise", &Config::standardise), selector);
}

}  // namespace reprise::protoclust
