#include "base/error.h"

#include <utility>

template class std::vector<reprise::Problem>;

namespace reprise {

namespace {

std::string joined(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += problem.message;
  }
  return text;
}

}  // namespace

InputError::InputError(const std::string& message) : InputError(Problem{"", "", "", message}) {}
InputError::InputError(Problem problem) : InputError(std::vector<Problem>{std::move(problem)}) {}
InputError::InputError(std::vector<Problem> problems)
    : std::runtime_error(joined(problems)), problems_(std::move(problems)) {}
InputError::InputError(const InputError& other) = default;
InputError& InputError::operator=(const InputError& other) = default;
InputError::~InputError() = default;

}  // namespace reprise
