// Parameters that choose a loss kernel: format, form and order of summation.
#pragma once

#include "labs/slingshot/arm.h"
#include "study/parameters.h"

#include <string>
#include <vector>

namespace reprise::slingshot {

/// The seven formats, then p2 … p52.
inline std::vector<std::string> format_choices() {
  std::vector<std::string> names = format_names();
  for (int bits = 2; bits <= 52; ++bits) names.push_back("p" + std::to_string(bits));
  return names;
}

/// "same", then the formats.
inline std::vector<std::string> same_or_format() {
  std::vector<std::string> names = {"same"};
  for (const std::string& name : format_choices()) names.push_back(name);
  return names;
}

/// The arm of three valid choices.
inline Arm arm_of(const std::string& format, const std::string& form, const std::string& order) {
  return parse_arm(format + ":" + form + ":" + order);
}

}  // namespace reprise::slingshot
