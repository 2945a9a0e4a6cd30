// What can go wrong, in one family: InputError for what the user can mend, Cancelled for what the user asked
// for, std::logic_error for our own bugs. Nothing in the core aborts on user input.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace reprise {

/// One thing that is wrong with a config or an input: what (key), found (value), allowed, and a full
/// sentence.
struct Problem {
  std::string key;  ///< parameter or input name, e.g. "n_list" or "scores"; empty when it concerns the whole
  std::string value;    ///< what was found, as text (JSON for parameters)
  std::string allowed;  ///< what is allowed, as text
  std::string message;  ///< a sentence for people that names what, where and what is allowed

  bool operator==(const Problem&) const = default;
};

/// Bad input; holds every problem that was found, not only the first.
class InputError : public std::runtime_error {
 public:
  // Compiled once, in error.cpp: nearly every file throws one.
  explicit InputError(const std::string& message);
  explicit InputError(Problem problem);
  explicit InputError(std::vector<Problem> problems);
  InputError(const InputError& other);
  InputError& operator=(const InputError& other);
  ~InputError() override;

  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

/// Thrown at the next step boundary after the user cancelled.
class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("cancelled") {}
};

}  // namespace reprise

extern template class std::vector<reprise::Problem>;  // error.cpp
