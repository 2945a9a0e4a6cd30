#include "labs/discrete-diffusion-convergence/kernel_file.h"

#include "base/error.h"
#include "labs/discrete-diffusion-convergence/file_values.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace reprise::diffusion {

KernelFile::KernelFile(const ByteSource& source, std::string file_name, std::size_t states, std::size_t steps)
    : file_name_(std::move(file_name)), reader_(source, file_name_), states_(states) {
  const auto text = [](const std::vector<std::int64_t>& shape) {
    std::string joined;
    for (const std::int64_t n : shape) joined += (joined.empty() ? "" : ", ") + std::to_string(n);
    return "(" + joined + ")";
  };
  if (states > most_kernel_states) {
    refuse(file_name_, "is for", std::to_string(states) + " states",
           "at most " + std::to_string(most_kernel_states) + " for a sampler of matrices");
  }
  const auto n = static_cast<std::int64_t>(states);
  const std::vector<std::int64_t> each = {static_cast<std::int64_t>(steps), n, n}, one = {n, n};
  every_step_ = reader_.shape() == one;
  if (!every_step_ && reader_.shape() != each) {
    refuse(file_name_, "shape", text(reader_.shape()),
           text(each) + " (steps, states, states), or " + text(one) + " for every step");
  }
}

std::unique_ptr<markov::StepKernel> KernelFile::step(std::size_t k) const {
  const auto first = static_cast<std::int64_t>(every_step_ ? 0 : k);
  std::vector<double> matrix = reader_.read_rows(first, every_step_ ? reader_.rows() : 1);
  try {
    return std::make_unique<markov::MatrixStep>(states_, std::move(matrix));
  } catch (const InputError& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) {
      problem.key = file_name_;
      problem.message = file_name_ + ", step " + std::to_string(first) + ": " + problem.message;
    }
    throw InputError(std::move(problems));
  }
}

}  // namespace reprise::diffusion
