// Samplers of a visitor's own: one stochastic matrix for every step.
#pragma once

#include "base/byte_source.h"
#include "data/npy.h"
#include "markov/step_kernel.h"

#include <cstddef>
#include <memory>
#include <string>

namespace reprise::diffusion {

/// States of a sampler that is told as matrices.
inline constexpr std::size_t most_kernel_states = 2000;

/// NPY array (steps, states, states), probability from row to column, states in row-major order of their
/// tokens; or one matrix (states, states) for all steps.
class KernelFile {
 public:
  /// `source` outlives it. InputError: another shape (both are named), more than most_kernel_states.
  KernelFile(const ByteSource& source, std::string file_name, std::size_t states, std::size_t steps);
  /// InputError: what markov::MatrixStep refuses, with the step.
  std::unique_ptr<markov::StepKernel> step(std::size_t k) const;

 private:
  std::string file_name_;
  NpyReader reader_;
  std::size_t states_;
  bool every_step_ = false;  // one matrix for all
};

}  // namespace reprise::diffusion
