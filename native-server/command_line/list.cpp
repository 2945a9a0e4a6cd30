#include "command_line/commands.h"
#include "study/registry.h"

#include <iostream>

namespace reprise {

int list_studies(bool json) {
  const Registry registry = make_registry();
  if (json) {
    std::cout << registry.list().dump() << '\n';
    return exit_ok;
  }
  for (const auto& study : registry.studies()) {
    const Description& description = study->description();
    std::cout << description.study << "\n    " << description.question << '\n';
  }
  return exit_ok;
}

int describe_study(const std::string& study) {
  const Registry registry = make_registry();
  std::cout << registry.describe(registry.find(study)).dump() << '\n';
  return exit_ok;
}

}  // namespace reprise
