#include "nn/initializers.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace reprise::nn {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

Tensor tensor_from(const tensor::Device& device, const std::vector<double>& values, const Shape& shape,
                   DType type) {
  if (type == DType::float64) return Tensor::from<double>(device, values, shape);
  std::vector<float> narrow(values.size());
  std::transform(values.begin(), values.end(), narrow.begin(),
                 [](double v) { return static_cast<float>(v); });
  return Tensor::from<float>(device, narrow, shape);
}

/// Orthonormal vectors (`count` of them, `length` long, count <= length) from Gaussian draws: Gram–Schmidt,
/// each vector twice, which keeps them orthogonal to rounding ("twice is enough").
std::vector<double> orthonormal(std::size_t count, std::size_t length, Random& random) {
  std::vector<double> vectors(count * length);
  for (double& value : vectors) value = random.normal();
  for (std::size_t i = 0; i < count; ++i) {
    double* current = &vectors[i * length];
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t j = 0; j < i; ++j) {
        const double* other = &vectors[j * length];
        double product = 0;
        for (std::size_t k = 0; k < length; ++k) product += current[k] * other[k];
        for (std::size_t k = 0; k < length; ++k) current[k] -= product * other[k];
      }
    }
    double square = 0;
    for (std::size_t k = 0; k < length; ++k) square += current[k] * current[k];
    const double norm = std::sqrt(square);
    for (std::size_t k = 0; k < length; ++k) current[k] /= norm;
  }
  return vectors;
}

std::vector<double> orthogonal(std::int64_t rows, std::int64_t columns, Random& random) {
  const auto r = static_cast<std::size_t>(rows);
  const auto c = static_cast<std::size_t>(columns);
  if (rows <= columns) return orthonormal(r, c, random);
  const std::vector<double> transposed = orthonormal(c, r, random);
  std::vector<double> values(r * c);
  for (std::size_t i = 0; i < r; ++i) {
    for (std::size_t j = 0; j < c; ++j) values[i * c + j] = transposed[j * r + i];
  }
  return values;
}

}  // namespace

Tensor draw(const tensor::Device& device, const Shape& shape, const Initializer& initializer,
            Random& random) {
  if (shape.rank() < 2) {
    throw InputError("an initial weight of shape " + shape.text() + " has no two axes [out, in, ..]");
  }
  std::int64_t kernel = 1;
  for (int axis = 2; axis < shape.rank(); ++axis) kernel *= shape[axis];
  const auto in = static_cast<double>(shape[1] * kernel);
  const auto out = static_cast<double>(shape[0] * kernel);
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  const auto uniform = [&](double limit) {
    for (double& value : values) value = limit * (2 * random.uniform() - 1);
  };
  const auto normal = [&](double deviation) {
    for (double& value : values) value = deviation * random.normal();
  };
  switch (initializer.scheme) {
    case Scheme::fan_in_uniform:
      uniform(1 / std::sqrt(in));
      break;
    case Scheme::kaiming_normal:
      normal(std::sqrt(2 / in));
      break;
    case Scheme::kaiming_uniform:
      uniform(std::sqrt(6 / in));
      break;
    case Scheme::lecun_normal:
      normal(std::sqrt(1 / in));
      break;
    case Scheme::xavier_normal:
      normal(std::sqrt(2 / (in + out)));
      break;
    case Scheme::xavier_uniform:
      uniform(std::sqrt(6 / (in + out)));
      break;
    case Scheme::orthogonal:
      values = orthogonal(shape[0], shape[1] * kernel, random);
      break;
    case Scheme::normal:
      normal(1);
      break;
    case Scheme::zeros:
      break;
  }
  for (double& value : values) value *= initializer.scale;
  return tensor_from(device, values, shape, initializer.type);
}

Tensor draw_bias(const tensor::Device& device, std::int64_t inputs, std::int64_t outputs,
                 const Initializer& initializer, Random& random) {
  const double limit = 1 / std::sqrt(static_cast<double>(inputs));
  std::vector<double> values(static_cast<std::size_t>(outputs));
  for (double& value : values) value = initializer.scale * (limit * (2 * random.uniform() - 1));
  return tensor_from(device, values, {outputs}, initializer.type);
}

}  // namespace reprise::nn
