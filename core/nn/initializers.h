// First values of weights, drawn one by one from a named stream in row-major order (so they are the same on
// every device and level).
#pragma once

#include "base/random.h"
#include "tensor/tensor.h"

namespace reprise::nn {

enum class Scheme : std::uint8_t {
  fan_in_uniform,   ///< U(−1/√in, 1/√in): what PyTorch's Linear does
  kaiming_normal,   ///< N(0, 2/in), for ReLU (He et al. 2015)
  kaiming_uniform,  ///< U(−√(6/in), √(6/in))
  lecun_normal,     ///< N(0, 1/in)
  xavier_normal,    ///< N(0, 2/(in + out)) (Glorot & Bengio 2010)
  xavier_uniform,   ///< U(−√(6/(in + out)), √(6/(in + out)))
  orthogonal,       ///< orthonormal rows or columns, whichever are fewer (Saxe et al. 2014)
  normal,           ///< N(0, 1)
  zeros,
};

struct Initializer {
  Scheme scheme = Scheme::fan_in_uniform;
  double scale = 1;  ///< every value times this
  tensor::DType type = tensor::DType::float32;
};

/// A weight [out, in, ..]; further axes (a convolution's kernel) multiply both fans. InputError for fewer
/// than two axes.
tensor::Tensor draw(const tensor::Device& device, const tensor::Shape& shape, const Initializer& initializer,
                    Random& random);
/// U(−1/√in, 1/√in) · scale, [outputs].
tensor::Tensor draw_bias(const tensor::Device& device, std::int64_t inputs, std::int64_t outputs,
                         const Initializer& initializer, Random& random);

}  // namespace reprise::nn
