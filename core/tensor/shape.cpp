#include "tensor/shape.h"

#include "base/error.h"

#include <algorithm>

namespace reprise::tensor {

Shape::Shape(std::span<const std::int64_t> sizes) {
  for (const std::int64_t size : sizes) {
    if (size < 0)
      throw InputError("a tensor's axis has size " + std::to_string(size) + "; allowed are sizes from 0");
    append(size);
  }
}

Shape Shape::filled(int rank, std::int64_t value) {
  Shape shape;
  for (int axis = 0; axis < rank; ++axis) shape.append(value);
  return shape;
}

void Shape::append(std::int64_t size) {
  if (rank_ == max_rank) throw InputError("a tensor has at most " + std::to_string(max_rank) + " axes");
  sizes_[static_cast<std::size_t>(rank_++)] = size;
}

void Shape::remove(int axis) {
  for (int i = axis; i + 1 < rank_; ++i) (*this)[i] = (*this)[i + 1];
  sizes_[static_cast<std::size_t>(--rank_)] = 0;
}

std::string Shape::text() const {
  std::string text = "[";
  for (int axis = 0; axis < rank_; ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string((*this)[axis]);
  }
  return text + "]";
}

Shape contiguous_strides(const Shape& shape) {
  Shape strides = shape;
  std::int64_t step = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

Shape broadcast_shape(const char* operation, const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  Shape result = Shape::filled(rank, 1);
  for (int i = 0; i < rank; ++i) {
    const std::int64_t from_a = a.back(i);
    const std::int64_t from_b = b.back(i);
    if (from_a != from_b && from_a != 1 && from_b != 1) {
      throw InputError(std::string(operation) + ": the shapes " + a.text() + " and " + b.text() +
                       " do not fit; axes counted from the end must be equal, or one of them 1");
    }
    result[rank - 1 - i] = from_a == 1 ? from_b : from_a;
  }
  return result;
}

}  // namespace reprise::tensor
